"""What each column of the candidates' file says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import JSONField, Value

from integrations.exports.resources import CandidateResource
from integrations.models import Candidate, Integration
from integrations.spreadsheets.escaping import guard
from tests.exports.conftest import Rows, candidates_csv, table

pytestmark = pytest.mark.django_db

COLUMNS = [
    "id",
    "remote_id",
    "first_name",
    "last_name",
    "email_addresses",
    "phone_numbers",
    "tags",
    "applications",
    "latest_job",
    "latest_stage",
    "latest_outcome",
    "latest_applied_at",
    "changed_at",
    "remote_deleted_at",
]


def exported(with_tenant: bool = False) -> list[dict[str, str]]:
    return table(candidates_csv(Candidate.objects.order_by("remote_id"), with_tenant=with_tenant))


def test_a_full_row(rows: Rows) -> None:
    candidate = rows.candidate(
        remote_id="a1b2",
        first_name="Élise",
        last_name="N'Diaye",
        email_addresses=[{"email_address": "Elise@example.com", "type": None}],
        phone_numbers=[{"phone_number": "06 12 34 56 78", "type": None}],
    )
    rows.tagged(candidate, rows.tag("Langue: Anglais"), rows.tag("Mobile"))
    rows.application(
        candidate,
        job=rows.job("Chef de projet, H/F"),
        current_stage=rows.stage("Entretien"),
        outcome="PENDING",
        # The evening before in UTC: midnight in Paris, as Flatchr's days are stored.
        remote_created_at=datetime(2026, 3, 3, 23, tzinfo=UTC),
    )
    assert exported() == [
        {
            "id": candidate.pk,
            "remote_id": "a1b2",
            "first_name": "Élise",
            "last_name": "N'Diaye",
            "email_addresses": "Elise@example.com",
            "phone_numbers": "06 12 34 56 78",
            "tags": "Langue: Anglais; Mobile",
            "applications": "1",
            "latest_job": "Chef de projet, H/F",
            "latest_stage": "Entretien",
            "latest_outcome": "PENDING",
            "latest_applied_at": "2026-03-04T00:00:00+01:00",
            "changed_at": "2026-03-09T09:30:00+01:00",
            "remote_deleted_at": "",
        }
    ]


def test_a_row_with_nothing_but_an_identity(rows: Rows) -> None:
    rows.candidate(remote_id="7")
    (row,) = exported()
    assert {name for name, cell in row.items() if cell} == {
        "id",
        "remote_id",
        "applications",
        "changed_at",
    }
    assert row["applications"] == "0"


@pytest.mark.parametrize(
    ("stored", "cell"),
    [
        ([], ""),
        # As in a record whose personal fields have been emptied.
        (Value(None, JSONField()), ""),
        ([{"type": "WORK"}], ""),
        ([{"email_address": None, "type": None}], ""),
        ([{"email_address": "a@example.com"}, {"email_address": None}], "a@example.com"),
        (
            [{"email_address": "a@example.com"}, {"email_address": "é@example.com"}],
            "a@example.com; é@example.com",
        ),
    ],
)
def test_any_number_of_values_fits_a_cell(rows: Rows, stored: Any, cell: str) -> None:
    rows.candidate(email_addresses=stored)
    (row,) = exported()
    assert row["email_addresses"] == cell


def test_moments_are_told_to_the_second_whatever_was_stored(rows: Rows) -> None:
    rows.candidate(
        changed_at=datetime(2026, 7, 1, 10, 0, 0, 123, tzinfo=UTC),
        remote_deleted_at=datetime(2026, 7, 1, 10, 0, 0, tzinfo=UTC),
    )
    (row,) = exported()
    assert row["changed_at"] == "2026-07-01T12:00:00+02:00"
    assert row["remote_deleted_at"] == "2026-07-01T12:00:00+02:00"


def test_the_latest_application_is_the_one_made_last(rows: Rows) -> None:
    candidate = rows.candidate()
    made = {
        "Undated": None,
        "Last": datetime(2026, 3, 2, tzinfo=UTC),
        "First": datetime(2026, 1, 5, tzinfo=UTC),
        "Middle": datetime(2026, 2, 1, tzinfo=UTC),
    }
    rows.applications(
        {"candidate": candidate, "job": rows.job(name), "remote_created_at": moment}
        for name, moment in made.items()
    )
    (row,) = exported()
    assert (row["applications"], row["latest_job"]) == ("4", "Last")


def test_what_flatchr_no_longer_has_is_not_told_of_a_candidate(rows: Rows) -> None:
    gone = {"remote_deleted_at": datetime(2026, 3, 9, tzinfo=UTC)}
    candidate = rows.candidate()
    kept = rows.tag("Kept")
    rows.tagged(candidate, kept, rows.tag("Tag gone", **gone), rows.tag(None))
    rows.tagged(candidate, rows.tag("Taken off"), **gone)
    rows.application(candidate, job=rows.job("Open"))
    rows.application(
        candidate,
        job=rows.job("Withdrawn"),
        remote_created_at=datetime(2026, 3, 9, tzinfo=UTC),
        **gone,
    )
    (row,) = exported()
    assert (row["tags"], row["applications"], row["latest_job"]) == ("Kept", "1", "Open")


def test_applications_do_not_stray_to_a_neighbour(rows: Rows) -> None:
    first, none, second = rows.candidates(
        {"remote_id": remote_id} for remote_id in ("c1", "c2", "c3")
    )
    del none
    rows.applications(
        {"candidate": candidate, "job": rows.job(name), "outcome": "HIRED"}
        for candidate, name in ((first, "One"), (second, "Two"), (second, "Two"))
    )
    assert [(row["applications"], row["latest_job"]) for row in exported()] == [
        ("1", "One"),
        ("0", ""),
        ("2", "Two"),
    ]


@pytest.mark.parametrize("field", ["remote_id", "first_name", "last_name"])
@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("http://example.com"; "click")',
        "+33612345678",
        "'quoted'",
        'a "quoted", comma',
        "two\r\nlines",
        "﹢ ﹣ emoji 🙂 العربية",
        " leading",
        "a;b\tc",
    ],
)
def test_weird_values_are_harmless_and_whole(rows: Rows, field: str, name: str) -> None:
    rows.candidate(**{field: name})
    (row,) = exported()
    assert row[field] == guard(name)


def test_names_of_jobs_stages_and_tags_are_made_harmless_too(rows: Rows) -> None:
    candidate = rows.candidate(phone_numbers=[{"phone_number": "+33612345678", "type": None}])
    rows.tagged(candidate, rows.tag("=1"))
    rows.application(candidate, job=rows.job("@1"), current_stage=rows.stage("-1"))
    (row,) = exported()
    names = ("phone_numbers", "tags", "latest_job", "latest_stage")
    assert [row[name] for name in names] == ["+33612345678", "'=1", "'@1", "'-1"]


def test_the_columns_and_their_order(rows: Rows) -> None:
    (header,) = candidates_csv(Candidate.objects.none())
    assert header.decode() == ",".join(COLUMNS) + "\r\n"


def test_rows_of_several_tenants_say_whose_they_are(
    rows: Rows, other_rows: Rows, tenant: Integration, other_tenant: Integration
) -> None:
    rows.candidate(remote_id="a")
    other_rows.candidate(remote_id="b")
    found = exported(with_tenant=True)
    assert list(found[0]) == [*COLUMNS, "organization", "integration_id"]
    assert [(row["organization"], row["integration_id"]) for row in found] == [
        (tenant.organization, tenant.pk),
        (other_tenant.organization, other_tenant.pk),
    ]


def test_tenants_that_know_the_same_ids_are_not_mixed(rows: Rows, other_rows: Rows) -> None:
    for here in (rows, other_rows):
        name = here.tenant.organization
        candidate = here.candidate(remote_id="same", first_name=name)
        here.tagged(candidate, here.tag(f"Tag of {name}", remote_id="t"))
        here.application(candidate, job=here.job(f"Job of {name}"), remote_id="a")
    found = table(candidates_csv(Candidate.objects.filter(integration=rows.tenant)))
    told = [(row["first_name"], row["tags"], row["latest_job"]) for row in found]
    name = rows.tenant.organization
    assert told == [(name, f"Tag of {name}", f"Job of {name}")]


def test_the_library_exports_the_same_cells(rows: Rows) -> None:
    candidate = rows.candidate(first_name="=1+1", last_name="b,c")
    rows.tagged(candidate, rows.tag("A"), rows.tag("B"))
    rows.candidate(remote_id="z")
    candidates = Candidate.objects.order_by("pk")
    dataset = CandidateResource().export(candidates)
    streamed = b"".join(candidates_csv(candidates)).decode()
    assert dataset.export("csv") == streamed
