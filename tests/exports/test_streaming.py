"""How the file leaves: at once, in pieces, with few queries, complete."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from django.db.models import IntegerField
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext

from integrations.exports import reading
from integrations.exports.streaming import ConnectionBusy
from integrations.exports.writing import PIECE_BYTES, Wanted, write
from integrations.models import Candidate
from tests.exports.conftest import Rows, candidates_csv, queries, table

pytestmark = pytest.mark.django_db
ON_POSTGRESQL = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite reads row by row, and lets others in between"
)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(reading, "CHUNK_ROWS", 4)
    return 4


def taken(stream: Iterator[bytes]) -> int:
    """How many queries all of it takes."""
    with CaptureQueriesContext(connection) as captured:
        for _ in stream:
            pass
    return queries(captured)


def test_the_header_leaves_before_the_first_query(rows: Rows) -> None:
    rows.candidate()
    with CaptureQueriesContext(connection) as captured:
        header = next(candidates_csv(Candidate.objects.all()))
    assert header.startswith(b"id,remote_id,")
    assert len(captured) == 0


def test_nothing_to_export_is_a_header(rows: Rows) -> None:
    ends: list[int] = []
    pieces = list(candidates_csv(Candidate.objects.all(), on_end=ends.append))
    assert len(pieces) == 1
    assert pieces[0].endswith(b"remote_deleted_at\r\n")
    assert ends == [0]


def test_a_byte_order_mark_is_optional(rows: Rows) -> None:
    rows.candidate(first_name="Élise")
    plain = b"".join(candidates_csv(Candidate.objects.all()))
    marked = b"".join(candidates_csv(Candidate.objects.all(), bom=True))
    assert marked == BOM_UTF8 + plain
    assert "Élise" in plain.decode("utf-8")


@pytest.mark.parametrize("number", [1, 3, 4, 5, 8, 9, 20])
def test_no_row_is_lost_or_told_twice_where_chunks_meet(
    rows: Rows, small_chunks: int, number: int
) -> None:
    candidates = rows.candidates({"remote_id": f"{n:03}"} for n in range(number))
    job = rows.job("Cariste")
    # Up to three applications each, so that candidates straddle chunks in every way.
    rows.applications(
        {"candidate": candidate, "job": job}
        for n, candidate in enumerate(candidates)
        for _ in range(n % 4)
    )
    tag = rows.tag("Mobile")
    for candidate in candidates[::2]:
        rows.tagged(candidate, tag)
    found = table(candidates_csv(Candidate.objects.order_by("remote_id")))
    assert [(row["remote_id"], row["applications"], row["tags"]) for row in found] == [
        (f"{n:03}", str(n % 4), "" if n % 2 else "Mobile") for n in range(number)
    ]


@pytest.mark.parametrize("number", [0, 1, 3, 10, 11])
def test_one_query_however_many_chunks_there_are(
    rows: Rows, small_chunks: int, number: int
) -> None:
    candidates = rows.candidates({} for _ in range(number))
    rows.applications({"candidate": candidate} for candidate in candidates)
    tag = rows.tag("A")
    for candidate in candidates[::2]:
        rows.tagged(candidate, tag, rows.tag("B"))
    # PostgreSQL's own statement is not noted; what is said before it counts instead.
    assert taken(candidates_csv(Candidate.objects.all())) == 1


def test_applications_and_tags_of_a_candidate_do_not_multiply(
    rows: Rows, small_chunks: int
) -> None:
    for n in range(5):
        candidate = rows.candidate(remote_id=f"{n}")
        jobs = [rows.job("Old"), rows.job("New")]
        for month, job in enumerate(jobs, start=1):
            rows.application(
                candidate, job=job, remote_created_at=datetime(2026, month, 1, tzinfo=UTC)
            )
        rows.tagged(candidate, *[rows.tag(name) for name in ("c", "a", "b", "a", "")])
    found = table(candidates_csv(Candidate.objects.order_by("remote_id")))
    assert [row["remote_id"] for row in found] == ["0", "1", "2", "3", "4"]
    told = {(row["applications"], row["latest_job"], row["tags"]) for row in found}
    assert told == {("2", "New", "a; a; b; c")}


def test_pieces_are_small_and_rows_are_read_as_they_are_asked_for(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidates({"first_name": "x" * 1000} for _ in range(3 * reading.CHUNK_ROWS))
    taken = 0

    def counted(rows: Iterator[object]) -> Iterator[object]:
        nonlocal taken
        for row in rows:
            taken += 1
            yield row

    original = reading._taken
    monkeypatch.setattr(reading, "_taken", lambda rows: counted(original(rows)))
    stream = candidates_csv(Candidate.objects.all())
    next(stream)
    assert taken == 0
    assert len(next(stream)) == PIECE_BYTES
    assert taken == reading.CHUNK_ROWS
    assert max(map(len, stream)) <= PIECE_BYTES
    assert taken == 3 * reading.CHUNK_ROWS


def test_the_order_asked_for_is_kept(rows: Rows) -> None:
    names = ["b", "c", "a", "b"]
    for candidate in rows.candidates({"last_name": name} for name in names):
        rows.applications({"candidate": candidate} for _ in range(3))
    found = table(candidates_csv(Candidate.objects.order_by("-last_name")))
    assert [row["last_name"] for row in found] == ["c", "b", "b", "a"]
    assert {row["applications"] for row in found} == {"3"}


def test_a_filter_on_applications_does_not_narrow_what_is_told(rows: Rows) -> None:
    hired, other = rows.candidates([{"remote_id": "h"}, {"remote_id": "o"}])
    rows.application(hired, outcome="HIRED", job=rows.job("Old"), remote_id="a1")
    rows.application(hired, outcome="PENDING", job=rows.job("New"), remote_id="a2")
    rows.application(other, outcome="PENDING")
    selected = Candidate.objects.filter(applications__outcome="HIRED").distinct()
    (row,) = table(candidates_csv(selected))
    assert (row["remote_id"], row["applications"]) == ("h", "2")


def test_the_reader_who_leaves_early_ends_it_without_an_end(rows: Rows) -> None:
    rows.candidates({} for _ in range(3))
    ends: list[int] = []
    stream = candidates_csv(Candidate.objects.all(), on_end=ends.append)
    next(stream)
    next(stream)
    stream.close()
    assert ends == []


def test_the_connection_is_free_as_soon_as_the_reader_leaves(rows: Rows, small_chunks: int) -> None:
    rows.candidates({"first_name": "x" * 10_000} for _ in range(3000))
    stream = candidates_csv(Candidate.objects.all())
    next(stream)
    next(stream)
    stream.close()
    assert Candidate.objects.count() == 3000
    assert len(table(candidates_csv(Candidate.objects.all()))) == 3000


def test_a_reader_that_fails_leaves_the_connection_free(rows: Rows, small_chunks: int) -> None:
    rows.candidates({} for _ in range(20))

    def fail(_: int) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        list(write(Candidate.objects.all(), Wanted(), with_tenant=False, on_rows=fail))
    assert Candidate.objects.count() == 20


@ON_POSTGRESQL
def test_another_statement_on_the_same_connection_is_refused_not_waited_for(
    rows: Rows, small_chunks: int
) -> None:
    rows.candidates({} for _ in range(20))
    stream = candidates_csv(Candidate.objects.all())
    next(stream)
    next(stream)
    with pytest.raises(ConnectionBusy):
        Candidate.objects.count()
    assert len(table([b"id,\r\n", *stream])) < 20
    assert Candidate.objects.count() == 20


@ON_POSTGRESQL
def test_what_fails_on_the_way_is_told(rows: Rows, small_chunks: int) -> None:
    rows.candidates({"remote_id": f"{n:03}", "first_name": f"{n}"} for n in range(20))
    rows.candidate(remote_id="020", first_name="no number")
    candidates = Candidate.objects.order_by("remote_id")
    as_number = [Cast("first_name", IntegerField())]
    with pytest.raises(DataError, match="no number"):
        list(reading.read_chunks(candidates, as_number, with_tags=True))
    assert candidates.count() == 21


def test_nobody_is_asked_for_when_nobody_can_be_meant(rows: Rows) -> None:
    rows.candidate()
    assert table(candidates_csv(Candidate.objects.filter(pk__in=[]))) == []


def test_distinct_rows_in_an_order_that_is_not_told_are_told_without_it(rows: Rows) -> None:
    for place in range(3):
        candidate = rows.candidate(remote_id=f"{place}")
        rows.application(candidate, job=rows.job("A"), remote_id=f"a{place}")
        rows.tagged(candidate, rows.tag("T"))
    newest = Candidate.objects.order_by("-integration__organization", "-remote_id").distinct()
    found = table(candidates_csv(newest))
    assert [(row["remote_id"], row["tags"]) for row in found] == [
        ("2", "T"),
        ("1", "T"),
        ("0", "T"),
    ]
