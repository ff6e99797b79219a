"""How the file leaves: at once, in pieces, with few queries, complete."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from integrations.exports import reading
from integrations.exports.writing import PIECE_BYTES
from integrations.models import Candidate
from tests.exports.conftest import Rows, candidates_csv, queries, table

pytestmark = pytest.mark.django_db


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
def test_one_query_and_one_for_the_tags_of_each_chunk(
    rows: Rows, small_chunks: int, number: int
) -> None:
    rows.candidates({} for _ in range(number))
    chunks = -(-number // small_chunks)
    assert taken(candidates_csv(Candidate.objects.all())) == 1 + chunks


@pytest.mark.parametrize("number", [10, 1000])
def test_a_chunk_takes_as_many_queries_whatever_is_in_it(rows: Rows, number: int) -> None:
    candidates = rows.candidates({} for _ in range(number))
    rows.applications({"candidate": candidate} for candidate in candidates)
    rows.tagged(candidates[0], rows.tag("A"), rows.tag("B"))
    assert taken(candidates_csv(Candidate.objects.all())) == 1 + 1


def test_ten_thousand_rows_take_a_query_more_for_each_chunk(rows: Rows) -> None:
    rows.candidates({} for _ in range(10_000))
    chunks = -(-10_000 // reading.CHUNK_ROWS)
    assert taken(candidates_csv(Candidate.objects.all())) == 1 + chunks


def test_pieces_are_small_and_rows_are_read_as_they_are_asked_for(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.candidates({"first_name": "x" * 1000} for _ in range(3 * reading.CHUNK_ROWS))
    taken = 0

    def counted(self: object, rows: Iterator[object]) -> Iterator[object]:
        nonlocal taken
        for row in rows:
            taken += 1
            yield row

    original = QuerySet.iterator
    monkeypatch.setattr(
        QuerySet, "iterator", lambda self, chunk_size: counted(self, original(self, chunk_size))
    )
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
