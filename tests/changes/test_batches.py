"""Batches: numbers in the order of commits, what may have become visible, what is removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from integrations import jobs
from integrations.changes import batches, recording
from integrations.changes.recording import CommittedChanges, NotRecorded, note, recorded
from integrations.models import ChangeBatch, Integration, RecordChange, Tag
from integrations.records import Model

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def write_tag(tenant: Integration, name: str, *, changed_at: datetime | None = None) -> datetime:
    """Store a tag, inside of `recorded`; the `changed_at` that it has."""
    moment = changed_at or timezone.now()
    note(tenant.pk, Model.TAGS, moment, arrivals=(1, 1))
    Tag.objects.create(
        id=name, remote_id=name, integration=tenant, name=name, changed_at=moment, arrival=1
    )
    return moment


def commit(tenant: Integration, name: str) -> datetime:
    with recorded(tenant.pk):
        return write_tag(tenant, name)


def numbers(tenant: Integration) -> list[int]:
    return [batch.number for batch in batches.batches_after(tenant.pk, 0)]


@contextmanager
def held_open(tenant: Integration, name: str) -> Iterator[datetime]:
    """A transaction that has stamped a tag and is committed at the end of the block."""
    stamped, leave = threading.Event(), threading.Event()
    moments = []

    def write() -> None:
        try:
            with recorded(tenant.pk):
                moments.append(write_tag(tenant, name))
                stamped.set()
                leave.wait(30)
        finally:
            stamped.set()
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    stamped.wait(30)
    try:
        yield moments[0]
    finally:
        leave.set()
        writer.join()


def test_nothing_is_written_that_is_not_recorded(tenant: Integration) -> None:
    with pytest.raises(NotRecorded):
        write_tag(tenant, "a")
    with recorded(tenant.pk), pytest.raises(NotRecorded):
        note("flatchr:another", Model.TAGS, timezone.now())
    assert not ChangeBatch.objects.exists()


def test_numbers_rise_and_a_block_within_another_joins_it(tenant: Integration) -> None:
    with recorded(tenant.pk):
        pass
    assert batches.last_number(tenant.pk) == 0
    commit(tenant, "a")
    with recorded(tenant.pk):
        write_tag(tenant, "b")
        with recorded(tenant.pk):
            note(tenant.pk, Model.JOBS, timezone.now())
    first, second = batches.batches_after(tenant.pk, 0)
    assert 0 < first.number < second.number == batches.last_number(tenant.pk)
    assert (first.models, second.models) == ({Model.TAGS}, {Model.TAGS, Model.JOBS})
    assert first.known_at
    assert second.known_at
    assert first.known_at <= second.known_at
    assert batches.batches_after(tenant.pk, first.number) == [second]
    assert batches.batches_after(tenant.pk, 0, limit=1) == [first]


def test_what_is_rolled_back_leaves_no_batch(tenant: Integration) -> None:
    def fail() -> None:
        with recorded(tenant.pk):
            now = timezone.now()
            change = RecordChange(model=Model.JOBS, record_id="a", integration=tenant, at=now)
            note(tenant.pk, Model.JOBS, now, history=[change])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with recorded(tenant.pk):
        write_tag(tenant, "b")
        with pytest.raises(ZeroDivisionError):
            fail()
    assert [batch.models for batch in batches.batches_after(tenant.pk, 0)] == [{Model.TAGS}]
    assert not RecordChange.objects.exists()


def test_a_number_is_not_given_again_after_the_database_was_set_back(tenant: Integration) -> None:
    commit(tenant, "a")
    before = batches.last_number(tenant.pk)
    ChangeBatch.objects.all().delete()
    tenant.change_sequence.delete()
    commit(tenant, "b")
    assert batches.last_number(tenant.pk) > before


def test_those_who_listen_are_told_after_the_commit(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_listeners", {})
    told: list[CommittedChanges] = []

    @recording.listener("one that fails")
    def fail(_: CommittedChanges) -> None:
        raise ZeroDivisionError

    recording.listener("one that listens")(told.append)
    with recorded(tenant.pk):
        write_tag(tenant, "a")
        assert not told
    assert [(one.integration_id, one.number, one.models) for one in told] == [
        (tenant.pk, batches.last_number(tenant.pk), {Model.TAGS})
    ]
    with pytest.raises(ValueError, match="already"):
        recording.listener("one that listens")(fail)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_the_numbers_are_in_the_order_of_the_commits_whoever_began_first(
    tenant: Integration,
) -> None:
    with held_open(tenant, "early") as early:
        late = commit(tenant, "late")
    assert early < late
    stamps = ChangeBatch.objects.order_by("number").values_list("changed_at", flat=True)
    assert list(stamps) == [late, early]


def test_what_was_stamped_before_an_instant_and_committed_after_it_is_found_from_it(
    tenant: Integration,
) -> None:
    commit(tenant, "earlier")
    with held_open(tenant, "a") as stamp:
        instant = jobs.now()
        assert stamp < instant
        assert batches.floor(tenant.pk, instant, [Model.TAGS]) == instant
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == stamp
    assert batches.floor(tenant.pk, instant, [Model.JOBS]) == instant
    after = jobs.now()
    assert batches.floor(tenant.pk, after, [Model.TAGS, Model.JOBS]) == after


def test_a_batch_whose_process_has_died_may_just_have_become_visible(tenant: Integration) -> None:
    stamp = commit(tenant, "a")
    ChangeBatch.objects.update(known_at=None)
    instant = jobs.now()
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == stamp
    batches.settle_all()
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == stamp
    after = jobs.now()
    assert batches.floor(tenant.pk, after, [Model.TAGS]) == after


def test_what_is_committed_while_somebody_waits_to_settle_is_found_from_before(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = batches.settle
    # The process of the writer dies after its commit.
    monkeypatch.setattr(batches, "settle", lambda _: None)
    connected, stamped, asked = threading.Event(), threading.Event(), threading.Event()

    def ask(execute: Callable[..., Any], *statement: Any) -> Any:
        asked.set()
        return execute(*statement)

    def settle_beside() -> None:
        try:
            # On SQLite that waits for whoever writes.
            connection.ensure_connection()
            connected.set()
            stamped.wait(30)
            with connection.execute_wrapper(ask):
                settle(tenant.pk)
        finally:
            connections.close_all()

    settling = threading.Thread(target=settle_beside)
    settling.start()
    assert connected.wait(30)
    with held_open(tenant, "a") as stamp:
        stamped.set()
        assert asked.wait(30)
        instant = jobs.now()
    settling.join()
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == stamp


def test_old_batches_are_removed_and_instants_before_them_still_find_everything(
    tenant: Integration,
) -> None:
    now = timezone.now()
    keep = timedelta(days=30)
    for number, (name, age, took) in enumerate(
        [
            ("slow", 5 * HOUR, HOUR),
            ("quick", 3 * HOUR, timedelta(seconds=1)),
            ("kept", -HOUR, timedelta()),
        ]
    ):
        commit(tenant, name)
        known_at = now - keep - age
        row = ChangeBatch.objects.order_by("number")[number]
        row.changed_at, row.known_at = known_at - took, known_at
        row.save()
    slow, quick, kept = ChangeBatch.objects.order_by("number")
    batches.retain()
    batches.retain()
    assert list(ChangeBatch.objects.all()) == [kept]
    assert batches.removed_through(tenant.pk) == quick.number
    for row in (slow, quick):
        instant = row.known_at - timedelta(microseconds=1)
        assert batches.floor(tenant.pk, instant, [Model.TAGS]) <= row.changed_at
    instant = now - keep
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == instant


def test_a_clock_that_was_set_back_keeps_no_batch_for_ever(tenant: Integration) -> None:
    stamp = commit(tenant, "a")
    ChangeBatch.objects.update(known_at=timezone.now() + timedelta(days=3650))
    assert batches.floor(tenant.pk, jobs.now(), [Model.TAGS]) == stamp
    batches.retain()
    instant = jobs.now()
    assert batches.floor(tenant.pk, instant, [Model.TAGS]) == instant
    [batch] = ChangeBatch.objects.all()
    assert batch.known_at is not None
    assert batch.known_at < instant


def test_a_batch_that_is_not_settled_is_not_removed(tenant: Integration) -> None:
    commit(tenant, "a")
    long_ago = timezone.now() - timedelta(days=400)
    ChangeBatch.objects.update(changed_at=long_ago, known_at=None)
    batches.retain()
    assert ChangeBatch.objects.count() == 1
    assert batches.removed_through(tenant.pk) == 0
