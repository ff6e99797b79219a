"""Large exports: written by a worker, taken over, cancelled, handed out, removed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from integrations import scheduler
from integrations.exports import files, reading, selection, service, working
from integrations.exports.formats import Style
from integrations.exports.writing import Wanted
from integrations.models import Candidate, Export, ExportState, Integration, Role
from tests.exports.conftest import Rows, table
from tests.support.worker import Worker
from tests.sync.running import wait_until, woken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def queued(rows: Rows, user: User, wanted: Wanted | None = None, **given: Any) -> Export:
    given = {"filters": "", "integration": rows.tenant, **given}
    return service.queue(wanted or Wanted(), user=user, **given)


def now(export: Export) -> Export:
    return Export.objects.select_related("user", "integration").get(pk=export.pk)


def stored() -> list[str]:
    return sorted(path.name for path in files.folder().iterdir())


def cells(export: Export) -> list[Any]:
    with files.opened(export) as content:
        book = openpyxl.load_workbook(content, read_only=True)
        return [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]


def time_passes() -> None:
    """As if the lease of whoever was killed had run out."""
    Export.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


class Killed(BaseException):
    """The worker's process is no more."""


def test_a_worker_writes_the_file_for_its_owner_alone(rows: Rows, alice: User) -> None:
    rows.candidates({} for _ in range(3))
    export = queued(rows, alice)
    assert (export.state, export.rows) == (ExportState.QUEUED, None)

    assert working.work_on(export.pk)

    done = now(export)
    assert (done.state, done.rows, done.written, done.expected) == (ExportState.DONE, 3, 3, 3)
    assert done.tenants == [rows.tenant.pk]
    assert stored() == [done.file]
    path = files.folder() / done.file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with files.opened(done) as content:
        assert len(table([content.read()])) == 3
    assert not working.work_on(export.pk), "It is done once."


def test_the_lists_own_filters_decide_what_is_in_it(
    rows: Rows, other_rows: Rows, alice: User
) -> None:
    rows.candidates([{"last_name": "Marchand"}, {"last_name": "Petit"}])
    rows.candidate(last_name="Marchand", remote_deleted_at=timezone.now())
    other_rows.candidate(last_name="Marchand")
    for filters, expected in (("q=marchand", 1), ("q=marchand&deleted=all", 2), ("", 2)):
        export = queued(rows, alice, filters=filters)
        working.work_on(export.pk)
        assert now(export).rows == expected, filters


def killed_on_the_way(monkeypatch: pytest.MonkeyPatch, export: Export, after: int) -> None:
    """Work on it as a worker that dies once so many chunks have been read."""
    original = reading.read_chunks

    def dying(*given: Any, **named: Any) -> Iterator[Any]:
        with closing(original(*given, **named)) as chunks:
            for number, chunk in enumerate(chunks):
                if number == after:
                    raise Killed
                yield chunk

    with monkeypatch.context() as patch:
        patch.setattr("integrations.exports.resources.read_chunks", dying)
        with pytest.raises(Killed):
            working.work_on(export.pk)


def test_a_worker_that_is_killed_in_the_middle_is_replaced_and_the_file_is_the_same(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_ROWS", 500)
    rows.candidates({"first_name": f"Nadia {n}"} for n in range(4000))
    wanted = Wanted(format="xlsx", style=Style(date_format="dmy"))
    whole = queued(rows, alice, wanted)
    working.work_on(whole.pk)

    export = queued(rows, alice, wanted)
    killed_on_the_way(monkeypatch, export, after=4)
    assert now(export).state == ExportState.RUNNING
    assert len(stored()) == 2
    assert not working.work_on(export.pk), "Its lease holds."
    time_passes()
    assert working.work_on(export.pk)

    done = now(export)
    assert (done.state, done.rows, done.attempts) == (ExportState.DONE, 4000, 2)
    assert cells(done) == cells(now(whole))
    assert len(stored()) == 2, "What the dead worker left is gone."


def test_a_worker_taken_for_dead_can_finish_nothing(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidates({} for _ in range(3))
    export = queued(rows, alice)
    taken_over: list[bool] = []
    original = files.write

    def slow(name: str, pieces: Any) -> int:
        size = original(name, pieces)
        if not taken_over:
            time_passes()
            taken_over.append(True)
            assert working.work_on(export.pk)
        return size

    monkeypatch.setattr(files, "write", slow)
    assert working.work_on(export.pk)
    done = now(export)
    assert (done.state, done.rows, done.attempts) == (ExportState.DONE, 3, 2)
    assert stored() == [done.file]


def test_an_export_over_which_workers_die_is_given_up_with_words(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidate()
    export = queued(rows, alice)
    for _ in range(working.MOST_ATTEMPTS):
        killed_on_the_way(monkeypatch, export, after=0)
        time_passes()
    assert working.work_on(export.pk)
    assert now(export).state == ExportState.FAILED
    assert "Export fewer rows" in now(export).error


def test_cancelled_is_cancelled_and_nothing_is_kept(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidate()
    waiting, running = queued(rows, alice), queued(rows, alice)
    assert service.cancel(waiting)
    assert not working.work_on(waiting.pk)
    original = files.write

    def cancelled(name: str, pieces: Any) -> int:
        service.cancel(now(running))
        return original(name, pieces)

    monkeypatch.setattr(files, "write", cancelled)
    working.work_on(running.pk)
    assert now(running).state == ExportState.CANCELLED
    assert stored() == []
    assert not service.cancel(now(running))


def test_what_cannot_be_read_or_stored_ends_in_words(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidate()

    def no_room(_: str, pieces: Iterator[bytes]) -> int:
        # In the middle of the reading, which on PostgreSQL is in a transaction.
        next(pieces)
        next(pieces)
        raise OSError(28, "No space left on device")

    export = queued(rows, alice)
    with monkeypatch.context() as patch:
        patch.setattr(files, "write", no_room)
        working.work_on(export.pk)
    assert (now(export).state, stored()) == (ExportState.FAILED, [])
    assert "room on the disk" in now(export).error

    def broken(_: Export) -> QuerySet[Any]:
        raise RuntimeError

    export = queued(rows, alice)
    with monkeypatch.context() as patch:
        patch.setattr(working, "select", broken)
        working.work_on(export.pk)
    assert (now(export).state, stored()) == (ExportState.FAILED, [])
    assert "Try again" in now(export).error


def test_who_has_lost_the_tenant_gets_nothing(rows: Rows, alice: User, bob: User) -> None:
    rows.candidate()
    early, late = queued(rows, alice), queued(rows, alice)
    working.work_on(early.pk)
    assert selection.may_fetch(now(early), alice)
    assert not selection.may_fetch(now(early), bob), "It is not bob's file."

    alice.tenant_memberships.all().delete()
    working.work_on(late.pk)

    assert not selection.may_fetch(now(early), User.objects.get(pk=alice.pk))
    assert now(late).state == ExportState.FAILED
    assert "may no longer export" in now(late).error


def test_a_viewer_takes_nothing_away_in_the_background_either(
    rows: Rows, other_rows: Rows, alice: User
) -> None:
    alice.tenant_memberships.create(integration=other_rows.tenant, role=Role.VIEWER)
    rows.candidate()
    other_rows.candidate()
    export = queued(rows, alice, integration=None)
    working.work_on(export.pk)
    assert (now(export).rows, now(export).tenants) == (1, [rows.tenant.pk])
    theirs = queued(rows, alice, integration=other_rows.tenant)
    working.work_on(theirs.pk)
    assert now(theirs).state == ExportState.FAILED


def test_an_export_over_several_tenants_is_withheld_once_one_of_them_is_lost(
    rows: Rows, other_rows: Rows, alice: User
) -> None:
    alice.tenant_memberships.create(integration=other_rows.tenant)
    rows.candidate()
    other_rows.candidate()
    export = queued(rows, alice, integration=None)
    working.work_on(export.pk)
    assert now(export).rows == 2
    assert selection.may_fetch(now(export), alice)
    Integration.objects.filter(pk=other_rows.tenant.pk).update(deleted_at=timezone.now())
    assert not selection.may_fetch(now(export), alice)


def test_expired_files_and_those_of_nobody_are_removed(rows: Rows, alice: User) -> None:
    rows.candidate()
    kept, expired = queued(rows, alice), queued(rows, alice)
    for export in (kept, expired):
        working.work_on(export.pk)
    Export.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    assert not working.is_fetchable(now(expired))
    (files.folder() / "999-left").write_bytes(b"")
    (files.folder() / "998-fresh").write_bytes(b"")
    left = files.folder() / "unfinished-by-a-killed-process"
    left.mkdir()
    (left / "export.xlsx").write_bytes(b"PK")
    for name in ("999-left", left.name, now(kept).file):
        os.utime(files.folder() / name, (0, 0))

    files.retain()

    assert stored() == sorted([now(kept).file, "998-fresh"])
    assert (now(expired).file, now(expired).rows) == ("", 1)


def test_the_sweep_wakes_workers_for_what_waits_and_for_what_was_left(
    rows: Rows, alice: User
) -> None:
    waiting, running, left = (queued(rows, alice) for _ in range(3))
    working.claim(running.pk)
    working.claim(left.pk)
    Export.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    Export.objects.filter(pk=left.pk).update(lease_expires_at=timezone.now())
    woken()

    service.EXPORTS.sweep()

    assert woken() == [waiting.pk, left.pk]


def test_more_rows_than_the_limit_are_counted_no_further(rows: Rows, settings: Any) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 5
    assert [service.rows_at_once(format) for format in ("csv", "json", "xlsx")] == [5, 5, 1]
    rows.candidates({} for _ in range(5))
    assert service.count(Candidate.objects.all()) == 5
    rows.candidates({} for _ in range(5))
    assert service.count(Candidate.objects.all()) == 6


def test_progress_and_an_end_are_seen_while_it_is_read(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's connection is in the middle of a read; the lease beats on another."""
    monkeypatch.setattr(reading, "CHUNK_ROWS", 500)
    monkeypatch.setattr(working, "HEARTBEAT_SECONDS", 0.01)
    rows.candidates({} for _ in range(4000))
    export = queued(rows, alice)
    original = working.ExportLease.progress
    seen: list[int] = []

    def watched(self: working.ExportLease, read: int) -> None:
        original(self, read)
        if read > 1000:
            wait_until(lambda: elsewhere(export).written == read)
            seen.append(read)
            elsewhere(export, cancelled=True)
            wait_until(lambda: self.lost)

    monkeypatch.setattr(working.ExportLease, "progress", watched)
    assert working.work_on(export.pk)
    assert len(seen) == 1, "It was cancelled, and read no further."
    assert now(export).state == ExportState.CANCELLED
    assert stored() == []


def elsewhere(export: Export, *, cancelled: bool = False) -> Export:
    """What another process sees, and does."""

    def there() -> Export:
        try:
            found = now(export)
            if cancelled:
                service.cancel(found)
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(there).result()


@pytest.mark.any_database
def test_a_real_worker_is_killed_and_the_next_one_finishes(
    rows: Rows, alice: User, worker: Worker
) -> None:
    rows.candidates({"first_name": f"Nadia {n}"} for n in range(15_000))
    export = queued(rows, alice, Wanted(format="xlsx"))
    wait_until(lambda: now(export).state != ExportState.QUEUED)
    worker.kill()
    if now(export).state == ExportState.RUNNING:
        time_passes()
    worker.start()
    scheduler.sweep()
    Export.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    scheduler.sweep()
    wait_until(lambda: now(export).state == ExportState.DONE)
    assert now(export).rows == 15_000
    # What the killed one was making its file from stays for a day; nothing names it.
    assert [name for name in stored() if not name.startswith("unfinished-")] == [now(export).file]
