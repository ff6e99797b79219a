"""Sessions of the dashboard: how long they last, and what they must have shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from integrations.accounts import second_factor

RENEWED = "renewed"
# A page that is asked for puts off the end of a session; written down so often in its life, since
# a read must not cost a write each time.
TIMES = 24


@receiver(user_logged_in)
def begin(request: HttpRequest | None, **_: Any) -> None:
    """A session begins as renewed, so that the first page costs no write either."""
    if request is not None and hasattr(request, "session"):
        request.session[RENEWED] = int(time.time())


class DashboardMiddleware:
    """Sessions end so long after the last page; and where a second factor is required, a session
    without one sees nothing but the page on which it is given or set up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(reverse("admin:index")):
            return self._get_response(request)
        wanted = _wanted(request)
        answer = HttpResponseRedirect(wanted) if wanted else self._get_response(request)
        _renew(request)
        return answer


def _wanted(request: HttpRequest) -> str:
    """The address to which a request is sent for want of a second factor; blank: none."""
    user: Any = request.user
    if not user.is_authenticated or not second_factor.required_of(user) or user.is_verified():
        return ""
    free = ("login", "logout", "second_factor", "jsi18n")
    if request.path in [reverse(f"admin:{name}") for name in free]:
        return ""
    if second_factor.has_one(user):
        # Signed in before there was one: once more, with it.
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
