"""A full sync of what has not changed writes no record."""

from __future__ import annotations

import pytest

from integrations.models import Application, Candidate, Integration, Job
from integrations.records import Model
from tests.sync.rows import Writes, every_row
from tests.sync.running import all_counts, counts, queue, sync_with_tags

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_column_of_any_row_is_touched(synced_tenant: Integration) -> None:
    before = every_row(synced_tenant)

    run = sync_with_tags(synced_tenant)

    assert every_row(synced_tenant) == before
    assert run.state == "SUCCEEDED"


def test_no_statement_writes_a_mirrored_row(connected_tenant: Integration) -> None:
    with Writes() as first:
        sync_with_tags(connected_tenant)
        Candidate.objects.update(first_name="Ada")
    with Writes() as second:
        sync_with_tags(connected_tenant)

    assert first.rows >= Candidate.objects.count(), "writes are seen"
    assert (second.rows, second.statements) == (0, [])


def test_everything_is_counted_as_unchanged(synced_tenant: Integration) -> None:
    figures = all_counts(sync_with_tags(synced_tenant))

    for model, found in figures.items():
        assert found["seen"] > 0, model
        assert found == {"seen": found["seen"], "unchanged": found["seen"]}, model


def test_a_delta_of_what_has_not_changed_writes_nothing_either(synced_tenant: Integration) -> None:
    before = every_row(synced_tenant)

    with Writes() as writes:
        run = sync_with_tags(synced_tenant, "DELTA")

    assert (writes.rows, writes.statements) == (0, [])
    assert every_row(synced_tenant) == before
    assert run.state == "SUCCEEDED"
    assert counts(run, Model.JOBS) == {"seen": 3, "unchanged": 3}


def test_the_tables_do_not_depend_on_how_the_read_is_cut_into_batches(
    synced_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = every_row(synced_tenant)
    Candidate.objects.all().delete()
    Job.objects.all().delete()
    assert not Application.objects.exists()
    monkeypatch.setattr("integrations.sync.phases.BATCH", 1)

    run = sync_with_tags(synced_tenant)

    times = {"changed_at": None, "arrival": None}
    after = every_row(synced_tenant)
    assert {key: row | times for key, row in after.items()} == {
        key: row | times for key, row in before.items()
    }
    for model in (Model.JOBS, Model.JOB_STAGES, Model.APPLICATIONS, Model.CANDIDATES):
        figures = counts(run, model)
        assert figures == {"seen": figures["seen"], "created": figures["seen"]}, model


def test_a_run_that_has_ended_is_not_run_again(synced_tenant: Integration) -> None:
    from integrations.sync import engine

    run = queue(synced_tenant)
    assert engine.execute(run.pk) is True
    before = every_row(synced_tenant)

    assert engine.execute(run.pk) is False

    assert every_row(synced_tenant) == before
    run.refresh_from_db()
    assert run.attempts == 1
