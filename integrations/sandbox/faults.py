"""Injected faults: which requests a fault applies to, and what it does to the response."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from integrations.sandbox.http import Request, Response, in_chunks

HTML = (
    b"<!doctype html><html><head><title>Maintenance</title></head><body>Maintenance</body></html>"
)
ACTIONS = {
    "status": None, "delay": 0, "slow": 0, "cut": None, "reset": False, "html": False,
    "wrong_shape": False, "invalid_json": False, "raw": None, "rate": None,
}  # fmt: skip
"""The actions of a fault, each with the value that means no action."""


@dataclass
class Fault:
    """One rule. `path` is a regular expression searched in the path; `body` must be contained
    in the JSON body; `after` requests are let through first; `times` None means for ever.

    `reset` closes the connection before the request has any effect, `cut` after its effect and
    after that many bytes of the answer. `raw` is a body in base64, sent as it is with `status`
    (200) and `headers`. What is sent in place of the answer (status, html, wrong_shape,
    invalid_json, raw) prevents the effect unless `handled` is set.
    """

    method: str | None = None
    path: str = ""
    body: dict[str, Any] | None = None
    times: int | None = None
    after: int = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: Any = None
    delay: float = 0
    slow: float = 0
    cut: int | None = None
    reset: bool = False
    html: bool = False
    wrong_shape: bool = False
    invalid_json: bool = False
    raw: str | None = None
    rate: float | None = None
    handled: bool = False

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from None
        if all(getattr(self, name) == nothing for name, nothing in ACTIONS.items()):
            raise ValueError(f"a fault needs one of: {', '.join(ACTIONS)}")

    def matches(self, request: Request) -> bool:
        """Whether the rule applies to this request."""
        if self.method and self.method.upper() != request.method:
            return False
        if not re.search(self.path, request.path):
            return False
        if not self.body:
            return True
        try:
            sent = json.loads(request.body or b"{}")
        except ValueError:
            return False
        return isinstance(sent, dict) and self.body.items() <= sent.items()

    def replacement(self) -> Response | None:
        """The response in place of the real one; None when the real one is to be sent."""
        if self.rate is not None:
            body = {"statusCode": 429, "error": "Too Many Requests", "message": "Slow down"}
            return Response.json(body, 429, {"Retry-After": "1"} | self.headers)
        if self.raw is not None:
            headers = dict(self.headers)
            kind = headers.pop("Content-Type", "application/json; charset=utf-8")
            return Response(self.status or 200, base64.b64decode(self.raw), headers, kind)
        if self.status is not None:
            body = {"statusCode": self.status, "error": "Fault", "message": "Fault"}
            if isinstance(self.content, str):
                return Response(
                    self.status, self.content.encode(), dict(self.headers), "text/plain"
                )
            return Response.json(
                body if self.content is None else self.content, self.status, self.headers
            )
        if self.html:
            return Response(200, HTML, content_type="text/html; charset=utf-8")
        if self.wrong_shape:
            return Response.json({"data": {"message": "ok"}})
        if self.invalid_json:
            return Response(200, b'[{"applicant":"T9wKx3MbQz5LnR1p","vacancy":')
        return None


class Faults:
    """The rules in force. Only the first that matches and is due is applied."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._seen: dict[int, int] = {}
        self._windows: dict[int, list[float]] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._rules))

    def add(self, fault: Fault | None = None, **fields: Any) -> Fault:
        """Add a rule, given whole or by the fields of `Fault`."""
        rule = fault or Fault(**fields)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()
            self._seen.clear()
            self._windows.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The rules as JSON objects."""
        return [asdict(rule) for rule in self]

    def due(self, request: Request) -> Fault | None:
        """The rule to apply to this request, which counts as one of its times."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(request) and self._is_due(rule):
                    return rule
        return None

    def met(self, rule: Fault) -> bool:
        """Whether a request has run into it since it was added."""
        with self._lock:
            return self._seen.get(id(rule), 0) > rule.after

    def _is_due(self, rule: Fault) -> bool:
        if rule.rate is not None:
            return self._over_rate(rule, rule.rate)
        seen = self._seen.get(id(rule), 0)
        self._seen[id(rule)] = seen + 1
        return seen >= rule.after and (rule.times is None or seen < rule.after + rule.times)

    def _over_rate(self, rule: Fault, rate: float) -> bool:
        """Count this request in the last second, or refuse it when that is full."""
        now = time.monotonic()
        window = [moment for moment in self._windows.get(id(rule), []) if moment > now - 1]
        refused = len(window) >= rate
        self._windows[id(rule)] = window if refused else [*window, now]
        return refused


def apply(rule: Fault, answer: Callable[[], Response], stopping: threading.Event) -> Response:
    """The response under a rule; `answer` produces the real one."""
    if rule.delay:
        stopping.wait(rule.delay)
    replacement = rule.replacement()
    if replacement is not None:
        if rule.handled:
            answer()
        return replacement
    response = answer()
    if rule.slow:
        pieces = [response.body] if isinstance(response.body, bytes) else response.body
        response.body = _slowly(in_chunks(pieces), rule.slow, stopping)
    return response


def _slowly(pieces: Iterator[bytes], pause: float, stopping: threading.Event) -> Iterator[bytes]:
    for piece in pieces:
        stopping.wait(pause)
        yield piece
