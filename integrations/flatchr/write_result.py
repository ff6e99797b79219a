"""The result of a write to Flatchr: one of four outcomes, of which two are safe to retry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from integrations.flatchr.errors import ErrorKind, FlatchrError, failure
from integrations.flatchr.exchange_log import Exchange
from integrations.messages import Message


class WriteOutcome(StrEnum):
    """NOT_SENT: no byte reached a connection. REFUSED: Flatchr answered 4xx. UNKNOWN: it may have
    arrived. ACCEPTED: Flatchr confirmed it.
    """

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of one write. `error` is None if it was accepted; `exchange` is None if there was
    no attempt. `message` is Flatchr's own, if its response has one. `answer` is the object that an
    action was answered with.
    """

    outcome: WriteOutcome
    error: FlatchrError | None = None
    exchange: Exchange | None = None
    message: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def reason(self) -> FlatchrError:
        """The error. Raises ValueError for an accepted write."""
        if self.error is None:
            raise ValueError("an accepted write has no error")
        return self.error

    @property
    def explanation(self) -> Message:
        """The message of the error, with Flatchr's own if there is one."""
        if not self.message:
            return self.reason.message
        return Message("flatchr_words", reason=self.reason.message, words=self.message)


def outcome_of_error(error: FlatchrError, *, begun: bool) -> WriteOutcome:
    """The outcome of a write that raised `error`. `begun`: a part of the body was sent.

    Only a 4xx, or a connection that was never made, proves that nothing was accepted.
    """
    if error.status is not None and 400 <= error.status < 500:
        return WriteOutcome.REFUSED
    return WriteOutcome.UNKNOWN if begun else WriteOutcome.NOT_SENT


def check_created(body: bytes) -> None:
    """Raise NOT_UNDERSTOOD unless the body of a 2xx says that a candidate was created.

    The exact answer is not documented but for a status and a text such as "applicant created"
    (`docs/flatchr-api.md §7`); anything else has to be looked up at Flatchr.
    """
    text = body.decode("utf-8", "replace").strip()
    answer = _decoded(text)
    if isinstance(answer, dict):
        status = answer.get("status", answer.get("statusCode"))
        if status is None or str(status) in ("200", "201", "ok", "success"):
            answer = f"{answer.get('response', '')} {answer.get('message', '')}"
    if isinstance(answer, str) and "<" not in answer and "created" in answer.lower():
        return
    raise failure(ErrorKind.NOT_UNDERSTOOD, "a 2xx that does not say that it was created")


def error_message_in(text: str) -> str:
    """The message in the body of a response, at most 300 characters; blank if it has none."""
    answer = _decoded(text)
    if not isinstance(answer, dict):
        return ""
    for name in ("message", "response", "error"):
        value = answer.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:300]
    return ""


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
