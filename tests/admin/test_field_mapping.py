"""The pages on which fields are chosen and defined, and where their values are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.admin.base.formatting import plain
from integrations.admin.base.urls import change_url
from integrations.models import CustomField, FieldMapping, FlatchrSettings, Job, SyncRun
from integrations.tenants.custom_fields import define_custom_field, map_custom_field, mapped_fields
from tests.admin.conftest import Data
from tests.admin.pages import tenant_address
from tests.admin.test_lists import queries_of

LogIn = Callable[[User], Client]
LIST = "admin:integrations_customfield_changelist"
ADD = "admin:integrations_customfield_add"


@pytest.fixture
def cost_centre(db: None) -> CustomField:
    return define_custom_field(key="cost_centre", label="Cost centre", description="Who pays.")


def delete_url(field: CustomField) -> str:
    return reverse("admin:integrations_customfield_delete", args=[field.pk])


# A tenant's fields


def test_a_member_chooses_fields_and_sees_examples_from_the_tenants_own_jobs(
    alice: User, logged_in: LogIn, data: Data, other_data: Data, cost_centre: CustomField
) -> None:
    raw = {"reference": "CPT-07", "driver_license": False, "start_date": "2025-06-01T00:00:00.000Z"}
    Job.objects.filter(pk=data.jobs[0].pk).update(remote_data=raw)
    Job.objects.filter(pk=data.jobs[1].pk).update(custom_fields={"cost_centre": "<K-9>"})
    Job.objects.filter(integration=other_data.tenant).update(remote_data={"skills": "Secret"})
    client, address = logged_in(alice), tenant_address(data, "fields")

    page = client.get(address).content.decode()

    for shown in ("Cost centre", "Who pays.", "CPT-07", "1 Jun 2025", "&lt;K-9&gt;"):
        assert shown in page, shown
    assert "Secret" not in page
    assert reverse(LIST) not in page, "Defining fields is not for members."
    answer = client.post(
        address, {"switched_on": ["reference", "slug"], f"map-{cost_centre.pk}": "skills"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert FlatchrSettings.objects.get(pk=data.tenant.pk).integration_fields == [
        "reference",
        "slug",
    ]
    assert mapped_fields(data.tenant.pk) == {"cost_centre": "skills"}
    assert mapped_fields(other_data.tenant.pk) == {}
    assert "after the next sync" in client.get(address).content.decode()
    client.post(address, {f"map-{cost_centre.pk}": ""})
    assert mapped_fields(data.tenant.pk) == {}
    assert FlatchrSettings.objects.get(pk=data.tenant.pk).integration_fields == []


def test_the_second_button_saves_and_shows_the_sync(
    alice: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    SyncRun.objects.all().delete()
    answer = logged_in(alice).post(
        tenant_address(data, "fields"), {f"map-{cost_centre.pk}": "skills", "type": "DELTA"}
    )
    assert mapped_fields(data.tenant.pk) == {"cost_centre": "skills"}
    assert answer.headers["Location"] == change_url(SyncRun.objects.get())


@pytest.mark.parametrize("wrong", ["custom", "integration"])
def test_a_choice_that_is_none_saves_nothing(
    wrong: str, alice: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    given: dict[str, Any] = {f"map-{cost_centre.pk}": "slug", "switched_on": ["slug"]}
    given |= {f"map-{cost_centre.pk}": "x"} if wrong == "custom" else {"switched_on": ["x"]}
    page = logged_in(alice).post(tenant_address(data, "fields"), given)
    assert "Nothing was saved" in page.content.decode()
    assert not FieldMapping.objects.exists()
    assert FlatchrSettings.objects.get(pk=data.tenant.pk).integration_fields == []


def test_a_field_that_the_opened_page_did_not_have_keeps_its_mapping(
    alice: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    map_custom_field(data.tenant, cost_centre, "reference")
    logged_in(alice).post(tenant_address(data, "fields"), {"switched_on": []})
    assert mapped_fields(data.tenant.pk) == {"cost_centre": "reference"}


def test_saving_the_settings_leaves_the_fields_alone(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    FlatchrSettings.objects.filter(pk=data.tenant.pk).update(integration_fields=["reference"])
    form = {"organization": "Nord", "enabled": "on", "delta_interval": 60, "full_interval": 600,
            "trait_budget": 500}  # fmt: skip
    assert logged_in(alice).post(tenant_address(data, "settings"), form).status_code == 302
    assert FlatchrSettings.objects.get(pk=data.tenant.pk).integration_fields == ["reference"]


def test_a_stranger_changes_nothing(
    charlie: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    address = tenant_address(data, "fields")
    assert logged_in(charlie).get(address).status_code == 302
    logged_in(charlie).post(address, {f"map-{cost_centre.pk}": "slug", "switched_on": ["slug"]})
    assert not FieldMapping.objects.exists()
    assert FlatchrSettings.objects.get(pk=data.tenant.pk).integration_fields == []


def test_the_page_takes_as_many_queries_for_100_custom_fields_as_for_10(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client, address = logged_in(alice), tenant_address(data, "fields")

    def queries(count: int) -> int:
        for number in range(CustomField.objects.count(), count):
            field = CustomField.objects.create(key=f"k{number}", label=f"Field {number}")
            map_custom_field(data.tenant, field, "reference")
        return len(queries_of(client, address))

    assert queries(10) == queries(100)


# Defining them


def test_an_administrator_adds_a_field_and_is_told_what_to_do_next(
    admin: User, logged_in: LogIn
) -> None:
    client = logged_in(admin)
    given = {"key": "cost_centre", "label": "Cost centre", "description": "Who pays."}
    page = client.post(reverse(ADD), given, follow=True).content.decode()
    assert CustomField.objects.get().key == "cost_centre"
    assert "what fills it" in page
    assert "No tenant yet" in page
    again = client.post(reverse(ADD), {**given, "key": "Cost_Centre"})
    assert again.context["form"].errors["key"] == [
        "There is a custom field with this key already. Choose another key."
    ]
    assert "Choose another key." in again.content.decode()
    assert CustomField.objects.count() == 1


def test_a_field_is_changed_but_for_its_key(
    admin: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    map_custom_field(data.tenant, cost_centre, "reference")
    client, address = logged_in(admin), change_url(cost_centre)
    page = client.get(address).content.decode()
    assert tenant_address(data, "fields") in page
    assert "Reference" in page
    client.post(address, {"label": "Centre", "description": "", "key": "other"})
    cost_centre.refresh_from_db()
    assert (cost_centre.key, cost_centre.label, cost_centre.description) == (
        "cost_centre",
        "Centre",
        "",
    )
    refused = client.post(address, {"label": "", "description": ""})
    assert set(refused.context["form"].errors) == {"label"}
    assert "Centre" in refused.content.decode()


def test_before_a_field_is_deleted_it_is_said_what_goes_with_it(
    admin: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    map_custom_field(data.tenant, cost_centre, "reference")
    Job.objects.filter(pk=data.jobs[0].pk).update(custom_fields={"cost_centre": None})
    client = logged_in(admin)
    page = client.get(delete_url(cost_centre)).content.decode()
    for said in ("1 tenant", "1 job", "Atelier Nord", "leaves the jobs"):
        assert said in page, said
    assert CustomField.objects.exists(), "Looking deletes nothing."
    client.post(delete_url(cost_centre))
    assert not CustomField.objects.exists()
    assert not FieldMapping.objects.exists()
    assert client.get(change_url(cost_centre)).status_code == 302


def test_defining_fields_is_for_administrators(
    alice: User, logged_in: LogIn, client: Client, cost_centre: CustomField
) -> None:
    member = logged_in(alice)
    for address in (reverse(LIST), reverse(ADD), change_url(cost_centre), delete_url(cost_centre)):
        assert member.get(address).status_code == 403, address
        assert member.post(address, {"label": "X", "key": "x"}).status_code == 403, address
        assert "/admin/login/" in client.get(address).headers["Location"]
    cost_centre.refresh_from_db()
    assert (cost_centre.label, CustomField.objects.count()) == ("Cost centre", 1)


def test_the_list_takes_as_many_queries_at_100_rows_as_at_10(
    admin: User, logged_in: LogIn, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.base.admin.DashboardAdmin.list_per_page", 200)
    client = logged_in(admin)

    def queries(count: int) -> int:
        for number in range(CustomField.objects.count(), count):
            field = CustomField.objects.create(key=f"k{number}", label=f"Field {number}")
            map_custom_field(data.tenant, field, "reference")
        return len(queries_of(client, reverse(LIST)))

    assert queries(10) == queries(100)
    with CaptureQueriesContext(connection) as captured:
        client.get(change_url(CustomField.objects.all()[0]))
    assert len(captured) < 12


# Values


def test_a_job_shows_values_with_their_names(
    alice: User, logged_in: LogIn, data: Data, cost_centre: CustomField
) -> None:
    field = {"id": "x", "key": "driver_license", "type": "DEFAULT", "label": "Driver license"}
    Job.objects.filter(pk=data.jobs[0].pk).update(
        custom_fields={"cost_centre": "<K-9>", "deleted_one": None},
        integration_fields=[{**field, "value": True}],
    )
    page = logged_in(alice).get(change_url(data.jobs[0]))
    cards = {card.title: card.rows for card in page.context["cards"]}
    assert cards["Custom fields"] == [("Cost centre", "<K-9>"), ("deleted_one", "–")]
    assert cards["Fields from Flatchr"] == [("Driver license", "Yes")]
    assert "&lt;K-9&gt;" in page.content.decode()
    other = logged_in(alice).get(change_url(data.jobs[1]))
    assert "Custom fields" not in {card.title for card in other.context["cards"]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (True, "Yes"),
        (False, "No"),
        (0, "0"),
        (51234, "51234"),
        ("2025-05-31T22:30:00.000Z", "1 Jun 2025"),
        ("2025-05-31", "2025-05-31"),
        ("20250531", "20250531"),
        ("9999-99-99T00:00:00Z", "9999-99-99T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ({"indeed": False, "é": [1]}, '{"indeed": false, "é": [1]}'),
    ],
)
def test_values_of_every_type_are_shown_for_people(value: Any, shown: str) -> None:
    assert plain(value) == shown
