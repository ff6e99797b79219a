"""Integration fields and custom fields: what is chosen is in the jobs after the next sync."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.models import CustomField, FieldMapping, Integration, Job
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.tenants import custom_fields
from tests.sync.rows import Writes, difference, every_row
from tests.sync.running import counts, sync, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

CHANGED = {"fingerprint", "content_hash", "changed_at"}


@pytest.fixture
def cost_centre(db: None) -> CustomField:
    return custom_fields.define_custom_field(key="cost_centre", label="Cost centre")


def custom_values(tenant: Integration) -> dict[str, Any]:
    jobs = Job.objects.live().filter(integration=tenant)
    return dict(jobs.values_list("remote_id", "custom_fields"))


def sent(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """What Flatchr has of a field, by vacancy."""
    return {vacancy["id"]: vacancy[name] for vacancy in sandbox.vacancies()}


def jobs_changed(tenant: Integration, *columns: str) -> dict[tuple[str, str], set[str]]:
    jobs = Job.objects.live().filter(integration=tenant)
    return {
        ("Job", remote_id): CHANGED | {*columns} for (remote_id,) in jobs.values_list("remote_id")
    }


@pytest.mark.parametrize("kind", ["FULL", "DELTA"])
def test_a_mapping_rewrites_the_jobs_and_nothing_else_at_the_next_sync_of_either_type(
    kind: str, synced_tenant: Integration, sandbox: Sandbox, cost_centre: CustomField
) -> None:
    before = every_row(synced_tenant)
    custom_fields.map_custom_field(synced_tenant, cost_centre, "reference")

    run = sync(synced_tenant, kind)

    after = every_row(synced_tenant)
    assert difference(before, after) == jobs_changed(synced_tenant, "custom_fields")
    assert written(run) == {"jobs": {"updated": len(sandbox.vacancies())}}
    references = sent(sandbox, "reference")
    assert custom_values(synced_tenant) == {
        remote_id: {"cost_centre": value} for remote_id, value in references.items()
    }
    with Writes() as writes:
        again = sync(synced_tenant, kind)
    assert (writes.rows, every_row(synced_tenant)) == (0, after)
    assert counts(again, Model.JOBS) == {"seen": 3, "unchanged": 3}


def test_a_value_is_carried_although_its_field_is_not_switched_on_and_as_flatchr_has_it(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    mapped = {"number": "vacancy_id", "licence": "driver_license", "until": "end_date"}
    for key, source in mapped.items():
        field = custom_fields.define_custom_field(key=key, label=key)
        custom_fields.map_custom_field(synced_tenant, field.pk, source)

    sync(synced_tenant)

    for job in Job.objects.live().filter(integration=synced_tenant):
        [vacancy] = [one for one in sandbox.vacancies() if one["id"] == job.remote_id]
        assert job.integration_fields == []
        assert job.custom_fields == {key: vacancy[source] for key, source in mapped.items()}
        assert type(job.custom_fields["number"]) is int
        assert type(job.custom_fields["licence"]) is bool
        assert job.custom_fields["until"] is None


def test_a_field_that_is_mapped_and_switched_on_is_in_both_places(
    synced_tenant: Integration, sandbox: Sandbox, cost_centre: CustomField
) -> None:
    custom_fields.map_custom_field(synced_tenant, cost_centre, "activity")
    custom_fields.switch_integration_fields(synced_tenant, ["activity"])

    sync(synced_tenant, "DELTA")

    for job in Job.objects.live().filter(integration=synced_tenant):
        (field,) = job.integration_fields
        assert field["value"] == job.custom_fields["cost_centre"]
        assert isinstance(field["value"], str)
    before = every_row(synced_tenant)
    custom_fields.switch_integration_fields(synced_tenant, [])
    sync(synced_tenant, "DELTA")
    assert difference(before, every_row(synced_tenant)) == jobs_changed(
        synced_tenant, "integration_fields"
    )


def test_a_mapping_to_another_field_touches_only_the_jobs_whose_value_is_another_one(
    synced_tenant: Integration, sandbox: Sandbox, cost_centre: CustomField
) -> None:
    first, *others = [vacancy["id"] for vacancy in sandbox.vacancies()]
    for vacancy in (first, *others):
        sandbox.edit_vacancy(vacancy, reference="A", skills="A")
    sandbox.edit_vacancy(first, skills="B")
    custom_fields.map_custom_field(synced_tenant, cost_centre, "reference")
    sync(synced_tenant)
    before = every_row(synced_tenant)
    custom_fields.map_custom_field(synced_tenant, cost_centre, "skills")

    run = sync(synced_tenant)

    assert difference(before, every_row(synced_tenant)) == {
        ("Job", first): CHANGED | {"custom_fields"}
    }
    assert written(run) == {"jobs": {"updated": 1}}
    assert custom_values(synced_tenant)[first] == {"cost_centre": "B"}


def test_a_change_in_flatchr_reaches_the_custom_field(
    synced_tenant: Integration, sandbox: Sandbox, cost_centre: CustomField
) -> None:
    custom_fields.map_custom_field(synced_tenant, cost_centre, "reference")
    sync(synced_tenant)
    vacancy = sandbox.vacancies()[0]
    sandbox.edit_vacancy(vacancy["id"], reference="K-9", updated_at=vacancy["updated_at"])

    run = sync(synced_tenant, "DELTA")

    assert written(run) == {"jobs": {"updated": 1}}
    assert custom_values(synced_tenant)[vacancy["id"]] == {"cost_centre": "K-9"}


@pytest.mark.parametrize("how", ["unmapped", "deleted"])
def test_what_is_mapped_no_longer_leaves_the_jobs(
    how: str, synced_tenant: Integration, cost_centre: CustomField
) -> None:
    other = custom_fields.define_custom_field(key="Other", label="Other")
    for field in (cost_centre, other):
        custom_fields.map_custom_field(synced_tenant, field, "reference")
    sync(synced_tenant)
    loss = custom_fields.usage_of(cost_centre)
    assert (loss.tenants, loss.jobs) == ([synced_tenant], 3)

    if how == "deleted":
        custom_fields.delete_custom_field(cost_centre)
        assert FieldMapping.objects.count() == 1
    else:
        custom_fields.map_custom_field(synced_tenant, cost_centre, None)
    sync(synced_tenant)

    assert {tuple(values) for values in custom_values(synced_tenant).values()} == {("Other",)}


def test_examples_are_of_the_tenants_own_jobs(
    synced_tenant: Integration, sandbox: Sandbox, cost_centre: CustomField
) -> None:
    custom_fields.map_custom_field(synced_tenant, cost_centre, "metier")

    found = custom_fields.examples_of(synced_tenant)

    assert found.integration_fields["vacancy_id"] in sent(sandbox, "vacancy_id").values()
    assert found.integration_fields["driver_license"] in (True, False)
    # Flatchr sent a code, and nobody has asked for its label so far.
    assert "metier" not in found.integration_fields
    assert found.custom_fields == {}
    custom_fields.switch_integration_fields(synced_tenant, INTEGRATION_FIELDS)
    sync(synced_tenant)
    found = custom_fields.examples_of(synced_tenant)
    assert isinstance(found.integration_fields["metier"], str)
    assert isinstance(found.custom_fields["cost_centre"], str)
