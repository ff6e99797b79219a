"""The result file of an upload, and what is kept of it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation
from openpyxl import load_workbook

from integrations.models import BulkUpload, FlatchrSettings, Integration, Submission
from integrations.submissions.bulk import retention, uploads
from integrations.submissions.bulk.result import RowStatus, counts, result_file, result_name
from tests.submissions.bulk_files import csv_sheet, cvs_for, row
from tests.submissions.bulk_uploads import (
    apply,
    checked,
    end,
    job,
    now,
    people,
    queue_all,
    started,
    stored,
    verdicts,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    """With a job and a source."""
    FlatchrSettings.objects.filter(pk=tenant.pk).update(offerer_id=75)
    job(tenant)
    return tenant


# The result file


def result(upload: BulkUpload) -> list[dict[str, str]]:
    text = result_file(upload, "csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_result_file_says_what_became_of_each_row(tenant: Integration) -> None:
    rows = [row(0), row(1), row(2, first_name="")]
    upload = queue_all(started(tenant, rows))
    apply(tenant, "x")
    end(upload, application="a")
    failed = upload.rows.get(number=3).submission
    assert failed is not None
    Submission.objects.filter(pk=failed.pk).update(
        state="FAILED", error_message="Flatchr says no; really.", application=None
    )

    found = result(upload)

    assert [line["row"] for line in found] == ["2", "3", "4"]
    assert [line["state"] for line in found] == ["Succeeded", "Failed", "Not sent"]
    assert [line["message"] for line in found] == [
        "", "Flatchr says no; really.", "Enter the first name.",
    ]  # fmt: skip
    assert [line["application_id"] for line in found] == ["a", "", ""]
    assert {name: found[0][name] for name in rows[0]} == rows[0]
    assert result_name(upload, "csv").startswith("candidates-result-")


def test_the_result_file_is_in_the_language_of_its_reader(tenant: Integration) -> None:
    upload = queue_all(started(tenant, [row(0), row(1, first_name="")]))
    end(upload, state="FAILED", error_message="Flatchr says no.")

    with translation.override("fr"):
        [sent, left] = result(upload)
        name = result_name(upload, "csv")

    assert list(sent)[:6] == ["Ligne", "Prénom", "Nom", "E-mail", "Téléphone", "Offre"]
    assert (sent["État"], left["État"]) == ("Échec", "Non envoyée")
    assert (sent["Message"], left["Message"]) == ("Flatchr says no.", "À saisir\u00a0: prénom.")
    assert name.startswith("candidates-resultat-")


HOSTILE = {
    "first_name": '=HYPERLINK("https://hostile.example","x")',
    "last_name": "@SUM(A1)",
    "phone_number": "+33639980001",
    "cover_letter": "\x01-1+1",
}


def test_no_cell_of_a_result_file_is_a_formula(tenant: Integration) -> None:
    sheet = csv_sheet([row(0, **HOSTILE)], separator="\t")
    upload = checked(tenant, sheet=sheet, archive=cvs_for([row(0)]))
    BulkUpload.objects.update(started_at=timezone.now())

    [line] = result(upload)
    book = load_workbook(io.BytesIO(result_file(upload, "xlsx")))

    assert line["first_name"] == "'" + HOSTILE["first_name"]
    assert line["last_name"] == "'@SUM(A1)"
    assert line["phone_number"] == "+33639980001"
    cells = {cell.value: cell for cells in book.active.iter_rows() for cell in cells}
    assert HOSTILE["first_name"] in cells
    assert "f" not in {cell.data_type for cell in cells.values()}
    assert cells["+33639980001"].quotePrefix


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_result_file_can_be_mended_and_uploaded_again(
    tenant: Integration, kind: str, language: str
) -> None:
    rows = [row(0, phone_number="+33639980001"), row(1, last_name="'t Hart")]
    upload = queue_all(started(tenant, rows))
    end(upload, state="FAILED")

    with translation.override(language):
        sheet = result_file(upload, kind)
    again = checked(tenant, sheet=sheet, archive=cvs_for(rows))

    assert (verdicts(again), again.notes) == ({2: "OK", 3: "OK"}, [])
    assert [one.values for one in again.rows.all()] == rows


# What is kept


def age(upload: BulkUpload, **fields: Any) -> None:
    BulkUpload.objects.filter(pk=upload.pk).update(
        created_at=timezone.now() - timedelta(days=31), **fields
    )


def test_an_upload_that_nobody_started_is_given_up(tenant: Integration, data_dir: Path) -> None:
    upload, fresh = checked(tenant, people(2)), checked(tenant, people(1))
    age(upload)

    retention.retain()
    retention.retain()

    assert now(upload).state == "ABANDONED"
    assert not upload.rows.exists()
    assert fresh.rows.exists()
    assert stored(data_dir) == 2


def test_the_rows_of_an_old_upload_lose_their_personal_data(tenant: Integration) -> None:
    upload = queue_all(started(tenant, people(2)))
    end(upload)
    uploads.settle(upload)
    retention.retain()
    assert upload.rows.get(number=2).values["first_name"] == "Nadia"
    age(upload, ended_at=timezone.now() - timedelta(days=31))

    retention.retain()

    assert [one.values for one in upload.rows.all()] == [{}, {}]
    assert now(upload).emptied_at is not None
    assert counts(upload) == {RowStatus.SUCCEEDED: 2}
