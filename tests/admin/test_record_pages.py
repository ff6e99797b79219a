"""Record pages: where each field comes from, what changed, what happened, what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import escape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.admin.records.field_sources import ORIGINS, source_of
from integrations.admin.records.timeline import MOST, timeline
from integrations.models import (
    Application,
    Candidate,
    Integration,
    Job,
    RecordChange,
    Submission,
)
from integrations.records import Model
from integrations.sync.bulk.tables import APPLICATIONS, CANDIDATES, JOBS, STAGES
from tests.admin.conftest import Data, Fill

LogIn = Callable[[User], Client]
# Put together from other fields, each with a card of its own on the page.
ELSEWHERE = {"custom_fields", "integration_fields"}


@pytest.fixture
def page(alice: User, logged_in: LogIn) -> Callable[[object], str]:
    client = logged_in(alice)

    def get(record: object) -> str:
        answer = client.get(change_url(record))  # type: ignore[arg-type]
        assert answer.status_code == 200
        text: str = answer.content.decode()
        return text

    return get


def change(record: Application | Candidate | Job, model: Model, *fields: object) -> RecordChange:
    return RecordChange.objects.create(
        model=model,
        record_id=record.pk,
        integration=record.integration,
        at=timezone.now(),
        fields=list(fields),
    )


@pytest.mark.parametrize("table", [JOBS, STAGES, CANDIDATES, APPLICATIONS], ids=lambda t: t.name)
def test_every_mapped_field_says_where_it_comes_from(table: object) -> None:
    fields = {origin.field for origin in ORIGINS[table.record]}  # type: ignore[attr-defined]
    mapped = {column.removesuffix("_id") for column in table.mapped}  # type: ignore[attr-defined]
    assert mapped - ELSEWHERE <= fields


def test_a_field_points_at_its_parts_of_the_object(data: Data) -> None:
    job = data.jobs[0]
    job.remote_data = {"title": "Chef", "salary": 30, "salary_max": {"deep": [1]}}

    source = source_of(job)

    assert source is not None
    by_label = {str(field.label): field for field in source.fields}
    texts = {part.id: part.text for part in source.parts}
    assert texts[by_label["Title"].keys] == '"title": "Chef"'
    assert texts[by_label["Salary to"].keys].startswith('"salary_max": {')
    # Named, but not there: nothing to point at.
    assert by_label["Remote work"].sources == (("remote", ""),)


def test_a_page_shows_the_object_beside_its_fields(
    page: Callable[[object], str], data: Data
) -> None:
    shown = page(data.jobs[0])

    assert "Where each field comes from" in shown
    assert 'href="#raw-0"><code>title</code>' in shown
    assert 'id="raw-0"' in shown


def test_changes_are_told_with_names_and_without_personal_values(
    page: Callable[[object], str], data: Data
) -> None:
    application, candidate = data.applications[0], data.candidates[0]
    old, new = data.stages[0], data.stages[1]
    change(
        application,
        Model.APPLICATIONS,
        {"field": "current_stage_id", "old": old.pk, "new": new.pk},
        {"field": "outcome", "old": "PENDING", "new": "HIRED"},
        {"field": "remote_created_at", "old": None, "new": "2026-01-05 23:00:00"},
    )
    change(candidate, Model.CANDIDATES, {"field": "last_name"})

    shown = page(application)
    assert f"<del>{old}</del>" in shown
    assert f"<ins>{new}</ins>" in shown
    assert "<ins>Hired</ins>" in shown
    assert "6 Jan 2026" in shown
    assert "Last name" in page(candidate)


def test_the_changes_of_another_tenants_record_are_not_told(
    page: Callable[[object], str], data: Data, other_data: Data
) -> None:
    theirs = change(data.jobs[0], Model.JOBS, {"field": "name", "old": "Secret", "new": "Other"})
    RecordChange.objects.filter(pk=theirs.pk).update(integration=other_data.tenant)

    assert "Secret" not in page(data.jobs[0])


def test_a_timeline_is_in_order_and_bounded(data: Data) -> None:
    candidate, application = data.candidates[0], data.applications[0]
    now = timezone.now()
    Application.objects.filter(pk=application.pk).update(remote_created_at=now - timedelta(days=9))
    moved = change(
        application,
        Model.APPLICATIONS,
        {"field": "current_stage_id", "old": None, "new": data.stages[1].pk},
    )
    RecordChange.objects.filter(pk=moved.pk).update(at=now - timedelta(days=3))
    Submission.objects.create(
        integration=data.tenant, candidate=candidate, job=data.jobs[0], state="SUCCEEDED"
    )

    events = timeline(candidate)

    assert [event.icon for event in events] == ["send", "swap_horiz", "assignment"]
    assert events[2].by_day
    for _ in range(MOST + 5):
        change(candidate, Model.CANDIDATES, {"field": "last_name"})
        change(application, Model.APPLICATIONS, {"field": "outcome", "old": "A", "new": "B"})
    assert len(timeline(candidate)) == MOST


def test_applications_of_one_day_are_told_as_lists_show_them(
    tenant: Integration, fill: Fill
) -> None:
    """The last to arrive first."""
    data = fill(tenant, 4)
    candidate, now = data.candidates[0], timezone.now()
    for application, arrival in zip(data.applications, (2, 4, 1, 3), strict=True):
        Application.objects.filter(pk=application.pk).update(
            candidate=candidate, changed_at=now, remote_created_at=now, arrival=arrival
        )

    told = [event.url for event in timeline(candidate)]

    newest = (data.applications[at] for at in (1, 3, 0, 2))
    assert told == [change_url(application) for application in newest]


def test_the_page_says_what_the_timeline_leaves_out(
    page: Callable[[object], str], data: Data
) -> None:
    assert "Exports are not listed" in page(data.candidates[0])


def test_what_is_gone_is_told_apart_wherever_it_is_named(
    page: Callable[[object], str], data: Data
) -> None:
    Job.objects.filter(pk=data.jobs[0].pk).update(remote_deleted_at=timezone.now())
    Application.objects.filter(pk=data.applications[0].pk).update(remote_deleted_at=timezone.now())

    for record in (data.candidates[0], data.applications[0]):
        shown = page(record)
        assert f'class="rl-link rl-gone" href="{escape(change_url(data.jobs[0]))}"' in shown
        assert "No longer in Flatchr since" in shown


def test_a_candidates_page_takes_as_many_queries_for_90_changes_as_for_9(
    alice: User, logged_in: LogIn, tenant: object, fill: Fill
) -> None:
    data = fill(tenant, 12)  # type: ignore[arg-type]
    client = logged_in(alice)
    Application.objects.update(candidate=data.candidates[0])
    client.get(change_url(data.candidates[0]))
    counted = []
    for more in (1, 10):
        for _ in range(more):
            for application, stage in zip(data.applications[:8], data.stages, strict=False):
                entry = {"field": "current_stage_id", "old": None, "new": stage.pk}
                change(application, Model.APPLICATIONS, entry)
            change(data.candidates[0], Model.CANDIDATES, {"field": "last_name"})
        with CaptureQueriesContext(connection) as captured:
            client.get(change_url(data.candidates[0]))
        counted.append(len(captured))

    assert counted[0] == counted[1]
    assert counted[1] <= 24
