"""`bulk_upload` does from the command line what the page of bulk uploads does."""

from __future__ import annotations

import json
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.models import BulkUpload, Integration, Job, Submission, SubmissionState
from integrations.sandbox import Sandbox
from integrations.submissions.bulk import worker
from tests.submissions.acting import posts
from tests.submissions.bulk_files import csv_sheet, cv, row, zip_of
from tests.submissions.odd_files import Entry, zip_of_entries

CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def bulk_upload(*arguments: Any) -> tuple[int, dict[str, Any]]:
    """The exit code, and the object that the command printed."""
    said, code = StringIO(), 0
    try:
        call_command("bulk_upload", *map(str, arguments), "--json", stdout=said, stderr=StringIO())
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(said.getvalue().splitlines()[-1])


@pytest.fixture
def files(tmp_path: Path, first_synced: Integration) -> tuple[str, str]:
    """A sheet of two good rows, one with a warning and one with an error, and the ZIP."""
    reference = f"remote:{open_job(first_synced).remote_id}"
    rows = [
        row(1, reference, first_name="Zoé"),
        row(2, reference, phone_number="0692 12 34 56 (bureau)"),
        row(3, reference, email_address="nobody"),
        row(4, reference, phone_number="0692 12 34 56"),
    ]
    sheet, archive = tmp_path / "people.csv", tmp_path / "cvs.zip"
    sheet.write_bytes(csv_sheet(rows))
    archive.write_bytes(zip_of({line["cv"]: cv(line["email_address"]) for line in rows}))
    return str(sheet), str(archive)


def open_job(tenant: Integration) -> Job:
    job = Job.objects.live().filter(integration=tenant, status="OPEN").first()
    assert job is not None
    return job


def test_a_check_says_what_would_be_sent_and_leaves_nothing(
    files: tuple[str, str], first_synced: Integration, sandbox: Sandbox
) -> None:
    sheet, archive = files

    code, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive)

    assert code == 3
    assert [line["row"] for line in told["rows"]] == [2, 3, 4, 5]
    assert [line["verdict"] for line in told["rows"]] == ["ok", "warning", "error", "ok"]
    first, second, third, fourth = told["rows"]
    assert list(first) == [
        *("row", "verdict", "notes", "first_name", "last_name", "email", "phone", "job", "cv")
    ]
    assert (first["first_name"], first["email"]) == ("Zoé", "nadia.1@mail.example")
    assert (first["cv"], first["notes"]) == ("cv-1.txt", [])
    assert first["job"] == str(open_job(first_synced))
    assert second["phone"] == fourth["phone"] == "+262692123456"
    assert "left out" in second["notes"][0]
    assert third["email"] == "nobody"
    assert third["notes"] == ["This is not an e-mail address. Write it as name@company.example."]
    assert not BulkUpload.objects.exists()
    assert not Submission.objects.exists()


def test_what_can_be_sent_is_sent_and_followed_to_its_end_without_a_worker(
    files: tuple[str, str], first_synced: Integration
) -> None:
    sheet, archive = files

    code, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send")

    assert code == 3
    states = [line["state"] for line in told["rows"]]
    assert states == ["succeeded", "succeeded", "left_out", "succeeded"]
    made = {line["submission"] for line in told["rows"]} - {None}
    assert made == set(Submission.objects.values_list("pk", flat=True))
    assert set(Submission.objects.values_list("state", flat=True)) == {SubmissionState.SUCCEEDED}
    assert BulkUpload.objects.get().state == "DONE"


def test_without_waiting_the_rows_are_left_in_the_queue(
    files: tuple[str, str], first_synced: Integration
) -> None:
    sheet, archive = files

    _, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send", "--no-wait")

    assert [line["state"] for line in told["rows"]] == ["queued", "queued", "left_out", "queued"]
    assert Submission.objects.filter(state=SubmissionState.QUEUED).count() == 3
    assert not worker.work_on(BulkUpload.objects.get().pk)


def test_what_a_mac_writes_reaches_flatchr_as_it_was_meant(
    tmp_path: Path, first_synced: Integration, sandbox: Sandbox
) -> None:
    job = open_job(first_synced)
    sheet, archive = tmp_path / "candidats.csv", tmp_path / "cv.zip"
    lines = [
        "Prénom;Nom;E-mail;Téléphone;Offre;CV",
        f"Zoé;Müller;zoe@mail.example;612345678;remote:{job.remote_id};Hélène.txt",
        f"Nadia;Perrot;nadia@mail.example;;remote:{job.remote_id};cv.txt",
    ]
    sheet.write_bytes("\r".join(lines).encode("mac_roman"))
    name = unicodedata.normalize("NFD", "CV/Hélène.txt").encode()
    entries = [
        Entry(name=name, content=cv("zoe"), made_by=3),
        Entry(name=b"__MACOSX/CV/._x", content=b"x", made_by=3),
        Entry(name=b"CV/cv.txt", content=cv("nadia"), made_by=3),
    ]
    archive.write_bytes(zip_of_entries(*entries))

    _, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send")

    assert [(line["verdict"], line["state"]) for line in told["rows"]] == [("ok", "succeeded")] * 2
    zoe = told["rows"][0]
    assert (zoe["first_name"], zoe["last_name"], zoe["phone"]) == ("Zoé", "Müller", "+33612345678")
    assert zoe["cv"] == "CV/Hélène.txt"
    assert told["notes"][0].startswith("The file does not say how its accents are written; it was")
    sent = [json.loads(one.body) for one in sandbox.requests.matching("POST", CREATE)]
    assert [one["resume"]["fileName"] for one in sent] == ["Hélène.txt", "cv.txt"]
    assert (sent[0]["firstname"], sent[0]["lastname"]) == ("Zoé", "Müller")


def test_who_has_applied_already_is_sent_again_only_when_wanted(
    files: tuple[str, str], first_synced: Integration
) -> None:
    sheet, archive = files
    bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send")

    code, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive)
    assert [line["verdict"] for line in told["rows"]] == ["warning", "warning", "error", "warning"]
    assert "This person has applied for this job already." in told["rows"][0]["notes"]
    assert code == 3

    _, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send")
    assert {line["state"] for line in told["rows"]} == {"left_out"}
    assert Submission.objects.count() == 3

    _, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send", "--again")
    assert [line["state"] for line in told["rows"]].count("succeeded") == 3
    assert Submission.objects.count() == 6


def test_a_candidate_whose_answer_was_lost_is_looked_for(
    files: tuple[str, str], first_synced: Integration, sandbox: Sandbox
) -> None:
    sheet, archive = files
    sandbox.faults.add(path=CREATE, cut=0, times=1)
    # The first look does not show it either.
    sandbox.faults.add(path=SEARCH, status=500, after=1, times=2)

    _, told = bulk_upload(first_synced.pk, sheet, "--cvs", archive, "--send")

    assert [line["state"] for line in told["rows"]].count("succeeded") == 3
    assert posts(sandbox) == 3


def test_an_interrupted_check_leaves_nothing(
    files: tuple[str, str], first_synced: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, archive = files

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "work_on", interrupt)

    with pytest.raises(KeyboardInterrupt):
        bulk_upload(first_synced.pk, sheet, "--cvs", archive)

    assert not BulkUpload.objects.exists()


def test_wrong_usage_and_refused_files_are_said_in_words(
    files: tuple[str, str], first_synced: Integration, tmp_path: Path
) -> None:
    sheet, _ = files
    binary = tmp_path / "people.pdf"
    binary.write_bytes(b"%PDF-1.7")
    cases: list[tuple[int, str, tuple[Any, ...]]] = [
        (2, "There is no tenant nobody.", ("nobody", sheet)),
        (2, "No such file or directory.", (first_synced.pk, tmp_path / "none.csv")),
        (2, "go with --send", (first_synced.pk, sheet, "--no-wait")),
        (1, "The sheet must be a CSV or an XLSX file.", (first_synced.pk, binary)),
    ]

    for code, words, arguments in cases:
        with pytest.raises(CommandError) as refused:
            bulk_upload(*arguments)
        assert (refused.value.returncode, words in str(refused.value)) == (code, True), words
    assert not BulkUpload.objects.exists()
