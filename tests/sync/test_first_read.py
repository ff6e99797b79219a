"""The first read of a tenant looks up only what it may have met itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.models import Application, Candidate, Integration, Submission
from integrations.sandbox import Sandbox
from integrations.sync import phases
from integrations.sync.applicants import changes
from integrations.sync.applicants.incremental import store_applicants
from integrations.sync.applicants.matching import known_people
from integrations.sync.applicants.writer import ApplicantWriter
from integrations.sync.bulk.bloom_filter import BloomFilter
from tests.sync.people import add, application, candidate_of
from tests.sync.running import sync, written
from tests.sync.test_incremental import found


@given(st.lists(st.lists(st.text(), unique=True, max_size=8), max_size=8))
def test_whatever_was_met_is_known_and_the_rest_almost_never(batches: list[list[str]]) -> None:
    met = BloomFilter()
    before: set[str] = set()
    mistaken = 0
    for batch in batches:
        again = met.add_all(batch)
        assert before.intersection(batch) <= set(again) <= set(batch)
        mistaken += len(set(again) - before)
        before.update(batch)
    assert mistaken <= 1


def test_after_a_million_others_few_are_taken_for_known() -> None:
    met = BloomFilter()
    met.add_all(f"met {number}" for number in range(1_000_000))
    assert len(met.add_all(f"other {number}" for number in range(10_000))) < 800


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch", [1, 2, 4000])
def test_a_first_read_makes_one_person_of_two_applications(
    batch: int, connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "BATCH", batch)
    first = add(sandbox, "Ada", "ada@example.org")
    for number in range(3):
        add(sandbox, "Noé", f"noe{number}@example.org")
    second = add(sandbox, "Ada", " ADA@example.org")

    sync(connected_tenant)

    assert candidate_of(first) == candidate_of(second)
    assert Candidate.objects.filter(last_name="Essai").count() == 4
    assert written(sync(connected_tenant)) == {}


@pytest.mark.django_db(transaction=True)
def test_a_first_read_asks_for_nobody_it_has_not_met(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []

    def watched(integration_id: str, keys: Any, *, pending: Any) -> dict[str, str]:
        asked.append(set(keys))
        return known_people(integration_id, keys, pending=pending)

    monkeypatch.setattr(changes, "known_people", watched)
    monkeypatch.setattr(phases, "BATCH", 1)
    add(sandbox, "Ada", "ada@example.org")
    add(sandbox, "Ada", "ada@example.org")

    sync(connected_tenant)
    keys = list(Application.objects.values_list("person_key", flat=True))
    assert "ada@example.org" in set().union(*asked)
    assert set().union(*asked) == {key for key in keys if key and keys.count(key) > 1}

    asked.clear()
    add(sandbox, "Noé", "noe@example.org")
    sync(connected_tenant)
    assert set().union(*asked) == {"noe@example.org"}


@pytest.mark.django_db(transaction=True)
def test_a_person_whom_a_submission_stores_meanwhile_is_found(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run meets the person's other application first, and has met nobody like them."""
    add(sandbox, "Noé", "noe@example.org")
    met_first = add(sandbox, "Ada", "ada@example.org")
    stored_first = add(sandbox, "Ada", "ada@example.org")
    rows = [row for row in found(sandbox, "ada@example.org") if row[0]["applicant"] == stored_first]
    monkeypatch.setattr(phases, "BATCH", 1)
    write = ApplicantWriter.write

    def submit_first(writer: ApplicantWriter, batch: Any) -> None:
        if not Application.objects.exists():
            Submission.objects.create(integration=connected_tenant)
            store_applicants(connected_tenant.pk, rows)
        write(writer, batch)

    monkeypatch.setattr(ApplicantWriter, "write", submit_first)

    run = sync(connected_tenant)

    assert run.state == "SUCCEEDED"
    assert application(met_first).candidate_id == application(stored_first).candidate_id
    assert candidate_of(met_first).remote_id == stored_first
    monkeypatch.undo()
    assert written(sync(connected_tenant)) == {}
