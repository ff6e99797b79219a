"""A loss too large to be believed waits for an operator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import QuerySet

from integrations.flatchr.sandbox import Sandbox
from integrations.models import Application, Candidate, CandidateTag, Integration, Job, SyncRun
from integrations.records import Model
from integrations.sync.guard import must_hold
from integrations.sync.runs import SyncRefused, confirm_deletions
from tests.sync.people import add, candidate_of
from tests.sync.rows import difference, every_row
from tests.sync.running import counts, queue, sync, written

pytestmark = pytest.mark.django_db(transaction=True)

DELETED = {"changed_at", "remote_deleted_at"}


@pytest.mark.parametrize(
    ("live", "vanishing", "held"),
    [
        (0, 0, False),
        (20, 20, False),  # all of a few
        (21, 21, True),
        (100, 20, False),  # exactly a fifth, and no more than twenty
        (105, 21, False),  # exactly a fifth
        (104, 21, True),
        (1000, 200, False),
        (1000, 201, True),
        (100_000, 20_000, False),
    ],
)
def test_more_than_a_fifth_and_more_than_twenty_are_held(
    live: int, vanishing: int, held: bool
) -> None:
    assert must_hold(live=live, vanishing=vanishing) is held


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


def test_twenty_go_without_a_question(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    sync(tenant)
    for applicant in crowd[:20]:
        sandbox.remove_applicant(applicant)

    run = sync(tenant)

    assert run.state == "SUCCEEDED"
    assert deleted(Application.objects.all()) == set(crowd[:20])
    assert written(run) == {"applications": {"deleted": 20}, "candidates": {"deleted": 20}}


def test_a_fifth_of_many_goes_without_a_question(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    crowd += [add(sandbox, "Bea", f"bea{n}@example.org") for n in range(75)]
    sync(tenant)
    for applicant in crowd[:21]:
        sandbox.remove_applicant(applicant)

    run = sync(tenant)

    assert (run.state, counts(run, Model.APPLICATIONS)["deleted"]) == ("SUCCEEDED", 21)


def test_a_loss_of_many_is_held_whole(held_run: SyncRun, crowd: list[str]) -> None:
    assert (held_run.state, held_run.error_kind) == ("PARTIALLY_FAILED", "")
    assert deleted(Application.objects.all()) == deleted(Candidate.objects.all()) == set()
    assert written(held_run) == {"applications": {"held": 21}}
    held = held_run.held_deletions.values_list("model", "record_id")
    expected = Application.objects.filter(remote_id__in=crowd[:21]).values_list("id", flat=True)
    assert sorted(held) == sorted(("applications", record) for record in expected)


def test_jobs_are_guarded_as_well(tenant: Integration, sandbox: Sandbox) -> None:
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(tenant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])

    run = sync(tenant)

    assert Job.objects.live().count() == counts(run, Model.JOBS)["held"] == 26
    assert written(run) == {"jobs": {"held": 26}}


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
    sync(connected_tenant)
    assert candidate_of(kept).first_name == "Adèle"
    for applicant in [taken, *crowd[:21]]:
        sandbox.remove_applicant(applicant)
    run = sync(connected_tenant)
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
