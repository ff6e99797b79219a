"""A run that is taken up again finds everything anew: nothing is counted, held or set aside twice,
and nothing stays that only the first attempt has found.
"""

from __future__ import annotations

import pytest

from integrations.models import HeldDeletion, Integration, RunState, SyncRun
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import engine
from tests.sync.flatchr_says import Flatchr
from tests.sync.running import all_counts, counts, let_lease_run_out, now, sync
from tests.sync.test_quarantine import answer, too_deep

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("impatient"),
    pytest.mark.any_database,
]


def break_one(sandbox: Sandbox, flatchr: Flatchr) -> None:
    """Let the next search bring one applicant in a form that cannot be mapped."""
    sandbox.faults.clear()
    first, *others = flatchr.search()
    answer(sandbox, [too_deep(first), *others])


@pytest.fixture
def run(connected_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr) -> SyncRun:
    """A run with held jobs, and an applicant set aside, whose worker died just before its end."""
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(connected_tenant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])
    break_one(sandbox, flatchr)
    found = sync(connected_tenant)
    assert counts(found, Model.JOBS)["held"] == found.held_deletions.count() == 28
    assert found.quarantined.count() == 1
    SyncRun.objects.filter(pk=found.pk).update(state=RunState.RUNNING, ended_at=None)
    let_lease_run_out(found)
    return found


def test_what_is_found_again_is_counted_once(
    run: SyncRun, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    break_one(sandbox, flatchr)
    before = all_counts(run)
    warnings = set(run.warnings.values_list("model", "code", "count"))

    assert engine.execute(run.pk)

    assert now(run).state == "PARTIALLY_FAILED"
    assert all_counts(run) == before
    assert run.held_deletions.count() == 28
    assert run.quarantined.count() == 1
    assert set(run.warnings.values_list("model", "code", "count")) == warnings


def test_what_cannot_be_read_again_is_neither_complete_nor_held(
    run: SyncRun, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/vacancies$", status=500)

    assert engine.execute(run.pk)

    complete = run.results.filter(complete=True).values_list("model", flat=True)
    assert set(complete) == {Model.APPLICATION_STAGES, Model.TAGS}
    assert counts(run, Model.JOBS) == {}
    assert not HeldDeletion.objects.exists()
    # Without jobs no applicants are read.
    assert not run.quarantined.exists()


def test_an_error_of_the_first_attempt_is_forgotten(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/tags$", status=500)
    run = sync(connected_tenant)
    assert run.results.get(model=Model.TAGS).error_kind == "server_error"
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, ended_at=None)
    let_lease_run_out(run)
    sandbox.faults.clear()

    assert engine.execute(run.pk)

    found = now(run)
    assert (found.state, found.error_kind, found.error_message) == ("SUCCEEDED", "", "")
    assert not run.results.exclude(error_kind="", error_message="").exists()
    assert set(run.results.filter(complete=True).values_list("model", flat=True)) == set(Model)
