"""The check of an upload: a verdict on each row before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    Application,
    BulkState,
    Candidate,
    FlatchrSettings,
    Integration,
    Submission,
    SubmissionState,
)
from integrations.submissions.bulk import rows as proposal
from tests.submissions.bulk_files import csv_sheet, cv, cvs_for, row, xlsx_sheet, zip_of
from tests.submissions.bulk_uploads import apply, checked, findings, job, states, stored, verdicts
from tests.submissions.hostile_pdfs import SCRIPT, placed
from tests.submissions.ordinary_office import ordinary
from tests.submissions.pdf_files import SAVED, word

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TAKEN = {title: content for title, _, content in ordinary()}


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    """With a job and a source."""
    FlatchrSettings.objects.filter(pk=tenant.pk).update(offerer_id=75)
    job(tenant)
    return tenant


def test_good_rows_are_good_and_what_will_be_sent_is_shown(tenant: Integration) -> None:
    line = row(1, first_name="Zoé", phone_number="06 39 98 00 01", cover_letter="It’s me")

    upload = checked(tenant, [line])

    assert (upload.state, upload.total, upload.checked, upload.notes) == ("READY", 1, 1, [])
    [found] = upload.rows.all()
    assert (found.number, found.verdict, found.state) == (2, "OK", "WAITING")
    assert found.to_send == [
        ["Name", f"Zoé {line['last_name']}"],
        ["E-mail", "nadia.1@mail.example"],
        ["Phone", "+33639980001"],
        ["Job", "Oak joiner"],
        ["CV", "cv-1.txt (TXT, 1 KB)"],
        ["Cover letter", "It's me"],
    ]
    assert findings(upload)[2] == [
        ("note", "cover_letter", "Some characters are sent differently: ’ as '")
    ]
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"email_address": ""}, "email_address", "Enter the e-mail address."),
        ({"email_address": "nobody"}, "email_address", "This is not an e-mail address."),
        ({"first_name": ""}, "first_name", "Enter the first name."),
        ({"last_name": "!!"}, "last_name", "The last name needs at least one letter."),
        ({"job": ""}, "job", "Name the job."),
        ({"job": "Astronaut"}, "job", "No job is called “Astronaut”."),
        ({"job": "REF-2"}, "job", "This job is closed in Flatchr"),
        ({"cv": ""}, "cv", "Name the CV's file in the ZIP: Flatchr takes no candidate without"),
        ({"cv": "other.pdf"}, "cv", "The ZIP holds no file named “other.pdf”."),
        ({"cv": "page.pdf"}, "cv", "The file is a web page, a drawing or other markup"),
        ({"cv": "macro.docm"}, "cv", "The file's name says that it is a program (.docm)."),
    ],
)
def test_each_thing_that_is_wrong_is_said_beside_its_column(
    tenant: Integration, cells: dict[str, str], column: str, words: str
) -> None:
    job(tenant, "Painter", reference="REF-2", status="CLOSED")
    files = {"cv-1.txt": cv(), "page.pdf": b"<html><script>1</script></html>", "macro.docm": b"PK"}

    upload = checked(tenant, [row(1, **cells)], archive=zip_of(files))

    found = [finding for finding in findings(upload)[2] if finding[0] == "error"]
    assert [(level, name) for level, name, _ in found] == [("error", column)]
    assert words in found[0][2]
    assert found[0][2].endswith(".")
    assert verdicts(upload) == {2: "ERROR"}
    assert states(upload) == {2: "LEFT_OUT"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("by post", "This is not a phone number and is not sent."),
        ("6,12E+08", "The spreadsheet has shortened the number to 6,12E+08, so it is left out."),
        ("0612345678 / 0798765432", "Only +33612345678 is sent as the phone number."),
        ("0000000000", "The phone number is unusual and is sent as typed."),
    ],
)
def test_a_phone_number_is_optional_and_holds_no_row_back(
    tenant: Integration, typed: str, words: str
) -> None:
    upload = checked(tenant, [row(1, phone_number=typed)])

    [(level, name, message)] = findings(upload)[2]
    assert (level, name) == ("warning", "phone_number")
    assert message.startswith(words)
    assert verdicts(upload) == {2: "WARNING"}


def test_several_errors_of_a_row_are_said_at_once(tenant: Integration) -> None:
    upload = checked(tenant, [row(1, first_name="", email_address="x", job="?", cv="none.pdf")])

    columns = [name for level, name, _ in findings(upload)[2] if level == "error"]
    assert sorted(columns) == ["cv", "email_address", "first_name", "job"]


def test_a_row_that_names_a_cv_needs_a_zip(tenant: Integration) -> None:
    upload = checked(tenant, [row(1)], archive=b"")

    assert findings(upload)[2] == [
        ("error", "cv", "The row names the CV “cv-1.txt”, and no ZIP was uploaded.")
    ]


def test_the_same_person_and_job_twice_is_sent_once(tenant: Integration) -> None:
    job(tenant, "Painter", reference="REF-2")
    rows = [
        row(1, email_address="A@mail.example", cv="none.pdf"),
        row(2, email_address="a@mail.example", job="Oak Joiner"),
        row(3, email_address="a@MAIL.example", cv="cv-2.txt"),
        row(4, email_address="a@mail.example", job="REF-2", cv="cv-2.txt"),
    ]

    upload = checked(tenant, rows, archive=cvs_for(rows[1:]))

    assert verdicts(upload) == {2: "ERROR", 3: "OK", 4: "ERROR", 5: "OK"}
    assert findings(upload)[4] == [("error", "", "The same person and job as in row 3.")]


def test_a_cv_that_two_people_share_is_worth_a_warning(tenant: Integration) -> None:
    upload = checked(tenant, [row(1, cv="cv.txt"), row(2, cv="cv.txt")])

    assert verdicts(upload) == {2: "OK", 3: "WARNING"}
    assert findings(upload)[3] == [("warning", "cv", "Row 2 names the same CV for another person.")]


def test_who_has_applied_already_is_said_with_the_application(tenant: Integration) -> None:
    now = timezone.now()
    known = Candidate.objects.create(id="c", integration=tenant, remote_id="c", changed_at=now)
    application = Application.objects.create(
        id="a",
        integration=tenant,
        remote_id="a",
        candidate=known,
        job=tenant.job_set.get(),
        person_key="nadia.1@mail.example",
        changed_at=now,
    )

    upload = checked(tenant, [row(1, email_address="Nadia.1@mail.example"), row(2)])

    assert verdicts(upload) == {2: "APPLIED", 3: "OK"}
    assert upload.rows.get(number=2).applied == application
    assert findings(upload)[2] == [("warning", "", "Has applied for this job already.")]


def test_who_is_being_submitted_right_now_is_not_submitted_again(tenant: Integration) -> None:
    Submission.objects.create(
        integration=tenant,
        job=tenant.job_set.get(),
        person_key="nadia.1@mail.example",
        state=SubmissionState.UNCERTAIN,
    )

    upload = checked(tenant, [row(1)])

    assert findings(upload)[2] == [
        ("error", "", "This person is being submitted for this job right now.")
    ]


def test_files_that_no_row_names_are_named(tenant: Integration) -> None:
    rows = [row(1)]
    files = {"cv-1.txt": cv(), **{f"old/{n}.pdf": cv() for n in range(10)}, ".DS_Store": b"x"}

    upload = checked(tenant, rows, archive=zip_of(files))

    [note] = upload.notes
    assert note.startswith(
        "No row names these files of the ZIP, and they are not sent: “old/0.pdf”"
    )
    assert note.endswith("and 2 more.")


def test_what_holds_for_all_rows_is_said_once(tenant: Integration) -> None:
    FlatchrSettings.objects.update(offerer_id=None)

    upload = checked(tenant, [row(1), row(2)])

    assert len(upload.notes) == 1
    assert "no offerer ID" in upload.notes[0]
    assert verdicts(upload) == {2: "OK", 3: "OK"}


def test_a_french_csv_and_an_xlsx_say_the_same(tenant: Integration) -> None:
    rows = [row(1, first_name="Zoë", last_name="L'Hôte")]

    french = checked(tenant, sheet=csv_sheet(rows, encoding="cp1252"), archive=cvs_for(rows))
    modern = checked(tenant, sheet=xlsx_sheet(rows), archive=cvs_for(rows))

    assert french.read_as == "CSV with semicolons, Windows-1252"
    assert modern.read_as == "XLSX, sheet “Candidates”"
    assert french.rows.get().to_send == modern.rows.get().to_send


@pytest.mark.parametrize(
    ("sheet", "archive", "words"),
    [
        (b"who;where\nA;b\n", None, "The first row must hold the names of the columns"),
        (None, b"no zip at all", "The second file is not a ZIP"),
        (None, zip_of({"../../cv.pdf": b"x"}), "a name that leads out of its folder"),
        (zip_of({"cv.pdf": b"x"}), None, "This is a ZIP, not an XLSX sheet."),
    ],
)
def test_a_file_that_cannot_be_used_refuses_the_upload_with_words(
    tenant: Integration, sheet: bytes | None, archive: bytes | None, words: str
) -> None:
    upload = checked(tenant, [row(1)], sheet=sheet, archive=archive)

    assert upload.state == BulkState.REFUSED
    assert upload.refusal.startswith(words) or words in upload.refusal
    assert not upload.rows.exists()


def test_a_cv_is_judged_by_what_is_in_it(tenant: Integration) -> None:
    """A PDF whose end is missing opens everywhere; a script in packed objects runs."""
    cvs = {
        "cv-1.txt": cv(),
        "cut.pdf": SAVED["object streams, no end"](word()),
        "script.pdf": placed(SCRIPT),
        "template.docx": TAKEN["template file:////Users/lea/Downloads/modele.dotx"],
    }
    lines = [row(number, cv=name) for number, name in enumerate(cvs, start=1)]

    upload = checked(tenant, lines, archive=zip_of(cvs))

    assert verdicts(upload) == {2: "OK", 3: "OK", 4: "ERROR", 5: "OK"}
    [(level, column, words)] = [found for found in findings(upload)[4] if found[0] == "error"]
    assert (level, column) == ("error", "cv")
    assert words.startswith("The PDF holds JavaScript, which is a program.")


def test_a_row_of_somebody_who_has_applied_is_an_error_if_its_cv_is_bad(
    tenant: Integration,
) -> None:
    apply(tenant, "nadia.1@mail.example")
    apply_again = [row(1), row(2)]
    bad = zip_of({"cv-1.txt": b"MZ\x90\x00 a program", "cv-2.txt": cv()})

    upload = checked(tenant, apply_again, archive=bad)

    assert verdicts(upload) == {2: "ERROR", 3: "OK"}
    assert states(upload) == {2: "LEFT_OUT", 3: "WAITING"}
    assert [level for level, *_ in findings(upload)[2]].count("error") == 1


def test_a_row_that_breaks_the_check_does_not_stop_the_rest(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = proposal.validation.clean

    def break_one(submission: Submission) -> Any:
        if submission.email_address == "nadia.2@mail.example":
            raise ZeroDivisionError
        return clean(submission)

    monkeypatch.setattr(proposal.validation, "clean", break_one)

    upload = checked(tenant, [row(1), row(2), row(3)])

    assert verdicts(upload) == {2: "OK", 3: "ERROR", 4: "OK"}
    assert "administrator finds the reason in the log" in findings(upload)[3][0][2]


def test_the_dry_run_of_import_export_leaves_nothing_behind(
    tenant: Integration, data_dir: Path
) -> None:
    before = Submission.objects.count()

    checked(tenant, [row(number) for number in range(12)])

    assert Submission.objects.count() == before
    assert stored(data_dir) == 2  # the sheet and the ZIP
