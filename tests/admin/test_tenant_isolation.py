"""What a user learns of another tenant: nothing. Who may do what is in `test_every_address.py`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import Integration
from tests.admin.conftest import Data
from tests.admin.pages import (
    LISTS,
    LISTS_OF_ACTIVITY,
    list_address,
    record_addresses,
    tenant_address,
)

LogIn = Callable[[User], Client]
ALL_LISTS = (*LISTS, *LISTS_OF_ACTIVITY)
EXPORTED = ("candidate", "job", "application")
TENANT_PAGES = (
    "credentials",
    "settings",
    "enabled",
    "fields",
    "values",
    "connected",
    "progress",
    "link",
)


def export_form(kind: str) -> str:
    return reverse(f"admin:integrations_{kind}_export")


def test_a_stranger_sees_nothing_of_another_tenant_in_lists(
    charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)

    shown = ""
    for address in [reverse("admin:index"), *map(list_address, ALL_LISTS)]:
        page = client.get(address).content.decode()
        assert "Atelier Nord" not in page, address
        shown += page
    assert not [address for address in record_addresses(data).values() if address in shown]
    assert [address for address in record_addresses(other_data).values() if address in shown]


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


def test_a_user_who_is_not_staff_is_sent_to_the_login(tenant: Integration, db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("dora", password="x"))

    assert "/admin/login/" in client.get(reverse("admin:index")).headers["Location"]


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


def test_members_are_added_given_a_role_and_removed_by_managers(
    alice: User, bob: User, charlie: User, logged_in: LogIn, data: Data
) -> None:
    address = tenant_address(data, "members")
    client = logged_in(alice)

    assert "alice" in client.get(address).content.decode()
    client.post(address, {"add": "1", "user": "charlie@sud.example", "role": "viewer"})
    invitation = data.tenant.invitations.get()
    logged_in(charlie).post(reverse("admin:invitations"), {"accept": invitation.pk})
    added = data.tenant.memberships.get(user=charlie)
    assert added.role == "viewer"
    client.post(address, {"do": "role", "member": added.pk, "role": "operator"})
    added.refresh_from_db()
    assert added.role == "operator"
    client.post(address, {"remove": added.pk})
    assert not data.tenant.memberships.filter(user=charlie).exists()
    # Nobody changes their own role.
    own = data.tenant.memberships.get(user=alice)
    client.post(address, {"do": "role", "member": own.pk, "role": "viewer"})
    client.post(address, {"remove": own.pk})
    assert data.tenant.memberships.get(user=alice).role == "manager"


def test_a_viewer_elsewhere_exports_nothing_of_there(
    alice: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    other_data.tenant.memberships.create(user=alice, role="viewer")
    client = logged_in(alice)

    page = client.get(reverse("admin:integrations_candidate_export"))
    assert page.context["count"] == len(data.candidates)
    limited = {"tenant": other_data.tenant.pk}
    assert client.get(reverse("admin:integrations_candidate_export"), limited).status_code == 403
