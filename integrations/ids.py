"""Unified ids: 24 base58 characters, derived for mirrored records, random for the rest.

The alphabet and length are those of the unified API (`docs/unified-api.md §1`). A derived id
depends only on the integration and the remote id, so a database that is rebuilt from Flatchr hands
out the same ids again (`docs/mapping.md`, Identity).
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 24
TOOL = "flatchr"
_UNIFIED_ID = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_INTEGRATION_ID = re.compile(f"{TOOL}:{_UNIFIED_ID.pattern}")

_SPACE = 58**LENGTH
# A sync derives an id for each new record: cut into thirds, which fit a machine word, and taken
# two characters at a time, without a loop, a number takes a third of the time to write.
_THIRD = 58 ** (LENGTH // 3)
_SIXTH = 58 ** (LENGTH // 6)
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_PAIR = len(_PAIRS)


def unified_id(integration_id: str, remote_id: str) -> str:
    """The id of the record that `integration_id` knows as `remote_id`. Deterministic."""
    digest = blake2b(f"{integration_id}\0{remote_id}".encode(), digest_size=24).digest()
    return _encode(int.from_bytes(digest, "big") % _SPACE)


def random_id() -> str:
    """A fresh unified id, for records that no remote id names yet."""
    return _encode(secrets.randbelow(_SPACE))


def new_integration_id() -> str:
    """`flatchr:` and 24 random base58 characters."""
    return f"{TOOL}:{random_id()}"


def is_unified_id(text: str) -> bool:
    """Whether it could be the id of a record."""
    return _UNIFIED_ID.fullmatch(text) is not None


def is_integration_id(text: str) -> bool:
    """Whether it could be a tenant's id, here or at another server of the unified API."""
    return _INTEGRATION_ID.fullmatch(text) is not None


def _encode(number: int) -> str:
    rest, last = divmod(number, _THIRD)
    first, middle = divmod(rest, _THIRD)
    a, b = first // _SIXTH, first % _SIXTH
    c, d = middle // _SIXTH, middle % _SIXTH
    e, f = last // _SIXTH, last % _SIXTH
    return (
        f"{_PAIRS[a // _PAIR]}{_PAIRS[a % _PAIR]}{_PAIRS[b // _PAIR]}{_PAIRS[b % _PAIR]}"
        f"{_PAIRS[c // _PAIR]}{_PAIRS[c % _PAIR]}{_PAIRS[d // _PAIR]}{_PAIRS[d % _PAIR]}"
        f"{_PAIRS[e // _PAIR]}{_PAIRS[e % _PAIR]}{_PAIRS[f // _PAIR]}{_PAIRS[f % _PAIR]}"
    )
