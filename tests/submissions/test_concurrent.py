"""However many ask for the same at once: one submission, one request, one applicant."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from integrations import tasks
from integrations.models import Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.inputs import AlreadyApplied
from tests.submissions.acting import at_flatchr, entry, posts, queue, work
from tests.sync.running import Background

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = 100


def at_once(call: Callable[[], Any]) -> list[Any]:
    """What each of a hundred calls returned, or the `AlreadyApplied` that it raised.

    Each has a thread and a connection of its own, as many at a time as the database takes: a
    PostgreSQL as it comes has a hundred connections for everybody.
    """
    at_a_time = REQUESTS if connection.vendor == "sqlite" else REQUESTS // 2
    room = threading.Semaphore(at_a_time)
    start = threading.Barrier(REQUESTS)

    def request() -> Any:
        start.wait(60)
        with room:
            try:
                return call()
            except AlreadyApplied as applied:
                return applied
            finally:
                connection.close()

    return [one.end(180) for one in [Background(request) for _ in range(REQUESTS)]]


def files(data_dir: Path) -> int:
    return sum(path.is_file() for path in (data_dir / "submissions").rglob("*"))


@pytest.mark.parametrize("key", ["", "a1b2-c3d4"])
def test_a_hundred_identical_requests_are_one_submission_and_one_applicant(
    key: str, flatchr_tenant: Integration, job: Job, sandbox: Sandbox, data_dir: Path
) -> None:
    found = at_once(lambda: queue(flatchr_tenant, job, key=key))

    assert {type(one) for one in found} == {Submission}
    assert len({one.pk for one in found}) == 1
    assert Submission.objects.count() == 1
    assert files(data_dir) == 1
    assert work(found[0]).state == "SUCCEEDED"
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)


@pytest.mark.parametrize("key", ["", "a1b2-c3d4"])
def test_a_hundred_identical_requests_with_workers_at_work_make_one_applicant(
    key: str, flatchr_tenant: Integration, job: Job, sandbox: Sandbox, data_dir: Path
) -> None:
    def submit_and_work() -> Any:
        submission = queue(flatchr_tenant, job, key=key)
        tasks.run_submission(submission.pk)
        return submission

    found = at_once(submit_and_work)

    kinds = Counter(type(one) for one in found)
    assert kinds[Submission] >= 1
    if key:
        assert kinds == {Submission: REQUESTS}
    assert Submission.objects.count() == 1
    assert Submission.objects.get().state == "SUCCEEDED"
    assert files(data_dir) == 1
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)


def test_a_hundred_clicks_on_one_draft_are_one_submission(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    draft = service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE")

    def click() -> Any:
        return service.submit(Submission.objects.get(pk=draft.pk), by=None)

    found = at_once(click)

    assert {one.pk for one in found} == {draft.pk}
    assert work(draft).state == "SUCCEEDED"
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)


def test_a_hundred_tabs_with_a_draft_each_make_one_applicant(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    def tab() -> Any:
        draft = service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE")
        return service.submit(draft, by=None)

    found = at_once(tab)

    assert len({one.pk for one in found}) == 1
    assert work(found[0]).state == "SUCCEEDED"
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)


def test_a_hundred_workers_woken_for_one_submission_send_it_once(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = queue(flatchr_tenant, job)

    at_once(lambda: tasks.run_submission(submission.pk))

    assert Submission.objects.get().state == "SUCCEEDED"
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)
