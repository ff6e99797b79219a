"""XLSX files as people's programs leave them: read right, or said in words what is in the cell.

Each has an ordinary candidate beside the odd one.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from openpyxl import Workbook

from integrations.spreadsheets import SheetRefused
from integrations.submissions.bulk.columns import NAMES
from integrations.submissions.bulk.reading.row_reader import SheetRow
from integrations.submissions.bulk.sheet import CandidateSheet, read
from tests.submissions.bulk_files import zip_of
from tests.submissions.odd_files import (
    MAIN,
    ORDINARY,
    STRICT_MAIN,
    STRICT_RELATED,
    ZOE,
    Cell,
    people_xml,
    row_xml,
    text,
    worksheet,
    xlsx,
    zoe,
)


def read_xlsx(content: bytes) -> CandidateSheet:
    return read("candidates.xlsx", content)


def people(odd: Mapping[str, str | Cell], **parts: Any) -> tuple[SheetRow, SheetRow, list[str]]:
    """The ordinary row, the odd one, and the notes."""
    found = read_xlsx(xlsx(worksheet(people_xml(odd)), **parts))
    ordinary, row = found.rows
    assert (ordinary.values, ordinary.problems, ordinary.doubts) == (ORDINARY, [], [])
    return ordinary, row, list(map(str, found.notes))


def number(value: str, style: int = 0) -> Cell:
    return Cell(f's="{style}"><v>{value}</v>')


SHARED = (
    f'<sst xmlns="{MAIN}">'
    "<si><t>Zoé</t></si>"
    "<si><r><rPr><b/></rPr><t>Zo</t></r><r><t>é</t></r></si>"
    '<si><t>Zoé</t><rPh sb="0" eb="3"><t>ZOE-YOMI</t></rPh><phoneticPr fontId="1"/></si>'
    '<si><t xml:space="preserve"> Zoé_x000D_\n</t></si>'
    "<si><t>Zo_x00E9_</t></si>"
    "<si><t>_x005F_x000D_</t></si>"
    "<si><t>_x005F_x005F_x005F_x0041_</t></si>"
    "<si><t>Zo_xE9_</t></si>"
    "<si><t>_xD83D__xDE00_ Zoé</t></si>"
    "<si><t>Marie_x000A_Claire</t></si>"
    "<si><t/></si>"
    "</sst>"
)
# Number formats by style: general, a date, 00000, a custom date, text in quotes, a phone number.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="4">'
    '<numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy hh:mm"/>'
    '<numFmt numFmtId="166" formatCode="&quot;day &quot;0"/>'
    '<numFmt numFmtId="167" formatCode="[Red]0#&quot; &quot;##&quot; &quot;##"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>'
    + "".join(f'<xf numFmtId="{one}"/>' for one in (0, 14, 164, 165, 166, 167, 49))
    + "</cellXfs></styleSheet>"
)


# Texts


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        (0, "Zoé"),
        (1, "Zoé"),
        (2, "Zoé"),
        (3, "Zoé"),
        (4, "Zoé"),
        (5, "_x000D_"),
        (6, "_x005F_x0041_"),
        (7, "Zo_xE9_"),
        (8, "😀 Zoé"),
        (9, "Marie Claire"),
        (10, ""),
    ],
)
def test_shared_texts_are_read_with_their_pieces_and_escapes(place: int, meant: str) -> None:
    _, odd, notes = people(zoe() | {"first_name": Cell(f't="s"><v>{place}</v>')}, shared=SHARED)

    assert odd.values["first_name"] == meant
    assert (odd.problems, odd.doubts, notes) == ([], [], [])


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (text("Zoé_x000D_"), "Zoé"),
        (text("Marie\nClaire"), "Marie Claire"),
        (text("  Zoé\u00a0"), "Zoé"),
        ('t="inlineStr"><is><r><t>Zo</t></r><r><t>é</t></r></is>', "Zoé"),
        ('t="inlineStr"><is><t>Zoé</t><rPh sb="0" eb="1"><t>YOMI</t></rPh></is>', "Zoé"),
        ('t="inlineStr"><is/>', ""),
        ('t="str"><v>Zoé_x000D_</v>', "Zoé"),
        ('t="str"><f>A1</f><v>Zoé</v>', "Zoé"),
        ('t="str"><f>IF(A1="","","x")</f><v></v>', ""),
        ('t="str"><f t="shared" si="0"/><v>Zoé</v>', "Zoé"),
        ("><v>42</v>", "42"),
        ("><v>42.0</v>", "42"),
        ("><v>1.5</v>", "1.5"),
        ("><v>4.2E1</v>", "42"),
        ('t="n"><v></v>', ""),
        (">", ""),
    ],
)
def test_cells_are_read_whatever_their_type(cell: str, meant: str) -> None:
    _, odd, _ = people(zoe() | {"last_name": Cell(cell)})

    assert odd.values["last_name"] == meant
    assert (odd.problems, odd.doubts) == ([], [])


# Numbers


@pytest.mark.parametrize(
    ("column", "cell", "meant"),
    [
        ("phone_number", number("612345678"), "612345678"),
        ("phone_number", number("33612345678"), "33612345678"),
        ("phone_number", number("3.3612345678E10"), "33612345678"),
        ("phone_number", number("612345678", 5), "612345678"),
        ("phone_number", text("0612345678"), "0612345678"),
        ("phone_number", text("612345678.0"), "612345678"),
        ("job", number("2041"), "2041"),
        ("job", number("123", 2), "00123"),
        ("job", number("123", 4), "123"),
        ("job", number("2041", 6), "2041"),
        ("job", text("02041"), "02041"),
    ],
)
def test_numbers_are_read_as_they_are_shown(column: str, cell: str | Cell, meant: str) -> None:
    given = cell if isinstance(cell, Cell) else Cell(cell)
    _, odd, _ = people(zoe() | {column: given}, styles=STYLES)

    assert odd.values == zoe(**{column: meant})
    assert (odd.problems, odd.doubts) == ([], [])


# What is no value


NOT_STORED = (
    "The cell has a formula whose result was not stored: open the sheet in Excel and save it."
)


@pytest.mark.parametrize("column", ["first_name", "email_address", "job", "cv"])
@pytest.mark.parametrize(
    "cell", ["><f>A1</f>", "><f>A1</f><v></v>", "><f>A1</f><v/>", '><f t="shared" si="1"/>']
)
def test_a_formula_without_its_result_is_said(column: str, cell: str) -> None:
    _, odd, _ = people(zoe() | {column: Cell(cell)})

    assert odd.problems == [(column, NOT_STORED)]


def test_a_phone_number_without_its_result_is_left_out_and_said() -> None:
    _, odd, _ = people(zoe() | {"phone_number": Cell("><f>A1</f>")})

    assert (odd.values["phone_number"], odd.problems) == ("", [])
    assert odd.doubts == [("phone_number", NOT_STORED)]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('t="e"><v>#N/A</v>', "shows #N/A: its formula has failed"),
        ('t="e"><f>VLOOKUP(1,A:B,2)</f><v>#REF!</v>', "shows #REF!"),
        ('t="e"><v>#NAME?</v>', "shows #NAME?"),
        ('t="e"><v>#SPILL!</v>', "shows #SPILL!"),
        ('t="str"><f>A1</f><v>#VALEUR!</v>', "shows #VALEUR!"),
        ('s="1"><v>46100</v>', "for a date, 2026-03-19."),
        ('s="3"><v>46100.5</v>', "for a date, 2026-03-19 12:00:00."),
        ('s="3"><v>0.25</v>', "for a date, 06:00:00."),
        ('t="d"><v>2026-03-19</v>', "for a date, 2026-03-19."),
        (text("=CONCATENATE(A1;B1)"), "a formula in place of its result"),
    ],
)
def test_what_is_no_value_is_said(cell: str, words: str) -> None:
    _, odd, _ = people(zoe() | {"job": Cell(cell)}, styles=STYLES)

    assert [(column, words in said) for column, said in odd.problems] == [("job", True)]


def test_dates_since_1904_are_the_same_days() -> None:
    _, odd, _ = people(
        zoe() | {"job": Cell('s="1"><v>44638</v>')},
        styles=STYLES,
        properties='<workbookPr date1904="1"/>',
    )

    assert "2026-03-19" in odd.problems[0][1]


@pytest.mark.parametrize(
    ("column", "cell", "meant", "words"),
    [
        ("last_name", 't="b"><v>1</v>', "True", "for a truth value"),
        ("last_name", 't="b"><v>0</v>', "False", "for a truth value"),
        ("phone_number", "><f>Base!D2</f><v>0</v>", "", "gives 0, as for an empty cell"),
        ("first_name", text("ZoÃ©"), "Zoé", "was encoded twice"),
        ("first_name", text("Zo&eacute;"), "Zoé", "was written for a web page"),
    ],
)
def test_what_is_doubtful_is_said(column: str, cell: str, meant: str, words: str) -> None:
    _, odd, _ = people(zoe() | {column: Cell(cell)})

    assert odd.values[column] == meant
    assert [(name, words in said) for name, said in odd.doubts] == [(column, True)]


# Rows and columns that are not seen


@pytest.mark.parametrize("hidden", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"'])
@pytest.mark.parametrize("after", ["", '<autoFilter ref="A1:G3"/>'])
def test_hidden_and_filtered_rows_are_not_sent_and_named(hidden: str, after: str) -> None:
    found = read_xlsx(xlsx(worksheet(people_xml(ZOE, hidden), after=after)))

    assert [row.values for row in found.rows] == [ORDINARY]
    assert found.notes == [
        "This row is hidden or filtered out in the spreadsheet, and is not sent: 3. To send it, "
        "show it and save the sheet again."
    ]


def test_many_hidden_rows_are_named_in_part() -> None:
    rows = people_xml(ZOE) + "".join(
        row_xml(number, ZOE.values(), 'hidden="1"') for number in range(4, 40)
    )

    [note] = read_xlsx(xlsx(worksheet(rows))).notes

    assert "not sent: 4, 5, 6," in note
    assert "23, …. To send them" in note


def test_a_sheet_of_which_nothing_is_seen_is_refused_in_words() -> None:
    rows = row_xml(1, NAMES) + row_xml(2, ZOE.values(), 'hidden="1"')

    with pytest.raises(SheetRefused, match="All rows are hidden or filtered out"):
        read_xlsx(xlsx(worksheet(rows)))


@pytest.mark.parametrize("hidden", ['hidden="1"', 'width="0"'])
def test_a_hidden_column_is_sent_and_named(hidden: str) -> None:
    sheet = worksheet(people_xml(ZOE), before=f'<cols><col min="4" max="5" {hidden}/></cols>')

    found = read_xlsx(xlsx(sheet))

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert found.notes == [
        "These columns are hidden in the spreadsheet, and are sent all the same: "
        "“phone_number”, “job”."
    ]


def test_a_hidden_column_does_not_stand_in_for_one_that_is_seen() -> None:
    rows = row_xml(1, ["Portable", *NAMES]) + row_xml(2, ["+33600000000", *ORDINARY.values()])
    before = '<cols><col min="1" max="1" hidden="1"/></cols>'

    found = read_xlsx(xlsx(worksheet(rows, before=before)))

    assert found.rows[0].values == ORDINARY


# Merged cells


def merged(*areas: str) -> str:
    cells = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return f'<mergeCells count="{len(areas)}">{cells}</mergeCells>'


def test_a_merged_job_stands_in_all_of_its_rows() -> None:
    rows = people_xml(zoe() | {"job": Cell(">")}) + row_xml(4, zoe(job="").values())
    rows += row_xml(5, zoe(job="REF-9").values())

    found = read_xlsx(xlsx(worksheet(rows, after=merged("E2:E4"))))

    assert [row.values["job"] for row in found.rows] == ["REF-1", "REF-1", "REF-1", "REF-9"]
    assert all(not row.problems and not row.doubts for row in found.rows)


@pytest.mark.parametrize(
    ("column", "area", "place", "is_wrong"),
    [
        ("last_name", "B2:B3", "B2", True),
        ("email_address", "C2:C3", "C2", True),
        ("cv", "G2:G3", "G2", True),
        ("phone_number", "D2:D3", "D2", False),
        ("last_name", "A3:B3", "A3", True),
        ("job", "D3:E3", "D3", True),
    ],
)
def test_other_merged_cells_are_named(column: str, area: str, place: str, is_wrong: bool) -> None:
    sheet = worksheet(people_xml(zoe() | {column: Cell(">")}), after=merged(area))

    ordinary, odd = read_xlsx(xlsx(sheet)).rows

    words = f"The cell is merged with {place}. Divide the merged cells, and fill in each row."
    assert ordinary.values == ORDINARY
    assert (odd.problems if is_wrong else odd.doubts) == [(column, words)]


def test_a_merged_title_above_the_headings_is_no_heading() -> None:
    rows = row_xml(1, ["Candidats du salon"]) + row_xml(3, NAMES) + row_xml(4, ORDINARY.values())

    found = read_xlsx(xlsx(worksheet(rows, after=merged("A1:G1"))))

    assert [(row.number, row.values) for row in found.rows] == [(4, ORDINARY)]


# Sheets


GOOD = worksheet(people_xml(ZOE))
OTHER = worksheet(row_xml(1, ["Notes"]) + row_xml(2, ["of ours"]))


@pytest.mark.parametrize(
    ("sheets", "states", "notes"),
    [
        ((GOOD,), {}, []),
        ((GOOD, OTHER), {}, []),
        ((OTHER, GOOD), {}, ["Only the sheet “Feuil2” was read."]),
        ((OTHER, GOOD), {1: "hidden"}, []),
        ((OTHER, GOOD), {1: "veryHidden"}, []),
        ((GOOD, GOOD), {2: "hidden"}, []),
        (
            (GOOD, GOOD, OTHER),
            {},
            [
                "Only the sheet “Feuil1” was read. These have candidates, too, and are not sent: "
                "“Feuil2”."
            ],
        ),
    ],
)
def test_the_sheet_with_candidates_is_read_and_others_named(
    sheets: tuple[str, ...], states: dict[int, str], notes: list[str]
) -> None:
    found = read_xlsx(xlsx(*sheets, states=states))

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert found.notes == notes


def test_a_book_without_a_sheet_that_is_seen_is_refused() -> None:
    with pytest.raises(SheetRefused, match="no visible sheet"):
        read_xlsx(xlsx(GOOD, states={1: "hidden"}))


# Programs


def with_other_names(content: bytes, names: Mapping[str, str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {one: package.read(one) for one in package.namelist()}
    return zip_of({names.get(one, one): inside for one, inside in parts.items()})


@pytest.mark.parametrize(
    "content",
    [
        xlsx(
            worksheet(people_xml(ZOE), main=STRICT_MAIN), main=STRICT_MAIN, related=STRICT_RELATED
        ),
        xlsx(GOOD.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")),
        # Without the places of rows and cells.
        xlsx(
            worksheet(
                "".join(
                    "<row>" + "".join(f"<c {text(cell)}</c>" for cell in line) + "</row>"
                    for line in (NAMES, ORDINARY.values(), ZOE.values())
                ).replace('<c t="inlineStr"><is><t xml:space="preserve"></t></is></c>', "<c/>")
            )
        ),
        xlsx(worksheet("".join(["<row/>" * 3, people_xml(ZOE).replace('r="', 'q="')]))),
        with_other_names(xlsx(GOOD), {"xl/workbook.xml": "xl\\workbook.xml"}),
        with_other_names(xlsx(GOOD), {"xl/worksheets/sheet1.xml": "xl/worksheets/Sheet1.xml"}),
        xlsx(worksheet(people_xml(ZOE), before='<dimension ref="A1"/>')),
        xlsx(worksheet(people_xml(ZOE) + row_xml(900_000, [""]))),
    ],
    ids=["strict", "prefix", "no_places", "empty_rows", "backslash", "capital", "size", "far"],
)
def test_books_are_read_whichever_program_wrote_them(content: bytes) -> None:
    assert [row.values for row in read_xlsx(content).rows] == [ORDINARY, ZOE]


def test_a_book_of_openpyxl_is_read() -> None:
    book = Workbook()
    book.active.append(list(NAMES))
    book.active.append(list(ORDINARY.values()))
    book.active.append([*ZOE.values()])
    book.active["A3"] = '=CONCATENATE("Zo","é")'
    book.active.row_dimensions[2].hidden = True
    out = io.BytesIO()
    book.save(out)

    found = read_xlsx(out.getvalue())

    assert [row.number for row in found.rows] == [3]
    assert "result was not stored" in found.rows[0].problems[0][1]


def test_what_stands_beside_the_columns_is_named_once() -> None:
    rows = row_xml(1, NAMES) + row_xml(2, [*ORDINARY.values(), None, "rappeler"])
    rows += row_xml(3, [*ZOE.values(), None, "vu"])

    found = read_xlsx(xlsx(worksheet(rows)))

    assert [row.problems for row in found.rows] == [[], []]
    assert found.notes == ["This column has no name in the row of headings, and is not sent: I."]


# What is wrong


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            zip_of(
                {
                    "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                    "content.xml": b"<x/>",
                }
            ),
            "a sheet of LibreOffice or OpenOffice (.ods)",
        ),
        (zip_of({"Index/Document.iwa": b"x", "Metadata/x": b""}), "a document of Apple's Numbers"),
        (zip_of({"Index.zip": b"x", "preview.jpg": b""}), "a document of Apple's Numbers"),
        (zip_of({"[Content_Types].xml": b"<T/>", "xl/workbook.bin": b"x"}), "(.xlsb)"),
        (zip_of({"[Content_Types].xml": b"<T/>", "word/document.xml": b"x"}), "must be a CSV or"),
        (
            zip_of({"[Content_Types].xml": b"<T/>", "ppt/presentation.xml": b"x"}),
            "must be a CSV or",
        ),
        (zip_of({"cv.pdf": b"%PDF"}), "This is a ZIP, not an XLSX sheet."),
        (xlsx(worksheet('<row r="2"/><row r="2"/>')), "cannot be read as XLSX"),
        (xlsx(worksheet('<row r="99999999"/>')), "cannot be read as XLSX"),
        (xlsx(worksheet('<row r="1"><c r="1A"><v>1</v></c></row>')), "cannot be read as XLSX"),
        (xlsx(worksheet('<row r="1"><c t="s"><v>7</v></c></row>')), "cannot be read as XLSX"),
        (xlsx(worksheet('<row r="1"><c t="s"><v>-1</v></c></row>')), "cannot be read as XLSX"),
        (
            xlsx(worksheet(people_xml(ZOE), after=merged("A1:XFD9", "A1:XFD9"))),
            "cannot be read as XLSX",
        ),
        (xlsx(worksheet(people_xml(ZOE), after=merged("A1:?"))), "cannot be read as XLSX"),
        (
            xlsx(worksheet(people_xml(ZOE), after=merged(*["A9:A9"] * 10_001))),
            "more than a sheet of candidates needs",
        ),
        (xlsx(worksheet("")), "The file is empty."),
        (xlsx(worksheet(row_xml(1, NAMES))), "a header and no rows"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_xlsx(content)
    assert words in str(refused.value)
