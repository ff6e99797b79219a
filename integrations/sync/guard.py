"""Whether deletions may go ahead (`mapping.md`, Reading rules)."""

from __future__ import annotations

SHARE = 0.20
FEW = 20


def must_hold(*, live: int, vanishing: int) -> bool:
    """Whether so much of a model would vanish that an operator must confirm it first.

    `live` counts the model's records before the deletion, `vanishing` those that go.
    """
    return vanishing > FEW and vanishing > live * SHARE
