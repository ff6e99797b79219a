"""Signatures of requests: the vendor's (`docs/unified-api.md §11`) and Standard Webhooks'
(https://www.standardwebhooks.com), both on each request.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"


def new_secret() -> str:
    """A secret of 32 random bytes, as Standard Webhooks writes one."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def signed_headers(
    body: bytes, *, event_id: str, timestamp: int, secrets: Sequence[str]
) -> dict[str, str]:
    """The headers that prove where `body` comes from; `timestamp` in seconds since the epoch.

    `secrets` are the valid ones, the newest first. The vendor's header has room for one signature:
    it is made with the oldest, which every receiver knows until the rotation has ended.
    """
    message = f"{event_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{b64encode(_mac(_key(one), message)).decode()}" for one in secrets]
    vendor = _mac(secrets[-1].encode(), body)
    return {
        "X-Kombo-Signature": urlsafe_b64encode(vendor).rstrip(b"=").decode(),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(PREFIX))


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, sha256).digest()
