"""What is still wrong is counted by every run, whether or not it has read it anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.admin.runs.compare import comparison
from integrations.models import Application, Integration, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync.review.carried_warnings import MOST_FOLLOWED
from integrations.sync.tags import rounds
from tests.sync.people import add, change
from tests.sync.running import queue, sync, sync_with_tags

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

NOBODY = "nobody at all"


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=1, applicants=0)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    settings = connected_tenant.flatchr_settings  # type: ignore[attr-defined]
    settings.trait_budget = 0
    settings.save()
    return connected_tenant


@pytest.fixture
def wrong(sandbox: Sandbox) -> list[str]:
    """Six applicants whose e-mail address is none."""
    return [add(sandbox, f"Ada {n}", NOBODY) for n in range(6)]


def emails(run: SyncRun) -> tuple[int, int]:
    """The number of wrong addresses that a run tells of, and how many of them are carried over."""
    told = run.warnings.filter(code="invalid_email").first()
    return (told.count, told.carried) if told else (0, 0)


def test_a_second_sync_of_unrepaired_data_tells_as_much_as_the_first(
    tenant: Integration, sandbox: Sandbox, wrong: list[str]
) -> None:
    # The list of stages is mapped anew each time, so that its warning is not carried over.
    sandbox.add_column(sandbox.columns()[0]["title"])
    first = sync(tenant)
    told = sorted(first.warnings.values_list("model", "code", "count"))
    assert ("candidates", "invalid_email", 6) in told

    for type in ("FULL", "DELTA", "FULL"):
        run = sync(tenant, type)
        assert sorted(run.warnings.values_list("model", "code", "count")) == told
        assert emails(run) == (6, 6)
        assert run.warnings.get(code="duplicate_stage_title").carried == 0
        examples = run.warnings.get(code="invalid_email").examples
        assert {one["remote_id"] for one in examples} == set(wrong)
    compared = comparison(run)
    assert compared is not None
    assert compared.warnings == []


def test_what_was_repaired_changed_or_removed_is_not_carried_over(
    tenant: Integration, sandbox: Sandbox, wrong: list[str]
) -> None:
    sync(tenant)
    repaired, still, gone = wrong[:3]
    change(sandbox, repaired, email="ada@example.org")
    change(sandbox, still, firstname="Augusta")
    sandbox.remove_applicant(gone)

    run = sync(tenant)

    # The one that was read anew is the run's own finding.
    assert emails(run) == (4, 3)
    compared = comparison(run)
    assert compared is not None
    assert [(one.now, one.before) for one in compared.warnings] == [("4", "6")]
    assert emails(sync(tenant)) == (4, 4)


@pytest.mark.usefixtures("impatient")
def test_a_sync_that_could_read_little_says_nothing_is_repaired(
    tenant: Integration, sandbox: Sandbox, wrong: list[str]
) -> None:
    first = sync(tenant)
    sandbox.faults.add(path="/search/applicants$", status=500)
    failed = sync(tenant)
    assert (failed.state, emails(failed)) == ("PARTIALLY_FAILED", (6, 6))
    sandbox.faults.clear()
    cancelled = queue(tenant)
    cancelled.state = "CANCELLED"
    cancelled.save()

    run = sync(tenant)

    assert emails(run) == (6, 6)
    # The one that failed is no measure of what follows.
    compared = comparison(run)
    assert compared is not None
    assert compared.before == first


def test_more_findings_than_are_followed_are_carried_as_a_number(
    tenant: Integration, sandbox: Sandbox, wrong: list[str]
) -> None:
    first = sync(tenant)
    told = first.warnings.get(code="invalid_email")
    told.count = MOST_FOLLOWED + 100
    told.remote_ids = [wrong[0]] * MOST_FOLLOWED
    told.save()
    assert emails(sync(tenant)) == (600, 600)
    change(sandbox, wrong[1], firstname="Augusta")
    # One of the others was read anew, and is found again.
    assert emails(sync(tenant)) == (600, 599)


def test_tags_that_were_read_again_are_told_of_once(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(3)]
    sandbox.add_tag("Préféré")
    sandbox.faults.add(path=f"/applicant/{people[0]}/traits", status=404)
    assert sync_with_tags(connected_tenant).warnings.get(code="applicant_not_found").count == 1
    assert rounds.never_read(connected_tenant.pk) == 1

    # A delta reads no tags of those that were read a moment ago.
    delta = sync_with_tags(connected_tenant, "DELTA").warnings.get(code="applicant_not_found")
    assert (delta.count, delta.carried) == (1, 1)

    sandbox.faults.clear()
    Application.objects.get(remote_id=people[0]).trait_reading.delete()
    assert not sync_with_tags(connected_tenant).warnings.filter(code="applicant_not_found").exists()
    assert rounds.never_read(connected_tenant.pk) == 0
