"""The page of a sync run: live, and once it has ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import HeldDeletion, Integration, Job, RunState, SyncRun
from integrations.tenants.facts import facts_for
from integrations.tenants.health import assess
from tests.admin.conftest import Data
from tests.admin.pages import run_address

LogIn = Callable[[User], Client]


@pytest.fixture
def client_of_alice(alice: User, logged_in: LogIn) -> Client:
    return logged_in(alice)


def live_run(data: Data, **fields: object) -> SyncRun:
    now = timezone.now()
    values = {
        "state": RunState.RUNNING,
        "started_at": now - timedelta(seconds=20),
        "heartbeat_at": now,
        "phase": "applications",
        **fields,
    }
    run = SyncRun.objects.create(integration=data.tenant, **values)
    run.results.create(model="applications", seen=1000, created=40, unchanged=960)
    return run


def fragment(client: Client, run: SyncRun) -> str:
    return client.get(run_address(run.pk, "live")).content.decode()


def test_the_live_part_shows_figures_rate_and_what_is_read(
    client_of_alice: Client, data: Data
) -> None:
    run = live_run(data, started_at=timezone.now() - timedelta(seconds=2000))
    run.results.update(seen=100_000)

    answer = client_of_alice.get(run_address(run.pk, "live"))

    shown = answer.content.decode()
    assert answer.headers["X-Run-Live"] == "yes"
    assert "no-store" in answer.headers["Cache-Control"]
    for expected in ("100,000", "Running", 'aria-current="step"', "50", "just now"):
        assert expected in shown
    assert "<html" not in shown


def test_the_live_part_says_why_nothing_moves(client_of_alice: Client, data: Data) -> None:
    now = timezone.now()
    run = live_run(
        data, waiting_until=now + timedelta(seconds=55), waiting_reason="Flatchr said 429"
    )
    waiting = re.search(r"Waiting (\d+) s: Flatchr said 429", fragment(client_of_alice, run))
    assert waiting
    assert 0 < int(waiting[1]) <= 55

    SyncRun.objects.filter(pk=run.pk).update(
        waiting_until=None, heartbeat_at=now - timedelta(seconds=40)
    )
    silent = re.search(r"not responded for (\d+) s", fragment(client_of_alice, run))
    assert silent
    assert int(silent[1]) >= 40

    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.QUEUED, queued_at=now - timedelta(minutes=2)
    )
    assert "No worker has taken this sync up" in fragment(client_of_alice, run)


def test_a_run_that_others_come_before_says_so(
    client_of_alice: Client, data: Data, other_tenant: Integration
) -> None:
    now = timezone.now()
    run = live_run(data, state=RunState.QUEUED)
    SyncRun.objects.filter(pk=run.pk).update(queued_at=now - timedelta(minutes=2))
    other = SyncRun.objects.create(
        integration=other_tenant,
        state=RunState.RUNNING,
        lease_owner="alive",
        lease_expires_at=now + timedelta(seconds=20),
    )
    assert "other syncs come first" in fragment(client_of_alice, run)
    assert "other syncs come first" in facts_reason(data.tenant)

    SyncRun.objects.filter(pk=other.pk).update(lease_expires_at=now - timedelta(seconds=1))
    assert "No worker has taken this sync up" in fragment(client_of_alice, run)
    assert "No worker has taken this sync up" in facts_reason(data.tenant)


def facts_reason(tenant: Integration) -> str:
    return assess(facts_for([tenant])[tenant.pk], timezone.now()).reason


def test_the_live_part_says_when_to_stop_asking(client_of_alice: Client, data: Data) -> None:
    answer = client_of_alice.get(run_address(data.runs[0].pk, "live"))

    assert answer.headers["X-Run-Live"] == "no"


def test_a_waiting_run_is_cancelled_at_once(client_of_alice: Client, data: Data) -> None:
    run = live_run(data, state=RunState.QUEUED)

    client_of_alice.post(run_address(run.pk, "cancel"))

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_a_run_that_has_ended_is_not_asked_to_stop(client_of_alice: Client, data: Data) -> None:
    run = data.runs[0]

    page = client_of_alice.post(run_address(run.pk, "cancel"), follow=True)

    assert "The sync had already ended." in page.content.decode()
    run.refresh_from_db()
    assert (run.state, run.cancel_requested_at) == (RunState.SUCCEEDED, None)


def test_a_running_run_is_asked_to_stop(client_of_alice: Client, data: Data) -> None:
    run = live_run(data)

    client_of_alice.post(run_address(run.pk, "cancel"))

    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    assert "Cancelling" in fragment(client_of_alice, run)


def test_an_ended_run_explains_itself(client_of_alice: Client, troubled_run: SyncRun) -> None:
    page = client_of_alice.get(change_url(troubled_run)).content.decode()

    for expected in (
        "Unknown contract",
        "An odd contract.",
        change_url(Job.objects.get(remote_id="job1")),
        "No id.",
        "&quot;a&quot;: &quot;&lt;i&gt;&quot;",
        "1 record held for review",
        "Atelier Nord job 0",
        "/company/x/columns",
        "Attempt 2",
        "&lt;html&gt;slow down",
    ):
        assert expected in page, expected
    assert "<b>one</b>" not in page


def test_a_failed_run_says_what_went_wrong_and_what_to_do(
    client_of_alice: Client, data: Data
) -> None:
    run = data.runs[-1]
    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.AUTHENTICATION_FAILED,
        error_kind="wrong_key",
        error_message="Flatchr does not accept the API key.",
        error_detail="GET answered 401",
    )

    page = client_of_alice.get(change_url(run)).content.decode()

    for expected in ("What went wrong", "does not accept the API key", "Enter a new key", "401"):
        assert expected in page
    assert "AUTHENTICATION_FAILED" not in page


def test_held_deletions_are_confirmed_by_hand(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    client_of_alice.post(run_address(troubled_run.pk, "confirm"), {"expected": "1"})

    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is not None
    assert not HeldDeletion.objects.exists()


def test_a_list_that_a_later_sync_has_replaced_leads_to_that_sync(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    later = SyncRun.objects.create(integration=data.tenant, state=RunState.SUCCEEDED)
    later.results.create(model="jobs", complete=True)
    troubled_run.held_deletions.all().delete()

    shown = client_of_alice.get(change_url(troubled_run)).content.decode()

    assert "A later full sync has read this tenant since" in shown
    assert f'href="{change_url(later)}"' in shown


def test_a_confirmation_that_comes_too_late_is_refused_with_words(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    later = SyncRun.objects.create(integration=data.tenant, state=RunState.SUCCEEDED)
    later.results.create(model="jobs", complete=True)

    answer = client_of_alice.post(run_address(troubled_run.pk, "confirm"), follow=True)

    shown = answer.content.decode()
    assert "A later full sync has read this tenant, so its list counts." in shown
    assert f'<a class="rl-link" href="{change_url(later)}">Open the later sync</a>' in shown
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None


def test_all_requests_of_a_run_can_be_paged_through(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    address = run_address(troubled_run.pk, "exchanges")

    assert "/company/x/columns" in client_of_alice.get(address).content.decode()
    assert client_of_alice.get(address, {"p": "x"}).status_code == 200
    assert "No requests are kept" in client_of_alice.get(address, {"p": "2"}).content.decode()
