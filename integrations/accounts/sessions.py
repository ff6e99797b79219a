"""Open sessions of the dashboard: listing and ending a user's, and the longest that one lasts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from integrations import client_address, jobs
from integrations.database import batched_writes

# What a session remembers of its beginning, and when it was last renewed; times in seconds.
BEGUN, ADDRESS, BROWSER, RENEWED = "begun", "address", "browser", "renewed"
LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`number` stands for its key, which opens it. `seen_at` is right to within half an hour."""

    number: str
    begun_at: datetime | None
    seen_at: datetime | None
    address: str
    browser: str
    is_this: bool


def begin(request: HttpRequest) -> None:
    """Note from where and when a session begins."""
    now = int(time.time())
    request.session[BEGUN] = request.session[RENEWED] = now
    request.session[ADDRESS] = client_address.client_ip(request) or ""
    request.session[BROWSER] = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]


def is_over(session: Any) -> bool:
    """Whether a session has lasted for `SESSION_MAX_HOURS`, however much it was used. One that was
    begun before this was noted counts from now on.
    """
    begun = session.get(BEGUN)
    if begun is None:
        session[BEGUN] = int(time.time())
        return False
    return bool(time.time() - begun > settings.SESSION_MAX_SECONDS)


def open_sessions(user: Any, *, this: str | None = None) -> list[OpenSession]:
    """The user's sessions, the one with the key `this` first, then the newest."""
    found = [
        OpenSession(
            _number(row.session_key),
            _moment(given.get(BEGUN)),
            _moment(given.get(RENEWED)),
            given.get(ADDRESS, ""),
            given.get(BROWSER, ""),
            row.session_key == this,
        )
        for row, given in _sessions_of(user)
        if time.time() - given.get(BEGUN, time.time()) <= settings.SESSION_MAX_SECONDS
    ]
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: (one.is_this, one.begun_at or oldest), reverse=True)


def end_session(user: Any, number: str) -> bool:
    """End the user's session of that number; False if there is none."""
    keys = [row.session_key for row, _ in _sessions_of(user) if _number(row.session_key) == number]
    return bool(Session.objects.filter(pk__in=keys).delete()[0])


def end_sessions(user: Any, *, but: str | None = None) -> int:
    """End the user's sessions, except the one with the key `but`; return how many."""
    ended = [row.session_key for row, _ in _sessions_of(user) if row.session_key != but]
    Session.objects.filter(pk__in=ended).delete()
    return len(ended)


def _sessions_of(user: Any) -> Iterator[tuple[Session, dict[str, Any]]]:
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        given = row.get_decoded()
        if given.get(SESSION_KEY) == str(user.pk):
            yield row, given


def _number(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@jobs.RETENTION.register("sessions")
def forget_expired() -> None:
    """Remove expired sessions. Idempotent."""
    batched_writes.delete(Session.objects.filter(expire_date__lt=timezone.now()))
