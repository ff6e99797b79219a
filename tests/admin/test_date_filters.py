"""Applications and candidates by the day of the application, on the lists and in their files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.exports.selection import select
from integrations.exports.service import queue
from integrations.exports.writing import Wanted
from integrations.models import Application
from tests.admin.conftest import Data
from tests.admin.pages import list_address

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

LogIn = Callable[[User], Client]
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 3, 10, 12, tzinfo=PARIS)
KINDS = ("application", "candidate")


@pytest.fixture
def dated(data: Data, monkeypatch: pytest.MonkeyPatch) -> Data:
    """Received today a minute after midnight, six days ago, and the day before that."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    today = datetime(2026, 3, 10, 0, 1, tzinfo=PARIS)
    earlier = [today, today - timedelta(days=6), today - timedelta(days=6, minutes=2)]
    for application, moment in zip(data.applications, earlier, strict=True):
        Application.objects.filter(pk=application.pk).update(
            remote_created_at=moment, changed_at=moment
        )
    return data


def shown(client: Client, kind: str, query: str) -> list[str]:
    answer = client.get(f"{list_address(kind)}?{query}")
    assert answer.status_code == 200, query
    return sorted(row.remote_id for row in answer.context["cl"].result_list)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("applied=today", ["app0"]),
        ("applied=7", ["app0", "app1"]),
        ("applied=30", ["app0", "app1", "app2"]),
        ("applied=between", ["app0", "app1", "app2"]),
        ("applied=between&applied_from=2026-03-04", ["app0", "app1"]),
        ("applied=between&applied_to=2026-03-04", ["app1", "app2"]),
        ("applied=between&applied_from=2026-03-04&applied_to=2026-03-04", ["app1"]),
        ("applied=between&applied_from=2026-02-30&applied_to=", ["app0", "app1", "app2"]),
        ("applied=between&applied_from=0001-01-01&applied_to=9999-12-31", ["app0", "app1", "app2"]),
        ("applied=nonsense", ["app0", "app1", "app2"]),
        ("applied_from=2026-03-10", ["app0", "app1", "app2"]),
    ],
)
def test_days_are_local_and_both_ends_count(
    kind: str, query: str, expected: list[str], alice: User, logged_in: LogIn, dated: Data
) -> None:
    assert shown(logged_in(alice), kind, query) == expected


def test_a_withdrawn_or_foreign_application_makes_nobody_a_recent_candidate(
    alice: User, logged_in: LogIn, dated: Data, other_data: Data
) -> None:
    Application.objects.filter(remote_id="app0").update(remote_deleted_at=NOON)
    assert shown(logged_in(alice), "candidate", "applied=7") == ["app1"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_two_days_are_asked_for_and_kept(
    kind: str, alice: User, logged_in: LogIn, dated: Data
) -> None:
    client = logged_in(alice)
    assert 'type="date"' not in client.get(list_address(kind)).content.decode()
    query = "applied=between&applied_from=2026-03-04"
    page = client.get(f"{list_address(kind)}?{query}").content.decode()
    assert '<input type="date" name="applied_from" value="2026-03-04">' in page
    # By its own control alone.
    assert page.count('name="applied_from"') == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_what_the_list_shows(
    kind: str, alice: User, logged_in: LogIn, dated: Data
) -> None:
    for query in ("applied=7", "applied=between&applied_to=2026-03-04"):
        page: Any = logged_in(alice).get(f"{list_address(kind)}?{query}")
        assert page.context["export_url"].endswith(query)
        export = queue(Wanted(kind=kind), user=alice, filters=query, integration=dated.tenant)
        found = sorted(select(export).values_list("remote_id", flat=True))
        assert found == shown(logged_in(alice), kind, query)
