"""GET /changes: every change once, in the order of the commits, from any position that is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.api.reads import feed as feed_view
from integrations.api.reads.scope import ReadScope
from integrations.changes import batches
from integrations.changes.recording import note, recorded
from integrations.models import (
    Application,
    Candidate,
    ChangeBatch,
    FlatchrSettings,
    Integration,
    Job,
    Tag,
)
from integrations.models.scopes import Choice, Part, Scopes
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import retention
from integrations.tenants import scopes
from tests.api.conftest import Call, MakeKey
from tests.api.making import Maker
from tests.api.reading import LISTINGS, everything
from tests.sync.running import sync

pytestmark = pytest.mark.django_db(transaction=True)


class Feed:
    """A client that goes on where it was."""

    def __init__(self, call: Call, key: str, tenant: Integration) -> None:
        self.call, self.key, self.tenant = call, key, tenant
        self.position = self.ask(after="now")["next"]

    def answer(self, **given: Any) -> Any:
        return self.call("GET", "/v1/changes", key=self.key, tenant=self.tenant, params=given)

    def ask(self, **given: Any) -> dict[str, Any]:
        answer = self.answer(**given)
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-Server-Time"].endswith("Z")
        data: dict[str, Any] = answer.json()["data"]
        return data

    def pages(self, **given: Any) -> Iterator[list[dict[str, Any]]]:
        while True:
            data = self.ask(after=self.position, **given)
            self.position = data["next"]
            if not data["results"]:
                return
            yield data["results"]

    def read(self, **given: Any) -> list[dict[str, Any]]:
        return [one for page in self.pages(**given) for one in page]

    def kinds(self, model: str) -> dict[str, str]:
        return {one["id"]: one["kind"] for one in self.read() if one["model"] == model}


@pytest.fixture
def feed(call: Call, make_key: MakeKey, synced_tenant: Integration) -> Feed:
    return Feed(call, make_key(synced_tenant), synced_tenant)


def test_from_the_beginning_it_has_every_record_as_its_list_shows_it(
    feed: Feed, synced_tenant: Integration
) -> None:
    feed.position = feed.ask(limit=1)["results"][0]["position"]
    first, *_ = feed.ask(limit=1)["results"]
    rest = feed.read(limit=7)
    found = {(one["model"], one["id"]): one for one in (first, *rest)}
    assert len(found) == 1 + len(rest)
    assert {one["kind"] for one in found.values()} == {"created"}
    scope = ReadScope(synced_tenant.pk)
    for name, listing in LISTINGS.items():
        model = f"ats_{name.replace('-', '_')}"
        shown = {id: one["record"] for (of, id), one in found.items() if of == model}
        assert shown == {row["id"]: row for row in everything(listing, scope)}
    links = {model for model, _ in found} - {f"ats_{n.replace('-', '_')}" for n in LISTINGS}
    assert links == {"ats_join_candidates_tags", "ats_join_jobs_application_stages"}
    positions = [batches.last_number(synced_tenant.pk)]
    assert feed.read() == []
    assert positions == [batches.last_number(synced_tenant.pk)]


def test_it_says_what_has_become_of_each_record(
    feed: Feed, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    archived, gone = Application.objects.live().order_by("remote_id")[:2]
    sandbox.archive(archived.remote_id)
    sandbox.remove_applicant(gone.remote_id)
    sync(synced_tenant)
    found = {one["id"]: one for one in feed.read()}
    change = found[archived.pk]
    assert (change["model"], change["kind"]) == ("ats_applications", "updated")
    assert "outcome" in change["changed_fields"]
    assert change["record"]["outcome"] == "DECLINED"
    assert change["changed_at"] == change["record"]["changed_at"]
    assert (found[gone.pk]["kind"], found[gone.pk]["changed_fields"]) == ("deleted", [])
    assert found[gone.pk]["record"]["remote_deleted_at"]


def test_a_record_comes_once_as_what_it_is_since_the_position(
    feed: Feed, synced_tenant: Integration
) -> None:
    job = Job.objects.filter(integration=synced_tenant).first()
    assert job is not None
    middle = ""
    for number in range(5):
        with recorded(synced_tenant.pk):
            moment = timezone.now()
            Job.objects.filter(pk=job.pk).update(name=f"Job {number}", changed_at=moment)
            note(synced_tenant.pk, Model.JOBS, moment)
        if number == 2:
            middle = feed.ask(after="now")["next"]
    make = Maker(synced_tenant)
    with recorded(synced_tenant.pk):
        born = timezone.now()
        tag = make.tag(changed_at=born, arrival=77)
        note(synced_tenant.pk, Model.TAGS, born, arrivals=(77, 77))
    for deleted_at in (timezone.now(), None):
        with recorded(synced_tenant.pk):
            moment = timezone.now()
            Tag.objects.filter(pk=tag.pk).update(changed_at=moment, remote_deleted_at=deleted_at)
            note(synced_tenant.pk, Model.TAGS, moment)
    for start in (feed.position, middle):
        feed.position = start
        changed, new = feed.read()
        assert (changed["id"], changed["kind"]) == (job.pk, "updated")
        assert changed["record"]["name"] == "Job 4"
        assert (new["id"], new["kind"]) == (tag.pk, "created")


def test_a_record_that_was_gone_is_restored(feed: Feed, synced_tenant: Integration) -> None:
    job = Job.objects.filter(integration=synced_tenant).earliest("pk")
    with recorded(synced_tenant.pk):
        moment = timezone.now()
        Job.objects.filter(pk=job.pk).update(changed_at=moment, remote_deleted_at=moment)
        note(synced_tenant.pk, Model.JOBS, moment)
    assert feed.kinds("ats_jobs") == {job.pk: "deleted"}
    sync(synced_tenant)
    assert feed.kinds("ats_jobs") == {job.pk: "restored"}


def test_a_position_that_is_older_than_what_is_kept_is_told_plainly(
    feed: Feed, synced_tenant: Integration
) -> None:
    old = feed.position
    with recorded(synced_tenant.pk):
        note(synced_tenant.pk, Model.TAGS, timezone.now())
    ChangeBatch.objects.update(known_at=timezone.now() - timedelta(days=31))
    batches.retain()
    answer = feed.answer(after=old)
    assert answer.status_code == 410
    assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert "after=now" in answer.json()["error"]["message"]
    now = feed.ask(after="now")["next"]
    assert feed.ask()["next"] == feed.ask(after=now)["next"] == now


@pytest.mark.parametrize(
    "given",
    [
        *({"after": text} for text in ("0", "x", "MQ==", "LTE", "MTox", "é", "OTk5" * 7)),
        *({"limit": 0}, {"limit": 251}, {"wait": 31}, {"models": "ats_offers"}, {"models": ""}),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_refused(feed: Feed, given: dict[str, Any]) -> None:
    answer = feed.answer(**given)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert next(iter(given)) in answer.json()["error"]["message"]


def test_only_the_models_that_are_asked_for_come(feed: Feed) -> None:
    feed.position = feed.ask(limit=1)["results"][0]["position"]
    models = {one["model"] for one in feed.read(models="ats_tags,ats_jobs")}
    assert models == {"ats_tags", "ats_jobs"}


def test_what_the_scopes_leave_out_goes_as_deleted_and_without_its_data(
    feed: Feed, synced_tenant: Integration
) -> None:
    tags = set(Tag.objects.live().filter(integration=synced_tenant).values_list("pk", flat=True))
    assert tags
    scopes.choose(synced_tenant, Scopes({Part.TAGS: Choice.OFF}))
    start = feed.position
    assert feed.read() == []
    sync(synced_tenant)
    gone = [one for one in feed.read() if one["model"] == "ats_tags"]
    assert {one["id"] for one in gone} == tags
    assert {(one["kind"], one["record"]) for one in gone} == {("deleted", None)}
    assert start != feed.position


def test_records_that_were_not_created_here_do_not_come_where_only_those_are_shown(
    feed: Feed, synced_tenant: Integration
) -> None:
    FlatchrSettings.objects.update(api_only_created=True)
    feed.position = feed.ask(limit=1)["next"]
    models = {one["model"] for one in feed.read(limit=3)}
    assert models == {"ats_jobs", "ats_application_stages", "ats_tags"} | {
        "ats_join_jobs_application_stages"
    }


def test_many_changes_that_are_not_shown_cost_few_reads_whatever_the_limit(
    feed: Feed, synced_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    FlatchrSettings.objects.update(api_only_created=True)
    job, other = Job.objects.filter(integration=synced_tenant)[:2]
    for model, kind, rows in (
        (Candidate, Model.CANDIDATES, Candidate.objects.all()),
        (Job, Model.JOBS, Job.objects.filter(pk__in=[job.pk, other.pk])),
    ):
        with recorded(synced_tenant.pk):
            moment = timezone.now()
            model.objects.filter(pk__in=rows.values("pk")).update(changed_at=moment)
            note(synced_tenant.pk, kind, moment)
    reads = []
    read = feed_view.feed.read

    def reading(*given: Any, **more: Any) -> Any:
        reads.append(more["limit"])
        return read(*given, **more)

    monkeypatch.setattr(feed_view.feed, "read", reading)
    pages = list(feed.pages(limit=1))
    assert [len(page) for page in pages] == [1, 1]
    assert {page[0]["id"] for page in pages} == {job.pk, other.pk}
    assert Candidate.objects.count() > 10 > len(reads)


def test_it_waits_for_the_next_change_and_no_longer(
    feed: Feed, synced_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()
    real = time.sleep

    def sleep(seconds: float) -> None:
        waiting.set()
        real(seconds)

    monkeypatch.setattr(feed_view.time, "sleep", sleep)
    found: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: found.append(feed.ask(after=feed.position, wait=30)))
    reader.start()
    assert waiting.wait(20)
    began = time.monotonic()
    with recorded(synced_tenant.pk):
        moment = timezone.now()
        Candidate.objects.update(first_name="Zoé", changed_at=moment)
        note(synced_tenant.pk, Model.CANDIDATES, moment)
    reader.join(20)
    assert found
    assert {one["record"]["first_name"] for one in found[0]["results"]} == {"Zoé"}
    assert time.monotonic() - began < 15
    feed.position = found[0]["next"]
    assert feed.ask(after=feed.position, wait=1)["results"] == []


def test_when_as_many_wait_as_may_the_answer_comes_at_once(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_view, "_places", threading.BoundedSemaphore(1))
    with feed_view._places:
        answer = feed.answer(after=feed.position, wait=30)
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["data"] == {"next": feed.position, "results": []}


def test_what_is_erased_is_told_of(feed: Feed, synced_tenant: Integration) -> None:
    with recorded(synced_tenant.pk):
        long_ago = timezone.now() - timedelta(days=15)
        Candidate.objects.update(remote_deleted_at=long_ago, changed_at=long_ago)
        note(synced_tenant.pk, Model.CANDIDATES, long_ago)
    feed.read()
    retention.empty_deleted()
    gone = [one for one in feed.read() if one["model"] == "ats_candidates"]
    assert {one["record"]["first_name"] for one in gone} == {None}
    assert len(gone) == Candidate.objects.filter(integration=synced_tenant).count()
