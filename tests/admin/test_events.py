"""A tenant's page of Flatchr's events: the address, its numbers and its settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import AuditEntry, EventAddress, Integration, Membership, Role

pytestmark = pytest.mark.django_db


def test_an_address_is_made_shown_set_replaced_and_removed(
    logged_in: Callable[[User], Client], alice: User, tenant: Integration
) -> None:
    client = logged_in(alice)
    page = reverse("admin:integrations_integration_events", args=[tenant.pk])
    assert 'value="make"' in client.get(page).content.decode()

    client.post(page, {"do": "make"})
    first = EventAddress.objects.get().token
    assert f"/hooks/flatchr/{first}" in client.get(page).content.decode()

    refused = client.post(page, {"do": "deltas", "spaces_deltas": "on", "delta_interval": "1"})
    assert refused.status_code == 200
    client.post(page, {"do": "deltas", "delta_interval": "720"})
    stored = EventAddress.objects.get()
    assert (stored.spaces_deltas, stored.delta_interval) == (False, 720)

    client.post(page, {"do": "rotate", "old": "kept"})
    assert EventAddress.objects.get().old_ends_at is not None
    client.post(page, {"do": "rotate", "old": "ends"})
    second = EventAddress.objects.get()
    assert second.token != first
    assert second.old_ends_at is None

    client.post(page, {"do": "remove"})
    assert not EventAddress.objects.exists()
    said = AuditEntry.objects.order_by("pk").values_list("what", flat=True)
    assert list(said) == [
        "event_address_made",
        "settings_changed",
        "event_address_rotated",
        "event_address_rotated",
        "event_address_removed",
    ]
    assert {entry.who for entry in AuditEntry.objects.all()} == {"alice"}


def test_who_only_sees_records_is_told_of_the_last_event_and_not_of_the_address(
    logged_in: Callable[[User], Client], alice: User, charlie: User, tenant: Integration
) -> None:
    logged_in(alice).post(
        reverse("admin:integrations_integration_events", args=[tenant.pk]), {"do": "make"}
    )
    EventAddress.objects.update(last_event_at=timezone.now())
    Membership.objects.create(user=charlie, integration=tenant, role=Role.VIEWER)

    page = logged_in(charlie).get(
        reverse("admin:integrations_integration_change", args=[tenant.pk])
    )
    text = page.content.decode()
    assert "Last event" in text
    assert EventAddress.objects.get().token not in text


def test_every_page_with_a_drawn_guide_has_its_style_sheet(
    admin: User, tenant: Integration, logged_in: Callable[[User], Client]
) -> None:
    client = logged_in(admin)
    addresses = [reverse("admin:integrations_integration_add")]
    addresses += [
        reverse(f"admin:integrations_integration_{name}", args=[tenant.pk])
        for name in ("credentials", "events")
    ]

    for address in addresses:
        page = client.get(address).content.decode()
        assert "rl-picture" in page, address
        assert "relais/guide.css" in page, address
