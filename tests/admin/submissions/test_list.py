"""The list of submissions: what it costs, and what its filters select."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import (
    Channel,
    Submission,
    SubmissionState,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address
from tests.admin.submissions.making import LogIn, make
from tests.admin.test_lists import queries_of


def test_the_list_takes_as_many_queries_at_100_rows_as_at_10(
    alice: User, logged_in: LogIn, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.base.admin.DashboardAdmin.list_per_page", 200)
    client = logged_in(alice)
    for number in range(10):
        make(data, email_address=f"p{number}@mail.example", created_by=alice)
    few = queries_of(client, list_address("submission"))
    for number in range(10, 100):
        make(data, email_address=f"p{number}@mail.example", created_by=alice)

    many = queries_of(client, list_address("submission"))

    assert len(many) == len(few), "\n".join(many)
    assert not [sql for sql in many if re.search(r"count\(", sql, re.IGNORECASE)]
    assert not [sql for sql in many if "cover_letter" in sql or "remote_data" in sql]


def test_a_page_takes_as_many_queries_at_100_attempts_as_at_10(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    client = logged_in(alice)

    def attempt(count: int) -> None:
        for _ in range(count):
            mine.log.create(kind="LOOKUP", started_at=timezone.now(), outcome="not_found")

    attempt(10)
    few = queries_of(client, change_url(mine))
    attempt(90)

    assert len(queries_of(client, change_url(mine))) == len(few)


def test_filters_narrow_to_what_they_say(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    failed = make(data, state=SubmissionState.FAILED, job=data.jobs[1])
    queued = make(data, state=SubmissionState.QUEUED, channel=Channel.API)
    old = make(data, email_address="old@mail.example")
    Submission.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=10))

    def shown(**query: str) -> set[str]:
        changelist = client.get(list_address("submission"), query).context["cl"]
        return {row.pk for row in changelist.result_list}

    assert shown(state="FAILED") == {failed.pk}
    assert shown(state="live") == {queued.pk}
    assert shown(channel="API") == {queued.pk}
    assert shown(job=data.jobs[1].pk) == {failed.pk}
    assert shown(when="today") == shown(when="7") == {failed.pk, queued.pk}
    assert shown(when="30") == {failed.pk, queued.pk, old.pk}
    assert shown(q="old@mail") == {old.pk}
    assert shown(tenant=data.tenant.pk, state="DRAFT") == {old.pk}


def test_the_list_offers_the_jobs_that_were_submitted_for(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    make(data)

    page = logged_in(alice).get(list_address("submission")).content.decode()

    assert f'value="{data.jobs[0].pk}"' in page
    assert f'value="{data.jobs[1].pk}"' not in page
