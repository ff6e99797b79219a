"""What a setup link can ask of a customer once the tenant is connected (`unified-api.md §12.5`)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from integrations.models import CustomField, FlatchrSettings, Integration
from integrations.sync import fields


class Step(StrEnum):
    SOURCE = "source"
    FIELDS = "fields"


def steps_of(integration: Integration) -> list[Step]:
    """The steps that are enabled: the source while none is known, the fields while any is
    defined.
    """
    steps: list[Step] = []
    if not FlatchrSettings.objects.filter(integration=integration, offerer_id__gt=0).exists():
        steps.append(Step.SOURCE)
    if CustomField.objects.exists():
        steps.append(Step.FIELDS)
    return steps


def save_mapping(integration: Integration, mapping: Mapping[str, str]) -> None:
    """Map custom fields, given by id, each to the key of a field of Flatchr's or to none.

    A custom field that has been deleted since the page was drawn is passed over.
    """
    for field_id, key in mapping.items():
        with suppress(fields.UnknownField):
            fields.map_custom_field(integration, field_id, key or None)
