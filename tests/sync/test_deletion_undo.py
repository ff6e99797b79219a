"""Held deletions are decided one by one, undone exactly, and what stayed is asked about again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.changes import feed
from integrations.models import (
    Application,
    AuditEntry,
    Candidate,
    CandidateTag,
    DecidedDeletion,
    Event,
    HeldDeletion,
    HoldDecision,
    Integration,
    Job,
    JobStage,
    SyncRun,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import retention
from integrations.sync.held_deletions import confirm_deletions, keep_records
from integrations.sync.review.deletion_undo import undo_confirmation
from integrations.sync.runs import SyncRefused
from tests.sync.people import add, application, candidate_of, change
from tests.sync.rows import difference, every_row
from tests.sync.running import counts, queue, sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=1, applicants=0)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    return connected_tenant


@pytest.fixture
def crowd(sandbox: Sandbox) -> list[str]:
    """Thirty applicants, each a person, the first with a tag."""
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(30)]
    sandbox.set_trait(people[0], sandbox.add_tag("Préféré"))
    return people


@pytest.fixture
def come_back(sandbox: Sandbox, crowd: list[str]) -> Callable[..., None]:
    """Has Flatchr list applicants again that were removed."""
    known = {one: sandbox.world.applicant(one) for one in crowd}

    def list_again(*applicants: str) -> None:
        for one in applicants:
            applicant = known[one]
            sandbox.world.company.applicants.change(applicant, updated=applicant.updated)

    return list_again


@pytest.fixture
def held_run(
    tenant: Integration, sandbox: Sandbox, crowd: list[str], come_back: Callable[..., None]
) -> SyncRun:
    """A run that held the deletion of twenty-one."""
    sync_with_tags(tenant)
    for applicant in crowd[:21]:
        sandbox.remove_applicant(applicant)
    return sync_with_tags(tenant)


def rows(run: SyncRun, *remote_ids: str) -> object:
    ids = Application.objects.filter(remote_id__in=remote_ids).values("pk")
    return run.held_deletions.filter(record_id__in=ids)


def live(crowd: list[str]) -> set[str]:
    found = Application.objects.live().filter(remote_id__in=crowd)
    return set(found.values_list("remote_id", flat=True))


def test_chosen_deletions_are_confirmed_and_the_rest_is_not_deleted_without_an_answer(
    held_run: SyncRun, tenant: Integration, crowd: list[str], alice: User
) -> None:
    assert confirm_deletions(held_run.pk, chosen=rows(held_run, *crowd[:15]), user=alice) == 15
    assert keep_records(held_run.pk, chosen=rows(held_run, *crowd[15:18]), user=alice) == 3

    assert live(crowd) == set(crowd[15:])
    assert counts(held_run, Model.APPLICATIONS) == {
        "seen": 9, "unchanged": 9, "deleted": 15, "held": 3,
    }  # fmt: skip
    assert held_run.held_deletions.count() == 3
    told = AuditEntry.objects.filter(
        what__in=(Event.DELETIONS_CONFIRMED, Event.DELETIONS_DISMISSED)
    )
    assert sorted((one.who, one.details["records"]) for one in told) == [
        ("alice", 3),
        ("alice", 15),
    ]
    # Six are fewer than the guard would hold: those kept and those left are asked about again.
    for _ in range(2):
        again = sync_with_tags(tenant)
        assert (again.state, written(again)) == ("PARTIALLY_FAILED", {"applications": {"held": 6}})
    assert confirm_deletions(again.pk) == 6
    assert written(sync_with_tags(tenant)) == {}
    assert not HeldDeletion.objects.exists()


def test_an_undone_deletion_leaves_everything_as_it_was_and_is_told(
    held_run: SyncRun, tenant: Integration, crowd: list[str], alice: User
) -> None:
    before = every_row(tenant)
    confirm_deletions(held_run.pk, user=alice)
    assert CandidateTag.objects.live().count() == 0
    gone = every_row(tenant)
    position = feed.newest(tenant.pk)
    decision = HoldDecision.objects.get()

    assert [undo_confirmation(decision.pk, user=alice) for _ in range(2)] == [21, 0]

    after = every_row(tenant)
    moved = difference(before, after)
    assert {table for table, _ in moved} == {"Application", "Candidate", "CandidateTag"}
    assert set(map(frozenset, moved.values())) == {frozenset({"changed_at"})}
    # Later than the deletion, so that whoever asks what has changed since is told of it.
    assert all(after[key]["changed_at"] > gone[key]["changed_at"] for key in moved)
    page = feed.read(tenant.pk, position, models=(Model.CANDIDATES, Model.APPLICATIONS), limit=100)
    assert len(page.records) == 42
    assert all(one.restored and not one.created and one.fields == [] for one in page.records)
    decision.refresh_from_db()
    assert (decision.undone_by, decision.restored) == (alice, 21)
    assert AuditEntry.objects.get(what=Event.DELETIONS_UNDONE).details == {"records": 21}
    assert "deleted" not in counts(held_run, Model.APPLICATIONS)


def test_what_was_restored_is_asked_about_again_and_forgotten_once_it_is_seen(
    held_run: SyncRun,
    tenant: Integration,
    sandbox: Sandbox,
    crowd: list[str],
    come_back: Callable[..., None],
) -> None:
    few = crowd[:2]
    confirm_deletions(held_run.pk, chosen=rows(held_run, *crowd[2:21]))
    confirm_deletions(held_run.pk)
    undo_confirmation(HoldDecision.objects.latest("pk").pk)

    again = sync_with_tags(tenant)

    assert written(again) == {"applications": {"held": 2}}
    assert live(few) == set(few)
    come_back(*few)
    assert written(sync_with_tags(tenant)) == {}
    for one in few:
        sandbox.remove_applicant(one)
    assert written(sync_with_tags(tenant))["applications"] == {"deleted": 2}


def test_an_undo_leaves_to_syncs_what_they_have_done_since(
    held_run: SyncRun,
    tenant: Integration,
    sandbox: Sandbox,
    crowd: list[str],
    come_back: Callable[..., None],
) -> None:
    """One came back, one came back and went again, one person has applied anew."""
    back, twice, anew = crowd[1], crowd[2], crowd[3]
    confirm_deletions(held_run.pk)
    second = add(sandbox, "Adèle", "ada3@example.org")
    come_back(back, twice)
    change(sandbox, back, firstname="Augusta")
    sync_with_tags(tenant)
    sandbox.remove_applicant(twice)
    assert written(sync_with_tags(tenant))["applications"] == {"deleted": 1}
    before = every_row(tenant)

    assert undo_confirmation(HoldDecision.objects.get().pk) == 19

    moved = difference(before, every_row(tenant))
    assert ("Application", back) not in moved
    assert ("Application", twice) not in moved
    assert application(twice).remote_deleted_at is not None
    assert candidate_of(back).first_name == "Augusta"
    # The same person, with the application that was updated last.
    assert candidate_of(anew) == candidate_of(second)
    assert candidate_of(anew).remote_deleted_at is None
    # What came back by itself is not asked about any more.
    assert written(sync_with_tags(tenant)) == {"applications": {"held": 19}}


def test_jobs_come_back_with_their_stages(tenant: Integration, sandbox: Sandbox) -> None:
    for number in range(6):
        made = sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
        add(sandbox, f"Ada {number}", f"ada{number}@example.org", vacancy=made)
    sync_with_tags(tenant)
    before = every_row(tenant)
    for vacancy in sandbox.vacancies()[1:]:
        sandbox.remove_vacancy(vacancy["id"])
    run = sync_with_tags(tenant)
    assert confirm_deletions(run.pk) == 6
    stages = len(sandbox.columns())
    assert JobStage.objects.live().count() == stages

    undo_confirmation(HoldDecision.objects.get().pk)

    assert Job.objects.live().count() == 7
    assert JobStage.objects.live().count() == 7 * stages
    moved = difference(before, every_row(tenant))
    assert set(map(frozenset, moved.values())) == {frozenset({"changed_at"})}


def test_tags_are_put_on_again(tenant: Integration, sandbox: Sandbox) -> None:
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(5)]
    tags = [sandbox.add_tag(f"Étiquette {n}") for n in range(5)]
    for applicant, tag in zip(people, tags, strict=True):
        sandbox.set_trait(applicant, tag)
    sync_with_tags(tenant)
    before = every_row(tenant)
    for tag in tags:
        sandbox.remove_tag(tag)
    run = sync_with_tags(tenant)
    assert written(run) == {"tags": {"held": 5}}
    confirm_deletions(run.pk)
    assert not CandidateTag.objects.live().exists()

    undo_confirmation(HoldDecision.objects.get().pk)

    assert CandidateTag.objects.live().count() == 5
    moved = difference(before, every_row(tenant))
    assert set(map(frozenset, moved.values())) == {frozenset({"changed_at"})}


def test_no_undo_while_a_sync_is_live_or_after_14_days(
    held_run: SyncRun, tenant: Integration, crowd: list[str]
) -> None:
    confirm_deletions(held_run.pk)
    decision = HoldDecision.objects.get()
    assert DecidedDeletion.objects.count() == 21
    retention.remove_confirmed()
    assert DecidedDeletion.objects.count() == 21
    queued = queue(tenant, "DELTA")
    with pytest.raises(SyncRefused, match="under way"):
        undo_confirmation(decision.pk)
    queued.delete()
    then = timezone.now() - timedelta(days=14)
    HoldDecision.objects.update(deleted_at=then)

    with pytest.raises(SyncRefused, match="14 days"):
        undo_confirmation(decision.pk)

    retention.remove_confirmed()
    assert not DecidedDeletion.objects.exists()
    assert Candidate.objects.live().count() == 9


def test_deciding_and_undoing_take_no_more_statements_for_more_records(
    tenant: Integration, sandbox: Sandbox, django_assert_max_num_queries: Callable[..., object]
) -> None:
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(150)]
    settings = tenant.flatchr_settings  # type: ignore[attr-defined]
    settings.trait_budget = 0
    settings.save()
    sync_with_tags(tenant)
    for applicant in people[:120]:
        sandbox.remove_applicant(applicant)
    run = sync_with_tags(tenant)

    with django_assert_max_num_queries(70):
        confirm_deletions(run.pk)
    with django_assert_max_num_queries(70):
        assert undo_confirmation(HoldDecision.objects.get().pk) == 120
