"""The entries follow the records, whatever is stopped and whatever is repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connecting import lifecycle
from integrations.models import Candidate, Integration, RunState, SearchEntry, SearchProgress
from integrations.search import filling, index
from integrations.sync import retention
from tests.search.conftest import Person, ended_run, job

pytestmark = pytest.mark.django_db


def words() -> dict[str, str]:
    return dict(SearchEntry.objects.values_list("record_id", "words"))


def test_the_first_time_takes_in_everything(tenant: Integration, person: Person) -> None:
    zoe = person(tenant, "Zoé", "N'Diaye", email="zoe@mail.example", phone="+33612345678")
    cook = job(tenant, "Chef de cuisine", vacancy_id=81, remote_data={"reference": "REF-7"})
    ended_run(tenant)

    assert filling.catch_up(tenant.pk) == 2

    assert words() == {
        zoe.pk: " zoe ndiaye zoe@mail.example 33612345678",
        cook.pk: " chef de cuisine 81 ref 7",
    }


def test_later_only_what_has_changed_is_looked_at(tenant: Integration, person: Person) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    person(tenant, "Zoé", "Roux", changed_at=long_ago)
    renamed = person(tenant, "Ines", "Faure", changed_at=long_ago)
    ended_run(tenant)
    filling.catch_up(tenant.pk)
    ended_run(tenant)
    Candidate.objects.filter(pk=renamed.pk).update(last_name="Morel", changed_at=timezone.now())

    assert filling.catch_up(tenant.pk) == 1

    assert words()[renamed.pk] == " ines morel"


def test_what_is_stopped_in_between_is_done_the_next_time(
    tenant: Integration, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 2)
    for number in range(5):
        person(tenant, "Zoé", f"Roux {number}")
    ended_run(tenant)
    written = filling._write
    calls = []

    def dies(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        written(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(filling, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        filling.catch_up(tenant.pk)
    assert len(words()) == 2
    assert filling.behind(timezone.now()) == [tenant.pk]
    monkeypatch.setattr(filling, "_write", written)
    # Until the lease of the one that died has run out, nobody takes over.
    assert filling.catch_up(tenant.pk) == 0
    SearchProgress.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    filling.catch_up(tenant.pk)

    assert len(words()) == 5
    assert filling.behind(timezone.now()) == []


def test_a_tenant_waits_while_a_sync_of_it_runs(tenant: Integration, person: Person) -> None:
    person(tenant, "Zoé", "Roux")
    ended_run(tenant)
    running = ended_run(tenant, RunState.RUNNING)
    running.ended_at = None
    running.save()

    assert filling.behind(timezone.now()) == []
    assert filling.catch_up(tenant.pk) == 0
    assert words() == {}


def test_a_submitted_candidate_is_there_at_once(tenant: Integration, person: Person) -> None:
    zoe = person(tenant, "Zoé", "Roux")

    filling.fill_candidate(zoe.pk)
    filling.fill_candidate(zoe.pk)

    assert words() == {zoe.pk: " zoe roux"}


def test_with_the_personal_data_goes_the_entry(tenant: Integration, person: Person) -> None:
    gone = timezone.now() - timedelta(days=20)
    person(tenant, "Zoé", "Roux", remote_deleted_at=gone, fingerprint=b"x")
    kept = person(tenant, "Ines", "Faure", remote_deleted_at=timezone.now(), fingerprint=b"y")
    ended_run(tenant)
    filling.catch_up(tenant.pk)

    retention.empty_deleted(before=timezone.now() - timedelta(days=14))
    SearchProgress.objects.all().delete()
    filling.catch_up(tenant.pk)

    assert list(words()) == [kept.pk]


def test_with_the_tenant_go_its_entries(
    tenant: Integration, other_tenant: Integration, person: Person
) -> None:
    person(tenant, "Zoé", "Roux")
    stays = person(other_tenant, "Zoé", "Roux")
    for one in (tenant, other_tenant):
        ended_run(one)
        filling.catch_up(one.pk)
    lifecycle.delete(tenant)

    lifecycle.remove_deleted(before=timezone.now() + timedelta(days=1))

    assert list(words()) == [stays.pk]
    assert filling.catch_up(tenant.pk) == 0


def test_nothing_is_written_twice(tenant: Integration, person: Person) -> None:
    person(tenant, "Zoé", "Roux")
    ended_run(tenant)
    filling.catch_up(tenant.pk)
    before = SearchEntry.objects.get()

    filling.catch_up(tenant.pk)

    assert SearchEntry.objects.get().pk == before.pk


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite reads the table through")
def test_the_words_are_found_along_their_index(tenant: Integration) -> None:
    assert not index.is_missing()
    assert index.check_index(databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute("EXPLAIN SELECT 1 FROM integrations_searchentry WHERE words LIKE '%roux%'")
        assert index.NAME in str(cursor.fetchall())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="the index is PostgreSQL's")
def test_an_index_that_is_missing_is_told_of_and_made(tenant: Integration, person: Person) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index.NAME}")
    (warning,) = index.check_index(databases=["default"])
    assert "pg_trgm" in warning.msg

    person(tenant, "Zoé", "Roux")
    ended_run(tenant)
    filling.catch_up(tenant.pk)

    assert not index.is_missing()


def test_an_idle_sweep_asks_once(tenant: Integration) -> None:
    with CaptureQueriesContext(connection) as captured:
        filling.SEARCH_ENTRIES.sweep()
    asked = [query["sql"] for query in captured if "clock_timestamp" not in query["sql"]]
    assert len(asked) == 1
