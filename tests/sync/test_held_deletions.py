"""A loss too large to be believed waits for an operator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet

from integrations.models import (
    Application,
    AuditEntry,
    Candidate,
    CandidateTag,
    Event,
    HeldDeletion,
    HoldDecision,
    Integration,
    Job,
    SyncRun,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.applicants.incremental import store_applicants
from integrations.sync.held_deletions import confirm_deletions, keep_records
from integrations.sync.runs import SyncRefused
from integrations.tenants.facts import facts_for, health_of
from integrations.tenants.health import Condition
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import difference, every_row
from tests.sync.running import Background, counts, queue, sync, sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)

DELETED = {"changed_at", "remote_deleted_at"}


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """None but the applicants that tests add."""
    return make_sandbox(vacancies=1, applicants=0)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    """Tags are the subject of one test only."""
    settings = connected_tenant.flatchr_settings  # type: ignore[attr-defined]
    settings.trait_budget = 0
    settings.save()
    return connected_tenant


@pytest.fixture
def crowd(sandbox: Sandbox) -> list[str]:
    """Thirty applicants, each a person."""
    return [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(30)]


@pytest.fixture
def held_run(tenant: Integration, sandbox: Sandbox, crowd: list[str]) -> SyncRun:
    """A run that held the deletion of twenty-one."""
    sync(tenant)
    for applicant in crowd[:21]:
        sandbox.remove_applicant(applicant)
    return sync(tenant)


def deleted(records: QuerySet[Application] | QuerySet[Candidate]) -> set[str]:
    return set(records.exclude(remote_deleted_at=None).values_list("remote_id", flat=True))


def test_a_loss_of_many_is_held_whole(held_run: SyncRun, crowd: list[str]) -> None:
    assert (held_run.state, held_run.error_kind) == ("PARTIALLY_FAILED", "")
    assert deleted(Application.objects.all()) == deleted(Candidate.objects.all()) == set()
    assert written(held_run) == {"applications": {"held": 21}}
    held = held_run.held_deletions.values_list("model", "record_id")
    expected = Application.objects.filter(remote_id__in=crowd[:21]).values_list("id", flat=True)
    assert sorted(held) == sorted(("applications", record) for record in expected)


def test_confirming_deletes_exactly_what_was_held_and_what_goes_with_it(
    held_run: SyncRun, tenant: Integration, crowd: list[str]
) -> None:
    before = every_row(tenant)

    assert confirm_deletions(held_run.pk) == 21

    assert difference(before, every_row(tenant)) == {
        (table, applicant): DELETED
        for table in ("Application", "Candidate")
        for applicant in crowd[:21]
    }
    assert not held_run.held_deletions.exists()
    assert written(held_run)["applications"] == {"deleted": 21}


def test_confirming_twice_deletes_nothing_more(held_run: SyncRun, tenant: Integration) -> None:
    confirm_deletions(held_run.pk)
    before = every_row(tenant)

    assert confirm_deletions(held_run.pk) == 0

    assert every_row(tenant) == before


def test_what_followed_a_deletion_follows_a_confirmed_one(
    connected_tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    """A candidate that keeps another application takes over its data, and loses a tag."""
    kept, taken = crowd[29], add(sandbox, "Adèle", "ada29@example.org")
    tag = sandbox.add_tag("Préféré")
    sandbox.set_trait(taken, tag)
    sandbox.set_trait(crowd[0], tag)
    sandbox.edit_applicant(taken, updated=sandbox.world.clock().date())
    sync_with_tags(connected_tenant)
    assert candidate_of(kept).first_name == "Adèle"
    for applicant in [taken, *crowd[:21]]:
        sandbox.remove_applicant(applicant)
    run = sync_with_tags(connected_tenant)
    assert CandidateTag.objects.live().count() == 2

    confirm_deletions(run.pk)

    candidate = candidate_of(kept)
    assert (candidate.remote_deleted_at, candidate.first_name) == (None, "Ada 29")
    assert CandidateTag.objects.live().count() == 0


def test_confirming_waits_for_a_sync_that_is_under_way(
    held_run: SyncRun, tenant: Integration
) -> None:
    queue(tenant, "DELTA")

    with pytest.raises(SyncRefused, match="under way"):
        confirm_deletions(held_run.pk)

    assert deleted(Application.objects.all()) == set()


def test_a_later_full_sync_makes_its_own_findings(held_run: SyncRun, tenant: Integration) -> None:
    later = sync(tenant)

    with pytest.raises(SyncRefused, match="later full sync"):
        confirm_deletions(held_run.pk)

    assert deleted(Application.objects.all()) == set()
    assert confirm_deletions(later.pk) == 21


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"status": 500}, "FAILED"),
        ({"status": 401}, "AUTHENTICATION_FAILED"),
        # Jobs, stages and tags are read completely.
        ({"path": "/search/applicants$", "status": 500}, "PARTIALLY_FAILED"),
    ],
)
def test_a_later_full_sync_that_reads_no_applicants_neither_settles_nor_blocks(
    fault: dict[str, Any],
    state: str,
    held_run: SyncRun,
    tenant: Integration,
    sandbox: Sandbox,
    crowd: list[str],
) -> None:
    before = every_row(tenant)
    sandbox.faults.add(**fault)

    later = sync(tenant)

    assert later.state == state
    assert not later.held_deletions.exists()
    assert held_run.held_deletions.count() == 21
    facts = facts_for([tenant])[tenant.pk]
    assert (facts.held_run, facts.held) == (held_run, 21)
    assert every_row(tenant) == before
    assert confirm_deletions(held_run.pk) == 21
    assert deleted(Application.objects.all()) == set(crowd[:21])


@pytest.mark.usefixtures("impatient")
def test_each_model_is_decided_on_the_newest_full_sync_that_has_read_it(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(tenant)
    for applicant in crowd[:21]:
        sandbox.remove_applicant(applicant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])
    both = sync(tenant)
    assert written(both) == {"jobs": {"held": 26}, "applications": {"held": 21}}
    sandbox.faults.add(path="/search/applicants$", status=500)
    jobs_only = sync(tenant)
    assert written(jobs_only) == {"jobs": {"held": 26}}
    facts = facts_for([tenant])[tenant.pk]
    assert (facts.held_run, facts.held) == (jobs_only, 26)

    assert confirm_deletions(jobs_only.pk) == 26

    assert not Job.objects.live().exists()
    assert deleted(Application.objects.all()) == set()
    facts = facts_for([tenant])[tenant.pk]
    assert (facts.held_run, facts.held) == (both, 21)
    assert confirm_deletions(both.pk) == 21
    assert deleted(Application.objects.all()) == set(crowd[:21])
    assert facts_for([tenant])[tenant.pk].held == 0


def test_what_a_later_full_sync_has_deleted_is_held_no_longer(
    held_run: SyncRun, tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    """With many more applicants, the missing ones are not too many any more."""
    for number in range(100):
        add(sandbox, "Bea", f"bea{number}@example.org")

    later = sync(tenant)

    assert counts(later, Model.APPLICATIONS)["deleted"] == 21
    assert not HeldDeletion.objects.exists()
    assert health_of([tenant])[tenant.pk][1].condition == Condition.ACTIVE


def test_a_later_delta_does_not_stand_in_the_way(held_run: SyncRun, tenant: Integration) -> None:
    sync(tenant, "DELTA")

    assert confirm_deletions(held_run.pk) == 21


def test_what_was_held_and_is_seen_again_is_as_if_nothing_had_been(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    sync(tenant)
    before = every_row(tenant)
    applicants = [sandbox.world.applicant(one) for one in crowd[:21]]
    for one in crowd[:21]:
        sandbox.remove_applicant(one)
    assert sync(tenant).held_deletions.count() == 21
    for applicant in applicants:
        sandbox.world.company.applicants.change(applicant, updated=applicant.updated)

    run = sync(tenant)

    assert (run.state, written(run)) == ("SUCCEEDED", {})
    assert every_row(tenant) == before


def test_what_was_confirmed_and_is_seen_again_is_restored(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    sync(tenant)
    applicants = [sandbox.world.applicant(one) for one in crowd[:21]]
    before = every_row(tenant)
    for one in crowd[:21]:
        sandbox.remove_applicant(one)
    confirm_deletions(sync(tenant).pk)
    for applicant in applicants:
        sandbox.world.company.applicants.change(applicant, updated=applicant.updated)

    run = sync(tenant)

    assert run.state == "SUCCEEDED"
    assert written(run) == {"applications": {"restored": 21}, "candidates": {"restored": 21}}
    assert set(map(frozenset, difference(before, every_row(tenant)).values())) == {
        frozenset({"changed_at"})
    }


def test_keeping_lets_everything_stay_until_the_next_full_sync(
    held_run: SyncRun, tenant: Integration, alice: User
) -> None:
    before = every_row(tenant)

    assert [keep_records(held_run.pk, user=alice) for _ in range(2)] == [21, 0]

    assert every_row(tenant) == before
    assert not held_run.held_deletions.exists()
    decision = HoldDecision.objects.get(run=held_run)
    assert (decision.choice, decision.records, decision.decided_by) == ("KEPT", 21, alice)
    assert health_of([tenant])[tenant.pk][1].condition == Condition.ACTIVE
    again = sync(tenant)
    assert again.held_deletions.count() == 21
    assert health_of([tenant])[tenant.pk][1].condition == Condition.HELD


def test_a_confirmation_says_who_and_when(held_run: SyncRun, alice: User) -> None:
    confirm_deletions(held_run.pk, user=alice)

    decision = HoldDecision.objects.get(run=held_run)
    assert (decision.choice, decision.records, decision.decided_by) == ("CONFIRMED", 21, alice)
    trail = AuditEntry.objects.get(what=Event.DELETIONS_CONFIRMED)
    assert (trail.who, trail.details) == ("alice", {"records": 21})


@pytest.mark.parametrize("decide", [confirm_deletions, keep_records])
def test_no_decision_while_a_sync_is_live_or_after_a_later_one(
    decide: Callable[[int], int], held_run: SyncRun, tenant: Integration
) -> None:
    live = queue(tenant, "DELTA")
    with pytest.raises(SyncRefused, match="under way"):
        decide(held_run.pk)
    engine.execute(live.pk)
    sync(tenant)
    with pytest.raises(SyncRefused, match="later full sync"):
        decide(held_run.pk)
    assert not HoldDecision.objects.exists()


def test_what_a_later_delta_has_seen_again_is_held_no_longer(
    tenant: Integration, sandbox: Sandbox
) -> None:
    """A delta lists all jobs, and writes nothing of one that is as it was."""
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(tenant)
    listed = sandbox.world.company.vacancies.by_id
    back = listed[sandbox.vacancies()[3]["id"]]
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])
    held = sync(tenant)
    listed[back.id] = back

    assert written(sync(tenant, "DELTA")) == {}

    assert held.held_deletions.count() == 25
    assert confirm_deletions(held.pk) == 25
    assert Job.objects.live().get().remote_id == back.id
    assert counts(held, Model.JOBS)["deleted"] == 25


def test_what_a_search_has_shown_since_is_held_no_longer(
    held_run: SyncRun, tenant: Integration, crowd: list[str]
) -> None:
    row = application(crowd[0]).remote_data

    store_applicants(tenant.pk, [(row, json.dumps(row))])

    assert confirm_deletions(held_run.pk) == 20
    assert application(crowd[0]).remote_deleted_at is None


def test_a_sync_that_is_asked_for_meanwhile_begins_after_the_decision(
    held_run: SyncRun, tenant: Integration, crowd: list[str]
) -> None:
    """It reads what the decision has left, so neither undoes the other."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one writer in at a time anyway")
    with transaction.atomic():
        confirm_deletions(held_run.pk)
        asked = Background(lambda: queue(tenant))
        with pytest.raises(AssertionError, match="did not end"):
            asked.end(seconds=1)
    asked.end()
    assert deleted(Application.objects.all()) == set(crowd[:21])
