"""The audit trail in the dashboard: whose entries a Manager sees, and in whose trail entries go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.audit import trail
from integrations.models import AuditEntry, Event
from tests.admin.conftest import Data
from tests.conftest import MakeTenant

pytestmark = pytest.mark.django_db

LogIn = Callable[[User], Client]
LIST = "admin:integrations_auditentry_changelist"
EXPORT = "admin:integrations_auditentry_export"


def about(user: User, what: Event, **more: Any) -> AuditEntry:
    return trail.record(what, user=user, about=user, name=user.get_username(), **more)


def test_a_manager_sees_no_events_of_other_peoples_users(
    alice: User,
    bob: User,
    charlie: User,
    admin: User,
    logged_in: LogIn,
    data: Data,
    other_data: Data,
) -> None:
    seen = {about(bob, Event.SIGNED_IN).pk, about(alice, Event.PASSWORD_CHANGED).pk}
    outsider = User.objects.create_user("dora", is_staff=True)
    hidden = [about(user, Event.SIGNED_IN) for user in (charlie, admin, outsider)]
    # Of a member, but not about signing in, or in another tenant.
    hidden += [about(bob, Event.USER_CHANGED), about(bob, Event.KEY_MADE)]
    hidden += [
        about(user, what, tenant=other_data.tenant)
        for user, what in (
            (bob, Event.SYNC_STARTED),
            (bob, Event.SIGNED_IN),
            (alice, Event.SECOND_FACTOR_RESET),
        )
    ]
    client = logged_in(alice)

    shown = client.get(reverse(LIST)).context["cl"].result_list
    assert {entry.pk for entry in shown} == seen
    for entry in hidden:
        page = client.get(reverse("admin:integrations_auditentry_change", args=[entry.pk]))
        assert page.headers["Location"] == reverse("admin:index"), entry.what
    exported = b"".join(client.post(reverse(EXPORT)).streaming_content).decode()  # type: ignore[arg-type]
    assert "bob" in exported
    assert not [name for name in ("charlie", "dora", "admin") if name in exported]


def test_a_foreign_tenant_in_the_address_leaves_no_trace_in_its_trail(
    alice: User,
    admin: User,
    logged_in: LogIn,
    make_tenant: MakeTenant,
    data: Data,
    other_data: Data,
) -> None:
    # With a single tenant, the address is not looked at.
    make_tenant("Atelier Est", members=[alice])
    foreign = f"?tenant={other_data.tenant.pk}"
    candidates = reverse("admin:integrations_candidate_export")
    form = {"format": "csv", "delimiter": "comma", "date_format": "iso", "columns": ["last_name"]}
    theirs = AuditEntry.objects.filter(integration_id=other_data.tenant.pk)

    client = logged_in(alice)
    for address, posted in ((reverse(EXPORT), {}), (candidates, form)):
        answer = client.post(address + foreign, posted)
        assert b"Maison Sud" not in b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert not theirs.exists()

    # Its own administrator's export is in it.
    b"".join(logged_in(admin).post(reverse(EXPORT) + foreign).streaming_content)  # type: ignore[arg-type]
    assert [entry.what for entry in theirs.all()] == [Event.AUDIT_EXPORTED]


def test_an_exports_entry_says_in_words_what_was_taken(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    entry = trail.record(
        Event.EXPORTED, tenant=data.tenant, user=alice, kind="application", format="xlsx"
    )
    address = reverse("admin:integrations_auditentry_change", args=[entry.pk])
    french = logged_in(alice).get(address, headers={"Accept-Language": "fr"}).context["cards"]
    assert french[-1].rows == [("Fiches", "Candidatures"), ("Format", "Excel")]
