"""The overview with many tenants: worst first, found, limited to a state, in pages; and charts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.charts import ChartTexts, Point, bars, ceiling
from integrations.admin.home import views
from integrations.admin.home.charts import durations, funnel, weekly
from integrations.admin.home.stats import Figures
from integrations.admin.home.sync_history import LENGTH, strips_for
from integrations.models import (
    Integration,
    Membership,
    ModelResult,
    RunState,
    Submission,
    SubmissionState,
    SyncRun,
)
from integrations.tenants.health import Condition
from integrations.tenants.stats import monday
from tests.admin.conftest import Data, Fill
from tests.admin.pages import record_addresses

pytestmark = pytest.mark.every_database

LogIn = Callable[[User], Client]
INDEX = reverse("admin:index")
SAID = ChartTexts("Why?", "So.", ("What", "How many"), "Nothing.")


@pytest.fixture
def many(make_tenant: Any, alice: User) -> list[Integration]:
    """Twenty tenants: three fail, one waits for its credentials, the others are well."""
    tenants = [make_tenant(f"Société {number:02}", members=[alice]) for number in range(20)]
    for number, tenant in enumerate(tenants):
        state = RunState.FAILED if number in (7, 11, 19) else RunState.SUCCEEDED
        SyncRun.objects.create(integration=tenant, state=state)
    tenants[4].credentials.delete()
    return tenants


def listed(client: Client, **query: str) -> list[str]:
    return [str(view.tenant) for view in client.get(INDEX, query).context["tenants"]]


def test_the_worst_come_first_and_the_rest_is_on_further_pages(
    alice: User, logged_in: LogIn, many: list[Integration]
) -> None:
    client = logged_in(alice)

    first, second = listed(client), listed(client, p="2")

    assert first[:4] == ["Société 07", "Société 11", "Société 19", "Société 04"]
    assert len(first) == views.PER_PAGE
    assert sorted(first + second) == [str(tenant) for tenant in many]
    assert listed(client, p="99") == second, "a page past the end is the last one"
    assert listed(client, p="x") == first


def test_the_page_is_limited_to_a_state(
    alice: User, logged_in: LogIn, many: list[Integration]
) -> None:
    client = logged_in(alice)

    choices = {
        choice.label: (choice.count, choice.url) for choice in client.get(INDEX).context["choices"]
    }

    assert {label: count for label, (count, _) in choices.items()} == {
        "All": 20,
        "Failing": 3,
        "Setup": 1,
        "Active": 16,
    }
    assert listed(client, state="failing") == ["Société 07", "Société 11", "Société 19"]
    assert choices["Failing"][1] == f"{INDEX}?state=failing"
    for condition in Condition:
        assert client.get(INDEX, {"state": condition.slug}).status_code == 200
    assert "No tenant matches" in client.get(INDEX, {"state": "nonsense"}).content.decode()


def test_a_search_folds_accents_and_case_and_keeps_the_state(
    alice: User, logged_in: LogIn, many: list[Integration]
) -> None:
    Integration.objects.filter(pk=many[11].pk).update(origin_id="Client-É7")
    client = logged_in(alice)

    assert listed(client, q="SOCIETE 07") == ["Société 07"]
    assert listed(client, q="client-e7") == ["Société 11"]
    assert listed(client, q="1", state="failing") == ["Société 11", "Société 19"]
    assert listed(client, q=many[3].pk) == ["Société 03"]
    page = client.get(INDEX, {"q": "zzz"})
    assert page.context["tenants"] == []
    assert "No tenant matches" in page.content.decode()


def test_a_member_finds_and_counts_only_own_tenants(
    charlie: User, logged_in: LogIn, many: list[Integration], other_data: Data
) -> None:
    client = logged_in(charlie)

    page = client.get(INDEX, {"q": "Société"})

    assert page.context["tenants"] == []
    assert page.context["total"].candidates is None
    assert listed(client) == ["Maison Sud"]
    assert "Société" not in client.get(INDEX).content.decode()


def test_nothing_of_a_large_table_is_counted_and_the_queries_stay_the_same(
    alice: User, logged_in: LogIn, many: list[Integration], fill: Fill
) -> None:
    client = logged_in(alice)

    def queries(**query: str) -> list[str]:
        client.get(INDEX, query)
        with CaptureQueriesContext(connection) as captured:
            client.get(INDEX, query)
        return [entry["sql"] for entry in captured.captured_queries]

    # The search makes two of its own.
    few = queries(q="Société 03")
    for tenant in many:
        fill(tenant, 2)
    Submission.objects.create(integration=many[0], state=SubmissionState.FAILED)

    for query in ({}, {"p": "2"}, {"state": "active"}):
        found = queries(**query)
        assert len(found) == len(few) - 2, "\n".join(found)
        for table in ("candidate", "application", "job"):
            assert not any(f'"integrations_{table}"' in sql for sql in found), table


# Strips


def test_a_strip_is_the_last_fifty_syncs_of_each_tenant_however_often_it_runs(
    tenant: Integration, other_tenant: Integration
) -> None:
    def runs(of: Integration, count: int) -> list[SyncRun]:
        return SyncRun.objects.bulk_create(
            SyncRun(integration=of, state=RunState.SUCCEEDED, queued_at=timezone.now())
            for _ in range(count)
        )

    seldom = runs(other_tenant, 3)
    often = runs(tenant, LENGTH + 20)

    strips = strips_for([tenant.pk, other_tenant.pk])

    assert [bar.run for bar in strips[tenant.pk]] == often[20:]
    assert [bar.run for bar in strips[other_tenant.pk]] == seldom
    assert strips_for([]) == {}


def test_a_bar_says_what_happened(tenant: Integration) -> None:
    now = timezone.now()
    quiet = SyncRun.objects.create(
        integration=tenant, state=RunState.SUCCEEDED, type="DELTA", started_at=now, ended_at=now
    )
    busy = SyncRun.objects.create(
        integration=tenant,
        state=RunState.PARTIALLY_FAILED,
        started_at=now - timedelta(seconds=75),
        ended_at=now,
    )
    ModelResult.objects.create(run=quiet, model="jobs", seen=9)
    ModelResult.objects.create(run=busy, model="jobs", created=1, updated=2)
    ModelResult.objects.create(run=busy, model="applications", created=1400, deleted=3, restored=1)
    SyncRun.objects.create(integration=tenant)

    first, second, live = strips_for([tenant.pk])[tenant.pk]

    assert "changes: Succeeded" in first.title
    assert first.title.endswith("Nothing changed.")
    assert "full sync: Partially failed, 1 min 15 s" in second.title
    assert second.title.endswith("1,401 new, 3 changed, 3 deleted.")
    assert live.title.endswith("full sync: Queued.")
    assert (first.tone, second.tone, live.tone) == ("success", "warning", "info")


def test_a_strip_is_one_stop_of_the_tab_key(alice: User, logged_in: LogIn, data: Data) -> None:
    page = logged_in(alice).get(INDEX).content.decode()

    bars = re.findall(r'<a class="rl-bar[^>]*>', page)
    assert len(bars) == len(data.runs)
    assert all("aria-label=" in bar for bar in bars)
    assert ['tabindex="-1"' in bar for bar in bars] == [True, True, False]


# Submissions that need attention


def test_submissions_that_need_attention_are_counted_and_lead_to_their_list(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    def make(**fields: object) -> Submission:
        return Submission.objects.create(integration=data.tenant, **fields)

    make(state=SubmissionState.UNCERTAIN, person_key="a")
    make(state=SubmissionState.FAILED)
    make(state=SubmissionState.FAILED, error_kind="cancelled")
    make(state=SubmissionState.SUCCEEDED)
    old = make(state=SubmissionState.FAILED)
    Submission.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    client = logged_in(alice)

    page = client.get(INDEX)

    [view] = page.context["tenants"]
    assert view.troubled.count == 2
    assert "2 submissions need attention" in page.content.decode()
    assert client.get(view.troubled.url).context["cl"].result_count == 2


# Charts


def test_the_pages_have_charts_with_tables_behind_them(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)

    for address in (INDEX, record_addresses(data)["integration"]):
        page = client.get(address).content.decode()
        for question in ("applications come in", "applications stand", "syncs take"):
            assert question in page, address
        drawings = re.findall(r"<svg class=\"rl-drawing.*?</svg>", page, re.DOTALL)
        assert len(drawings) == page.count("Show as a table") >= 2
        for drawing in drawings:
            # As XML, so that nothing in it is left open.
            ElementTree.fromstring(drawing)  # noqa: S314
    assert "Atelier Nord stage 0" in page


def test_with_several_tenants_the_charts_are_of_all_together(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    page = logged_in(admin).get(INDEX)

    assert page.context["total"].candidates == 6
    assert [chart.key for chart in page.context["charts"]] == [
        "weekly",
        "slowest",
        "funnel",
        "submissions",
    ]
    slowest = page.context["charts"][1]
    assert {point.label for point in slowest.points} == {"Atelier Nord", "Maison Sud"}
    assert "Which tenants take longest to read?" in page.content.decode()


def test_names_from_flatchr_are_escaped_in_a_drawing(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    Integration.objects.update(organization="<script>alert(1)</script>")
    figures = data.tenant.figures
    figures.stages = [{"id": "s", "name": '"><img src=x onerror=alert(2)>', "count": 3}]
    figures.save()

    page = logged_in(alice).get(INDEX).content.decode()

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_weeks_without_an_application_are_shown_as_none(tenant: Integration) -> None:
    this = monday(timezone.now())
    figures = [
        Figures(weeks=[[this.isoformat(), 4], [(this - timedelta(weeks=2)).isoformat(), 1200]]),
        Figures(weeks=[[this.isoformat(), 1], [(this - timedelta(weeks=40)).isoformat(), 99]]),
    ]

    chart = weekly(figures)

    assert [int(point.value) for point in chart.points] == [0] * 9 + [1200, 0, 5]
    assert chart.summary.startswith("5 so far this week; 109 a week")
    assert [tick.text for tick in chart.ticks] == ["0", "1,000", "2,000"]
    assert not weekly([]).drawn


def test_stages_of_one_name_are_taken_together_in_the_order_of_the_pipelines() -> None:
    def of(*stages: tuple[str, int]) -> Figures:
        return Figures(stages=[{"id": "x", "name": name, "count": count} for name, count in stages])

    chart = funnel(
        [of(("New", 3), ("Offer", 1)), of(("new ", 4), ("Test", 2), ("Offer", 5), ("", 1))]
    )

    assert [(point.label, int(point.value)) for point in chart.points] == [
        ("New", 7),
        ("Test", 2),
        ("Offer", 6),
        ("No stage", 1),
    ]
    rare = funnel([of(*((f"Stage {number:02}", 1 + (number < 9)) for number in range(14)))])
    assert rare.points[-1].label == "Other stages"
    assert sum(point.value for point in rare.points) == 23


def test_the_newest_tenant_has_charts_that_say_that_there_is_nothing(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    page = logged_in(alice).get(INDEX).content.decode()

    assert "No sync has ended yet." in page
    assert "No application stands at a stage yet." in page
    assert "rl-drawing" not in page
    assert not durations([]).drawn


@pytest.mark.parametrize(
    ("most", "end"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (5, 5), (7, 10), (11, 20), (290, 400), (999_999, 1_000_000)],
)
def test_a_scale_ends_with_a_round_number_that_nothing_exceeds(most: float, end: float) -> None:
    assert ceiling(most) == end


def test_what_is_little_is_still_to_be_seen_and_what_is_nothing_is_not() -> None:
    chart = bars(
        "x", SAID, [Point("a", 100_000, "100,000"), Point("b", 1, "1"), Point("c", 0, "0")]
    )

    assert [mark.width for mark in chart.marks] == ["100.00%", "0.80%", "0.00%"]


def test_the_overview_of_a_superuser_leaves_deleted_tenants_out(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    Integration.objects.filter(pk=other_data.tenant.pk).update(deleted_at=timezone.now())
    Membership.objects.all().delete()

    assert listed(logged_in(admin)) == ["Atelier Nord"]
