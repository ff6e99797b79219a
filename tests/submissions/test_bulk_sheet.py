"""Sheets as spreadsheets write them, and as nobody should: read, or refused with exact words."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from integrations.spreadsheets import SheetRefused, xlsx_reader
from integrations.submissions.bulk.columns import NAMES
from integrations.submissions.bulk.sheet import SHEET_BYTES, read
from tests.submissions.bulk_files import csv_sheet, row, xlsx_sheet, zip_of

HEADER = ";".join(NAMES)
ZOE = row(
    1, "REF-1", first_name="Zoé", last_name="d’Arcy-Noël", cover_letter="Œuvre, été – « oui »"
)


def refusal(content: bytes, name: str = "candidates.csv") -> str:
    with pytest.raises(SheetRefused) as refused:
        read(name, content)
    return str(refused.value)


# CSV


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_read_in_the_encoding_and_with_the_separator_it_has(
    separator: str, encoding: str
) -> None:
    line = {**ZOE, "cover_letter": "Œuvre – « oui »"}

    found = read("candidates.csv", csv_sheet([line], separator=separator, encoding=encoding))

    assert [found.rows[0].values] == [line]
    assert found.rows[0].number == 2
    assert found.notes == []


def test_how_a_csv_was_read_is_said() -> None:
    assert read("a.csv", csv_sheet([ZOE], encoding="cp1252")).read_as == (
        "CSV with semicolons, Windows-1252"
    )


def test_a_line_that_tells_excel_the_separator_is_no_row() -> None:
    content = b"sep=|\r\n" + csv_sheet([ZOE], separator="|", encoding="utf-8")

    assert [(r.number, r.values) for r in read("a.csv", content).rows] == [(2, ZOE)]


def test_rows_keep_the_numbers_that_the_spreadsheet_shows() -> None:
    content = f'{HEADER}\n\nA;B;a@x.example;;J;"two\nlines";\n;;;;;;\nC;D;c@x.example;;J;;\n'

    rows = read("a.csv", content.encode()).rows

    assert [(r.number, r.values["first_name"]) for r in rows] == [(3, "A"), (5, "C")]
    assert rows[0].values["cover_letter"] == "two\nlines"


def test_headings_may_be_written_otherwise_and_stand_anywhere() -> None:
    content = "CV;E-mail\xa0Address;JOB;Last Name; first name \nx.pdf;a@x.example;J;B;A\n"

    [found] = read("a.csv", content.encode()).rows

    assert (found.values["email_address"], found.values["last_name"]) == ("a@x.example", "B")


def test_unknown_columns_are_named() -> None:
    columns = (*NAMES, "salary", "start date")
    found = read("a.csv", csv_sheet([{**ZOE, "salary": "9"}], columns=columns))

    assert found.notes == ["The columns are not known here, and not sent: “salary”, “start date”."]


def test_the_columns_of_a_result_file_are_no_surprise() -> None:
    columns = ("row", *NAMES, "state", "message", "application_id", "submission_id")

    assert read("a.csv", csv_sheet([ZOE], columns=columns)).notes == []


def test_what_our_files_put_before_a_formula_is_taken_off_again() -> None:
    line = row(1, "J", phone_number="'+33639980001", last_name="'t Hart", first_name="''s")

    [found] = read("a.csv", csv_sheet([line])).rows

    assert found.values["phone_number"] == "+33639980001"
    assert found.values["last_name"] == "'t Hart"
    assert found.values["first_name"] == "'s"


def test_characters_that_no_database_keeps_are_replaced() -> None:
    content = csv_sheet([row(1, first_name="Na\0dia", cv="a\0.pdf")], encoding="utf-16")

    [found] = read("a.csv", content).rows

    assert (found.values["first_name"], "\0" in str(found.values)) == ("Na�dia", False)


def test_a_row_that_is_longer_than_the_header_is_wrong() -> None:
    content = f"{HEADER}\nA;B;a@x.example;;J;Hello; I am;x.pdf;\n"

    [found] = read("a.csv", content.encode()).rows

    assert "more cells than the header" in found.problems[0][1]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("job", "#N/A", "its formula has failed"),
        ("last_name", "#REF!", "its formula has failed"),
        ("cover_letter", "x" * 20_001, "more than 20,000 characters"),
    ],
)
def test_what_a_spreadsheet_has_spoilt_is_an_error_of_the_row(
    column: str, cell: str, words: str
) -> None:
    [found] = read("a.csv", csv_sheet([row(1, "J", **{column: cell})])).rows

    assert [(name, words in message) for name, message in found.problems] == [(column, True)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\r\n \r\n", "The file is empty."),
        (HEADER.encode(), "a header and no rows"),
        (b"who;where;when\nA;B;c\n", "It holds “who”, “where”, “when”."),
        (b"prenom;nom;mail\nA;B;c\n", "The column is missing: job."),
        (b"first_name;last_name;job;x\nA;B;C;D\n", "The column is missing: email_address."),
        (b"first_name;cv\nA;B\n", "are missing: last_name, email_address, job."),
        (b"first_name;First Name\nA;B\n", "The column first_name is there twice."),
        (f'{HEADER}\nA;"B;c\n'.encode(), "Line 2 cannot be read: a quotation mark is opened"),
        (f'{HEADER}\nA;"B"x;c\n'.encode(), "text after a closing quotation mark"),
        (f'{HEADER}\nA;"{"b" * 140_000}";c\n'.encode(), "one of its cells is too long"),
        (f"{HEADER}\nA\0;B\n".encode(), "not a text file"),
        (HEADER.encode() + b"\n\x81\x8d;B\n", "characters cannot be read"),
        (b"\xff\xfea\0b", "characters cannot be read"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 512, "an older Excel file"),
        (b"%PDF-1.7\n", "must be a CSV or an XLSX"),
        (b";".join([b"first_name", *[b"x"] * 80]) + b"\n", "more than 60 columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_words(content: bytes, words: str) -> None:
    assert words in refusal(content)


def test_a_sheet_has_a_limit_of_rows_and_of_size(settings: Any) -> None:
    settings.BULK_MAX_ROWS = 3
    rows = [row(number, "J") for number in range(4)]

    assert len(read("a.csv", csv_sheet(rows[:3])).rows) == 3
    assert refusal(csv_sheet(rows)).startswith("The file has more than 3 rows.")
    assert refusal(b"x" * (SHEET_BYTES + 1)).startswith("The file is larger than 5 MB.")


# XLSX


def workbook(*lines: list[Any], **sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    for title, others in sheets.items():
        sheet = book.create_sheet(title)
        for line in others:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(content: bytes, **parts: bytes) -> bytes:
    """The same package with some parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return zip_of({**files, **parts})


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name)


def test_an_xlsx_is_read_whatever_types_its_cells_have() -> None:
    header = list(NAMES)
    content = workbook(header, ["Zoé", True, "a@x.example", 612345678.0, 42, None, 1.5])

    [found] = read("a.xlsx", content).rows

    assert found.values["phone_number"] == "612345678"
    assert (found.values["job"], found.values["last_name"]) == ("42", "True")
    assert (found.values["cv"], found.values["cover_letter"]) == ("1.5", "")


def test_what_we_write_we_read() -> None:
    found = read("a.xlsx", xlsx_sheet([ZOE, row(2, "=J", phone_number="+33639980001")]))

    assert [r.values for r in found.rows] == [ZOE, row(2, "=J", phone_number="+33639980001")]
    assert found.read_as == "XLSX, sheet “Candidates”"


def test_the_sheet_with_our_columns_is_the_one_that_is_read() -> None:
    content = workbook(["Notes", "of ours"], People=[list(NAMES), list(ZOE.values())])

    found = read("a.xlsx", content)

    assert found.rows[0].values == ZOE
    assert found.notes == ["Only the sheet “People” was read."]


def test_blank_rows_without_end_are_passed_over() -> None:
    content = workbook(list(NAMES), list(ZOE.values()))
    sheet = part(content, "xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"/></row></sheetData>')

    found = read("a.xlsx", rewritten(content, **{"xl/worksheets/sheet1.xml": far}))
    assert [r.number for r in found.rows] == [2]


BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<sheetData><row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
OUTSIDE = BILLION.replace(
    b'<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">', b'<!ENTITY b SYSTEM "file:///etc/hostname">'
)


@pytest.mark.parametrize("hostile", [BILLION, OUTSIDE, BILLION.decode().encode("utf-16")])
@pytest.mark.parametrize(
    "where", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml", "xl/media/a.png"]
)
def test_entities_are_refused_wherever_they_are(hostile: bytes, where: str) -> None:
    content = rewritten(workbook(list(NAMES), list(ZOE.values())), **{where: hostile})

    assert refusal(content, "a.xlsx") in (xlsx_reader.HOSTILE, xlsx_reader.DAMAGED)
    if hostile is not OUTSIDE and hostile[:1] == b"<":
        assert refusal(content, "a.xlsx") == xlsx_reader.HOSTILE


@pytest.mark.parametrize(
    ("where", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * xlsx_reader.SHEET_BYTES),
        ("xl/worksheets/sheet1.xml", b"<worksheet>" + b"<c/>" * 1_000_001 + b"</worksheet>"),
        ("xl/styles.xml", b"<s>" + b"<xf/>" * 100_001 + b"</s>"),
        ("xl/workbook.xml", b"<w>" + b" " * xlsx_reader.PART_BYTES + b"</w>"),
        ("xl/media/huge.bin", b"\0" * (xlsx_reader.PART_BYTES + 1)),
    ],
)
def test_a_file_that_unpacks_to_a_mountain_is_refused(where: str, content: bytes) -> None:
    packed = rewritten(workbook(list(NAMES), list(ZOE.values())), **{where: content})

    assert len(packed) < 200_000
    assert refusal(packed, "a.xlsx") == xlsx_reader.TOO_LARGE


def test_a_header_that_lies_about_a_size_is_found_out() -> None:
    honest = workbook(list(NAMES), list(ZOE.values()))
    with zipfile.ZipFile(io.BytesIO(honest)) as package:
        size = package.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))

    assert lying != honest
    assert refusal(lying, "a.xlsx") == xlsx_reader.DAMAGED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_of({"cv.pdf": b"%PDF"}), xlsx_reader.NOT_XLSX),
        (zip_of({"[Content_Types].xml": b"<Types/>"}), xlsx_reader.NOT_XLSX),
        (b"PK\x03\x04 no more", xlsx_reader.DAMAGED),
        (workbook(list(NAMES), list(ZOE.values()))[:-200], xlsx_reader.DAMAGED),
        (zip_of({str(number): b"" for number in range(2_001)}), xlsx_reader.TOO_LARGE),
    ],
)
def test_what_is_no_xlsx_is_refused_with_words(content: bytes, words: str) -> None:
    assert refusal(content, "a.xlsx") == words


def test_a_broken_part_is_refused_and_nothing_else_happens() -> None:
    whole = workbook(list(NAMES), list(ZOE.values()))
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        names = package.namelist()
    for name in names:
        for broken in (b"", b"<a", b"<a/>", b"\0\1\2", part(whole, name)[:-30]):
            with suppress(SheetRefused):
                read("a.xlsx", rewritten(whole, **{name: broken}))


def test_formulas_give_the_value_that_was_computed() -> None:
    content = workbook(list(NAMES), list(ZOE.values()))
    book = load_workbook(io.BytesIO(content))
    book.active["A2"] = '=HYPERLINK("https://hostile.example","Zoé")'
    out = io.BytesIO()
    book.save(out)

    [found] = read("a.xlsx", out.getvalue()).rows

    assert found.values["first_name"] == ""
