"""Sessions of the dashboard: when they end, and whether they have a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from integrations.accounts import second_factor, sessions
from integrations.accounts.sessions import RENEWED

# Each page postpones the end of the session. It is saved at most so many times in its lifetime,
# so that not every page costs a write.
TIMES = 24


@receiver(user_logged_in)
def begin(request: HttpRequest | None, **_: Any) -> None:
    """Note where a session begins, and that it is renewed: its first page costs no write."""
    if request is not None and hasattr(request, "session"):
        sessions.begin(request)


class DashboardMiddleware:
    """Ends a session some time after its last page, and some time after its first at the latest.
    Where a second factor is required, sends a session without one to the page on which it is
    entered or set up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(reverse("admin:index")):
            return self._get_response(request)
        if SESSION_KEY in request.session and sessions.is_over(request.session):
            auth.logout(request)
        wanted = _wanted(request)
        answer = HttpResponseRedirect(wanted) if wanted else self._get_response(request)
        _renew(request)
        return answer


def _wanted(request: HttpRequest) -> str:
    """The page on which a missing second factor is entered or set up; blank if none is missing."""
    user: Any = request.user
    if not user.is_authenticated or not second_factor.is_required(user) or user.is_verified():
        return ""
    free = ("login", "logout", "second_factor", "jsi18n")
    if request.path in [reverse(f"admin:{name}") for name in free]:
        return ""
    if second_factor.is_enrolled(user):
        # Signed in before the second factor existed: sign in again, with it.
        request.session.flush()
        return f"{reverse('admin:login')}"
    return reverse("admin:second_factor")


def _renew(request: HttpRequest) -> None:
    session = request.session
    if not session.accessed or SESSION_KEY not in session:
        return
    now = int(time.time())
    if now - session.get(RENEWED, 0) > settings.SESSION_COOKIE_AGE / TIMES:
        session[RENEWED] = now
