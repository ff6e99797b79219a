"""What an API key says of itself: Flatchr's keys are JWTs that live 365 days (§0.2)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime


def key_expiry(api_key: str) -> datetime | None:
    """When the key expires by its own `exp` claim, aware UTC; None for keys that do not say.

    The signature is not verified: only Flatchr can. Older keys are plain random text
    (`docs/flatchr-api.md §0.2`).
    """
    parts = api_key.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
