"""Large lists: rows are found along the index of the order, whichever filters are set."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet

from integrations.admin.base import pagination
from integrations.admin.base.pagination import cut
from integrations.models import NEWEST_FIRST, Application, ApplicationStage, Candidate, Integration
from integrations.models.conditions import hide_indexes, walk_in_order
from tests.admin.conftest import Data, Fill

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


def plan(queryset: QuerySet[Candidate]) -> str:
    return queryset.explain()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the hint is SQLite's")
def test_sqlite_is_kept_from_sorting_a_whole_tenant(tenant: Integration) -> None:
    filtered = Candidate.objects.filter(integration=tenant).order_by(*NEWEST_FIRST)

    assert "USE TEMP B-TREE FOR ORDER BY" in plan(filtered)
    assert "candidate_newest" in plan(walk_in_order(filtered))
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan(walk_in_order(filtered))


@pytest.mark.skipif(connection.vendor == "sqlite", reason="the hint is SQLite's")
def test_other_databases_are_given_the_query_as_it_is(tenant: Integration) -> None:
    filtered = Candidate.objects.filter(integration=tenant)

    assert str(walk_in_order(filtered).query) == str(filtered.query)


def test_the_hint_changes_no_result(data: Data, other_data: Data) -> None:
    stages = ApplicationStage.objects.filter(integration=data.tenant)
    queries = [
        Application.objects.filter(integration=data.tenant),
        Application.objects.filter(current_stage=data.stages[1]),
        Application.objects.filter(current_stage__in=stages, job=data.jobs[2]),
        Application.objects.exclude(integration=data.tenant),
        Application.objects.filter(pk__in=[record.pk for record in data.applications[:2]]),
        Application.objects.filter(candidate__last_name="Maison Sud 1"),
    ]
    for query in queries:
        expected = [record.pk for record in query]
        assert expected
        assert [record.pk for record in hide_indexes(query)] == expected
        # The query that was given stays as it was.
        assert [record.pk for record in query.all()] == expected


def test_other_orders_are_left_alone(tenant: Integration) -> None:
    by_name = Candidate.objects.filter(integration=tenant).order_by("last_name")

    assert str(walk_in_order(by_name).query) == str(by_name.query)


@pytest.mark.parametrize("cap", [5, 1000])
def test_pages_are_the_same_below_and_above_the_cap(
    cap: int, tenant: Integration, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "CAP", cap)
    fill(tenant, 12)
    records = Candidate.objects.filter(integration=tenant)
    expected = list(records.order_by(*NEWEST_FIRST))

    first, last = cut(records, 0, 10), cut(records, 10, 10)

    assert (first.rows, first.more) == (expected[:10], True)
    assert (last.rows, last.more, last.total) == (expected[10:], False, 12)
    assert cut(records, 20, 10).rows == []
    assert cut(records.none(), 0, 10).total == 0
