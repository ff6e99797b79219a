"""`Idempotency-Key` on creations: the submission is what is repeated or not, and not the request.

The same key with the same body leads to the same submission, so whoever asks again while it is
under way waits for it, too, and is told how it ended.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from integrations.api.bodies import raw_body
from integrations.api.caller import HEADER, caller
from integrations.api.errors import invalid
from integrations.api.idempotency import given_key
from integrations.models import StoredAnswer

ROUTE = "POST a creation"


def key_of(request: Any) -> str:
    """The submission's own key for the request's `Idempotency-Key`; blank without one.

    Raises `ApiError` PLATFORM.INPUT_INVALID when the key came with another request before.
    """
    given = given_key(request)
    if not given:
        return ""
    key = caller(request).key
    integration_id = request.headers.get(HEADER, "").strip()
    asked = _digest(integration_id, request.path.removeprefix("/v1"), raw_body(request))
    row, _ = StoredAnswer.objects.get_or_create(
        key=key, route=ROUTE, idempotency_key=given, defaults={"request_hash": asked}
    )
    if row.request_hash != asked:
        raise invalid("This Idempotency-Key came with another request before. Use a new one.")
    # Two API keys of one tenant may well use the same key; and one that comes again when its row
    # here is long gone, with another body, must not be answered with the old submission.
    return f"api:{key.pk}:{_digest(given)}:{asked}"


def _digest(*parts: str | bytes) -> str:
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return sha256(b"\0".join(encoded)).hexdigest()
