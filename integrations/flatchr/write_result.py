"""What became of a write: one of four things, of which only two are safe to try again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from integrations.flatchr.errors import ErrorKind, FlatchrError, failure
from integrations.flatchr.exchange_log import Exchange


class Delivery(StrEnum):
    """NOT_SENT: no connection took any of it. REFUSED: Flatchr said no. UNKNOWN: it may have
    arrived. ACCEPTED: Flatchr said yes.
    """

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The fate of one write. `error` is None when it was accepted; `exchange` is None when there
    was no attempt. `said` is Flatchr's own message, if its answer holds one.
    """

    delivery: Delivery
    error: FlatchrError | None = None
    exchange: Exchange | None = None
    said: str = ""

    @property
    def reason(self) -> FlatchrError:
        """The error of a receipt that has one: any but ACCEPTED."""
        if self.error is None:
            raise ValueError("an accepted write has no error")
        return self.error


def delivery_of(error: FlatchrError, *, begun: bool) -> Delivery:
    """What a failed write means. Strict: 4xx and a connection that never stood are the only
    proofs that nothing was accepted.
    """
    if error.status is not None and 400 <= error.status < 500:
        return Delivery.REFUSED
    return Delivery.UNKNOWN if begun else Delivery.NOT_SENT


def read_answer(body: bytes) -> None:
    """Raise NOT_UNDERSTOOD unless the body of a 2xx says that a candidate was created.

    The exact answer is not documented but for a status and a text such as "applicant created"
    (`docs/flatchr-api.md §7`); anything else is left to a look at what Flatchr has.
    """
    text = body.decode("utf-8", "replace").strip()
    answer = _decoded(text)
    if isinstance(answer, dict):
        status = answer.get("status", answer.get("statusCode"))
        if status is None or str(status) in ("200", "201", "ok", "success"):
            answer = " ".join(str(answer.get(name, "")) for name in _WORDS)
    if isinstance(answer, str) and "<" not in answer and "created" in answer.lower():
        return
    raise failure(ErrorKind.NOT_UNDERSTOOD, "a 2xx that does not say that it was created")


_WORDS = ("response", "message")


def said_in(text: str) -> str:
    """The message in the body of an error, at most 300 characters; blank when there is none."""
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
