"""Who took what away is on record, from before the first byte."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.exports.service import download, filename
from integrations.exports.writing import Wanted
from integrations.models import Candidate, Export, Integration
from tests.exports.conftest import Rows, table

pytestmark = pytest.mark.django_db


def test_the_record_is_there_before_the_first_byte_and_complete_after_the_last(
    rows: Rows, alice: User
) -> None:
    rows.candidates({} for _ in range(3))
    made = download(
        Candidate.objects.all(),
        Wanted(),
        user=alice,
        filters="stage=3&q=ma",
        integration=rows.tenant,
    )
    export = Export.objects.get()
    assert (export.user, export.integration, export.filters, export.format) == (
        alice,
        rows.tenant,
        "stage=3&q=ma",
        "csv",
    )
    assert (export.rows, export.ended_at) == (None, None)

    assert len(table(made.stream)) == 3
    export.refresh_from_db()
    assert export.rows == 3
    assert export.ended_at is not None
    assert export.ended_at >= export.started_at


def test_a_download_that_is_broken_off_has_no_number_of_rows(rows: Rows, alice: User) -> None:
    rows.candidates({} for _ in range(3))
    made = download(
        Candidate.objects.all(), Wanted(), user=alice, filters="", integration=rows.tenant
    )
    next(made.stream)
    next(made.stream)
    made.stream.close()  # type: ignore[attr-defined]
    export = Export.objects.get()
    assert (export.rows, export.ended_at) == (None, None)


def test_a_read_that_fails_leaves_no_number_of_rows(
    rows: Rows, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = download(
        Candidate.objects.extra(where=["1 = no_such_column"]),
        Wanted(),
        user=alice,
        filters="",
        integration=rows.tenant,
    )
    next(made.stream)
    with pytest.raises(Exception, match="no_such_column"):
        next(made.stream)


def test_an_export_over_several_tenants_names_none_and_tells_them_apart(
    rows: Rows, other_rows: Rows, admin: User
) -> None:
    rows.candidate()
    other_rows.candidate()
    made = download(Candidate.objects.all(), Wanted(), user=admin, filters="", integration=None)
    assert {row["integration_id"] for row in table(made.stream)} == {
        rows.tenant.pk,
        other_rows.tenant.pk,
    }
    assert Export.objects.get().integration is None


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        ("Atelier Nord", "candidates-atelier-nord-2026-03-10.csv"),
        ('Société d\'Été "&" Cie/..', "candidates-societe-dete-cie-2026-03-10.csv"),
        ("株式会社", "candidates-2026-03-10.csv"),
        (None, "candidates-2026-03-10.csv"),
    ],
)
def test_the_file_is_named_after_the_tenant_and_the_local_day(
    monkeypatch: pytest.MonkeyPatch, organization: str | None, expected: str
) -> None:
    # Half past midnight in Paris, still the day before in UTC.
    night = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: night)
    tenant = Integration(organization=organization) if organization else None
    assert filename(Export(integration=tenant, started_at=night)) == expected
