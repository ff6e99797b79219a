"""Tags are read after a sync and beside it, from where they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from integrations.database.waits import short_waits
from integrations.models import (
    Application,
    HttpExchange,
    Integration,
    SyncRun,
    TagProgress,
    TraitReading,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.runs import request_sync
from integrations.sync.tags import rounds
from integrations.sync.tags.reading import read_some
from tests.support.database_locks import lock_held
from tests.support.worker import Worker
from tests.sync.people import add
from tests.sync.running import counts, now, queue, read_tags, sync_with_tags, wait_until, written
from tests.sync.tag_rounds import let_time_pass, progress, run_only, told
from tests.sync.test_candidate_tags import age_readings, read, tags_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


# Runs and rounds


def test_a_sync_ends_with_its_records_and_its_tags_are_read_after_it(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    sandbox.set_trait(ada, sandbox.add_tag("Préféré"))

    run = run_only(connected_tenant)

    assert (run.state, read(sandbox), tags_of(ada)) == ("SUCCEEDED", [], set())
    assert told(connected_tenant) == "Tags of applicants are read next."

    read_tags(connected_tenant)

    assert len(read(sandbox)) == TraitReading.objects.count() == Application.objects.count()
    assert tags_of(ada) == {"Préféré"}
    assert counts(run, Model.CANDIDATE_TAGS)["created"] > 0
    assert told(connected_tenant) == "The tags of 8 applicants were read."
    # They are not the run's own, and only a sample of them is kept.
    assert now(run).requests == run.requests <= 20
    assert HttpExchange.objects.filter(path__endswith="/traits").count() == 1


def test_a_delta_without_changes_reads_its_share_of_the_oldest(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    run = sync_with_tags(synced_tenant, "DELTA")
    assert (read(sandbox), run.requests <= 20) == ([], True)
    first, second, *_ = Application.objects.order_by("pk").values_list("remote_id", flat=True)
    everyone = Application.objects.values_list("remote_id", flat=True)
    age_readings(first, second, *everyone.exclude(remote_id__in=[first, second]))
    Application.objects.update(changed_at=timezone.now() - timedelta(days=200))
    let_time_pass(synced_tenant, hours=4)

    run = sync_with_tags(synced_tenant, "DELTA")

    # Seven in 24 hours are two in four.
    assert read(sandbox) == [first, second]
    assert now(run).requests <= 20


def test_a_full_sync_by_hand_reads_all_again_and_a_scheduled_one_does_not(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(synced_tenant, trigger="SCHEDULE")
    read_tags(synced_tenant)
    assert read(sandbox) == []

    run_only(synced_tenant)
    read_tags(synced_tenant)

    assert len(read(sandbox)) == Application.objects.count()


def test_a_sync_that_ends_meanwhile_adds_to_the_round_what_is_new_first(
    connected_tenant: Integration, sandbox: Sandbox, settings: Any
) -> None:
    first = run_only(connected_tenant)
    settings.FLATCHR_BURST, settings.FLATCHR_RATE = 4, 1.0
    assert read_some(connected_tenant.pk)
    begun = read(sandbox)
    assert 0 < len(begun) < 7
    assert told(connected_tenant) == f"{len(begun)} of 7 applicants' tags read, done in about 10 s"
    new = add(sandbox, "Ada", "ada@example.org", updated=sandbox.world.clock().date())
    settings.FLATCHR_BURST = 100_000

    second = run_only(connected_tenant, "DELTA")
    let_time_pass(connected_tenant, minutes=1)
    read_tags(connected_tenant)

    rest = read(sandbox)
    assert rest[0] == new
    assert sorted(begun + rest) == sorted(Application.objects.values_list("remote_id", flat=True))
    assert counts(second, Model.CANDIDATE_TAGS) == {}
    assert (progress(connected_tenant).run_id, progress(connected_tenant).read) == (first.pk, 8)


def test_a_sync_that_asks_while_another_is_taken_into_account_is_heard(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_only(connected_tenant, trigger="SCHEDULE")
    by_hand = SyncRun.objects.create(
        integration=connected_tenant, state="SUCCEEDED", started_at=timezone.now()
    )
    real = rounds.plan

    def plan(progress: TagProgress) -> dict[str, object]:
        found = real(progress)
        with transaction.atomic():
            rounds.ask(by_hand)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(rounds, "plan", plan)
        assert read_some(connected_tenant.pk)
    assert progress(connected_tenant).asked_by == by_hand

    SyncRun.objects.filter(pk=by_hand.pk).update(started_at=timezone.now())
    read_tags(connected_tenant)

    # One that somebody has asked for has all read again.
    assert len(read(sandbox)) == 2 * Application.objects.count()
    assert progress(connected_tenant).asked_by is None


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_what_was_read_is_stored_in_turn_with_what_a_sync_writes(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    run = queue(connected_tenant, "DELTA")

    # As each transaction of a sync holds it.
    with lock_held(run), short_waits(300):
        assert read_some(connected_tenant.pk)
    assert TraitReading.objects.count() == 0
    assert progress(connected_tenant).failures == 1

    assert engine.execute(run.pk)
    read_tags(connected_tenant)
    assert TraitReading.objects.count() == Application.objects.count()


def test_a_tag_that_comes_back_is_put_on_without_a_request(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Préféré")
    sandbox.set_trait(ada, tag)
    sync_with_tags(connected_tenant)
    sandbox.remove_tag(tag)
    run_only(connected_tenant)
    assert tags_of(ada) == set()
    again = {"id": tag, "title": "Préféré", "values": "", "type": "candidates"}
    sandbox.faults.add(path="/tags$", status=200, content=[*sandbox.tags(), again])
    sandbox.requests.clear()

    run = run_only(connected_tenant)

    assert tags_of(ada) == {"Préféré"}
    assert written(run) == {"tags": {"restored": 1}, "candidate_tags": {"restored": 1}}
    assert read(sandbox) == []


# Pages


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "312 of 652 applicants&#x27; tags read, done in about 40 s"),
        (
            "fr",
            "Étiquettes lues\N{NO-BREAK SPACE}: 312 candidatures sur 652, fin dans 40 s environ",
        ),
    ],
)
def test_the_pages_of_run_and_tenant_say_how_far_tags_have_been_read(
    language: str, words: str, connected_tenant: Integration, sandbox: Sandbox, alice: User
) -> None:
    run = run_only(connected_tenant)
    TagProgress.objects.update(asked_by=None, run=run, began_at=timezone.now(), read=312, total=652)
    client = Client(headers={"accept-language": language})
    client.force_login(alice)

    page = client.get(f"/admin/integrations/syncrun/{run.pk}/change/", follow=True)
    part = client.get(f"/admin/integrations/syncrun/{run.pk}/live/", follow=True)
    tenant = client.get(f"/admin/integrations/integration/{connected_tenant.pk}/change/")

    assert all(words in shown.text for shown in (page, part, tenant))
    assert "data-live-url" in page.text
    assert part.headers["X-Run-Live"] == "yes"
    assert "Everything was read. Nothing is left to do." not in page.text


def test_an_older_run_says_nothing_of_tags_that_are_read_for_another(
    connected_tenant: Integration, sandbox: Sandbox, alice: User
) -> None:
    older = sync_with_tags(connected_tenant)
    run_only(connected_tenant)
    client = Client()
    client.force_login(alice)

    page = client.get(f"/admin/integrations/syncrun/{older.pk}/change/", follow=True)

    assert "tags-progress" not in page.text


# A real worker


@pytest.mark.parametrize("broker", ["filesystem", "redis"])
def test_a_worker_reads_tags_at_the_tenants_pace_beside_syncs_that_do_not_wait_for_them(
    broker: str,
    connected_tenant: Integration,
    make_sandbox: Callable[..., Sandbox],
    sandbox: Sandbox,
    make_worker: Callable[..., Worker],
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(60):
        add(sandbox, f"Ada {number}", f"ada{number}@example.org")
    monkeypatch.setenv("FLATCHR_BURST", "40")
    monkeypatch.setenv("FLATCHR_RATE", "20")
    worker = make_worker(
        redis_url if broker == "redis" else "filesystem://",
        *("--pool", "prefork", "--concurrency", "2"),
    )
    request_sync(connected_tenant.pk)
    wait_until(lambda: TraitReading.objects.count() > 10)

    run, _ = request_sync(connected_tenant.pk, type="DELTA")
    wait_until(lambda: not now(run).is_live)
    beside = TraitReading.objects.count()
    worker.restart()
    TagProgress.objects.update(lease_expires_at=None)
    rounds.TAGS.sweep()
    wait_until(lambda: progress(connected_tenant).ended_at is not None)

    assert beside < 67, "there was nothing left to read beside"
    found = now(run)
    assert found.state == "SUCCEEDED", worker.log
    asked = [one.path for one in sandbox.requests.matching("GET", "/traits$")]
    assert len(set(asked)) == TraitReading.objects.count() == 67
    # A batch at most was read twice, as its worker was killed.
    assert len(asked) <= 67 + 20
