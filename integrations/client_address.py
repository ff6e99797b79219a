"""The current HTTP request and its client's address, for services below the views."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
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
    Some proxies append the port as well.
    """
    found = request.META.get("REMOTE_ADDR", "")
    hops = settings.TRUSTED_PROXIES
    if hops > 0:
        hosts = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hosts) >= hops:
            found = hosts[-hops]
    address = _parsed(found)
    return None if address is None else str(address)


def network_of(address: str | None) -> str | None:
    """The address, of IPv6 the /64 that it is in: one customer has at least all of that."""
    parsed = _parsed(address or "")
    if not isinstance(parsed, IPv6Address):
        return None if parsed is None else str(parsed)
    return str(ip_network((parsed, 64), strict=False).network_address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """`203.0.113.7`, `203.0.113.7:51234`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:51234`;
    an IPv4 address that is written as one of IPv6 is an IPv4 address.
    """
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


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
