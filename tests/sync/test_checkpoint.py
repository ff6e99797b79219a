"""A run that is handed back goes on after the last phase that it had finished; and deletes nothing
but what one complete read does not show.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import jobs
from integrations.models import Application, Candidate, Integration, Job, SyncRun
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import engine, schedule
from integrations.sync.lease import unattended
from tests.sync.people import add, application
from tests.sync.rows import every_row
from tests.sync.running import all_counts, counts, now, queue, read_tags, sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("impatient")]

SEARCH = "/search/applicants$"
ARCHIVED = {"status": 0}


def ask_to_wait(sandbox: Sandbox, path: str, seconds: int = 600, **of: object) -> None:
    """Flatchr asks for a pause, once."""
    sandbox.faults.add(path=path, status=429, headers={"Retry-After": str(seconds)}, times=1, **of)


def handed_back(tenant: Integration, type: str = "FULL") -> SyncRun:
    """A run whose worker has given it back."""
    run = queue(tenant, type)
    assert engine.execute(run.pk)
    found = now(run)
    assert (found.state, found.attempts, found.lease_owner) == ("QUEUED", 0, "")
    return found


def go_on(run: SyncRun) -> SyncRun:
    """The run after the pause, as it ended."""
    SyncRun.objects.filter(pk=run.pk).update(waiting_until=timezone.now())
    assert unattended(jobs.now()) == [run.pk]
    assert engine.execute(run.pk)
    found = now(run)
    assert not found.is_live
    return found


def asked(sandbox: Sandbox) -> dict[str, int]:
    paths = {"jobs": "/vacancies$", "stages": "/columns$", "tags": "/tags$"}
    found = {name: len(sandbox.requests.matching("GET", path)) for name, path in paths.items()}
    return found | {"applicants": len(sandbox.requests.matching("POST", SEARCH))}


def test_a_long_pause_gives_the_worker_back_and_the_run_goes_on_after_it(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ask_to_wait(sandbox, SEARCH)

    run = handed_back(connected_tenant)

    assert run.waiting_until is not None
    assert timedelta(seconds=590) < run.waiting_until - timezone.now() < timedelta(seconds=601)
    assert "429" in run.waiting_reason
    assert unattended(jobs.now()) == []
    assert engine.execute(run.pk) is False
    # It waits for Flatchr and not for a worker.
    assert schedule.oldest_due(jobs.now()) is None
    first = all_counts(run)
    assert first["jobs"]["created"] == Job.objects.count() == 3

    run = go_on(run)

    assert (run.state, run.attempts, run.checkpoint) == ("SUCCEEDED", 1, None)
    # The jobs twice: those that are listed, and the closed ones.
    assert asked(sandbox) == {"jobs": 2, "stages": 1, "tags": 1, "applicants": 3}
    found = all_counts(run)
    for model in ("jobs", "application_stages", "job_stages"):
        assert found[model] == first[model]
    assert found["applications"] == {"seen": 7, "created": 7}
    assert set(run.results.filter(complete=True).values_list("model", flat=True)) == set(Model)
    read_tags(connected_tenant)
    disturbed = every_row(connected_tenant)
    again = sync(connected_tenant)
    assert every_row(connected_tenant) == disturbed
    assert again.warnings.count() <= run.warnings.count()


def test_a_pause_of_a_few_seconds_is_waited_for(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ask_to_wait(sandbox, SEARCH, seconds=1)

    run = sync(connected_tenant)

    assert (run.state, run.attempts) == ("SUCCEEDED", 1)


def test_a_run_that_has_no_time_left_for_the_pause_fails_with_its_reason(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ask_to_wait(sandbox, SEARCH, seconds=7 * 3600)

    run = sync(connected_tenant)

    assert (run.state, run.error_kind) == ("FAILED", "rate_limited")


@pytest.mark.parametrize("where", ["before any applicant", "between active and archived ones"])
def test_what_is_gone_is_deleted_once_and_nothing_else(
    where: str, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    """The first attempt has seen the active applicants; what it saw is not what the second sees."""
    ada, brice = (add(sandbox, name, f"{name}@example.org") for name in ("ada", "brice"))
    sync(connected_tenant)
    sandbox.remove_vacancy(job := sandbox.vacancies()[0]["id"])
    sandbox.remove_applicant(ada)
    of = {} if where == "before any applicant" else {"body": ARCHIVED}
    ask_to_wait(sandbox, SEARCH, **of)
    run = handed_back(connected_tenant)
    assert Job.objects.get(remote_id=job).remote_deleted_at is not None
    assert application(ada).remote_deleted_at is None
    # Gone between the attempts.
    sandbox.remove_applicant(brice)

    run = go_on(run)

    assert counts(run, Model.JOBS)["deleted"] == 1
    assert counts(run, Model.APPLICATIONS)["deleted"] == 2
    assert {application(one).remote_deleted_at is None for one in (ada, brice)} == {False}
    assert Application.objects.live().count() == 7


def test_a_second_attempt_that_breaks_off_deletes_nobody(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    ask_to_wait(sandbox, SEARCH, body=ARCHIVED)
    run = handed_back(synced_tenant)
    sandbox.faults.clear()
    sandbox.faults.add(path=SEARCH, cut=1500)

    run = go_on(run)

    assert run.state == "PARTIALLY_FAILED"
    assert Application.objects.live().count() == 7
    assert not run.results.get(model="applications").complete


def test_what_was_held_and_set_aside_before_the_pause_stays(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(connected_tenant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])
    sandbox.faults.add(path="/columns$", status=200, content=[*sandbox.columns(), 17])
    ask_to_wait(sandbox, SEARCH)
    run = handed_back(connected_tenant)
    warnings = set(run.warnings.values_list("model", "code", "count"))
    assert run.held_deletions.count() == counts(run, Model.JOBS)["held"] == 28

    run = go_on(run)

    assert run.state == "PARTIALLY_FAILED"
    assert run.held_deletions.count() == counts(run, Model.JOBS)["held"] == 28
    assert run.quarantined.count() == 1
    assert counts(run, Model.APPLICATION_STAGES)["quarantined"] == 1
    assert warnings <= set(run.warnings.values_list("model", "code", "count"))


def test_a_list_without_closed_jobs_stays_incomplete_after_the_pause(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.add_vacancy(title="Vigneron", status=0)
    sync(connected_tenant)
    sandbox.faults.add(path="/vacancies$", status=400, after=1)
    ask_to_wait(sandbox, SEARCH)
    run = handed_back(connected_tenant)

    run = go_on(run)

    assert not run.results.get(model="jobs").complete
    assert counts(run, Model.JOBS).get("deleted", 0) == 0


def test_a_model_that_failed_before_the_pause_is_tried_again(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/tags$", status=400, times=1)
    ask_to_wait(sandbox, SEARCH)

    run = go_on(handed_back(connected_tenant))

    assert run.state == "SUCCEEDED"
    assert asked(sandbox)["tags"] == 2
    assert counts(run, Model.TAGS)["created"] > 0


def test_a_run_that_goes_on_much_later_begins_anew(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ask_to_wait(sandbox, SEARCH)
    run = handed_back(connected_tenant)
    old = dict(run.checkpoint or {}, at=(timezone.now() - timedelta(hours=2)).isoformat())
    SyncRun.objects.update(checkpoint=old)

    run = go_on(run)

    assert run.state == "SUCCEEDED"
    assert asked(sandbox) == {"jobs": 4, "stages": 2, "tags": 2, "applicants": 3}


def test_applicants_that_were_read_whole_are_not_read_again(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker dies between the applicants' last transaction and the end of the run."""
    monkeypatch.setattr("integrations.sync.phases.seen_tags", _die)
    run = queue(connected_tenant)
    with pytest.raises(SystemExit):
        engine.execute(run.pk)
    monkeypatch.undo()
    SyncRun.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    assert engine.execute(run.pk)

    assert now(run).state == "SUCCEEDED"
    assert asked(sandbox)["applicants"] == 2
    assert counts(run, Model.APPLICATIONS) == {"seen": 7, "created": 7}
    assert counts(run, Model.CANDIDATES)["created"] == Candidate.objects.count()
    tenant = Integration.objects.get()
    assert tenant.applicants_read_at == now(run).started_at


def _die(*_: object) -> int:
    raise SystemExit(1)
