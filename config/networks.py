"""Settings about networks, checked when they are read: a mistake is told at the start and not by
the first request that it concerns. Each raises `ImproperlyConfigured` in words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_ORIGIN = re.compile(
    r"https?://(\*\.)?[\w.-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?", re.ASCII
)
_HOST = re.compile(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\]")
MOST_PROXIES = 10


def is_loopback(host: str) -> bool:
    """Whether the name or address `host` is of this machine alone."""
    plain = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(plain).is_loopback
    except ValueError:
        return plain == "localhost" or plain.endswith(".localhost")


def networks(name: str, given: Sequence[str]) -> list[str]:
    """Networks in CIDR, such as 10.20.0.0/16."""
    for one in given:
        try:
            ip_network(one)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {one[:60]} is no network: {error}.") from None
    return list(given)


def hosts(name: str, given: Sequence[str]) -> list[str]:
    """Names of hosts, without scheme, port and path."""
    for one in given:
        if not _HOST.fullmatch(one):
            raise ImproperlyConfigured(
                f"{name}: {one[:60]} is no name of a host, such as relais.example, without scheme, "
                "port and path."
            )
    return list(given)


def origins(name: str, given: Sequence[str], *, wildcards: bool = True) -> list[str]:
    """Origins as browsers write them: scheme and host, such as https://app.example. They are
    written into a header. `wildcards`: https://*.app.example is one, too.
    """
    found = [one.strip().rstrip("/").lower() for one in given]
    for one in found:
        if not _ORIGIN.fullmatch(one) or ("*" in one and not wildcards):
            raise ImproperlyConfigured(
                f"{name}: {one[:60]} is no origin, such as https://app.example: scheme and host, "
                "without path."
            )
    return found


def proxies(name: str, given: int) -> int:
    """How many proxies stand in front."""
    if not 0 <= given <= MOST_PROXIES:
        raise ImproperlyConfigured(
            f"{name} is how many proxies stand in front of Relais: 0 to {MOST_PROXIES}."
        )
    return given


def flatchr_address(environment: str, given: str) -> str:
    """Where keys of that environment are sent to: with TLS, unless it is on this machine."""
    try:
        parts = urlsplit(given)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query:
        raise ImproperlyConfigured(
            f"An address of Flatchr's ({environment}) is one such as https://api.flatchr.io."
        )
    # A sandbox has invented people and invented keys.
    if parts.scheme == "http" and not is_loopback(host) and environment != "sandbox":
        raise ImproperlyConfigured(
            f"An address of Flatchr's ({environment}) begins with http://: keys would be sent to "
            f"{host} in the clear. Use https://."
        )
    return given


def refuse_debug(public_host: str, allowed: Sequence[str]) -> None:
    """DEBUG shows settings and what is in memory to whoever causes an error."""
    elsewhere = [host for host in (public_host, *allowed) if not is_loopback(host)]
    if elsewhere:
        raise ImproperlyConfigured(
            f"DEBUG is on, and Relais would answer for {elsewhere[0]}, from where others can reach "
            "it. DEBUG is for addresses of this machine alone: 127.0.0.1, localhost, [::1]."
        )
