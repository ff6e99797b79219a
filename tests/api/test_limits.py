"""Limits: requests a minute for each key, actions at once for each tenant, writes once a key."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombo import Kombo
from kombo.errors import KomboGeneralError

from integrations.accounts.api_keys import create_key
from integrations.api import limits
from integrations.api.bodies import success
from integrations.api.errors import ApiError
from integrations.api.routing import ApiRoute, Router
from integrations.models import ActionSlot, Integration, RequestWindow, StoredAnswer
from integrations.sync import retention
from tests.api.conftest import Call, MakeKey
from tests.support.worker import ROOT, database_url
from tests.sync.running import Background

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = """
import django
django.setup()
from integrations.api.limits import count_request
print("ready", flush=True)
input()
print(*[count_request({key}).used for _ in range(50)])
"""


@pytest.fixture
def key_id() -> int:
    return int(create_key(name="Any")[0].pk)


def test_the_sdk_is_refused_above_the_limit_and_told_when_to_come_back(
    sdk: Callable[..., Kombo], make_key: MakeKey, settings: Any
) -> None:
    settings.API_RATE_LIMIT = 3
    client = sdk(make_key())
    for _ in range(3):
        client.general.check_api_key()
    with pytest.raises(KomboGeneralError) as refused:
        client.general.check_api_key()
    assert refused.value.status_code == 429
    assert refused.value.data.error.code == "PLATFORM.RATE_LIMIT_EXCEEDED"
    assert 1 <= int(refused.value.headers["retry-after"]) <= 60
    sdk(make_key()).general.check_api_key()


def test_every_answer_says_what_is_left_of_the_minute(
    call: Call, make_key: MakeKey, settings: Any
) -> None:
    settings.API_RATE_LIMIT = 300
    key = make_key()
    for path, left in (("/v1/check-api-key", 299), ("/v1/none", 298), ("/ats/jobs", 297)):
        headers = call("GET", path, key=key).headers
        assert headers["ratelimit-limit"] == "300"
        assert headers["ratelimit-remaining"] == str(left)
        assert 1 <= int(headers["ratelimit-reset"]) <= 60


def test_a_new_minute_begins_a_minute_after_the_first_request(
    key_id: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE_LIMIT = 2
    start = 1_800_000_000_000
    seen = []
    for passed in (0, 10_000, 59_999, 60_000, 60_001):
        now = (start + passed) * 1_000_000
        monkeypatch.setattr(limits.time, "time_ns", lambda now=now: now)
        allowance = limits.count_request(key_id)
        assert allowance is not None
        seen.append((allowance.used, allowance.reset))
    assert seen == [(1, 60), (2, 50), (3, 1), (1, 60), (2, 60)]


def test_several_processes_count_together(key_id: int, settings: Any, tmp_path: Path) -> None:
    settings.API_RATE_LIMIT = 1000
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-c", COUNT.format(key=key_id)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) for _ in range(3)]
    # None begins before all of them have started.
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    counted = [int(used) for process in running for used in process.communicate()[0].split()]
    assert sorted(counted) == list(range(1, 151))


def test_several_threads_count_together(key_id: int, settings: Any) -> None:
    settings.API_RATE_LIMIT = 1000
    begin = Barrier(8)

    def count() -> list[int]:
        begin.wait(30)
        return [found.used for _ in range(20) if (found := limits.count_request(key_id))]

    counted = [used for task in [Background(count) for _ in range(8)] for used in task.end()]
    assert sorted(counted) == list(range(1, 161))


def test_a_request_that_comes_while_another_reads_the_clock_is_counted_beside_it(
    key_id: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE_LIMIT = 1000
    start, counted = 1_800_000_000_000_000_000, []

    def clock() -> int:
        """The time, read as another request comes, which counts at once if nothing is locked."""
        monkeypatch.setattr(limits.time, "time_ns", lambda: start + 5_000_000)
        if connection.vendor == "postgresql" or not is_locked(
            Path(settings.DATA_DIR) / "limits" / str(key_id)
        ):
            counted.append(limits.count_request(key_id))
        return start

    monkeypatch.setattr(limits.time, "time_ns", clock)
    counted.append(limits.count_request(key_id))
    counted.append(limits.count_request(key_id))

    used = sorted(found.used for found in counted if found)
    assert used == list(range(1, len(used) + 1))


def is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_counting_writes_nothing_to_a_database_that_has_one_writer(
    key_id: int, settings: Any
) -> None:
    settings.API_RATE_LIMIT = 10
    with CaptureQueriesContext(connection) as queries:
        limits.count_request(key_id)
    on_server = connection.vendor == "postgresql"
    assert (len(queries), RequestWindow.objects.exists()) == (on_server, on_server)


def test_no_limit_is_counted_when_there_is_none(
    call: Call, make_key: MakeKey, settings: Any
) -> None:
    settings.API_RATE_LIMIT = 0
    assert "ratelimit-limit" not in call("GET", "/check-api-key", key=make_key()).headers


# Actions at once


def test_the_action_beyond_the_limit_is_refused_and_a_slot_is_free_after_any_end(
    tenant: Integration, other_tenant: Integration, settings: Any
) -> None:
    settings.API_CONCURRENCY = 2
    with limits.action_slot(tenant.pk) as first, limits.action_slot(tenant.pk) as second:
        assert first == {"Concurrency-Limit": "2", "Concurrency-Remaining": "1"}
        assert second["Concurrency-Remaining"] == "0"
        with pytest.raises(ApiError) as refused, limits.action_slot(tenant.pk):
            pytest.fail("A third action has begun.")
        assert refused.value.code == "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"
        assert refused.value.headers["Retry-After"] == "1"
        with limits.action_slot(other_tenant.pk):
            pass
    with pytest.raises(RuntimeError), limits.action_slot(tenant.pk):
        raise RuntimeError
    assert not ActionSlot.objects.exists()


def test_the_slot_of_a_process_that_has_died_runs_out(tenant: Integration, settings: Any) -> None:
    settings.API_CONCURRENCY = 1
    ActionSlot.objects.create(integration=tenant, expires_at=timezone.now())
    with limits.action_slot(tenant.pk):
        pass


def test_of_many_actions_at_once_no_more_than_the_limit_run(
    tenant: Integration, settings: Any
) -> None:
    settings.API_CONCURRENCY = 2
    # None takes its slot before all are about to, and what runs goes on until the others have been
    # refused: all of them overlap, in the count as well.
    all_there, all_tried = threading.Barrier(8), threading.Barrier(8)

    def take(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and ActionSlot._meta.db_table in sql:
            all_there.wait(30)
        return execute(sql, params, many, context)

    def act() -> str | None:
        try:
            with connection.execute_wrapper(take), limits.action_slot(tenant.pk):
                all_tried.wait(30)
                return None
        except ApiError as refused:
            all_tried.wait(30)
            return refused.code

    codes = [task.end() for task in [Background(act) for _ in range(8)]]

    assert codes.count(None) <= 2
    assert set(codes) - {None} == {"PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"}
    assert not ActionSlot.objects.exists()


def test_a_slot_is_free_again_for_the_next_action(tenant: Integration, settings: Any) -> None:
    settings.API_CONCURRENCY = 1
    with limits.action_slot(tenant.pk), pytest.raises(ApiError), limits.action_slot(tenant.pk):
        pass
    with limits.action_slot(tenant.pk) as headers:
        assert headers["Concurrency-Remaining"] == "0"


def test_an_answer_of_an_action_tells_how_many_more_may_run(
    tenant: Integration, settings: Any
) -> None:
    Integration.objects.filter(pk=tenant.pk).update(applicants_read_at=timezone.now())
    answer = Writes(tenant).send()
    assert answer.headers["Concurrency-Limit"] == "30"
    assert answer.headers["Concurrency-Remaining"] == "29"


# Idempotency


class Writes:
    """A write of ours that counts how often it was done, behind the dispatcher."""

    def __init__(self, tenant: Integration) -> None:
        Integration.objects.filter(pk=tenant.pk).update(applicants_read_at=timezone.now())
        self.tenant = tenant
        self.done = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.error: Exception | None = None
        self.key = create_key(name="Any")[1]
        route = ApiRoute("POST", "ats/x/{of}", self.act, writes=True, action=True)
        self.router = Router([route])

    def act(self, request: Any, of: str) -> HttpResponse:
        self.done += 1
        self.meanwhile()
        if self.error is not None:
            raise self.error
        return success({"done": self.done}, warnings=[])

    def send(
        self,
        once: str = "",
        body: bytes = b"{}",
        of: str = "a",
        key: str = "",
        tenant: Integration | None = None,
    ) -> Any:
        named = (tenant or self.tenant).pk
        headers = {"Authorization": f"Bearer {key or self.key}", "X-Integration-Id": named}
        headers |= {"Idempotency-Key": once} if once else {}
        request = RequestFactory().post(
            f"/ats/x/{of}", body, content_type="application/json", headers=headers
        )
        return self.router(request, f"ats/x/{of}")


@pytest.fixture
def writes(tenant: Integration) -> Writes:
    return Writes(tenant)


def test_a_write_that_is_sent_again_is_answered_as_it_was(writes: Writes) -> None:
    first, again = writes.send("k1"), writes.send("k1")
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert writes.done == 1
    writes.send("k2")
    writes.send()
    another = create_key(name="Another")[1]
    theirs = writes.send(key=another, once="k1")
    assert writes.done == 4
    # Each API key is answered with its own answer.
    assert writes.send("k1").content == first.content
    assert writes.send(key=another, once="k1").content == theirs.content != first.content


@pytest.mark.parametrize("change", [{"body": b'{"a":1}'}, {"of": "b"}])
def test_the_same_key_with_another_request_is_refused(writes: Writes, change: Any) -> None:
    writes.send("k1")
    assert writes.send("k1", **change).status_code == 400
    assert writes.done == 1


def test_the_same_key_on_another_tenant_is_refused_and_never_answered_with_the_firsts_answer(
    writes: Writes, other_tenant: Integration
) -> None:
    Integration.objects.filter(pk=other_tenant.pk).update(applicants_read_at=timezone.now())
    first = writes.send("k1")
    refused = writes.send("k1", tenant=other_tenant)
    assert (refused.status_code, writes.done) == (400, 1)
    assert "Idempotent-Replayed" not in refused.headers
    assert writes.send("k2", tenant=other_tenant).status_code == 200
    # The first tenant's answer stands.
    assert writes.send("k1").content == first.content
    assert writes.done == 2


def test_a_write_that_changed_nothing_may_be_tried_again(writes: Writes) -> None:
    writes.error = ApiError("REMOTE.SERVICE_UNAVAILABLE", "Flatchr is down.")
    assert writes.send("k1").status_code == 503
    writes.error = None
    assert writes.send("k1").status_code == 200
    assert writes.done == 2


@pytest.mark.parametrize(
    "error",
    [
        ApiError("PLATFORM.TASK_TIMED_OUT", "No answer."),
        ApiError(None, "Too large an answer.", uncertain=True),
        RuntimeError("defect"),
    ],
)
def test_a_write_that_may_have_been_done_is_never_done_again(
    writes: Writes, error: Exception
) -> None:
    writes.error = error
    writes.send("k1")
    writes.error = None
    again = writes.send("k1")
    assert (again.status_code, writes.done) == (424, 1)
    assert b'"PLATFORM.TASK_TIMED_OUT"' in again.content


def test_a_write_that_is_still_being_done_is_not_done_beside_it(writes: Writes) -> None:
    beside = []

    def send_beside() -> None:
        writes.meanwhile = lambda: None
        beside.append(writes.send("k1"))

    writes.meanwhile = send_beside
    assert writes.send("k1").status_code == 200
    assert beside[0].status_code == 429
    assert b"still being worked on" in beside[0].content
    assert writes.done == 1


def test_a_write_whose_process_died_is_told_to_be_uncertain(writes: Writes) -> None:
    writes.send("k1")
    died = timezone.now() - timedelta(minutes=11)
    StoredAnswer.objects.update(status=None, body=None, created_at=died)
    assert writes.send("k1").status_code == 424
    assert writes.done == 1


@pytest.mark.parametrize("key", ["x" * 256])
def test_a_key_that_cannot_be_kept_is_refused(writes: Writes, key: str) -> None:
    assert writes.send(key).status_code == 400
    assert writes.done == 0


def test_answers_are_kept_for_a_day(writes: Writes) -> None:
    writes.send("new")
    writes.send("old")
    StoredAnswer.objects.filter(idempotency_key="old").update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    retention.remove_answers()
    assert [row.idempotency_key for row in StoredAnswer.objects.all()] == ["new"]
