"""`updated_after`: the table of `docs/unified-api.md §5`, row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from integrations.api.reads import changes
from integrations.api.reads.scope import ReadScope
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    Tag,
)
from tests.api.making import NEW, OLD, SINCE, Maker
from tests.api.reading import LISTINGS, ids, query

pytestmark = pytest.mark.django_db

JOBS, CANDIDATES, APPLICATIONS = "jobs", "candidates", "applications"
STAGES, TAGS = "application-stages", "tags"


@dataclass
class World:
    """One of everything, linked, unchanged for long; and another of everything beside it."""

    make: Maker
    job: Job
    stage: ApplicationStage
    job_stage: JobStage
    candidate: Candidate
    application: Application
    tag: Tag
    candidate_tag: CandidateTag

    def own(self, name: str) -> str:
        """The id of the record that the list `name` shows."""
        shown: dict[str, Any] = {
            JOBS: self.job,
            CANDIDATES: self.candidate,
            APPLICATIONS: self.application,
            STAGES: self.stage,
            TAGS: self.tag,
        }
        return str(shown[name].pk)


def make_world(tenant: Integration) -> World:
    make = Maker(tenant)
    job, stage, tag = make.job(), make.stage(), make.tag()
    candidate = make.candidate("nadia@mail.example")
    return World(
        make,
        job,
        stage,
        make.job_stage(job, stage),
        candidate,
        make.application(candidate, job=job, current_stage=stage),
        tag,
        make.candidate_tag(candidate, tag),
    )


@pytest.fixture
def world(tenant: Integration, other_tenant: Integration) -> World:
    make_world(tenant)
    # Another tenant's changes are none of ours.
    elsewhere = make_world(other_tenant)
    for record in (elsewhere.job, elsewhere.candidate, elsewhere.application, elsewhere.tag):
        change(record)
    return make_world(tenant)


@pytest.fixture(params=["gathered", "walked"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to find what has changed say the same."""
    if request.param == "walked":
        monkeypatch.setattr(changes, "few", lambda *_: False)
    return str(request.param)


def change(record: Any, **fields: Any) -> None:
    type(record).objects.filter(pk=record.pk).update(changed_at=NEW, **fields)


def remove(record: Any) -> None:
    change(record, remote_deleted_at=NEW)


def restored(record: Any) -> None:
    change(record, remote_deleted_at=None)


def another_tag(world: World) -> None:
    world.make.candidate_tag(world.candidate, world.make.tag(), changed_at=NEW)


def another_stage(world: World) -> None:
    world.make.job_stage(world.job, world.make.stage(), changed_at=NEW)


def another_application(world: World) -> None:
    world.make.application(world.candidate, changed_at=NEW)


def stage_move(world: World) -> None:
    change(world.application, current_stage=world.make.stage())


ROWS: list[tuple[str, Callable[[World], None], set[str]]] = [
    ("nothing", lambda _: None, set()),
    ("a job's own data", lambda w: change(w.job, name="Charpentier"), {JOBS}),
    ("a stage added to a job", another_stage, {JOBS}),
    ("a stage taken off a job", lambda w: remove(w.job_stage), {JOBS}),
    ("a stage back on a job", lambda w: restored(w.job_stage), {JOBS}),
    ("a stage's own data", lambda w: change(w.stage, name="Test"), {STAGES}),
    ("a candidate's own data", lambda w: change(w.candidate), {CANDIDATES, APPLICATIONS}),
    ("an application's own data", lambda w: change(w.application), {CANDIDATES, APPLICATIONS}),
    ("an application's stage", stage_move, {CANDIDATES, APPLICATIONS}),
    ("another application", another_application, {CANDIDATES}),
    ("a tag put on", another_tag, {CANDIDATES}),
    ("a tag taken off", lambda w: remove(w.candidate_tag), {CANDIDATES}),
    ("a tag back on", lambda w: restored(w.candidate_tag), {CANDIDATES}),
    ("a tag's own data", lambda w: change(w.tag, name="Langue: russe"), {TAGS}),
]


@pytest.mark.parametrize(("act", "expected"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_a_change_shows_where_the_table_says_and_nowhere_else(
    act: Callable[[World], None], expected: set[str], world: World, how: str
) -> None:
    act(world)

    scope = ReadScope(world.make.tenant.pk)
    for name, listing in LISTINGS.items():
        # What the change itself has added may show too; the untouched neighbours may not.
        found = ids(listing, scope, updated_after=SINCE.isoformat())
        assert (world.own(name) in found) == (name in expected), name
        assert len(found) <= 1 + (act is another_application), name


def test_an_application_that_is_removed_shows_on_its_candidate(world: World, how: str) -> None:
    remove(world.application)
    scope = ReadScope(world.make.tenant.pk)

    def shown(name: str, **parameters: str) -> bool:
        found = ids(LISTINGS[name], scope, updated_after=SINCE.isoformat(), **parameters)
        return world.own(name) in found

    assert shown(CANDIDATES)
    assert not shown(APPLICATIONS)
    assert shown(APPLICATIONS, include_deleted="true")


@pytest.mark.parametrize("name", LISTINGS)
def test_a_deletion_shows_only_to_who_asks_for_deleted_records(
    name: str, world: World, how: str
) -> None:
    listing, scope = LISTINGS[name], ReadScope(world.make.tenant.pk)
    listing.model.objects.filter(pk=world.own(name)).update(changed_at=NEW, remote_deleted_at=NEW)

    since = {"updated_after": SINCE.isoformat()}
    assert world.own(name) not in ids(listing, scope, **since)
    assert ids(listing, scope, **since, include_deleted="true") == {world.own(name)}


def test_a_change_at_the_very_moment_counts(world: World, how: str) -> None:
    change(world.job)
    listing, scope = LISTINGS[JOBS], ReadScope(world.make.tenant.pk)

    assert ids(listing, scope, updated_after=NEW.isoformat()) == {world.job.pk}
    assert ids(listing, scope, updated_after="2026-07-01T09:00:00.001Z") == set()
    assert len(ids(listing, scope, updated_after=OLD.isoformat())) == 2


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Forgets how much had changed."""
    cache.clear()
    yield cache.clear
    cache.clear()


def test_many_changes_are_walked_and_few_are_gathered(
    world: World, forget: Callable[[], None]
) -> None:
    links = LISTINGS[CANDIDATES].links
    # Two tenants' changes lie after `SINCE`: the other one's candidate and application.
    assert changes.few(links, SINCE, 1)
    change(world.candidate)

    assert changes.few(links, SINCE, 1), "it was asked for a moment ago"
    forget()
    assert not changes.few(links, SINCE, 1)
    assert changes.few(links, NEW + timedelta(milliseconds=1), 1)


@pytest.mark.parametrize("few_at_first", [True, False])
def test_a_read_goes_on_as_it_began_however_much_changes_meanwhile(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch, few_at_first: bool
) -> None:
    make = Maker(tenant)
    # Ids are derived, so they come in another order than the records.
    made = [make.candidate(changed_at=NEW).pk for _ in range(9)]
    assert made != sorted(made)
    turns = iter([few_at_first, *[not few_at_first] * 9])
    monkeypatch.setattr(changes, "few", lambda *_: next(turns))
    scope, found = ReadScope(tenant.pk), list[str]()
    given = {"updated_after": SINCE.isoformat(), "page_size": "2"}
    while True:
        page = LISTINGS[CANDIDATES].page(scope, query(**given))
        found += [json.loads(row)["id"] for row in page.rows]
        if page.following is None:
            break
        given["cursor"] = page.following

    assert found == (sorted(made) if few_at_first else made)


def test_with_only_what_was_created_here_other_changes_do_not_show(world: World, how: str) -> None:
    created = world.make.application(world.candidate)
    world.make.submitted(created)
    scope = ReadScope(world.make.tenant.pk, only_created=True)
    since = {"updated_after": SINCE.isoformat()}
    change(world.application)

    assert ids(LISTINGS[CANDIDATES], scope, **since) == set()
    assert ids(LISTINGS[APPLICATIONS], scope, **since) == set()
    change(created)
    assert ids(LISTINGS[CANDIDATES], scope, **since) == {world.candidate.pk}
    assert ids(LISTINGS[APPLICATIONS], scope, **since) == {created.pk}
