"""Which job a cell means: by id, reference or title, and never by a guess."""

from __future__ import annotations

import io

import pytest
from django.utils import translation
from openpyxl import load_workbook

from integrations.submissions.bulk.jobs import JobFinder, JobUnclear, KnownJob
from integrations.submissions.bulk.sheet import read
from integrations.submissions.bulk.template import template_csv, template_xlsx

JOINER = KnownJob("joiner111111111111111111", "r1", "Oak joiner", "REF-1", "OPEN")
CLOSED = KnownJob("closed111111111111111111", "r2", "Painter", "REF-2", "CLOSED")
COOK_1 = KnownJob("cook11111111111111111111", "r3", "Cook", "", "OPEN")
COOK_2 = KnownJob("cook21111111111111111111", "r4", "Cook", "REF-4", "OPEN")
COOK_3 = KnownJob("cook31111111111111111111", "r5", "Cook", "REF-5", "CLOSED")
CLERK_OLD = KnownJob("clerk1111111111111111111", "r6", "Clerk", "", "CLOSED")
CLERK = KnownJob("clerk2111111111111111111", "r7", "=Clerk", "", "OPEN")
FINDER = JobFinder([JOINER, CLOSED, COOK_1, COOK_2, COOK_3, CLERK_OLD, CLERK])


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (JOINER.id, JOINER),
        (" remote:r1 ", JOINER),
        ("ref-1", JOINER),
        ("  OAK   Joiner ", JOINER),
        ("Painter", CLOSED),
        (CLOSED.id, CLOSED),
        ("REF-4", COOK_2),
        ("remote:r3", COOK_1),
    ],
)
def test_a_job_is_found(cell: str, meant: KnownJob) -> None:
    assert FINDER.find(cell) == meant


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("Cook", "2 open jobs are called “Cook”. Write which one: remote:r3 or REF-4."),
        ("remote:nobody", "No job has the Flatchr ID “nobody”."),
        ("Oak joner", "No job is called “Oak joner”. Is it “Oak joiner”?"),
        ("Astronaut", "No job is called “Astronaut”. Write its Flatchr reference, its ID or"),
    ],
)
def test_a_job_that_is_not_clear_is_said_with_what_to_write(cell: str, words: str) -> None:
    with pytest.raises(JobUnclear) as unclear:
        FINDER.find(cell)

    assert str(unclear.value).startswith(words)


def test_the_template_has_the_columns_their_meaning_and_the_open_jobs() -> None:
    book = load_workbook(io.BytesIO(template_xlsx(FINDER)))

    header = [cell.value for cell in book["Candidates"][1]]
    assert (
        template_csv()
        == "\ufefffirst_name;last_name;email_address;phone_number;job;".encode()
        + (b"cover_letter;cv\r\n")
    )
    assert ";".join(header).encode() in template_csv()
    assert [row[0].value for row in book["Columns"].iter_rows(min_row=2)] == header
    jobs = [[cell.value for cell in row] for row in book["Open jobs"].iter_rows(min_row=2)]
    assert ["=Clerk", None, "=Clerk", None, CLERK.id, "remote:r7"] in jobs
    assert ["Cook · REF-4", "REF-4", "Cook", None, COOK_2.id, "remote:r4"] in jobs
    assert CLOSED.id not in [row[4] for row in jobs]
    assert book["Candidates"].column_dimensions["D"].number_format == "@"


LYON = KnownJob("lyon11111111111111111111", "r8", "Cook", "", "OPEN", "Lyon")
PARIS = KnownJob("paris1111111111111111111", "r9", "Cook", "", "OPEN", "Paris")
SAME_1 = KnownJob("same11111111111111111111", "ra", "Chargé d’affaires", "REF-8", "OPEN", "Lyon")
SAME_2 = KnownJob("same21111111111111111111", "rb", "Chargé d’affaires", "REF-8", "OPEN", "Lyon")
PLACES = JobFinder([LYON, PARIS, SAME_1, SAME_2, COOK_2, CLOSED])


@pytest.mark.parametrize("job", [LYON, PARIS, SAME_1, SAME_2, COOK_2], ids=lambda job: job.id)
def test_each_open_job_is_accepted_back_as_the_template_writes_it(job: KnownJob) -> None:
    label = PLACES.label(job)

    assert PLACES.find(label) == PLACES.find(label.upper().replace(job.id.upper(), job.id)) == job
    assert PLACES.is_called(label, job)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("Cook · Lyon", LYON),
        ("Cook (Paris)", PARIS),
        ("COOK - paris", PARIS),
        ("Cook, REF-4", COOK_2),
        ("charge d'affaires · x · same11111111111111111111", SAME_1),
        ("So\u00adus-chef · REF-4", COOK_2),
        ("PAINTER · REF-2", CLOSED),
    ],
)
def test_a_job_is_found_by_title_and_place_or_reference(cell: str, meant: KnownJob) -> None:
    assert PLACES.find(cell) == meant


def test_a_reference_below_another_title_is_found_and_said_to_be() -> None:
    assert PLACES.find("Sous-chef · REF-4") == COOK_2
    assert not PLACES.is_called("Sous-chef · REF-4", COOK_2)
    assert PLACES.is_called("REF-4", COOK_2)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("Cook", "Write which one: remote:r8 (Lyon) or remote:r9 (Paris) or REF-4."),
        ("Chargé d'affaires", "Write which one: remote:ra (Lyon) or remote:rb (Lyon)."),
        ("REF-8", "Write which one: remote:ra (Lyon) or remote:rb (Lyon)."),
        ("Cook · Marseille", "No job is called “Cook · Marseille”."),
    ],
)
def test_jobs_that_are_called_the_same_are_told_apart_in_words(cell: str, words: str) -> None:
    with pytest.raises(JobUnclear) as unclear:
        PLACES.find(cell)

    assert words in str(unclear.value)


def test_the_template_is_in_the_language_of_its_reader_and_read_back() -> None:
    with translation.override("fr"):
        book = load_workbook(io.BytesIO(template_xlsx(PLACES)))
        text = template_csv().decode("utf-8-sig").strip()

    assert book.sheetnames == ["Candidats", "Colonnes", "Offres ouvertes"]
    assert text == "Prénom;Nom;E-mail;Téléphone;Offre;Lettre de motivation;CV"
    assert [cell.value for cell in book["Candidats"][1]] == text.split(";")
    jobs = [[cell.value for cell in row] for row in book["Offres ouvertes"].iter_rows(min_row=2)]
    assert ["Cook · Lyon", None, "Cook", "Lyon", LYON.id, "remote:r8"] in jobs
    assert [row.values["job"] for row in read("a.csv", f"{text}\nA;B;c;;J;;d\n".encode()).rows] == [
        "J"
    ]


def test_no_cell_of_the_template_is_a_formula() -> None:
    book = load_workbook(io.BytesIO(template_xlsx(FINDER)))

    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds
    assert "s" in kinds
