"""The pages on which it is said what Flatchr's own words mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.admin.base.urls import change_url
from integrations.admin.tenants.value_maps import name_of, unified_choices
from integrations.models import Integration, Job, SyncRun, ValueDecision, ValueKind
from integrations.tenants.value_maps import decide, source_values, value_maps_of
from tests.admin.conftest import Data
from tests.admin.pages import tenant_address
from tests.admin.test_lists import queries_of

LogIn = Callable[[User], Client]
LIST = "admin:integrations_valuedecision_changelist"


@pytest.fixture
def odd(data: Data, other_data: Data) -> Data:
    """Jobs of both tenants whose words nobody has explained."""
    Job.objects.filter(pk=data.jobs[0].pk).update(
        employment_type="Vacation <i>", status="7", location={"country": "Armor, Nord"}
    )
    Job.objects.filter(pk=data.jobs[1].pk).update(employment_type="vacation <i>")
    Job.objects.filter(pk=other_data.jobs[0].pk).update(employment_type="Secondment")
    return data


def names(tenant: Integration | None) -> dict[str, str]:
    """The name of each value's field, by the value."""
    return {met.value: name_of(met) for met in source_values(tenant)}


def contracts(tenant: Integration) -> dict[str, str]:
    return dict(value_maps_of(tenant.pk).contracts)


def test_the_page_lists_unknown_words_with_the_jobs_that_have_them(
    alice: User, logged_in: LogIn, odd: Data
) -> None:
    client = logged_in(alice)

    page = client.get(tenant_address(odd, "values")).content.decode()

    for shown in ("Vacation &lt;i&gt;", "vacation &lt;i&gt;", "Armor, Nord", "France (FR)"):
        assert shown in page, shown
    for job in odd.jobs[:2]:
        assert change_url(job) in page
    assert "Secondment" not in page
    assert reverse(LIST) not in page, "Deciding for all is not for members."


@pytest.mark.parametrize("kind", list(ValueKind))
def test_the_links_lead_to_exactly_the_jobs_concerned(
    kind: ValueKind, alice: User, logged_in: LogIn, odd: Data
) -> None:
    client = logged_in(alice)
    sections = client.get(tenant_address(odd, "values")).context["sections"]
    [row] = next(section for section in sections if section.kind == kind).rows

    listed = [
        (count, client.get(url).context["cl"].result_count) for _, count, url in row.spellings
    ]

    assert listed == [(1, 1)] * len(row.spellings)
    assert len(listed) == (2 if kind == ValueKind.CONTRACT else 1)


def test_a_value_is_decided_changed_and_left_again(
    alice: User, logged_in: LogIn, odd: Data
) -> None:
    client, address = logged_in(alice), tenant_address(odd, "values")
    field = next(name for value, name in names(odd.tenant).items() if value.startswith(("V", "v")))

    answer = client.post(address, {field: "CONTRACT"}, follow=True)

    assert "after the next sync" in answer.content.decode()
    assert "2 jobs get it at the next sync." in answer.content.decode()
    assert set(contracts(odd.tenant).values()) == {"CONTRACT"}
    assert ValueDecision.objects.get().decided_by == alice
    client.post(address, {field: "SEASONAL"})
    assert set(contracts(odd.tenant).values()) == {"SEASONAL"}
    assert "Nothing was changed" in client.post(address, {}, follow=True).content.decode()
    assert contracts(odd.tenant), "A page without the field leaves it alone."
    client.post(address, {field: ""})
    assert contracts(odd.tenant) == {}


def test_undo_takes_one_decision_back(alice: User, logged_in: LogIn, odd: Data) -> None:
    client, address = logged_in(alice), tenant_address(odd, "values")
    decision = decide(odd.tenant, "contract", "Vacation <i>", "CONTRACT")
    theirs = decide(None, "contract", "Secondment", "CONTRACT")

    page = client.post(address, {"undo": decision.pk}, follow=True).content.decode()

    assert "is left as Flatchr names it" in page
    for gone in (decision.pk, theirs.pk, "x", "9" * 40):
        page = client.post(address, {"undo": gone}, follow=True).content.decode()
        assert "taken back already" in page
    assert list(ValueDecision.objects.all()) == [theirs]


def test_the_second_button_saves_and_shows_the_sync(
    alice: User, logged_in: LogIn, odd: Data
) -> None:
    SyncRun.objects.all().delete()
    field = names(odd.tenant)["7"]
    answer = logged_in(alice).post(tenant_address(odd, "values"), {field: "DRAFT", "type": "DELTA"})
    assert answer.headers["Location"] == change_url(SyncRun.objects.get())
    assert value_maps_of(odd.tenant.pk).statuses == {"7": "DRAFT"}


def test_a_choice_that_is_none_saves_nothing(alice: User, logged_in: LogIn, odd: Data) -> None:
    fields = names(odd.tenant)
    answer = logged_in(alice).post(
        tenant_address(odd, "values"),
        {fields["7"]: "OPEN", fields["Armor, Nord"]: "XX"},
        follow=True,
    )
    assert "Nothing was saved" in answer.content.decode()
    assert not ValueDecision.objects.exists()


def test_a_stranger_decides_nothing(charlie: User, logged_in: LogIn, odd: Data) -> None:
    address = tenant_address(odd, "values")
    assert logged_in(charlie).get(address).status_code == 302
    logged_in(charlie).post(address, {names(odd.tenant)["7"]: "OPEN"})
    assert not ValueDecision.objects.exists()


def test_an_administrator_decides_for_all_tenants_and_a_tenant_otherwise(
    admin: User, alice: User, logged_in: LogIn, odd: Data, other_data: Data
) -> None:
    client = logged_in(admin)
    page = client.get(reverse(LIST)).content.decode()
    for shown in ("Secondment", "Armor, Nord", "Maison Sud"):
        assert shown in page, shown
    fields = names(None)

    client.post(reverse(LIST), {fields["Secondment"]: "CONTRACT", fields["7"]: "ARCHIVED"})

    assert contracts(odd.tenant) == contracts(other_data.tenant) == {"Secondment": "CONTRACT"}
    page = logged_in(alice).get(tenant_address(odd, "values")).content.decode()
    assert "As for all tenants: Archived" in page
    logged_in(alice).post(tenant_address(odd, "values"), {names(odd.tenant)["7"]: "DRAFT"})
    assert value_maps_of(odd.tenant.pk).statuses == {"7": "DRAFT"}
    assert value_maps_of(other_data.tenant.pk).statuses == {"7": "ARCHIVED"}


def test_deciding_for_all_tenants_is_for_administrators(
    alice: User, logged_in: LogIn, odd: Data
) -> None:
    decision = decide(None, "status", "7", "OPEN")
    client = logged_in(alice)
    for address in (reverse(LIST), change_url(decision)):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"undo": decision.pk}).status_code == 403, address
    assert ValueDecision.objects.count() == 1


def test_countries_are_named_in_the_readers_language() -> None:
    assert dict(unified_choices(ValueKind.COUNTRY))["DE"] == "Germany (DE)"
    assert len(unified_choices(ValueKind.COUNTRY)) > 240


@pytest.mark.parametrize("scope", ["tenant", "all"])
def test_the_page_takes_as_many_queries_for_100_values_as_for_10(
    scope: str, admin: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(admin)
    address = tenant_address(data, "values") if scope == "tenant" else reverse(LIST)

    def queries(count: int) -> int:
        Job.objects.exclude(pk__in=[job.pk for job in data.jobs]).delete()
        Job.objects.bulk_create(
            Job(
                id=f"j{number}",
                integration=data.tenant,
                remote_id=f"j{number}",
                employment_type=f"Word {number}",
                status="7",
                location={"country": "Armor"},
                changed_at=data.jobs[0].changed_at,
            )
            for number in range(count)
        )
        return len(queries_of(client, address))

    assert queries(10) == queries(100)
