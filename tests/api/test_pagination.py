"""Reading page by page while others write: nothing that was there throughout is missed or doubled.

What may be written between two pages is what a sync, a submission and the retention write:
records that are new, changed, deleted and restored, and remote ids that become known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.api.reads import changes
from integrations.api.reads.scope import ReadScope
from integrations.models import Application, Candidate, Integration, Job
from integrations.records import PROVISIONAL
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.api.making import NEW, OLD, SINCE, Maker
from tests.api.reading import LISTINGS, everything, pages
from tests.support.examples import examples
from tests.sync.running import sync

# How a list is asked for, and whether what has changed since is walked.
WAYS: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"include_deleted": "true"}, False),
    ({"updated_after": SINCE.isoformat()}, False),
    ({"updated_after": SINCE.isoformat()}, True),
    ({"updated_after": SINCE.isoformat(), "include_deleted": "true"}, True),
]
PLACES = 24

records = st.fixed_dictionaries(
    {
        "place": st.integers(0, PLACES - 1),
        "deleted": st.booleans(),
        "changed": st.booleans(),
        "provisional": st.booleans(),
    }
)
writes = st.tuples(
    st.sampled_from(["insert", "update", "delete", "restore", "name"]),
    st.integers(0, PLACES - 1),
)


@dataclass
class Table:
    """The records of a list, and the ids that it has been bound to show since the first page.

    A record's place is its place in the list's order; when it arrived says so, and its id where
    another arrived with it.
    """

    listing: Any
    make: Maker
    parameters: dict[str, str]
    bound: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)
    writes: int = 0

    def insert(self, place: int, *, provisional: bool = False, **fields: Any) -> None:
        # Remote ids come in the opposite order, and one that becomes known moves in theirs.
        remote_id = f"{PROVISIONAL if provisional else ''}{PLACES - place}"
        values = {"id": f"{place:024}", "arrival": place // 2, "remote_id": remote_id}
        values |= {"changed_at": OLD, **fields}
        kind = {"jobs": "job", "candidates": "candidate", "applications": "application"}
        make = getattr(self.make, kind[self.listing.name])
        if not self.rows.filter(pk=values["id"]).exists():
            make(**values)

    @property
    def rows(self) -> Any:
        return self.listing.model.objects.filter(integration=self.make.tenant)

    def write(self, act: str, place: int) -> None:
        self.writes += 1
        row = self.rows.filter(pk=f"{place:024}")
        moment = NEW + timedelta(seconds=self.writes)
        if act == "insert":
            self.insert(place, changed_at=moment)
        elif act == "update":
            row.update(changed_at=moment)
        elif act == "delete":
            row.filter(remote_deleted_at=None).update(changed_at=moment, remote_deleted_at=moment)
        elif act == "restore":
            row.exclude(remote_deleted_at=None).update(changed_at=moment, remote_deleted_at=None)
        else:
            row.update(remote_id=f"0{place}")
        self.look()

    def look(self, *, first: bool = False) -> None:
        """Note who is there now: found by what the parameters mean, not by the query."""
        there = {
            row.pk
            for row in self.rows
            if ("include_deleted" in self.parameters or row.remote_deleted_at is None)
            and ("updated_after" not in self.parameters or row.changed_at >= SINCE)
        }
        self.bound = there if first else self.bound & there
        self.ever |= there


@settings(
    max_examples=examples(200),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    name=st.sampled_from(["candidates", "jobs", "applications"]),
    way=st.sampled_from(WAYS),
    page_size=st.integers(1, 5),
    start=st.lists(records, max_size=14, unique_by=lambda record: record["place"]),
    between=st.lists(st.lists(writes, max_size=6), max_size=12),
)
@pytest.mark.django_db
def test_what_was_there_throughout_is_read_once(
    name: str,
    way: tuple[dict[str, str], bool],
    page_size: int,
    start: list[dict[str, Any]],
    between: list[list[tuple[str, int]]],
    tenant: Integration,
) -> None:
    parameters, walked = way
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        if walked:
            patch.setattr(changes, "few", lambda *_: False)
        table = Table(LISTINGS[name], Maker(tenant), parameters)
        for record in start:
            table.insert(
                record["place"],
                provisional=record["provisional"],
                changed_at=NEW if record["changed"] else OLD,
                remote_deleted_at=NEW if record["deleted"] else None,
            )
        _read_and_write(table, page_size, iter(between))
        transaction.set_rollback(True)


def _read_and_write(table: Table, page_size: int, between: Iterator[list[tuple[str, int]]]) -> None:
    table.look(first=True)
    found: list[str] = []
    scope = ReadScope(table.make.tenant.pk)
    for page in pages(table.listing, scope, page_size=page_size, **table.parameters):
        assert len(page) <= page_size
        found += [row["id"] for row in page]
        for act, place in next(between, []):
            table.write(act, place)
    assert len(found) == len(set(found)), "doubled"
    assert table.bound <= set(found), "missed"
    assert set(found) <= table.ever, "never there"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
def test_it_holds_over_http_too(
    seed: int, tenant: Integration, make_key: MakeKey, sdk: Callable[..., Any]
) -> None:
    random = Random(seed)
    Integration.objects.filter(pk=tenant.pk).update(applicants_read_at=NEW)
    name = random.choice(["candidates", "jobs", "applications"])
    table = Table(LISTINGS[name], Maker(tenant), {})
    for place in random.sample(range(PLACES), 15):
        table.insert(place)
    table.look(first=True)
    ats = sdk(make_key(tenant), tenant).ats
    read = {"candidates": ats.get_candidates, "jobs": ats.get_jobs}.get(name, ats.get_applications)

    answer, found = read(page_size=2), []
    while answer is not None:
        found += [row.id for row in answer.result.data.results]
        for _ in range(random.randrange(4)):
            acts = ["insert", "update", "delete", "restore", "name"]
            table.write(random.choice(acts), random.randrange(PLACES))
        answer = answer.next()

    assert len(found) == len(set(found))
    assert table.bound <= set(found) <= table.ever


@pytest.mark.django_db(transaction=True)
def test_syncs_between_the_pages_move_nothing_across_a_cursor(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Callable[..., Any]
) -> None:
    there = set(Application.objects.live().values_list("pk", flat=True))
    ats = sdk(make_key(synced_tenant), synced_tenant).ats
    remote_ids = sorted(Application.objects.live().values_list("remote_id", flat=True))

    answer, found, number = ats.get_applications(page_size=8), [], 0
    while answer is not None:
        found += [row.id for row in answer.result.data.results]
        sandbox.add_applicant(email=f"nouvelle.{number}@example.org")
        sandbox.remove_applicant(remote_ids[number])
        sandbox.edit_applicant(remote_ids[-1 - number], firstname="Renommée")
        sync(synced_tenant)
        number += 1
        answer = answer.next()

    assert number >= 3
    assert len(found) == len(set(found))
    still = set(Application.objects.live().values_list("pk", flat=True))
    assert there & still <= set(found)


@pytest.mark.django_db
def test_a_page_that_ends_with_the_last_record_is_the_last(tenant: Integration) -> None:
    make = Maker(tenant)
    for _ in range(4):
        make.candidate()

    assert [
        len(page) for page in pages(LISTINGS["candidates"], ReadScope(tenant.pk), page_size=4)
    ] == [4]


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Job, Candidate, Application])
def test_a_list_is_in_the_order_of_arrival(model: Any, tenant: Integration) -> None:
    make, scope = Maker(tenant), ReadScope(tenant.pk)
    for _ in range(5):
        make.application(job=make.job())
    (name,) = (name for name, listing in LISTINGS.items() if listing.model is model)

    found = [row["id"] for row in everything(LISTINGS[name], scope, page_size=2)]

    assert found == [record.pk for record in model.objects.order_by("arrival", "id")]
    assert len(found) == 5
