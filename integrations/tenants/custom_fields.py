"""Custom fields of jobs, and the integration fields (Flatchr's own) that they carry
(`docs/unified-api.md §10.6`, `§12.8`).

What is changed here is in the records after the next sync, whichever its type: a sync reads all
jobs, and writes those whose values have come to differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from integrations.audit.trail import record
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS, field_id
from integrations.messages import Message
from integrations.models import (
    CustomField,
    Event,
    FieldMapping,
    FieldModel,
    FlatchrSettings,
    Integration,
    Job,
)

# Jobs in which examples are looked for.
SAMPLE = 20
_CHOICES = tuple(INTEGRATION_FIELDS.items())


class UnknownField(LookupError):
    """There is no such custom field or integration field. The text says which, for users."""


@dataclass(frozen=True, slots=True)
class IntegrationField:
    """One of Flatchr's own fields, for one tenant."""

    id: str
    key: str
    label: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class MappedField:
    """A custom field as one tenant has it.

    `mapped_to` is the key of an integration field, or None; `choices` are the keys that it may
    be mapped to, each with its label.
    """

    id: str
    model: str
    key: str
    label: str
    description: str
    mapped_to: str | None
    choices: tuple[tuple[str, str], ...] = _CHOICES


# Integration fields


def integration_fields_of(integration: Integration) -> list[IntegrationField]:
    """Every integration field, in the order of Flatchr's documentation."""
    settings = FlatchrSettings.objects.filter(pk=integration.pk).first()
    enabled = set(settings.integration_fields) if settings else set()
    return [_integration_field(integration, key, enabled) for key in INTEGRATION_FIELDS]


def switch_integration_field(
    integration: Integration, known_as: str, enabled: bool
) -> IntegrationField:
    """Pass the field with the id `known_as` on with each job, or no longer. Idempotent.

    Raises `UnknownField`.
    """
    key = key_of(integration, known_as)
    return _integration_field(integration, key, _switch(integration, {key: enabled}))


def switch_integration_fields(integration: Integration, switched_on: Iterable[str]) -> None:
    """Pass on the fields with these keys, and no others. Idempotent."""
    wanted = set(switched_on)
    _switch(integration, {key: key in wanted for key in INTEGRATION_FIELDS})


def key_of(integration: Integration, known_as: str) -> str:
    """The key of an integration field by its id, which is this integration's alone.

    Raises `UnknownField`.
    """
    for key in INTEGRATION_FIELDS:
        if field_id(integration.pk, key) == known_as:
            return key
    raise UnknownField(Message("integration_field_unknown"))


def _switch(integration: Integration, wanted: Mapping[str, bool]) -> set[str]:
    """The keys that are on afterwards."""
    with transaction.atomic():
        FlatchrSettings.objects.get_or_create(integration=integration)
        row = FlatchrSettings.objects.select_for_update().get(pk=integration.pk)
        before = set(row.integration_fields)
        row.integration_fields = [
            key for key in INTEGRATION_FIELDS if wanted.get(key, key in before)
        ]
        row.save(update_fields=["integration_fields"])
    return set(row.integration_fields)


def _integration_field(integration: Integration, key: str, enabled: set[str]) -> IntegrationField:
    return IntegrationField(
        field_id(integration.pk, key), key, INTEGRATION_FIELDS[key], key in enabled
    )


# Custom fields, for the whole installation


def define_custom_field(*, key: str, label: str, description: str = "") -> CustomField:
    """A new custom field of jobs, which no tenant has mapped yet.

    Raises `ValidationError` with a sentence for each field that will not do.
    """
    field = CustomField(
        model=FieldModel.JOBS,
        key=key.strip(),
        label=label.strip(),
        description=description.strip(),
    )
    _check(field)
    try:
        with transaction.atomic():
            field.save(force_insert=True)
    except IntegrityError:
        # Another request has just defined the same field: the same message.
        _check(field)
        raise
    return field


def change_custom_field(field: CustomField, *, label: str, description: str = "") -> CustomField:
    """Change what people read of it. The key stays: applications read the value by it.

    Raises `ValidationError`.
    """
    field.label, field.description = label.strip(), description.strip()
    _check(field)
    field.save(update_fields=["label", "description"])
    return field


def _check(field: CustomField) -> None:
    try:
        field.full_clean()
    except ValidationError as error:
        messages = error.message_dict
        # The one rule that no single column has: it is the key that has to be another one.
        if taken := messages.pop(NON_FIELD_ERRORS, None):
            messages["key"] = [*messages.get("key", []), *taken]
        raise ValidationError(messages) from None


@dataclass(frozen=True, slots=True)
class CustomFieldUsage:
    """Who uses a custom field: the tenants that map it, and the number of jobs that have it."""

    tenants: list[Integration]
    jobs: int


def usage_of(field: CustomField) -> CustomFieldUsage:
    tenants = Integration.objects.present().filter(field_mappings__custom_field=field)
    jobs = Job.objects.live().filter(integration__deleted_at=None, custom_fields__has_key=field.key)
    return CustomFieldUsage(list(tenants), jobs.count())


def delete_custom_field(field: CustomField) -> None:
    """Delete it with its mappings in every tenant; its values leave the jobs with each tenant's
    next sync.
    """
    field.delete()


# Custom fields, as one tenant maps them


def custom_fields_of(integration: Integration) -> list[MappedField]:
    """Every custom field with this tenant's mapping, by label."""
    return as_mapped(integration, CustomField.objects.all())


def as_mapped(integration: Integration, fields: QuerySet[CustomField]) -> list[MappedField]:
    """`fields` with this tenant's mapping, in two queries."""
    mappings = FieldMapping.objects.filter(integration=integration)
    known = dict(mappings.values_list("custom_field_id", "integration_field"))
    return [_mapped(field, known.get(field.pk)) for field in fields]


def map_custom_field(
    integration: Integration, field: MappedField | CustomField | str, key: str | None
) -> MappedField:
    """Let a custom field (or its id) carry the integration field `key`; None takes that away.

    Idempotent. Raises `UnknownField`.
    """
    custom = CustomField.objects.filter(pk=field if isinstance(field, str) else field.id).first()
    if custom is None:
        raise UnknownField(Message("custom_field_unknown"))
    if key is not None and key not in INTEGRATION_FIELDS:
        raise UnknownField(Message("integration_field_unknown"))
    mappings = FieldMapping.objects.filter(custom_field=custom, integration=integration)
    with transaction.atomic():
        if key is None:
            mappings.delete()
        else:
            mappings.update_or_create(
                custom_field=custom, integration=integration, defaults={"integration_field": key}
            )
        record(
            Event.DECIDED,
            tenant=integration,
            about=custom,
            name=custom.label,
            carries=key or "nothing",
        )
    return _mapped(custom, key)


def mapped_fields(integration_id: str) -> dict[str, str]:
    """For a sync: the integration field of each mapped custom field, by the custom field's key."""
    mappings = FieldMapping.objects.filter(
        integration_id=integration_id, custom_field__model=FieldModel.JOBS
    )
    return dict(mappings.values_list("custom_field__key", "integration_field"))


def _mapped(field: CustomField, mapped_to: str | None) -> MappedField:
    # A key that is no longer among Flatchr's fields carries nothing.
    known = mapped_to if mapped_to in INTEGRATION_FIELDS else None
    return MappedField(field.pk, field.model, field.key, field.label, field.description, known)


# Values


@dataclass(frozen=True, slots=True)
class Examples:
    """Values from a few of a tenant's jobs, by key; a field that none has a value for is left out.

    `integration_fields`: what Flatchr has; the label of a coded field is there once the field has
    been switched on and read. `custom_fields`: what applications read at present.
    """

    integration_fields: dict[str, Any]
    custom_fields: dict[str, Any]


def examples_of(integration: Integration) -> Examples:
    jobs = Job.objects.live().filter(integration=integration).order_by("-id")
    rows = jobs.values_list("remote_data", "integration_fields", "custom_fields")[:SAMPLE]
    found = Examples({}, {})
    for raw, stored, custom in rows:
        if isinstance(raw, dict):
            _note(found.integration_fields, ((key, raw.get(key)) for key in INTEGRATION_FIELDS))
        _note(found.integration_fields, ((item["key"], item["value"]) for item in stored or ()))
        _note(found.custom_fields, (custom or {}).items())
    return found


def _note(found: dict[str, Any], values: Iterable[tuple[str, Any]]) -> None:
    for key, value in values:
        if value not in (None, "", [], {}):
            found.setdefault(key, value)
