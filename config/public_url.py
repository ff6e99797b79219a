"""The address that users type, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# The first part of addresses of our own: below one of them, it could not be told whether a proxy
# has taken the path off or not.
OWN = frozenset(
    {
        *("admin", "docs", "link", "livez", "readyz", "healthz", "metrics", "static"),
        *("openapi.json", "v1", "ats", "changes", "check-api-key", "connect", "force-sync"),
        *("hooks", "integrations", "passthrough", "submissions", "tools", "webhooks"),
    }
)


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """`origin` is scheme and host; `path` that of a site below it, such as `/relais`, or blank."""

    origin: str
    path: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def https(self) -> bool:
        return self.origin.startswith("https:")

    def __str__(self) -> str:
        return self.origin + self.path


def parse(text: str) -> PublicUrl:
    """The address `text`. Raises `ImproperlyConfigured` in words for what cannot be one."""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ImproperlyConfigured(
            "PUBLIC_URL is an address such as https://relais.example or https://example.com/relais."
        )
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(
            "PUBLIC_URL is scheme, host and path alone, without login, ? and #."
        )
    path = parts.path.rstrip("/")
    if not re.fullmatch(r"(/[\w~-][\w.~-]*)*", path, re.ASCII):
        raise ImproperlyConfigured(
            "The path in PUBLIC_URL is made of letters without accents, digits and - _ . ~ alone."
        )
    first = path.split("/")[1] if path else ""
    if first in OWN:
        raise ImproperlyConfigured(
            f"The path in PUBLIC_URL cannot begin with /{first}, which is an address of Relais."
        )
    return PublicUrl(f"{parts.scheme}://{parts.netloc}", path)
