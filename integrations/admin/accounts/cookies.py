"""The cookies of the dashboard, whose names begin with `__Host-`, or `__Secure-`, under https."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.db import SessionStore
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

# What sessions were called without a prefix, and what one knows of its own cookie.
EARLIER = "sessionid"
CALLED = "cookie"


class MessageCookie(CookieStorage):
    cookie_name = settings.MESSAGES_COOKIE_NAME


class MessageStorage(FallbackStorage):
    """Django's default, in a cookie with our name."""

    storage_classes = (MessageCookie, SessionStorage)


@receiver(user_logged_in)
def note(request: HttpRequest | None, **_: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[CALLED] = settings.SESSION_COOKIE_NAME


class EarlierCookieMiddleware:
    """Takes a session from before its cookie had a prefix over into one that has, with a new key.

    One that was begun under another name is not taken: a prefix that any host could leave out would
    protect nobody. After Django's middleware for sessions.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.COOKIES.get(EARLIER, "")
        if not key or settings.SESSION_COOKIE_NAME == EARLIER:
            return self._get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            _take_over(request, key)
        answer: Any = self._get_response(request)
        answer.delete_cookie(EARLIER, path=settings.SESSION_COOKIE_PATH, samesite="Lax")
        return answer


def _take_over(request: HttpRequest, key: str) -> None:
    earlier = SessionStore(key)
    if SESSION_KEY in earlier and CALLED not in earlier:
        earlier[CALLED] = settings.SESSION_COOKIE_NAME
        earlier.cycle_key()
        request.session = earlier
