"""Which entries are handed out when there are more than are wanted, and whose."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL

from integrations.models import Integration, SearchEntry, SearchKind
from integrations.search.finding import entries
from integrations.search.terms import parse

pytestmark = pytest.mark.django_db

# So long that PostgreSQL's pages hold a score of them.
LONG = " x" * 200


@pytest.fixture
def filled(tenant: Integration, other_tenant: Integration) -> None:
    SearchEntry.objects.bulk_create(
        SearchEntry(
            kind=kind,
            record_id=f"{n:04}",
            integration=other_tenant if n % 4 == 1 else tenant,
            words=f" {'camille' if n % 2 else 'lea'} martin{LONG}",
        )
        for n in range(600)
        for kind in SearchKind
    )


@pytest.mark.parametrize("kind", SearchKind)
@pytest.mark.parametrize("most", [1, 40, 150])
def test_the_first_that_are_visible_are_handed_out(
    tenant: Integration, filled: None, kind: str, most: int
) -> None:
    found = entries(kind, parse("Camille Martin"), [tenant.pk], most)

    # PostgreSQL puts rows where others have been removed, so their order is not that of insertion.
    place = RawSQL("ctid" if connection.vendor == "postgresql" else "rowid", [])  # noqa: S611
    visible = {f"{n:04}" for n in range(3, 600, 4)}
    ids = SearchEntry.objects.filter(kind=kind).order_by(place).values_list("record_id", flat=True)
    assert [record_id for record_id, _ in found] == [one for one in ids if one in visible][:most]


@pytest.mark.parametrize("kind", SearchKind)
def test_who_sees_nobody_of_a_frequent_name_finds_nobody(filled: None, kind: str) -> None:
    assert entries(kind, parse("Camille Martin"), ["other"], 5) == []
