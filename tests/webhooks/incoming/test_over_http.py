"""From Flatchr's request to the record, through the web server, the broker and a real worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from integrations.models import Application, EventOutcome, IncomingEvent, Job
from integrations.webhooks.incoming.receiving import EVENTS
from tests.support.worker import Worker
from tests.sync.running import wait_until
from tests.webhooks.incoming.conftest import Hook

pytestmark = pytest.mark.django_db(transaction=True)

# Seconds from an event to its record, of which 95 of 100 take less; and how often it is measured.
WANTED = 3.0
TIMES = 20


def test_an_event_makes_its_record_visible_within_seconds_and_a_killed_worker_loses_none(
    hook: Hook, live_server: Any, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker("filesystem://", "--pool", "prefork", "--concurrency", "2")
    hook.sandbox.send_events_to(f"{live_server.url}{hook.path}")

    took = []
    for number in range(TIMES):
        began = time.monotonic()
        applicant = hook.sandbox.add_applicant(email=f"p{number}@example.org")
        wait_until(lambda known=applicant: hook.application(known) is not None)  # type: ignore[misc]
        took.append(time.monotonic() - began)
    assert sorted(took)[int(TIMES * 0.95) - 1] < WANTED, took

    vacancy = hook.sandbox.add_vacancy(title="Relieur H/F")
    wait_until(lambda: Job.objects.filter(remote_id=vacancy).exists())

    fault = hook.sandbox.faults.add(path="/search/applicants$", delay=60, times=1)
    lost = hook.sandbox.add_applicant(email="lost@example.org")
    wait_until(lambda: hook.sandbox.faults.met(fault))
    worker.restart()
    # As if the lease of the dead worker had run out; the sweep then wakes another.
    address = type(hook.address).objects.filter(pk=hook.tenant.pk)
    address.update(lease_expires_at=hook.address.made_at, next_attempt_at=hook.address.made_at)
    EVENTS.sweep()
    wait_until(lambda: Application.objects.filter(remote_id=lost).exists())
    wait_until(lambda: not IncomingEvent.objects.filter(outcome="").exists())
    outcomes = set(IncomingEvent.objects.values_list("outcome", flat=True))
    assert outcomes == {EventOutcome.CHANGED}
