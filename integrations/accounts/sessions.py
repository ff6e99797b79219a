"""Sessions of a user, as they are kept in the database."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from integrations import jobs


def end_sessions(user: Any, *, but: str | None = None) -> int:
    """Sign the user out everywhere, but for the session with the key `but`; how many ended."""
    ended = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.pk != but and session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=ended).delete()
    return len(ended)


@jobs.RETENTION.register("sessions")
def forget_expired() -> None:
    """Remove the sessions that have run out. Idempotent."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
