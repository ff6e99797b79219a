"""Integration fields: what a vacancy has beyond the unified schema, switched on one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.flatchr.mapping.labels import label_of
from integrations.flatchr.mapping.notes import Notes
from integrations.flatchr.referentials import Referentials
from integrations.ids import unified_id

# The keys that can be switched on (`mapping.md`, Job), each with the name that users see.
INTEGRATION_FIELDS: Mapping[str, str] = {
    "reference": "Reference",
    "vacancy_id": "Vacancy id",
    "slug": "Slug",
    "education_level": "Education level",
    "activity": "Activity",
    "metier": "Metier",
    "worker_status": "Worker status",
    "skills": "Skills",
    "start_date": "Contract start",
    "end_date": "Contract end",
    "driver_license": "Driver license",
    "handicap": "Open to disabled workers",
    "language": "Language",
}


class IntegrationFields:
    """The fields that are switched on, for one tenant. Keys that are not known are passed over."""

    def __init__(
        self, integration_id: str, keys: frozenset[str], referentials: Referentials
    ) -> None:
        self._ids = {
            key: unified_id(integration_id, f"field:jobs:{key}")
            for key in INTEGRATION_FIELDS
            if key in keys
        }
        self._labels = {
            "education_level": referentials.education_levels,
            "activity": referentials.activities,
            "metier": referentials.metiers,
        }

    def of(self, data: dict[str, Any], notes: Notes) -> list[dict[str, Any]]:
        """`[{id, key, type, value, label}]` as in `unified-api.md §5.1`; values as Flatchr sent
        them, labels in place of the codes of referentials.
        """
        return [
            {
                "id": field_id,
                "key": key,
                "type": "DEFAULT",
                "value": (
                    label_of(data, key, self._labels[key], key, notes)
                    if key in self._labels
                    else data.get(key)
                ),
                "label": INTEGRATION_FIELDS[key],
            }
            for key, field_id in self._ids.items()
        ]
