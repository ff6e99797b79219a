"""The audit trail: what is written, by whom, and that nothing of it changes or goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.accounts import members
from integrations.accounts.api_keys import authenticate, create_key, revoke
from integrations.audit import trail
from integrations.connecting import lifecycle
from integrations.models import AppendOnly, AuditEntry, AuditPurge, Event, Integration, Role
from integrations.sync.runs import request_cancel, request_sync

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("what", flat=True))


def test_entries_are_not_changed_or_deleted_by_any_way_of_the_code() -> None:
    entry = trail.record(Event.SYNC_STARTED)
    for act in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        AuditEntry._base_manager.all().delete,
        lambda: AuditEntry.objects.update(who="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["who"]),
    ):
        with pytest.raises(AppendOnly):
            act()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integrations_auditentry SET who = 'x'",
        "DELETE FROM integrations_auditentry",
    ],
)
def test_the_database_refuses_as_well(statement: str) -> None:
    trail.record(Event.SYNC_STARTED)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().who == ""


def test_old_entries_go_only_where_a_setting_says_so(settings: Any) -> None:
    now = timezone.now()
    for days in (400, 10):
        AuditEntry.objects.create(what=Event.SYNC_STARTED, at=now - timedelta(days=days))
    assert trail.retain() == 0
    settings.AUDIT_KEEP_DAYS = 365
    assert trail.retain() == 1
    assert trail.retain() == 0
    assert told() == [Event.SYNC_STARTED, Event.AUDIT_PURGED]
    assert AuditPurge.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM integrations_auditentry")


def test_secrets_are_not_taken() -> None:
    for name in ("password", "api_key", "token"):
        with pytest.raises(ValueError, match=name):
            trail.record(Event.SYNC_STARTED, **{name: "x"})


def test_an_entry_goes_with_what_it_tells(tenant: Integration, alice: User) -> None:
    def broken() -> None:
        with transaction.atomic():
            request_sync(tenant.pk, user=alice)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert told() == []


def test_services_write_down_who_did_what(
    tenant: Integration, alice: User, charlie: User, admin: User
) -> None:
    run, _ = request_sync(tenant.pk, user=alice)
    request_sync(tenant.pk, user=alice)
    request_cancel(run.pk)
    request_cancel(run.pk)
    member = members.add(tenant, charlie, Role.VIEWER)
    members.change(member, Role.MANAGER)
    members.remove(member)
    lifecycle.set_enabled(tenant, False)
    lifecycle.set_enabled(tenant, False)
    lifecycle.delete(tenant)
    lifecycle.restore(tenant)

    assert told() == [
        Event.SYNC_STARTED,
        Event.SYNC_CANCELLED,
        Event.MEMBER_ADDED,
        Event.MEMBER_CHANGED,
        Event.MEMBER_REMOVED,
        Event.TENANT_DISABLED,
        Event.TENANT_DELETED,
        Event.TENANT_RESTORED,
    ]
    first = AuditEntry.objects.get(what=Event.SYNC_STARTED)
    assert (first.who, first.tenant, first.object_id) == ("alice", "Atelier Nord", str(run.pk))


def test_a_key_is_noted_on_its_first_use_of_a_day(tenant: Integration, admin: User) -> None:
    row, key = create_key(name="Careers", integrations=[tenant], user=admin)
    for _ in range(3):
        authenticate(f"Bearer {key}")
    yesterday = timezone.now() - timedelta(days=1)
    type(row).objects.filter(pk=row.pk).update(last_used_at=yesterday)
    authenticate(f"Bearer {key}")
    revoke(row)

    assert told() == [Event.KEY_MADE, Event.KEY_USED, Event.KEY_USED, Event.KEY_REVOKED]
    used = AuditEntry.objects.filter(what=Event.KEY_USED)[0]
    assert (used.key_prefix, used.who, used.integration_id) == (row.prefix, "Careers", tenant.pk)
    assert key not in str(list(AuditEntry.objects.values()))


def test_managers_read_their_tenants_and_how_their_people_sign_in(
    tenant: Integration, other_tenant: Integration, alice: User, logged_in: Any
) -> None:
    for one in (tenant, other_tenant):
        trail.record(Event.SYNC_STARTED, tenant=one)
        person = one.memberships.first().user  # type: ignore[union-attr]
        trail.record(Event.SIGNED_IN, user=person, about=person, name=person.username)
    page = logged_in(alice).get(reverse("admin:integrations_auditentry_changelist"))
    content = page.content.decode()

    assert page.context["cl"].result_count == 2
    assert "Atelier Nord" in content
    assert "Maison Sud" not in content
    assert "charlie" not in content


def test_the_trail_is_exported_as_it_is_filtered(
    tenant: Integration, alice: User, logged_in: Any
) -> None:
    trail.record(Event.SYNC_STARTED, tenant=tenant, name="=HYPERLINK(1)")
    trail.record(Event.SUBMITTED, tenant=tenant)
    client: Client = logged_in(alice)
    address = reverse("admin:integrations_auditentry_export")
    lines = b"".join(client.post(f"{address}?group=syncs")).decode().splitlines()

    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]
    assert told()[-1] == Event.AUDIT_EXPORTED
    assert b"".join(client.post(address)).decode().count("\n") == 5


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_at_any_length(
    count: int, admin: User, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        trail.record(Event.SYNC_STARTED)
    client = logged_in(admin)
    client.get(reverse("admin:integrations_auditentry_changelist"))
    with django_assert_max_num_queries(6):
        client.get(reverse("admin:integrations_auditentry_changelist"))
