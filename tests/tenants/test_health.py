"""The state of a tenant: one rule after the other, without a page and mostly without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.models import Integration, RunState, SyncRun
from integrations.tenants.facts import facts_for
from integrations.tenants.health import Condition, Facts, Step, assess

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WELL = Facts(
    enabled=True,
    has_credentials=True,
    key_readable=True,
    key_expires_at=NOW + timedelta(days=200),
    credentials_invalid_at=None,
    next_sync_at=NOW + timedelta(minutes=10),
    last=SyncRun(state=RunState.SUCCEEDED, ended_at=NOW - timedelta(minutes=50)),
)


def ended(state: RunState, message: str = "") -> SyncRun:
    return SyncRun(pk=7, state=state, error_message=message)


def running(**fields: object) -> SyncRun:
    values = {"state": RunState.RUNNING, "phase": "jobs", "queued_at": NOW, **fields}
    return SyncRun(pk=8, **values)


@pytest.mark.parametrize(
    ("changes", "condition", "words", "step"),
    [
        ({}, Condition.ACTIVE, "In sync", Step.NOTHING),
        ({"warnings": 3}, Condition.ACTIVE, "3 values", Step.OPEN_RUN),
        ({"has_credentials": False}, Condition.SETUP, "No Flatchr credentials", Step.CREDENTIALS),
        ({"last": None}, Condition.SETUP, "not synchronised yet", Step.SYNC),
        ({"enabled": False}, Condition.DISABLED, "no longer", Step.SETTINGS),
        ({"live": running()}, Condition.SYNCING, "Reading jobs", Step.OPEN_RUN),
        (
            {"live": running(waiting_until=NOW + timedelta(seconds=9), waiting_reason="429")},
            Condition.SYNCING,
            "Waiting: 429",
            Step.OPEN_RUN,
        ),
        (
            {"live": running(state=RunState.QUEUED, queued_at=NOW - timedelta(minutes=5))},
            Condition.SYNCING,
            "No worker",
            Step.OPEN_RUN,
        ),
        # It has just waited for Flatchr.
        (
            {
                "live": running(
                    state=RunState.QUEUED,
                    queued_at=NOW - timedelta(minutes=5),
                    waiting_until=NOW - timedelta(seconds=2),
                )
            },
            Condition.SYNCING,
            "Waiting for a worker to begin",
            Step.OPEN_RUN,
        ),
        (
            {"live": running(state=RunState.QUEUED), "waits_its_turn": True},
            Condition.SYNCING,
            "other syncs come first",
            Step.OPEN_RUN,
        ),
        (
            {"credentials_invalid_at": NOW},
            Condition.CREDENTIALS_INVALID,
            "refused the API key",
            Step.CREDENTIALS,
        ),
        (
            {"last": ended(RunState.AUTHENTICATION_FAILED)},
            Condition.CREDENTIALS_INVALID,
            "refused the API key",
            Step.CREDENTIALS,
        ),
        (
            {"key_readable": False},
            Condition.CREDENTIALS_INVALID,
            "cannot be decrypted",
            Step.CREDENTIALS,
        ),
        (
            {"key_expires_at": NOW - timedelta(days=1)},
            Condition.CREDENTIALS_INVALID,
            "has expired",
            Step.CREDENTIALS,
        ),
        (
            {"key_expires_at": NOW + timedelta(days=5)},
            Condition.WARNINGS,
            "expires in 5 days. Nothing is read after that.",
            Step.CREDENTIALS,
        ),
        (
            {"key_expires_at": NOW + timedelta(hours=5)},
            Condition.WARNINGS,
            "expires within a day",
            Step.CREDENTIALS,
        ),
        (
            {"key_expires_at": NOW + timedelta(days=30)},
            Condition.WARNINGS,
            "expires in 30 days.",
            Step.CREDENTIALS,
        ),
        ({"key_expires_at": NOW + timedelta(days=31)}, Condition.ACTIVE, "In sync", Step.NOTHING),
        # A month ahead, what is amiss now is said first; a week ahead, the key is.
        (
            {
                "key_expires_at": NOW + timedelta(days=20),
                "last": ended(RunState.PARTIALLY_FAILED),
                "quarantined": 2,
            },
            Condition.WARNINGS,
            "2 records",
            Step.OPEN_RUN,
        ),
        (
            {
                "key_expires_at": NOW + timedelta(days=7),
                "last": ended(RunState.PARTIALLY_FAILED),
                "quarantined": 2,
            },
            Condition.WARNINGS,
            "expires in 7 days",
            Step.CREDENTIALS,
        ),
        (
            {"key_expires_at": NOW + timedelta(days=7), "last": ended(RunState.FAILED, "Oh.")},
            Condition.FAILING,
            "Oh.",
            Step.OPEN_RUN,
        ),
        ({"held": 140}, Condition.HELD, "140 records", Step.OPEN_RUN),
        (
            {"last": ended(RunState.FAILED, "Flatchr could not be reached.")},
            Condition.FAILING,
            "could not be reached",
            Step.OPEN_RUN,
        ),
        (
            {"last": ended(RunState.TIMED_OUT)},
            Condition.FAILING,
            "did not finish",
            Step.OPEN_RUN,
        ),
        (
            {"last": ended(RunState.PARTIALLY_FAILED), "quarantined": 2},
            Condition.WARNINGS,
            "2 records could not be understood and were set aside",
            Step.OPEN_RUN,
        ),
        (
            {"last": ended(RunState.PARTIALLY_FAILED, "Flatchr took too long.")},
            Condition.WARNINGS,
            "Flatchr took too long.",
            Step.OPEN_RUN,
        ),
        # What had been held is confirmed: nothing is left to say of that run.
        ({"last": ended(RunState.PARTIALLY_FAILED)}, Condition.ACTIVE, "In sync", Step.NOTHING),
        ({"last": ended(RunState.CANCELLED)}, Condition.ACTIVE, "cancelled", Step.NOTHING),
        (
            {"next_sync_at": NOW - timedelta(hours=1)},
            Condition.WARNINGS,
            "overdue",
            Step.SYNC,
        ),
    ],
)
def test_the_state_says_what_most_needs_saying(
    changes: dict[str, object], condition: Condition, words: str, step: Step
) -> None:
    health = assess(replace(WELL, **changes), NOW)  # type: ignore[arg-type]

    assert (health.condition, health.step) == (condition, step)
    assert words in health.reason


def test_a_running_sync_hides_the_failure_before_it() -> None:
    facts = replace(WELL, live=running(), last=ended(RunState.FAILED), held=5)

    assert assess(facts, NOW).condition is Condition.SYNCING


def test_every_condition_has_a_colour() -> None:
    colours = {"success", "info", "warning", "danger", "neutral"}
    assert {condition.color for condition in Condition} <= colours


def test_facts_are_those_of_the_newest_runs(tenant: Integration) -> None:
    held = SyncRun.objects.create(integration=tenant, state=RunState.PARTIALLY_FAILED)
    held.held_deletions.create(model="jobs", record_id="x")
    delta = SyncRun.objects.create(integration=tenant, type="DELTA", state=RunState.SUCCEEDED)
    delta.warnings.create(model="jobs", code="odd", count=4)
    live = SyncRun.objects.create(integration=tenant)

    facts = facts_for([tenant])[tenant.pk]

    assert (facts.live, facts.last, facts.held_run) == (live, delta, held)
    assert (facts.held, facts.warnings, facts.quarantined) == (1, 4, 0)


def test_a_later_full_sync_supersedes_what_was_held(tenant: Integration) -> None:
    held = SyncRun.objects.create(integration=tenant, state=RunState.PARTIALLY_FAILED)
    held.held_deletions.create(model="jobs", record_id="x")
    SyncRun.objects.create(integration=tenant, state=RunState.SUCCEEDED)

    assert facts_for([tenant])[tenant.pk].held == 0


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.FAILED, RunState.TIMED_OUT])
def test_what_a_run_held_before_it_broke_off_is_held(state: RunState, tenant: Integration) -> None:
    SyncRun.objects.create(integration=tenant, state=RunState.SUCCEEDED)
    held = SyncRun.objects.create(integration=tenant, state=state)
    held.held_deletions.create(model="jobs", record_id="x")
    SyncRun.objects.create(integration=tenant, state=state)

    facts = facts_for([tenant])[tenant.pk]

    assert (facts.held_run, facts.held) == (held, 1)
