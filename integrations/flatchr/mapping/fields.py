"""What a vacancy has beyond the unified schema: integration fields, which are switched on one by
one, and custom fields, which carry the value of an integration field under a name of one's own
(`docs/unified-api.md §12.8`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.flatchr.mapping.values import Notes, label_of
from integrations.flatchr.referentials import Referentials
from integrations.ids import unified_id

# The fields that there are (`docs/mapping.md`, Job; `docs/flatchr-api.md §1`), by the key that a
# vacancy has them under, each with the name that users see.
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
    "contract_type": "Contract type",
    "partial": "Part time",
    "apply_url": "Application page",
    "slug_mail": "Mail alias",
    "video_url": "Video",
    "show_address": "Address is shown",
    "show_contract_type": "Contract type is shown",
    "show_contract_date": "Contract dates are shown",
    "show_salary": "Salary is shown",
    "meta_title": "Title for search engines",
    "meta_description": "Description for search engines",
    "meta_tags": "Keywords for search engines",
}

# Of these a vacancy has a code; the label is in Flatchr's lists (`docs/flatchr-api.md §25`).
CODED = ("education_level", "activity", "metier", "contract_type")


def field_id(integration_id: str, key: str) -> str:
    """The id of an integration field, as the API and the jobs of the integration carry it."""
    return unified_id(integration_id, f"field:jobs:{key}")


class FurtherFields:
    """The further fields of one tenant's jobs. Keys that are not known are passed over.

    `switched_on`: keys of integration fields. `custom`: the key of the integration field that
    each custom field carries, by the custom field's own key.
    """

    def __init__(
        self,
        integration_id: str,
        switched_on: frozenset[str],
        custom: Mapping[str, str],
        referentials: Referentials,
    ) -> None:
        self._ids = {
            key: field_id(integration_id, key) for key in INTEGRATION_FIELDS if key in switched_on
        }
        # In one order whatever order they come in: a job whose values are the same is the same.
        self._custom = {name: custom[name] for name in sorted(custom)}
        wanted = {*self._ids, *self._custom.values()}
        self._read = [key for key in INTEGRATION_FIELDS if key in wanted]
        self._labels = {
            "education_level": referentials.education_levels,
            "activity": referentials.activities,
            "metier": referentials.metiers,
            "contract_type": referentials.contracts,
        }

    def of(self, data: dict[str, Any], notes: Notes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """`[{id, key, type, value, label}]` as in `docs/unified-api.md §5.1`, and the custom fields
        by their keys. Values as Flatchr sent them, labels in place of the codes of referentials.
        """
        values = {key: self._value(data, key, notes) for key in self._read}
        switched_on = [
            {
                "id": known_as,
                "key": key,
                "type": "DEFAULT",
                "value": values[key],
                "label": INTEGRATION_FIELDS[key],
            }
            for key, known_as in self._ids.items()
        ]
        custom = {name: values[key] for name, key in self._custom.items() if key in values}
        return switched_on, custom

    def _value(self, data: dict[str, Any], key: str, notes: Notes) -> Any:
        if key not in self._labels:
            return data.get(key)
        return label_of(data, key, self._labels[key], key, notes)
