"""Deltas come less often while events tell of what changes, and as usual when they do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import EventAddress, Integration, SyncRun
from integrations.sync import schedule
from integrations.webhooks.incoming import addresses
from integrations.webhooks.incoming.report import report_of
from tests.sync.running import sync
from tests.webhooks.incoming.conftest import Hook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

NORMAL, SPACED = 60, 360


def minutes(hook: Hook) -> int:
    return schedule.delta_minutes(Integration.objects.get(pk=hook.tenant.pk), timezone.now())


def next_delta(hook: Hook) -> timedelta:
    due = Integration.objects.get(pk=hook.tenant.pk).next_delta_at
    assert isinstance(due, datetime)
    return due - timezone.now()


def told(hook: Hook) -> None:
    """An event that brings a change."""
    hook.added(hook.sandbox.add_applicant(email=f"p{timezone.now():%H%M%S%f}@example.org"))
    hook.work_off()


def test_deltas_are_apart_while_events_bring_changes(hook: Hook) -> None:
    assert minutes(hook) == NORMAL
    told(hook)
    assert minutes(hook) == SPACED
    sync(hook.tenant, "DELTA")
    assert timedelta(minutes=SPACED / 2) < next_delta(hook) <= timedelta(minutes=SPACED * 1.5)

    EventAddress.objects.update(last_change_at=timezone.now() - schedule.EVENTS_COME)
    assert minutes(hook) == NORMAL


def test_events_that_bring_nothing_space_no_deltas(hook: Hook) -> None:
    known = hook.sandbox.add_applicant(email="a@example.org")
    sync(hook.tenant, "DELTA")
    for _ in range(3):
        hook.added(known)
        hook.work_off()
    assert minutes(hook) == NORMAL


def test_it_can_be_switched_off_and_then_the_next_delta_is_brought_forward(hook: Hook) -> None:
    told(hook)
    sync(hook.tenant, "DELTA")
    Integration.objects.update(next_delta_at=timezone.now() + timedelta(minutes=SPACED))
    addresses.space_deltas(hook.tenant, wanted=False, minutes=SPACED)
    assert minutes(hook) == NORMAL
    assert next_delta(hook) <= timedelta(minutes=NORMAL * 1.5)


def test_a_tenant_whose_own_interval_is_longer_keeps_it(hook: Hook) -> None:
    told(hook)
    Integration.objects.update(delta_interval=600)
    assert minutes(hook) == 600


def test_an_event_that_could_not_be_read_brings_the_next_delta_forward(hook: Hook) -> None:
    Integration.objects.update(
        next_delta_at=timezone.now() + timedelta(minutes=SPACED),
        credentials_invalid_at=timezone.now(),
    )
    hook.added(hook.sandbox.add_applicant(email="a@example.org"))
    assert next_delta(hook) <= timedelta(minutes=NORMAL * 1.5)


def test_syncs_that_find_what_no_event_told_of_mean_that_events_are_lost(hook: Hook) -> None:
    told(hook)
    for number in range(schedule.UNTOLD):
        assert minutes(hook) == SPACED
        # No event comes: Flatchr has the address no more.
        hook.sandbox.add_applicant(email=f"silent{number}@example.org")
        sync(hook.tenant, "DELTA")
    assert minutes(hook) == NORMAL
    found = report_of(hook.tenant)
    assert found is not None
    assert found.lost
    assert next_delta(hook) <= timedelta(minutes=NORMAL * 1.5)

    told(hook)
    assert minutes(hook) == SPACED


def test_syncs_that_find_nothing_lose_nothing(hook: Hook) -> None:
    told(hook)
    for _ in range(3):
        sync(hook.tenant, "DELTA")
    assert SyncRun.objects.count() > schedule.UNTOLD
    assert minutes(hook) == SPACED
