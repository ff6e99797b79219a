"""A record that was set aside is tried again: asked for anew, and stored as a sync would."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flatchr.client import FlatchrClient
from integrations.models import (
    Application,
    AuditEntry,
    Event,
    Integration,
    Job,
    QuarantinedRecord,
    SyncRun,
    Tag,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync.quarantine_retry import retry
from integrations.sync.runs import SyncRefused
from tests.sync.flatchr_says import Flatchr
from tests.sync.rows import every_row
from tests.sync.running import counts, queue, sync, written
from tests.sync.test_quarantine import answer, too_deep

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("impatient"),
    pytest.mark.any_database,
]


@pytest.fixture
def rows(flatchr: Flatchr) -> list[dict[str, Any]]:
    return flatchr.search()


@pytest.fixture
def run(connected_tenant: Integration, sandbox: Sandbox, rows: list[dict[str, Any]]) -> SyncRun:
    """A first sync that set an applicant aside, which Flatchr goes on to send so."""
    answer(sandbox, [too_deep(rows[0]), *rows[1:]])
    found = sync(connected_tenant)
    sandbox.faults.clear()
    return found


def aside(run: SyncRun) -> QuarantinedRecord:
    return run.quarantined.get()


def test_an_applicant_that_was_mended_is_stored_as_the_next_sync_would(
    run: SyncRun, connected_tenant: Integration, rows: list[dict[str, Any]]
) -> None:
    before = counts(run, Model.APPLICATIONS)
    asked = run.exchanges.count()

    told = retry(aside(run))

    assert (told.worked, told.message) == (True, "The record could be read and is stored now.")
    stored = Application.objects.get(pk=told.record_id)
    assert (stored.remote_id, stored.remote_data) == (rows[0]["applicant"], rows[0])
    assert run.exchanges.count() > asked
    assert counts(run, Model.APPLICATIONS) == {
        "seen": before["seen"],
        "created": before["created"] + 1,
    }
    assert not run.quarantined.exists()
    assert AuditEntry.objects.filter(what=Event.RECORD_RETRIED).count() == 1
    kept = every_row(connected_tenant)
    again = sync(connected_tenant)
    assert written(again).keys() <= {"candidate_tags", "tags"}
    after = every_row(connected_tenant)
    assert {key: after[key] for key in kept} == kept


def test_one_that_is_still_broken_stays_set_aside_with_what_flatchr_sends_now(
    run: SyncRun, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    broken = too_deep(rows[0] | {"firstname": "Autre"})
    sandbox.faults.add(path="/search/applicants$", status=200, content=[broken])

    told = retry(aside(run))

    assert not told.worked
    assert told.message.endswith("The record is nested too deeply.")
    assert "Autre" in aside(run).raw
    assert not Application.objects.filter(remote_id=rows[0]["applicant"]).exists()
    assert counts(run, Model.APPLICATIONS)["quarantined"] == 1


def test_one_that_flatchr_no_longer_has_is_said_to_be_gone(
    run: SyncRun, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    sandbox.remove_applicant(rows[0]["applicant"])

    told = retry(aside(run))

    assert not told.worked
    assert "does not show this record any more" in told.message
    assert run.quarantined.count() == 1


def test_one_without_an_id_cannot_be_asked_for(
    connected_tenant: Integration, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    answer(sandbox, [17, *rows[1:]])
    run = sync(connected_tenant)
    sandbox.faults.clear()
    sandbox.requests.clear()

    told = retry(aside(run))

    assert not told.worked
    assert "without an ID" in told.message
    assert not sandbox.requests


def test_while_a_sync_is_live_nothing_is_asked(
    run: SyncRun, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    queue(connected_tenant)

    with pytest.raises(SyncRefused, match="under way"):
        retry(aside(run))
    assert not sandbox.requests


def test_a_sync_that_is_asked_for_while_flatchr_answers_comes_first(
    run: SyncRun, connected_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not live when the retry began; what it reads must not meet a half-done retry."""
    before = every_row(connected_tenant)
    stream = FlatchrClient.stream

    def queue_meanwhile(self: FlatchrClient, *args: Any, **options: Any) -> Any:
        if not SyncRun.objects.filter(state="QUEUED").exists():
            queue(connected_tenant)
        return stream(self, *args, **options)

    monkeypatch.setattr(FlatchrClient, "stream", queue_meanwhile)

    with pytest.raises(SyncRefused, match="under way"):
        retry(aside(run))

    assert every_row(connected_tenant) == before
    assert run.quarantined.count() == 1


def test_a_flatchr_that_does_not_answer_changes_nothing(run: SyncRun, sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/search/applicants$", status=503)

    with pytest.raises(SyncRefused, match=r"Nothing was changed\."):
        retry(aside(run))
    assert run.quarantined.count() == 1
    assert run.exchanges.filter(status=503).exists()


def test_a_job_is_found_in_the_list_and_counts_as_changed(
    synced_tenant: Integration, sandbox: Sandbox, flatchr: Flatchr
) -> None:
    vacancies = flatchr.vacancies()
    sandbox.faults.add(
        path="/vacancies$", status=200, content=[too_deep(vacancies[0]), *vacancies[1:]]
    )
    run = sync(synced_tenant)
    sandbox.faults.clear()
    sandbox.edit_vacancy(vacancies[0]["id"], title="Menuisier H/F")
    item = run.quarantined.filter(model=Model.JOBS)[0]

    told = retry(item)

    assert told.worked
    assert Job.objects.get(pk=told.record_id).name == "Menuisier H/F"
    assert not run.quarantined.exists()
    figures = counts(run, Model.JOBS)
    assert (figures["updated"], figures.get("quarantined", 0)) == (1, 0)
    assert figures["seen"] == figures["unchanged"] + 1
    assert written(sync(synced_tenant)) == {}


def test_a_tag_brings_all_its_values(connected_tenant: Integration, sandbox: Sandbox) -> None:
    tag = sandbox.add_tag("Permis", "B;C")
    sent = sandbox.tags()
    sandbox.faults.add(
        path="/tags$",
        times=1,
        status=200,
        content=[too_deep(one) if one["id"] == tag else one for one in sent],
    )
    run = sync(connected_tenant)
    assert not Tag.objects.filter(parent_id=tag).exists()

    told = retry(aside(run))

    assert told.worked
    names = Tag.objects.filter(parent_id=tag).order_by("name").values_list("name", flat=True)
    assert list(names) == ["Permis: B", "Permis: C"]
