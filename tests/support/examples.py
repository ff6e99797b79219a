"""How many examples a test takes that draws them: with `TEST_EXAMPLES=5`, five times as many."""

from __future__ import annotations

import os

_TIMES = int(os.environ.get("TEST_EXAMPLES") or 1)


def examples(count: int) -> int:
    """That many, or the multiple of it that was asked for."""
    return count * _TIMES
