"""Who sees what: members their tenants, superusers all, others nothing that is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import Integration, SyncRun
from tests.admin.conftest import Data
from tests.admin.pages import (
    LISTS,
    LISTS_OF_ACTIVITY,
    SYSTEM_LISTS,
    list_address,
    record_addresses,
    run_address,
    tenant_address,
)

LogIn = Callable[[User], Client]
ALL_LISTS = (*LISTS, *LISTS_OF_ACTIVITY)
TENANT_PAGES = ("credentials", "settings")


@pytest.mark.parametrize("who", ["alice", "admin"])
def test_members_and_superusers_see_every_page(
    who: str, request: pytest.FixtureRequest, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(request.getfixturevalue(who))

    addresses = [reverse("admin:index"), *map(list_address, ALL_LISTS)]
    addresses += record_addresses(data).values()
    addresses += [tenant_address(data, page) for page in TENANT_PAGES]
    addresses += [reverse("admin:integrations_integration_add")]
    addresses += [run_address(data.runs[0].pk, page) for page in ("live", "exchanges")]
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_a_stranger_sees_nothing_of_another_tenant_in_lists(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)

    for address in [reverse("admin:index"), *map(list_address, ALL_LISTS)]:
        page = client.get(address).content.decode()
        assert "Atelier Nord" not in page, address
        assert "nadia" not in page.lower() or "Maison Sud" in page, address


def test_another_tenants_record_answers_as_one_that_does_not_exist(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)

    for address in record_addresses(data).values():
        theirs = client.get(address)
        nobodys = client.get(address.replace("/change/", "x9/change/"))
        assert (theirs.status_code, theirs.headers["Location"]) == (302, reverse("admin:index"))
        assert theirs.status_code == nobodys.status_code
        assert "Atelier Nord" not in client.get(reverse("admin:index")).content.decode()


def test_another_tenants_pages_and_actions_are_unknown(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)
    runs_before = SyncRun.objects.count()

    for page in (*TENANT_PAGES, "sync", "export", "members"):
        assert client.post(tenant_address(data, page)).status_code in (302, 403)
    for page in ("live", "cancel", "confirm", "exchanges"):
        address = run_address(data.runs[0].pk, page)
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert SyncRun.objects.count() == runs_before


@pytest.mark.parametrize(
    ("model", "filters"),
    [
        ("candidate", ("tenant", "stage", "tag", "job")),
        ("application", ("tenant", "stage", "job", "candidate")),
        ("job", ("tenant",)),
    ],
)
def test_filters_with_another_tenants_ids_select_nothing_and_name_nothing(
    model: str,
    filters: tuple[str, ...],
    charlie: User,
    logged_in: LogIn,
    data: Data,
    other_data: Data,
) -> None:
    client = logged_in(charlie)
    ids = {
        "tenant": data.tenant.pk,
        "stage": data.stages[0].pk,
        "tag": data.tags[0].pk,
        "job": data.jobs[0].pk,
        "candidate": data.candidates[0].pk,
    }

    for name in filters:
        page = client.get(list_address(model), {name: ids[name]})
        assert page.status_code == 200
        assert page.context["cl"].result_count == 0
        assert "Atelier Nord" not in page.content.decode()


def test_autocomplete_offers_own_records_only(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    answer = logged_in(charlie).get(
        reverse("admin:autocomplete"),
        {"app_label": "integrations", "model_name": "application", "field_name": "candidate"},
    )

    names = [item["text"] for item in json.loads(answer.content)["results"]]
    assert names
    assert all("Maison Sud" in name for name in names)


def test_anonymous_is_sent_to_the_login(client: Client, data: Data) -> None:
    addresses = [reverse("admin:index"), *map(list_address, ALL_LISTS)]
    addresses += record_addresses(data).values()
    addresses += [tenant_address(data, page) for page in ("sync", "credentials", "export")]
    addresses += [run_address(data.runs[0].pk, page) for page in ("live", "cancel", "confirm")]
    for address in addresses:
        answer = client.post(address) if "sync" in address else client.get(address)
        assert answer.status_code == 302, address
        assert "/admin/login/" in answer.headers["Location"]


def test_a_user_who_is_not_staff_is_sent_to_the_login(tenant: Integration, db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("dora", password="x"))

    assert "/admin/login/" in client.get(reverse("admin:index")).headers["Location"]


def test_system_pages_are_for_superusers(alice: User, admin: User, logged_in: LogIn) -> None:
    for name in SYSTEM_LISTS:
        address = reverse(f"admin:{name}_changelist")
        assert logged_in(admin).get(address).status_code == 200
        assert logged_in(alice).get(address).status_code == 403
    assert "Memberships" not in logged_in(alice).get(reverse("admin:index")).content.decode()


def test_members_are_managed_by_superusers(
    admin: User, alice: User, charlie: User, logged_in: LogIn, data: Data
) -> None:
    address = tenant_address(data, "members")

    assert logged_in(alice).get(address).status_code == 403
    client = logged_in(admin)
    assert "alice" in client.get(address).content.decode()
    client.post(address, {"add": "1", "user": charlie.pk})
    assert data.tenant.memberships.filter(user=charlie).exists()
    membership = data.tenant.memberships.get(user=charlie)
    client.post(address, {"remove": membership.pk})
    assert not data.tenant.memberships.filter(user=charlie).exists()


def test_mirrored_records_are_read_only(admin: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(admin)

    for model, address in record_addresses(data).items():
        assert client.post(address, {"name": "x"}).status_code == 403, model
        delete = address.replace("/change/", "/delete/")
        assert client.post(delete, {"post": "yes"}).status_code == 403, model
        if model != "integration":
            add = reverse(f"admin:integrations_{model}_add")
            assert client.get(add).status_code == 403, model
    data.jobs[0].refresh_from_db()
    assert data.jobs[0].name == "Atelier Nord job 0"


def test_signing_in_without_a_page_in_mind_leads_to_the_overview(client: Client, db: None) -> None:
    page = client.get(reverse("admin:login"))

    assert "?next=%2Fadmin%2F" in page.content.decode()
