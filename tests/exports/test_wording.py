"""Headings and values in a language, and phone numbers as France writes them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation
from openpyxl import load_workbook

from integrations.exports.formats import Style
from integrations.exports.resources import RESOURCES
from integrations.exports.wording import national, titled
from integrations.exports.writing import Wanted, write
from integrations.models import Application, Candidate, Job
from tests.exports.conftest import Rows, table

pytestmark = pytest.mark.any_database

MODELS = {"candidate": Candidate, "job": Job, "application": Application}


def written(kind: str, *, format: str = "csv", columns: Any = (), **style: Any) -> bytes:
    wanted = Wanted(kind, columns, format, Style(**style))
    records = MODELS[kind].objects.order_by("remote_id")
    return b"".join(write(records, wanted, with_tenant=False))


@pytest.fixture
def someone(rows: Rows) -> Candidate:
    candidate = rows.candidate(
        remote_id="c1",
        first_name="Zoé",
        phone_numbers=[{"phone_number": "+33612345678", "type": None}],
    )
    rows.application(
        candidate,
        remote_id="a1",
        job=rows.job("Chef de rang"),
        current_stage=rows.stage("PENDING"),
        outcome="PENDING",
        remote_created_at=datetime(2026, 3, 3, 23, tzinfo=UTC),
    )
    return candidate


@pytest.mark.django_db
def test_headings_and_values_are_in_the_language_that_was_asked_for(
    rows: Rows, someone: Candidate
) -> None:
    columns = ["first_name", "phone_numbers", "stage", "outcome", "applied_at"]
    for wording, heading, outcome in (
        ("codes", "first_name,phone_numbers,stage,outcome,applied_at", "PENDING"),
        ("en", "First name,Phone,Stage,Outcome,Received", "In progress"),
        ("fr", "Prénom,Téléphone,Étape,Résultat,Reçue", "En cours"),
    ):
        # Whatever the language of whoever writes the file: a worker has that of the installation.
        with translation.override("fr" if wording == "en" else "en"):
            lines = written("application", columns=columns, wording=wording).decode().splitlines()
        # The stage bears the customer's own name, though it looks like one of ours.
        row = f"Zoé,+33612345678,PENDING,{outcome},2026-03-04T00:00:00+01:00"
        assert lines == [heading, row]


@pytest.mark.django_db
def test_values_of_jobs_have_words_and_what_flatchr_sent_stays_as_it_is(rows: Rows) -> None:
    words = {
        "employment_type": "FULL_TIME",
        "status": "OPEN",
        "remote_work_status": "ON_SITE",
        "salary_period": "MONTH",
    }
    job = rows.job("Pâtissier")
    Job.objects.filter(pk=job.pk).update(**words, salary_amount=2150.5, salary_amount_to=3000)
    other = rows.job("Stagiaire")
    Job.objects.filter(pk=other.pk).update(employment_type="CDD D'USAGE", status=None)
    columns = [*words, "salary_amount", "salary_amount_to"]

    (french, unknown) = table([written("job", columns=columns, wording="fr", delimiter=",")])
    assert list(french.values()) == [
        *("Ouverte", "Temps plein", "Sur site"),
        *("2150,5", "3000", "par mois"),
    ]
    assert list(unknown.values()) == ["", "CDD D'USAGE", "", "", "", ""]
    (english, _) = table([written("job", columns=columns, wording="en")])
    assert list(english.values())[:4] == ["Open", "Full time", "On site", "2150.5"]


@pytest.mark.django_db
def test_excel_has_the_words_and_json_keeps_codes(rows: Rows, someone: Candidate) -> None:
    columns = ["first_name", "phone_numbers", "latest_outcome", "applications"]
    style = {"wording": "fr", "phones": "national"}
    book = load_workbook(io.BytesIO(written("candidate", format="xlsx", columns=columns, **style)))
    assert list(book.active.iter_rows(values_only=True)) == [
        ("Prénom", "Téléphone", "Candidatures", "Dernier résultat"),
        ("Zoé", "06 12 34 56 78", 1, "En cours"),
    ]
    assert json.loads(written("candidate", format="json", columns=columns, **style)) == [
        {
            "first_name": "Zoé",
            "phone_numbers": "06 12 34 56 78",
            "applications": 1,
            "latest_outcome": "PENDING",
        }
    ]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("+33123456789; +33698765432", "01 23 45 67 89; 06 98 76 54 32"),
        ("+33612345678; +32470123456", "06 12 34 56 78; +32470123456"),
        # Overseas France, and abroad: not dialled so from the mainland.
        ("+262692123456", "+262692123456"),
        ("+4915112345678", "+4915112345678"),
        # No number of France, too long or too short; and texts as they were typed.
        ("+336123456789", "+336123456789"),
        ("+3361234567", "+3361234567"),
        ("+33012345678", "+33012345678"),
        ("06.12.34.56.78", "06.12.34.56.78"),
        ("poste +33612345678 bis", "poste +33612345678 bis"),
        ("", ""),
        (None, None),
    ],
)
def test_french_numbers_can_be_told_as_france_writes_them(
    stored: str | None, shown: str | None
) -> None:
    assert national([stored]) == [shown]


def test_no_two_columns_of_a_file_have_one_heading() -> None:
    for kind, resource in RESOURCES.items():
        headings = resource(with_tenant=True).headings
        for wording in ("fr", "en"):
            names = [heading.name for heading in titled(headings, wording)]
            assert len(names) == len(set(names)), (kind, wording, sorted(names))
        french = {heading.name for heading in titled(headings, "fr")}
        assert "Prénom" in french or kind == "job"


@pytest.mark.django_db
def test_the_command_has_codes_unless_told_otherwise(
    rows: Rows, someone: Candidate, tmp_path: Any
) -> None:
    target = tmp_path / "out.csv"
    options = ["--output", str(target), "--columns", "first_name,phone_numbers,latest_outcome"]
    call_command("export_candidates", rows.tenant.pk, *options, stderr=io.StringIO())
    assert target.read_text().splitlines() == [
        "first_name,phone_numbers,latest_outcome",
        "Zoé,+33612345678,PENDING",
    ]
    options += ["--headings", "fr", "--phones", "national"]
    call_command("export_candidates", rows.tenant.pk, *options, stderr=io.StringIO())
    assert target.read_text().splitlines() == [
        "Prénom,Téléphone,Dernier résultat",
        "Zoé,06 12 34 56 78,En cours",
    ]


@pytest.mark.django_db
def test_source_score_and_reference_of_the_job_are_columns(rows: Rows) -> None:
    candidate = rows.candidate(remote_id="c1", first_name="Zoé")
    job = rows.job("Chef de rang")
    Job.objects.filter(pk=job.pk).update(reference="REF-7")
    older = {
        "source": "LinkedIn",
        "score": 1,
        "remote_created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    newer = {"source": "=Indeed", "score": 4, "remote_created_at": datetime(2026, 2, 1, tzinfo=UTC)}
    rows.application(candidate, remote_id="a1", **older)
    rows.application(
        candidate,
        remote_id="a2",
        job=job,
        outcome="DECLINED",
        rejection_reason_name="Trop loin",
        **newer,
    )
    columns = ["job_reference", "source", "score"]
    assert table([written("candidate", columns=columns)]) == [
        {"job_reference": "REF-7", "source": "'=Indeed", "score": "4"}
    ]
    assert table([written("application", columns=[*columns, "rejection_reason_name"])]) == [
        {"job_reference": "", "rejection_reason_name": "", "source": "LinkedIn", "score": "1"},
        {
            "job_reference": "REF-7",
            "rejection_reason_name": "Trop loin",
            "source": "'=Indeed",
            "score": "4",
        },
    ]
    assert table([written("job", columns=["reference", "name"])]) == [
        {"reference": "REF-7", "name": "Chef de rang"}
    ]
    french = written("application", columns=columns, wording="fr").decode().splitlines()
    assert french[0] == "Référence de l’offre,Source,Note"
    # What programs read has the columns that it had.
    usual = list(table([written("candidate")])[0])
    assert not {"source", "score", "job_reference"}.intersection(usual)
