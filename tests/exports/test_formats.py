"""Excel, JSON and CSV: what other programs read in them, and how they are streamed."""

from __future__ import annotations

import csv
import gc
import io
import json
import stat
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.exports import files
from integrations.exports.columns import Heading, Type
from integrations.exports.formats import FORMATS, Style
from integrations.exports.writing import Wanted, write
from integrations.models import Application, Candidate, Job
from integrations.spreadsheets import xlsx_writer
from integrations.spreadsheets.escaping import restore
from tests.exports.conftest import Rows, queries

pytestmark = pytest.mark.any_database

TEXTS = [Heading("a", Type.TEXT), Heading("b", Type.TEXT)]
ALL = [Heading("text", Type.TEXT), Heading("number", Type.NUMBER), Heading("at", Type.MOMENT)]
ROW = ("Élise", 3, "2026-03-03 23:00:00+00")
LATER = ("+33", 2.5, "2026-07-01 10:00:05.9+00")

# What XML can hold, with what Excel writes in another way.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))


def in_chunks(rows: Any, size: int = 3) -> Iterator[list[Any]]:
    """As they are read: some rows at a time, by column."""
    waiting = iter(rows)
    while several := list(islice(waiting, size)):
        yield list(zip(*several, strict=True))


def written(format: str, headings: Any, rows: Any, **style: Any) -> bytes:
    return b"".join(FORMATS[format].write(headings, in_chunks(rows), Style(**style)))


@pytest.fixture(scope="module", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For the whole module: what hypothesis calls again and again takes no fixture of its own."""
    with override_settings(DATA_DIR=tmp_path_factory.mktemp("data")):
        yield


def sheets(content: bytes) -> list[list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    return [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]


def test_excel_has_texts_numbers_and_real_dates() -> None:
    content = written("xlsx", ALL, [ROW, LATER, (None, None, None)])
    assert sheets(content)[0][:3] == [
        ("text", "number", "at"),
        ("Élise", 3, datetime(2026, 3, 4)),
        ("+33", 2.5, datetime(2026, 7, 1, 12, 0, 5)),
    ]
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


@pytest.mark.parametrize(
    ("chosen", "shown"), [("iso", "yyyy-mm-dd hh:mm:ss"), ("dmy", "dd/mm/yyyy hh:mm:ss")]
)
def test_excel_shows_dates_in_the_format_chosen(chosen: str, shown: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", ALL, [ROW], date_format=chosen)))
    assert book.active["C2"].number_format == shown
    assert book.active["C2"].is_date


@pytest.mark.parametrize("text", ["=1+1", "+33612345678", "-2", "@SUM(A1)", "'x", "\t=1"])
def test_excel_gets_no_formula_and_the_very_text(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", TEXTS, [(text, "b")])))
    cell = book.active["A2"]
    assert (cell.data_type, cell.value) == ("s", text)
    # As an apostrophe typed in front would: the cell stays text when it is edited.
    assert cell.quotePrefix
    assert not book.active["B2"].quotePrefix


@settings(max_examples=40)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=20))
@example([("a & <b>", "\r\n"), ("\x07", "_x0007_"), ("=1", "]]>"), (" lead", "trail ")])
@example([("<r>=1</r>", "<r></r>"), ("http://a.example", "12"), ("{=1}", "<r>&<b></r>")])
def test_excel_reads_back_every_text(table: list[tuple[str, str]]) -> None:
    [header, *found] = sheets(written("xlsx", TEXTS, table))[0]
    assert header == ("a", "b")
    # Rows and cells that are empty at the end are left out.
    padded = [(*row, None, None)[:2] for row in found]
    assert [tuple(map(_decoded, row)) for row in padded] == table[: len(found)]
    assert not any(any(row) for row in table[len(found) :])


def _decoded(text: str | None) -> str:
    """Texts as Excel reads them: openpyxl leaves `_x0007_` as it is."""
    return openpyxl.utils.escape.unescape(text or "")


def test_a_text_longer_than_a_cell_is_cut_where_excel_would_refuse_it() -> None:
    [_, (long, short)] = sheets(written("xlsx", TEXTS, [("é" * 40_000, "x")]))[0]
    assert (long, short) == ("é" * 32_767, "x")


@pytest.mark.parametrize("count", [0, 1, 5, 6, 10, 11, 12])
def test_what_does_not_fit_a_sheet_goes_on_over_the_next(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_writer, "SHEET_ROWS", 6)
    found = sheets(written("xlsx", TEXTS, ((str(n), "x") for n in range(count))))
    assert len(found) == max(1, -(-count // 5))
    assert all(sheet[0] == ("a", "b") for sheet in found)
    assert [row[0] for sheet in found for row in sheet[1:]] == [str(n) for n in range(count)]


def test_what_is_written_on_the_way_is_its_owners_alone_and_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[Path, int]] = []

    def rows() -> Iterator[tuple[str, str]]:
        yield ("a", "b")
        (made,) = files.folder().glob("unfinished-*")
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        seen.extend((path, stat.S_IMODE(path.stat().st_mode)) for path in made.iterdir())
        yield ("c", "d")

    stream = FORMATS["xlsx"].write(TEXTS, in_chunks(rows(), 1), Style())
    assert next(stream)
    assert seen
    assert {mode for _, mode in seen} == {0o600}
    assert len(list(files.folder().iterdir())) == 1
    stream.close()  # type: ignore[attr-defined]
    assert list(files.folder().iterdir()) == []

    def broken() -> Iterator[tuple[str, str]]:
        yield ("a", "b")
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        written("xlsx", TEXTS, broken())
    assert list(files.folder().iterdir()) == []


def test_no_room_on_the_disk_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", full)
    with warnings.catch_warnings():
        # The parts that XlsxWriter could not put together stay open until they are forgotten.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(OSError, match="No space left"):
            written("xlsx", TEXTS, [("a", "b")])
        gc.collect()


def test_json_is_an_array_of_objects_with_types() -> None:
    found = json.loads(written("json", ALL, [ROW, LATER, (None, None, None)]))
    assert found == [
        {"text": "Élise", "number": 3, "at": "2026-03-04T00:00:00+01:00"},
        {"text": "+33", "number": 2.5, "at": "2026-07-01T12:00:05+02:00"},
        {"text": None, "number": None, "at": None},
    ]
    assert json.loads(written("json", ALL, [])) == []


def test_csv_has_the_separator_and_the_dates_chosen() -> None:
    style = {"delimiter": ";", "date_format": "dmy", "bom": True}
    content = written("csv", ALL, [ROW, ("a;b", -5, LATER[2])], **style)
    assert content.decode() == (
        '\ufefftext;number;at\r\nÉlise;3;04/03/2026\r\n"a;b";-5;01/07/2026 12:00:05\r\n'
    )
    assert b"a;b\t-5\t" in written("csv", ALL, [("a;b", -5, None)], delimiter="\t")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(table=st.lists(st.tuples(texts, texts), min_size=1))
@example(table=[("a;=1", "\t@x"), ('"', "a,b\r\n")])
def test_csv_reads_back_with_every_separator(delimiter: str, table: list[Any]) -> None:
    text = written("csv", TEXTS, table, delimiter=delimiter).decode()
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert [tuple(map(restore, row)) for row in found[1:]] == table


@pytest.mark.parametrize("format", ["csv", "json"])
def test_rows_are_asked_for_as_they_are_written(format: str) -> None:
    taken = 0

    def rows() -> Iterator[tuple[str, str]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield (f"{number}", "x" * 100)

    stream = FORMATS[format].write(TEXTS, in_chunks(rows(), 100), Style())
    assert next(stream)
    assert taken == 0
    for number, _ in enumerate(stream, start=1):
        # No more is held than a chunk, however many rows there are.
        assert taken <= number * 100
    assert taken == 1000


# Through the database


def exported(queryset: Any, kind: str, **options: Any) -> list[dict[str, Any]]:
    pieces = write(queryset, Wanted(kind=kind, format="json", **options), with_tenant=False)
    found: list[dict[str, Any]] = json.loads(b"".join(pieces))
    return found


@pytest.fixture
def some(rows: Rows) -> Rows:
    job = rows.job("Chef de projet")
    Job.objects.update(
        status="OPEN",
        salary_amount_from=28000,
        location={"city": "Lille", "country": "FR", "zip_code": "59000"},
        opened_at=datetime(2026, 1, 5, 23, tzinfo=UTC),
    )
    one = rows.candidate(
        first_name="Élise",
        last_name="Marchand",
        email_addresses=[{"email_address": "elise@mail.example", "type": None}],
    )
    rows.tagged(one, rows.tag("Anglais"), rows.tag("Mobile"))
    rows.application(
        one, job=job, current_stage=rows.stage("Entretien"), outcome="PENDING", remote_id="a1"
    )
    rows.application(one, job=job, remote_deleted_at=datetime(2026, 3, 1, tzinfo=UTC))
    return rows


@pytest.mark.django_db
def test_an_application_tells_its_candidate_job_stage_tags_and_outcome(some: Rows) -> None:
    (row,) = exported(Application.objects.live(), "application")
    told = ("remote_id", "first_name", "email_addresses", "tags", "job", "stage", "outcome")
    assert [row[name] for name in told] == [
        *("a1", "Élise", "elise@mail.example", "Anglais; Mobile"),
        *("Chef de projet", "Entretien", "PENDING"),
    ]


@pytest.mark.django_db
def test_a_job_tells_its_place_salary_and_applications(some: Rows) -> None:
    (row,) = exported(Job.objects.all(), "job")
    told = ("name", "status", "city", "zip_code", "salary_amount_from", "applications", "opened_at")
    assert [row[name] for name in told] == [
        *("Chef de projet", "OPEN", "Lille", "59000", 28000.0, 1),
        "2026-01-06T00:00:00+01:00",
    ]


@pytest.mark.django_db
def test_only_the_columns_asked_for_are_read_and_written(
    some: Rows,
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert exported(Candidate.objects.all(), "candidate", columns=["last_name"]) == [
            {"last_name": "Marchand"}
        ]
    assert queries(captured) == 1
    with CaptureQueriesContext(connection) as captured:
        assert exported(Job.objects.all(), "job", columns=["applications", "name"]) == [
            {"name": "Chef de projet", "applications": 1}
        ]
    assert queries(captured) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["candidate", "application", "job"])
@pytest.mark.parametrize("number", [1, 100])
def test_every_kind_takes_as_many_queries_whatever_the_rows(
    rows: Rows, kind: str, number: int
) -> None:
    job = rows.job("Cariste")
    rows.applications(
        {"candidate": one, "job": job} for one in rows.candidates({} for _ in range(number))
    )
    model: Any = {"candidate": Candidate, "application": Application, "job": Job}[kind]
    with CaptureQueriesContext(connection) as captured:
        exported(model.objects.all(), kind)
    assert queries(captured) <= 2
