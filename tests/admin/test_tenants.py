"""The overview, a tenant's pages, and what their buttons do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import (
    ConnectionLink,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    RunState,
    SyncRun,
    Trigger,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address, record_addresses, run_address, tenant_address

LogIn = Callable[[User], Client]
KEY = "a-secret-key-of-forty-characters-or-more"
FORM = {
    # `connected_tenant` has the account.
    "allow_duplicate": "on",
    "organization": "Clinique Ouest",
    "environment": "sandbox",
    "company_key": "Qm7Lr2Xw9KpTz4Vb",
    "slug": "clinique-ouest",
    "api_key": KEY,
    "contact_email": "rh@ouest.example",
    "origin_id": "C-42",
}


def test_without_tenants_the_overview_says_what_to_do(
    admin: User, alice: User, logged_in: LogIn
) -> None:
    add = reverse("admin:integrations_integration_add")

    page = logged_in(admin).get(reverse("admin:index")).content.decode()
    assert "Connect your first tenant" in page
    assert add in page

    page = logged_in(alice).get(reverse("admin:index")).content.decode()
    assert "You are not a member of any tenant yet" in page
    assert "Ask your administrator" in page
    assert f'href="{add}"' not in page


def test_the_overview_shows_state_figures_and_the_button(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    page = logged_in(alice).get(reverse("admin:index"))

    [view] = page.context["tenants"]
    assert (view.figures.open_jobs, view.figures.candidates, view.figures.applications) == (3, 3, 3)
    shown = page.content.decode()
    for expected in ("Active", "In sync with Flatchr", "Sync now", tenant_address(data, "sync")):
        assert expected in shown
    assert "Site administration" not in shown


def test_tenants_that_need_attention_come_first(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    SyncRun.objects.filter(pk=other_data.runs[-1].pk).update(
        state=RunState.FAILED, error_message="Flatchr could not be reached."
    )

    page = logged_in(admin).get(reverse("admin:index"))

    assert [str(view.tenant) for view in page.context["tenants"]] == ["Maison Sud", "Atelier Nord"]
    assert "Flatchr could not be reached." in page.content.decode()


# Starting a sync


def test_sync_now_starts_one_run_however_often_it_is_pressed(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    address = tenant_address(data, "sync")

    first = client.post(address, {"type": "FULL"})
    second = client.post(address, {"type": "FULL"})

    [run] = SyncRun.objects.filter(state=RunState.QUEUED)
    assert (run.trigger, run.requested_by) == (Trigger.MANUAL, alice)
    assert first.headers["Location"] == second.headers["Location"] == change_url(run)
    assert "already running" in str(next(iter(get_messages(second.wsgi_request))))


def test_actions_answer_to_post_only(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    run = data.runs[0].pk

    for address in (
        tenant_address(data, "sync"),
        run_address(run, "cancel"),
        run_address(run, "confirm"),
    ):
        assert client.get(address).status_code == 405, address
    assert SyncRun.objects.count() == 3


def test_actions_need_the_token_of_the_form(alice: User, data: Data) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert client.post(tenant_address(data, "sync")).status_code == 403


def test_a_disabled_tenant_refuses_with_words(alice: User, logged_in: LogIn, data: Data) -> None:
    Integration.objects.update(enabled=False)
    client = logged_in(alice)

    answer = client.post(tenant_address(data, "sync"), follow=True)

    assert "disabled" in answer.content.decode()
    assert "Sync now" not in client.get(change_url(data.tenant)).content.decode()


# Connecting


def test_connecting_saves_starts_the_first_sync_and_shows_it(
    alice: User, logged_in: LogIn, connected_tenant: Integration, sandbox: Any
) -> None:
    client = logged_in(alice)
    good = {"api_key": sandbox.api_key, "company_key": sandbox.company_key, "slug": sandbox.slug}

    answer = client.post(reverse("admin:integrations_integration_add"), {**FORM, **good})

    made = Integration.objects.get(organization="Clinique Ouest")
    run = made.runs.get()
    watch = reverse("admin:integrations_integration_connected", args=[quote(made.pk)])
    assert answer.headers["Location"] == watch
    assert change_url(run) in client.get(watch).content.decode()
    assert run.trigger == Trigger.CONNECT
    assert made.memberships.filter(user=alice).exists()
    assert made.credentials.api_key == sandbox.api_key


def test_a_refused_connection_says_which_part_and_keeps_what_was_typed(
    alice: User, logged_in: LogIn, connected_tenant: Integration, sandbox: Any
) -> None:
    wrong = {"company_key": sandbox.company_key, "slug": sandbox.slug}

    page = logged_in(alice).post(reverse("admin:integrations_integration_add"), {**FORM, **wrong})

    shown = page.content.decode()
    assert "Flatchr does not accept the API key" in shown
    assert 'value="Clinique Ouest"' in shown
    assert "Enter the API key again" in shown
    assert KEY not in shown
    assert not Integration.objects.filter(organization="Clinique Ouest").exists()


def test_a_new_key_is_tried_before_it_is_stored(
    alice: User, logged_in: LogIn, connected_tenant: Integration, sandbox: Any
) -> None:
    address = reverse(
        "admin:integrations_integration_credentials", args=[quote(connected_tenant.pk)]
    )

    page = (
        logged_in(alice)
        .post(address, {"company_key": sandbox.company_key, "slug": sandbox.slug, "api_key": KEY})
        .content.decode()
    )

    assert "Flatchr does not accept the API key." in page
    assert KEY not in page
    assert FlatchrCredentials.objects.get().api_key == sandbox.api_key
    assert not SyncRun.objects.exists()


def test_an_empty_key_keeps_the_stored_one_and_a_sync_starts(
    alice: User, logged_in: LogIn, connected_tenant: Integration, sandbox: Any
) -> None:
    Integration.objects.update(credentials_invalid_at=timezone.now())
    address = reverse(
        "admin:integrations_integration_credentials", args=[quote(connected_tenant.pk)]
    )

    answer = logged_in(alice).post(
        address, {"company_key": sandbox.company_key, "slug": sandbox.slug, "api_key": ""}
    )

    assert answer.status_code == 302
    assert FlatchrCredentials.objects.get().api_key == sandbox.api_key
    assert Integration.objects.get().credentials_invalid_at is None
    assert SyncRun.objects.get().requested_by == alice


def test_verdicts_are_told_one_by_one_to_a_page_that_asks_for_them(
    alice: User, logged_in: LogIn, connected_tenant: Integration, sandbox: Any
) -> None:
    good = {"api_key": sandbox.api_key, "company_key": sandbox.company_key, "slug": sandbox.slug}

    answer = logged_in(alice).post(
        reverse("admin:integrations_integration_add"),
        {**FORM, **good},
        headers={"Accept": "application/x-ndjson"},
    )

    told = [json.loads(line) for line in answer.streaming_content]  # type: ignore[union-attr]
    assert [(line["name"], line["ok"]) for line in told[:-1]] == [
        ("key", True),
        ("company", True),
        ("slug", True),
    ]
    made = Integration.objects.get(organization="Clinique Ouest")
    assert told[-1]["next"].endswith(f"/{quote(made.pk)}/connected/")


def test_a_key_that_ends_soon_is_said_on_the_card_and_on_the_page(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    for days, tone in ((20, "rl-warning"), (5, "rl-danger")):
        ends = timezone.now() + timedelta(days=days, hours=1)
        FlatchrCredentials.objects.update(key_expires_at=ends)

        for address in (reverse("admin:index"), change_url(data.tenant)):
            page = client.get(address).content.decode()
            assert f"The API key expires in {days} days." in page, address
            assert tenant_address(data, "credentials") in page
        page = client.get(tenant_address(data, "credentials")).content.decode()
        assert f'<span class="rl-badge {tone}">Renew it</span>' in page


def test_a_connection_link_is_made_to_be_copied_and_shown_once(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client, address = logged_in(alice), tenant_address(data, "link")
    assert address in client.get(change_url(data.tenant)).content.decode()

    page = client.post(address, {"language": "fr", "asks": "relink"})

    link = page.context["link"]
    made = ConnectionLink.objects.get()
    assert (made.kind, made.integration, made.created_by) == ("relink", data.tenant, alice)
    assert link.startswith("http://127.0.0.1:8000/link/")
    assert link in page.content.decode()
    assert link.rpartition("/")[2] not in made.token_hash
    assert "Renouveler la connexion" in Client().get(link.partition("8000")[2]).content.decode()
    assert link not in client.get(address).content.decode()


def test_no_page_ever_shows_a_key(admin: User, logged_in: LogIn, data: Data) -> None:
    FlatchrCredentials.objects.filter(pk=data.tenant.pk).delete()
    FlatchrCredentials.objects.create(
        integration=data.tenant, api_key=KEY, company_key="Qm7Lr2Xw9KpTz4Vb", slug="nord"
    )
    client = logged_in(admin)
    stored = FlatchrCredentials.objects.raw("SELECT * FROM integrations_flatchrcredentials")[0]

    addresses = [reverse("admin:index"), list_address("integration")]
    addresses += record_addresses(data).values()
    addresses += [tenant_address(data, page) for page in ("credentials", "settings", "members")]
    for address in addresses:
        page = client.get(address).content.decode()
        assert KEY not in page, address
    assert stored.api_key == KEY
    assert "never shown again" in client.get(change_url(data.tenant)).content.decode()


def test_a_key_that_cannot_be_decrypted_is_said_and_asked_for(
    alice: User, logged_in: LogIn, data: Data, settings: Any
) -> None:
    settings.CREDENTIALS_KEYS = ["3p6nXVTPFGqHpt_pY6n3RDJyCDxOGgNSbLTXYpwlCcA="]
    client = logged_in(alice)

    assert "Credentials invalid" in client.get(reverse("admin:index")).content.decode()
    page = client.get(tenant_address(data, "credentials"))
    assert "cannot decrypt" in page.content.decode()
    assert page.context["form"].fields["api_key"].required


# Settings


def test_settings_are_saved_and_the_schedule_follows(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    answer = logged_in(alice).post(
        tenant_address(data, "settings"),
        {
            "organization": "Atelier du Nord",
            "contact_email": "",
            "origin_id": "",
            "enabled": "on",
            "delta_interval": "30",
            "full_interval": "120",
            "offerer_id": "75",
            "user_key": "",
            "trait_budget": "50",
        },
    )

    assert answer.status_code == 302
    tenant = Integration.objects.get(pk=data.tenant.pk)
    assert (tenant.organization, tenant.delta_interval) == ("Atelier du Nord", 30)
    assert tenant.next_delta_at is not None
    chosen = FlatchrSettings.objects.get(pk=tenant.pk)
    assert (chosen.offerer_id, chosen.trait_budget) == (75, 50)


def test_settings_that_make_no_sense_are_refused_beside_the_field(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    page = logged_in(alice).post(
        tenant_address(data, "settings"),
        {"organization": "", "delta_interval": "1", "full_interval": "x", "trait_budget": "5"},
    )

    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"organization", "delta_interval", "full_interval"}
    assert Integration.objects.get().organization == "Atelier Nord"
