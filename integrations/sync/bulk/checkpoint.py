"""Checkpoint of a run: the phases that earlier attempts have finished, and what later ones need.

A list that broke off is read again from its beginning, as Flatchr gives it whole and without pages
(`docs/flatchr-api.md §1, §5`), and what had been seen of it is forgotten: only a list that one
attempt has read to its end says what is gone. What is stored already costs a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from integrations.records import Model

# A run that goes on later than this begins anew: applicants are not joined to old lists.
VALID = timedelta(hours=1)

# Models that are finished with another one's phase.
_WITH = {Model.APPLICATIONS: Model.CANDIDATES}


@dataclass(slots=True)
class Checkpoint:
    """`stages` are the remote ids of stages by title, as applicants name them; `incomplete` is what
    Flatchr did not list whole.
    """

    finished: set[Model] = field(default_factory=set)
    incomplete: set[Model] = field(default_factory=set)
    stages: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any] | None, *, now: datetime) -> Self:
        """What `dump` made; an empty one if there is none that is recent enough."""
        if not stored or now - datetime.fromisoformat(stored["at"]) > VALID:
            return cls()
        return cls(
            set(map(Model, stored["finished"])),
            set(map(Model, stored["incomplete"])),
            dict(stored["stages"]),
        )

    def dump(self, *, now: datetime) -> dict[str, Any]:
        return {
            "at": now.isoformat(),
            "finished": sorted(self.finished),
            "incomplete": sorted(self.incomplete),
            "stages": self.stages,
        }

    def unfinished(self) -> set[Model]:
        """The models whose figures and warnings this attempt finds anew."""
        finished: Iterable[Model] = self.finished
        return set(Model).difference(finished, (_WITH[m] for m in finished if m in _WITH))
