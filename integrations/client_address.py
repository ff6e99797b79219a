"""The request that is under way, for those below the pages who must know who is asking."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase

_under_way: ContextVar[HttpRequest | None] = ContextVar("request under way", default=None)


def current() -> HttpRequest | None:
    """None in a worker, in a command, and between two requests."""
    return _under_way.get()


def client_ip(request: HttpRequest) -> str | None:
    """The address of whoever sent the request.

    Behind `TRUSTED_PROXIES` proxies it is the address that the outermost of them has seen: each
    appends to `X-Forwarded-For`, so what the client itself wrote there is further to the left.
    """
    found = request.META.get("REMOTE_ADDR", "")
    hops = settings.TRUSTED_PROXIES
    if hops > 0:
        told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(told) >= hops:
            found = told[-hops]
    try:
        return str(ip_address(found))
    except ValueError:
        return None


class RequesterMiddleware:
    """Keeps the request at hand until its answer has been sent, streamed ones included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _under_way.set(request)
        return self._get_response(request)


def _forget(**_kwargs: Any) -> None:
    _under_way.set(None)


request_finished.connect(_forget, dispatch_uid="requester")
