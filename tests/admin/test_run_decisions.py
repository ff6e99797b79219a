"""What is decided on the page of a run: held deletions, records set aside, and what differs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.admin.base.urls import change_url
from integrations.admin.runs.findings import title_of
from integrations.flatchr.mapping.fields import CODED
from integrations.models import (
    HeldDeletion,
    HoldDecision,
    Integration,
    Job,
    ModelResult,
    QuarantinedRecord,
    RunState,
    SyncRun,
    SyncWarning,
)
from integrations.records import Model
from tests.admin.conftest import Data, Fill
from tests.admin.pages import run_address, tenant_address
from tests.admin.test_lists import _wipe, queries_of

LogIn = Callable[[User], Client]


@pytest.fixture
def client_of_alice(alice: User, logged_in: LogIn) -> Client:
    return logged_in(alice)


def test_the_held_list_is_searched_and_told_by_model(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    for application in data.applications:
        HeldDeletion.objects.create(
            run=troubled_run, model=Model.APPLICATIONS, record_id=application.pk
        )
    address = run_address(troubled_run.pk, "held")

    first = client_of_alice.get(address).content.decode()
    assert "Atelier Nord job 0" in first
    assert "Atelier Nord job 1" not in first, "It is not held."
    assert "Applications (3)" in first
    found = client_of_alice.get(address, {"model": "applications", "q": "nord 2 NADIA"})
    assert change_url(data.applications[2]) in found.content.decode()
    assert change_url(data.applications[1]) not in found.content.decode()
    nobody = client_of_alice.get(address, {"model": "applications", "q": "Zoé\0"})
    assert "Nothing matches" in nobody.content.decode()
    for odd in ({"model": "x"}, {"p": "x"}, {"p": "9" * 9}, {"p": "7"}):
        assert client_of_alice.get(address, odd).status_code == 200


def test_keeping_ends_the_hold_and_says_who_decided(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    page = client_of_alice.post(run_address(troubled_run.pk, "keep"), follow=True)

    shown = page.content.decode()
    assert "1 record stays. The next full sync looks for it again." in shown
    assert "1 held record was kept by alice" in shown
    assert "Confirm: mark" not in shown
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None
    assert HoldDecision.objects.get(run=troubled_run).choice == "KEPT"
    again = client_of_alice.post(run_address(troubled_run.pk, "confirm"), follow=True)
    assert "somebody has decided already" in again.content.decode()
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None


def test_a_confirmation_is_told_on_the_page(client_of_alice: Client, troubled_run: SyncRun) -> None:
    address = run_address(troubled_run.pk, "confirm")
    page = client_of_alice.post(address, {"expected": "1"}, follow=True)

    shown = page.content.decode()
    assert "1 record is marked as deleted." in shown
    assert "The deletion of 1 held record was confirmed by alice" in shown


def test_a_confirmation_says_what_hangs_on_it_first(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    address = run_address(troubled_run.pk, "confirm")
    listed = client_of_alice.get(run_address(troubled_run.pk, "held")).content.decode()
    assert "with 1 live application" in listed

    asked = client_of_alice.post(address)

    shown = asked.content.decode()
    assert "Mark 1 record as deleted?" in shown
    assert "1 job. 1 live application stays, with a deleted job." in shown
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None
    stale = client_of_alice.post(address, {"which": "all", "expected": "5"})
    assert "The list has changed meanwhile" in stale.content.decode()
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None
    fields = dict(asked.context["fields"])
    assert client_of_alice.post(address, fields).status_code == 302
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is not None


def test_rows_are_decided_one_by_one(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    rows = [
        HeldDeletion.objects.create(
            run=troubled_run, model=Model.APPLICATIONS, record_id=application.pk
        )
        for application in data.applications
    ]
    troubled_run.results.filter(model=Model.APPLICATIONS).update(held=3)
    confirm, keep = (run_address(troubled_run.pk, name) for name in ("confirm", "keep"))

    nothing = client_of_alice.post(confirm, {"which": "chosen"}, follow=True)
    assert "Tick the records" in nothing.content.decode()
    odd = {"which": "chosen", "held": ["x", "9" * 30, "-1", "²"]}
    assert "Tick the records" in client_of_alice.post(keep, odd, follow=True).content.decode()
    client_of_alice.post(keep, {"which": "chosen", "held": [rows[0].pk]})
    asked = client_of_alice.post(confirm, {"which": "chosen", "held": [rows[1].pk]})
    assert "1 candidate goes as well, who has no other." in asked.content.decode()
    client_of_alice.post(confirm, dict(asked.context["fields"]))

    left = HeldDeletion.objects.filter(run=troubled_run)
    assert set(left.values_list("record_id", flat=True)) == {
        data.jobs[0].pk,
        data.applications[2].pk,
    }
    decisions = HoldDecision.objects.filter(run=troubled_run)
    assert [(one.choice, one.records) for one in decisions] == [("KEPT", 1), ("CONFIRMED", 1)]
    held = troubled_run.results.get(model=Model.APPLICATIONS)
    assert (held.held, held.deleted) == (1, 1)
    # All of the list as it is searched, and none of another kind.
    listed = {"which": "chosen", "listed": "1", "model": "applications", "q": "nobody"}
    assert "Tick" in client_of_alice.post(keep, listed, follow=True).content.decode()
    client_of_alice.post(keep, {**listed, "q": ""})
    assert [one.model for one in HeldDeletion.objects.filter(run=troubled_run)] == ["jobs"]


def test_a_confirmation_is_undone_after_its_counts_were_shown(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    client_of_alice.post(run_address(troubled_run.pk, "confirm"), {"expected": "1"})
    decision = HoldDecision.objects.get(run=troubled_run)
    undo = run_address(troubled_run.pk, "undo")

    asked = client_of_alice.post(undo, {"decision": decision.pk})
    assert "Bring 1 record back?" in asked.content.decode()
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is not None
    fields = {"decision": decision.pk, "expected": asked.context["total"]}
    done = client_of_alice.post(undo, fields, follow=True).content.decode()

    assert "1 record is back, as it was." in done
    assert "Undone by alice" in done
    assert Job.objects.get(pk=data.jobs[0].pk).remote_deleted_at is None
    for gone in (decision.pk, "x", ""):
        again = client_of_alice.post(undo, {"decision": gone}, follow=True)
        assert "undone already" in again.content.decode()


def test_a_list_that_a_later_sync_has_overtaken_offers_the_later_one(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    later = SyncRun.objects.create(integration=data.tenant, state=RunState.SUCCEEDED)
    later.results.create(model="jobs", complete=True)

    for address in (change_url(troubled_run), run_address(troubled_run.pk, "held")):
        page = client_of_alice.get(address).content.decode()
        assert change_url(later) in page
        assert "Confirm" not in page


def test_a_retry_that_cannot_reach_flatchr_says_so_and_changes_nothing(
    client_of_alice: Client, troubled_run: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = troubled_run.quarantined.get()
    item.raw = '{"email": "x@mail.example"}'
    item.save()
    address = run_address(troubled_run.pk, "retry")

    page = client_of_alice.post(address, {"item": item.pk}, follow=True)

    assert "Nothing was changed." in page.content.decode()
    assert troubled_run.quarantined.count() == 1
    for gone in ("0", "x", ""):
        page = client_of_alice.post(address, {"item": gone}, follow=True)
        assert "no longer set aside" in page.content.decode()
    assert client_of_alice.get(address).status_code == 405


def test_a_record_of_another_run_is_not_tried_again_here(
    client_of_alice: Client, data: Data, troubled_run: SyncRun, other_data: Data
) -> None:
    theirs = QuarantinedRecord.objects.create(
        run=other_data.runs[0], model=Model.JOBS, remote_id="x", reason="No.", raw="{}"
    )
    address = run_address(troubled_run.pk, "retry")
    page = client_of_alice.post(address, {"item": theirs.pk}, follow=True)
    assert "no longer set aside" in page.content.decode()


def test_warnings_name_their_records_and_lead_to_where_they_are_decided(
    client_of_alice: Client, data: Data, troubled_run: SyncRun
) -> None:
    page = client_of_alice.get(change_url(troubled_run)).content.decode()

    assert "Atelier Nord job 1" in page
    assert "Unknown contract type" in page
    assert tenant_address(data, "values") in page
    SyncWarning.objects.filter(run=troubled_run).update(code="unknown_experience")
    page = client_of_alice.get(change_url(troubled_run)).content.decode()
    assert "Say what these values mean" not in page


def test_a_run_is_compared_with_the_one_before_of_its_type(
    client_of_alice: Client, data: Data
) -> None:
    before, run = data.runs[0], data.runs[1]
    SyncRun.objects.filter(pk=data.runs[2].pk).delete()
    SyncRun.objects.create(integration=data.tenant, type="DELTA", state=RunState.SUCCEEDED)
    page = client_of_alice.get(change_url(run)).content.decode()
    assert "Both syncs did the same." in page
    assert change_url(before) in page

    ModelResult.objects.filter(run=before, model="jobs").update(created=1234)
    SyncRun.objects.filter(pk=before.pk).update(requests=77)
    SyncWarning.objects.create(run=before, model="jobs", code="invalid_date", count=5)
    compared = client_of_alice.get(change_url(run)).context["compared"]

    assert (compared.before, compared.same) == (before, False)
    marked = [one for _, line in compared.models for one in line if one.differs]
    assert [(one.name, one.now, one.before) for one in marked] == [("New", "0", "1,234")]
    differing = {one.name: one.before for one in compared.measures if one.differs}
    assert differing == {"Requests to Flatchr": "77", "Warnings": "5"}
    assert [(one.now, one.before) for one in compared.warnings] == [("0", "5")]
    assert "was 1,234" in client_of_alice.get(change_url(run)).content.decode()


def test_a_first_run_is_compared_with_none(client_of_alice: Client, data: Data) -> None:
    page = client_of_alice.get(change_url(data.runs[0]))
    assert page.context["compared"] is None


@pytest.mark.parametrize("page", ["change", "held"])
def test_a_run_takes_as_many_queries_for_100_findings_as_for_10(
    page: str, client_of_alice: Client, tenant: Integration, fill: Fill
) -> None:
    def queries(count: int) -> int:
        run = fill(tenant, count).runs[-1]
        held = [*Job.objects.filter(integration=tenant)]
        HeldDeletion.objects.bulk_create(
            HeldDeletion(run=run, model=Model.JOBS, record_id=job.pk) for job in held
        )
        for model in (Model.JOBS, Model.APPLICATIONS, Model.CANDIDATES):
            for number in range(count):
                examples = [{"remote_id": f"{'job' if model == 'jobs' else 'app'}{number}"}]
                SyncWarning.objects.create(
                    run=run, model=model, code=f"c{number}", count=1, examples=examples
                )
        QuarantinedRecord.objects.bulk_create(
            QuarantinedRecord(run=run, model=Model.JOBS, remote_id=f"r{n}", reason="", raw="{}")
            for n in range(count)
        )
        address = change_url(run) if page == "change" else run_address(run.pk, "held")
        found = len(queries_of(client_of_alice, address))
        _wipe(tenant)
        return found

    assert queries(10) == queries(100)


def test_every_kind_of_code_without_a_label_has_words_of_its_own() -> None:
    for name in ("channel", *CODED):
        assert title_of(f"unknown_{name}_id") == "Code without a label"
