"""The current HTTP request and its client's address, for services below the views."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase

_current: ContextVar[HttpRequest | None] = ContextVar("current request", default=None)


def current() -> HttpRequest | None:
    """The request being handled; None in a worker, in a command, and between two requests."""
    return _current.get()


def client_ip(request: HttpRequest) -> str | None:
    """The client's IP address; None if there is no valid one.

    Behind `TRUSTED_PROXIES` proxies it is the one that the outermost of them has seen: each
    appends to `X-Forwarded-For`, so what the client itself wrote there is further to the left.
    """
    found = request.META.get("REMOTE_ADDR", "")
    hops = settings.TRUSTED_PROXIES
    if hops > 0:
        hosts = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hosts) >= hops:
            found = hosts[-hops]
    try:
        return str(ip_address(found))
    except ValueError:
        return None


class RequesterMiddleware:
    """Sets `current` until the response has been sent, streamed ones included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _current.set(request)
        return self._get_response(request)


def _forget(**_kwargs: Any) -> None:
    _current.set(None)


request_finished.connect(_forget, dispatch_uid="requester")
