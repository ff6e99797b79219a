"""What a client needs to connect: keys and tokens (HS256 JSON web tokens), slug and URL.

`docs/flatchr-api.md` §0.2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from integrations.sandbox.company import company_key, company_slug
from integrations.sandbox.formats import Clock, system_clock, today

ACCOUNT = 9021
PASSWORD = "sandbox-password"  # noqa: S105 - invented, for a server on loopback
KEY_LIFETIME = 31_536_000
USER_TOKEN_LIFETIME = 6 * 86_400


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Keyring:
    """Issues and checks tokens with a secret that depends on nothing but the seed."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"flatchr sandbox {seed}".encode()).digest()

    def _signature(self, signed: str) -> str:
        return _encode(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())

    def _issue(self, claims: dict[str, Any]) -> str:
        header = _encode(b'{"alg":"HS256","typ":"JWT"}')
        signed = f"{header}.{_encode(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{signed}.{self._signature(signed)}"

    def api_key(self, account: int, issued_at: int) -> str:
        """A company key, valid for 365 days."""
        return self._issue({"id": account, "iat": issued_at, "exp": issued_at + KEY_LIFETIME})

    def user_token(self, email: str, issued_at: int) -> str:
        """The token that a login answers with, valid for six days."""
        expires = issued_at + USER_TOKEN_LIFETIME
        return self._issue({"email": email, "iat": issued_at, "exp": expires})

    def claims(self, token: str, now: int) -> dict[str, Any] | None:
        """The claims of a token that we signed and that has not expired, else None."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        text = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return claims if claims["exp"] > now else None


@dataclass(frozen=True)
class SandboxAccount:
    """The keys and the slug of the main account, which follow from the seed and the day alone."""

    company_key: str
    slug: str
    api_key: str


def identity(seed: int, clock: Clock) -> SandboxAccount:
    """The account of a seed. The key is issued at the start of the day: the same all day long."""
    start = datetime.combine(today(clock), time(), UTC)
    key = Keyring(seed).api_key(ACCOUNT, int(start.timestamp()))
    return SandboxAccount(company_key(seed, 0), company_slug(seed, 0), key)


def about_url(host: str, port: int) -> str:
    """The base URL for a client on this machine; the server may listen on all addresses."""
    return f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else host}:{port}"  # noqa: S104


def about(host: str, port: int, seed: int, clock: Clock = system_clock) -> dict[str, Any]:
    """URL, keys and slug of a sandbox with this address and seed, whether it is running or not."""
    return {"url": about_url(host, port)} | vars(identity(seed, clock))
