"""The figures of tenants as they were last counted (`tenants/stats.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from integrations.models import TenantFigures


@dataclass(frozen=True, slots=True)
class Figures:
    """None where nothing has been counted yet; `weeks` and `stages` as in `TenantFigures`."""

    open_jobs: int | None = None
    candidates: int | None = None
    applications: int | None = None
    in_progress: int | None = None
    hired: int | None = None
    declined: int | None = None
    full_seconds: float | None = None
    counted_at: datetime | None = None
    weeks: list[Any] = field(default_factory=list)
    stages: list[Any] = field(default_factory=list)


NAMES = tuple(one.name for one in fields(Figures))
SUMMED = ("open_jobs", "candidates", "applications", "in_progress", "hired", "declined")


def figures_for(ids: Sequence[str]) -> dict[str, Figures]:
    """The figures of each tenant, by id, in one query."""
    rows = TenantFigures.objects.filter(pk__in=ids).values("pk", *NAMES)
    found = {row.pop("pk"): Figures(**row) for row in rows}
    return {pk: found.get(pk, Figures()) for pk in ids}


def total(figures: Iterable[Figures]) -> Figures:
    """The numbers of several tenants together; `counted_at` is the oldest of their counts."""
    counted = [one for one in figures if one.counted_at is not None]
    if not counted:
        return Figures()
    return Figures(
        **{name: sum(getattr(one, name) for one in counted) for name in SUMMED},
        counted_at=min(one.counted_at for one in counted if one.counted_at),
    )
