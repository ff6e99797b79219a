"""Targets of guarded requests: parsing of addresses, and the check that an IP is public."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from integrations.messages import Message

Address = IPv4Address | IPv6Address

PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 8_000
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\]")
# Global unicast IPv6 addresses, and those that embed an IPv4 address.
_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class EgressError(Exception):
    """Nothing was fetched. `code` is that of a message `egress_<code>`; `message` is for the
    user.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.message = Message(f"egress_{code}", **params)
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address; `host` in ASCII and without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Target:
        url = url.strip()
        if len(url) > _LONGEST_URL or _UNPRINTABLE.search(url):
            raise EgressError("invalid_url")
        try:
            parts = urlsplit(url)
            given = parts.port
        except ValueError as error:
            raise EgressError("invalid_url") from error
        if parts.scheme not in PORTS:
            raise EgressError("scheme")
        if "@" in parts.netloc:
            raise EgressError("credentials")
        port = PORTS[parts.scheme] if given is None else given
        return cls(url, parts.scheme, _host(parts), port, _path(parts))

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def joined(self, location: str) -> str:
        """Where a redirect leads, given its header as it came."""
        try:
            # Header bytes come as Latin-1; an address that is not ASCII is UTF-8.
            return urljoin(self.url, location.encode("latin-1").decode())
        except ValueError as error:
            raise EgressError("not_understood", host=self.host) from error


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        if ":" in host:
            return str(IPv6Address(host.partition("%")[0]))
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except ValueError as error:  # idna's and ipaddress' errors are of this kind
        raise EgressError("invalid_url") from error
    if not _HOST.fullmatch(host):
        raise EgressError("invalid_url")
    return host


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    return f"{path}?{quote(parts.query, safe='/?%:@!$&()*+,;=-._~')}" if parts.query else path


def plain(address: Address) -> Address:
    """The IPv4 address embedded in an IPv6 one (NAT64, mapped, 6to4), else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_literal(host: str) -> bool:
    """Whether a host is an IP address itself, written as it always is."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return address.is_global and not address.is_multicast
