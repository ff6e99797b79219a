"""A record that cannot be mapped is set aside with its reason; the rest goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.models import Application, Integration, Job
from integrations.records import Model
from integrations.sandbox import Sandbox
from tests.sync.flatchr_says import Flatchr
from tests.sync.people import add, application
from tests.sync.rows import every_row
from tests.sync.running import all_counts, counts, sync, sync_with_tags

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

SEARCH = "/search/applicants$"


def answer(sandbox: Sandbox, rows: list[Any]) -> None:
    """Let Flatchr answer the search for active applicants with `rows`."""
    sandbox.faults.add(path=SEARCH, body={"status": 0}, times=0, status=500)
    sandbox.faults.add(path=SEARCH, times=1, status=200, content=rows)


def too_deep(row: dict[str, Any]) -> dict[str, Any]:
    nested: list[Any] = []
    for _ in range(150):
        nested = [nested]
    return row | {"source": nested}


def test_a_broken_applicant_is_set_aside_and_the_others_are_kept(
    connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    rows = flatchr.search()
    broken = too_deep(rows[0])
    answer(sandbox, [broken, *rows[1:]])

    run = sync(connected_tenant)

    record = run.quarantined.get()
    assert (record.model, record.remote_id) == ("applications", rows[0]["applicant"])
    assert record.reason == "The record is nested too deeply."
    assert json.loads(record.raw) == broken
    assert (run.state, run.error_kind) == ("PARTIALLY_FAILED", "")
    everybody = {row["applicant"] for row in flatchr.applicants()}
    stored = set(Application.objects.values_list("remote_id", flat=True))
    assert stored == everybody - {rows[0]["applicant"]}
    assert counts(run, Model.APPLICATIONS) == {
        "seen": len(everybody),
        "created": len(everybody) - 1,
        "quarantined": 1,
    }


def test_the_known_record_behind_a_broken_one_is_left_as_it_was(
    synced_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    before = every_row(synced_tenant)
    rows = flatchr.search()
    answer(sandbox, [too_deep(rows[0]), *rows[1:]])

    run = sync(synced_tenant)

    assert every_row(synced_tenant) == before
    figures = counts(run, Model.APPLICATIONS)
    assert figures["quarantined"] == 1
    assert figures["unchanged"] == figures["seen"] - 1


@pytest.mark.parametrize("nobody", [{"firstname": "Sans identité"}, "pas un objet", None, 17, []])
def test_while_one_cannot_even_be_identified_nobody_is_deleted(
    nobody: Any, synced_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    before = every_row(synced_tenant)
    rows = flatchr.search()
    answer(sandbox, [*rows[1:], nobody])

    run = sync(synced_tenant)

    assert every_row(synced_tenant) == before
    assert run.state == "PARTIALLY_FAILED"
    record = run.quarantined.get()
    assert (record.remote_id, json.loads(record.raw)) == ("", nobody)
    assert record.reason.endswith(".")


def test_a_missing_applicant_beside_a_broken_one_that_is_identified_is_deleted(
    connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.remove_applicant(ada)
    rows = flatchr.search()
    answer(sandbox, [too_deep(rows[0]), *rows[1:]])

    run = sync(connected_tenant)

    assert application(ada).remote_deleted_at is not None
    assert counts(run, Model.APPLICATIONS)["deleted"] == 1
    assert Application.objects.live().filter(remote_id=rows[0]["applicant"]).count() == 1


def test_a_known_applicant_whose_id_comes_in_another_type_is_not_deleted(
    connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    """It is set aside before it is mapped, since a number with a fraction is no id."""
    first, missing, *others = flatchr.search()
    answer(sandbox, [first | {"applicant": "17.5"}, missing, *others])
    sync(connected_tenant)
    answer(sandbox, [first | {"applicant": 17.5}, *others])

    run = sync(connected_tenant)

    assert [one.remote_id for one in run.quarantined.all()] == ["17.5"]
    assert application("17.5").remote_deleted_at is None
    # The read counts as complete.
    assert application(missing["applicant"]).remote_deleted_at is not None


def test_a_broken_vacancy_does_not_delete_its_job(
    synced_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    """The list is complete: the job that is missing beside the broken one is deleted."""
    vacancies = flatchr.vacancies()
    broken, missing = vacancies[0]["id"], vacancies[1]["id"]
    sandbox.faults.add(
        path="/vacancies$", times=1, status=200, content=[too_deep(vacancies[0]), *vacancies[2:]]
    )

    run = sync(synced_tenant)

    assert run.results.get(model=Model.JOBS).complete
    assert [(one.model, one.remote_id) for one in run.quarantined.all()] == [("jobs", broken)]
    deleted = Job.objects.exclude(remote_deleted_at=None)
    assert list(deleted.values_list("remote_id", flat=True)) == [missing]
    assert counts(run, Model.JOBS) == {
        "seen": len(vacancies) - 1,
        "unchanged": len(vacancies) - 2,
        "deleted": 1,
        "quarantined": 1,
    }


def test_the_next_sync_takes_in_a_record_that_has_been_mended(
    connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    rows = flatchr.search()
    answer(sandbox, [too_deep(rows[0]), *rows[1:]])
    sync(connected_tenant)
    sandbox.faults.clear()

    run = sync(connected_tenant)

    assert (run.state, run.quarantined.count()) == ("SUCCEEDED", 0)
    assert application(rows[0]["applicant"]).remote_data == rows[0]


def test_the_figures_add_up_with_a_record_set_aside(
    connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    rows = flatchr.search()
    answer(sandbox, [too_deep(rows[0]), 17, *rows[1:]])

    for model, figures in all_counts(sync_with_tags(connected_tenant)).items():
        rest = ("created", "updated", "unchanged", "restored", "quarantined")
        assert figures["seen"] == sum(figures.get(name, 0) for name in rest), model
