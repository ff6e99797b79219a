"""Defining custom fields and mapping them: what is taken, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS, field_id
from integrations.models import CustomField, FieldMapping, FlatchrSettings, Integration
from integrations.tenants import custom_fields
from integrations.tenants.custom_fields import UnknownField, define_custom_field

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_custom_field_is_defined_with_trimmed_texts() -> None:
    field = define_custom_field(
        key=" cost_centre ", label=" Cost centre ", description=" Who pays "
    )
    stored = CustomField.objects.get()
    assert stored == field
    assert (stored.key, stored.label, stored.description, stored.model) == (
        "cost_centre",
        "Cost centre",
        "Who pays",
        "ats_jobs",
    )
    assert len(stored.pk) == 24


@pytest.mark.parametrize(
    ("given", "wrong", "words"),
    [
        ({"key": ""}, "key", "cannot be blank"),
        ({"key": "cost centre"}, "key", "begin with a letter"),
        ({"key": "1st"}, "key", "begin with a letter"),
        ({"key": "coût"}, "key", "without accents"),
        ({"key": "a\n"}, None, ""),
        ({"key": "a" * 65}, "key", "64"),
        ({"key": "COST_centre"}, "key", "already"),
        ({"label": " "}, "label", "cannot be blank"),
        ({"label": "x" * 101}, "label", "100"),
        ({"description": "x" * 501}, "description", "500"),
    ],
)
def test_what_will_not_do_is_refused_at_its_place(
    given: dict[str, Any], wrong: str | None, words: str
) -> None:
    define_custom_field(key="cost_centre", label="Cost centre")
    values = {"key": "team", "label": "Team", **given}
    if wrong is None:
        assert define_custom_field(**values).key == "a"
        return
    with pytest.raises(ValidationError) as refused:
        define_custom_field(**values)
    assert list(refused.value.message_dict) == [wrong]
    assert words in " ".join(refused.value.message_dict[wrong])
    assert CustomField.objects.count() == 1


def test_name_and_description_are_changed_and_the_key_stays() -> None:
    field = define_custom_field(key="cost_centre", label="Cost centre")
    custom_fields.change_custom_field(field, label="Centre", description="Who pays")
    field.refresh_from_db()
    assert (field.key, field.label, field.description) == ("cost_centre", "Centre", "Who pays")
    with pytest.raises(ValidationError):
        custom_fields.change_custom_field(field, label="")


def test_a_mapping_is_one_tenants_alone(tenant: Integration, other_tenant: Integration) -> None:
    field = define_custom_field(key="cost_centre", label="Cost centre", description="Who pays")
    for _ in range(2):
        mapped = custom_fields.map_custom_field(tenant, field, "reference")
    assert mapped.mapped_to == "reference"
    assert FieldMapping.objects.count() == 1

    [own], [others] = (
        custom_fields.custom_fields_of(tenant),
        custom_fields.custom_fields_of(other_tenant),
    )

    assert own == mapped
    assert (own.id, own.key, own.label, own.description) == (
        field.pk,
        "cost_centre",
        "Cost centre",
        "Who pays",
    )
    assert dict(own.choices) == INTEGRATION_FIELDS
    assert others.mapped_to is None
    assert custom_fields.mapped_fields(tenant.pk) == {"cost_centre": "reference"}
    assert custom_fields.mapped_fields(other_tenant.pk) == {}
    custom_fields.map_custom_field(tenant, own, "skills")
    assert custom_fields.mapped_fields(tenant.pk) == {"cost_centre": "skills"}
    for _ in range(2):
        assert custom_fields.map_custom_field(tenant, own.id, None).mapped_to is None
    assert not FieldMapping.objects.exists()


def test_unknown_fields_are_refused(tenant: Integration, other_tenant: Integration) -> None:
    field = define_custom_field(key="cost_centre", label="Cost centre")
    with pytest.raises(UnknownField, match="custom field"):
        custom_fields.map_custom_field(tenant, "none", "reference")
    with pytest.raises(UnknownField, match="integration field"):
        custom_fields.map_custom_field(tenant, field, "title")
    with pytest.raises(UnknownField, match="integration field"):
        custom_fields.key_of(tenant, field_id(other_tenant.pk, "reference"))
    assert not FieldMapping.objects.exists()


def test_switches_are_kept_in_one_order_and_leave_each_other_alone(tenant: Integration) -> None:
    for key in ("skills", "reference"):
        switched = custom_fields.switch_integration_field(tenant, field_id(tenant.pk, key), True)
        assert (switched.key, switched.enabled) == (key, True)
    assert FlatchrSettings.objects.get(pk=tenant.pk).integration_fields == ["reference", "skills"]
    custom_fields.switch_integration_field(tenant, field_id(tenant.pk, "reference"), False)
    on = [field.key for field in custom_fields.integration_fields_of(tenant) if field.enabled]
    assert on == ["skills"]
    custom_fields.switch_integration_fields(tenant, ["slug", "unheard_of"])
    assert FlatchrSettings.objects.get(pk=tenant.pk).integration_fields == ["slug"]


def test_a_mapping_to_a_field_that_is_no_more_counts_as_none(tenant: Integration) -> None:
    field = define_custom_field(key="cost_centre", label="Cost centre")
    FieldMapping.objects.create(custom_field=field, integration=tenant, integration_field="gone")
    assert [one.mapped_to for one in custom_fields.custom_fields_of(tenant)] == [None]
