"""Who is one person: merging by e-mail, and which application tells the name."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from integrations.models import Candidate, Integration
from integrations.sandbox import Sandbox
from integrations.sync.applicants.writer import ApplicantWriter
from tests.sync.flatchr_says import Flatchr
from tests.sync.people import DAY, EARLIER, LATER, add, application, candidate_of, change
from tests.sync.rows import difference, every_row
from tests.sync.running import sync, written
from tests.sync.test_quarantine import answer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_further_application_joins_its_candidate_whatever_the_case_of_the_email(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada.essai@example.org")
    sync(connected_tenant)
    before = every_row(connected_tenant)
    second = add(
        sandbox, "Ada", "  ADA.Essai@Example.ORG ", vacancy=sandbox.vacancies()[1]["id"],
        updated=EARLIER,
    )  # fmt: skip

    run = sync(connected_tenant)

    assert difference(before, every_row(connected_tenant)) == {("Application", second): {"+"}}
    assert application(second).candidate_id == application(first).candidate_id
    assert candidate_of(first).remote_id == first
    assert written(run) == {"applications": {"created": 1}}


@pytest.mark.parametrize("email", [None, "", "pas-une-adresse", "x@y"])
def test_without_a_valid_email_nobody_is_merged(
    email: str | None, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first, second = add(sandbox, "Ada", email), add(sandbox, "Ada", email)

    sync(connected_tenant)

    assert candidate_of(first).remote_id == first
    assert candidate_of(second).remote_id == second
    assert candidate_of(first).email_addresses == []


def test_people_of_two_tenants_are_not_merged(
    connected_tenant: Integration, sandbox: Sandbox, make_tenant: object
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    other = make_tenant("Atelier Est", sandbox=sandbox)  # type: ignore[operator]

    sync(connected_tenant)
    sync(other)

    assert Candidate.objects.filter(remote_id=ada).count() == 2
    assert Candidate.objects.filter(remote_id=ada, integration=other).count() == 1


def test_an_application_keeps_its_candidate_when_its_email_is_edited(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    second = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.edit_applicant(second, email="mariee@example.org", updated=LATER)

    sync(connected_tenant)

    assert candidate_of(second) == candidate_of(first)
    assert candidate_of(first).email_addresses == [
        {"email_address": "mariee@example.org", "type": None}
    ]
    assert Candidate.objects.filter(last_name="Essai").count() == 1


def test_both_the_old_and_the_edited_email_lead_to_the_candidate(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    second = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.edit_applicant(second, email="mariee@example.org", updated=LATER)
    sync(connected_tenant)
    by_old = add(sandbox, "Ada", "ada@example.org")
    by_new = add(sandbox, "Ada", "mariee@example.org")

    sync(connected_tenant)

    assert candidate_of(by_old) == candidate_of(by_new) == candidate_of(first)


def test_an_email_edited_to_somebody_elses_does_not_merge_two_known_people(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada, bea = add(sandbox, "Ada", "ada@example.org"), add(sandbox, "Bea", "bea@example.org")
    sync(connected_tenant)
    sandbox.edit_applicant(bea, email="ada@example.org", updated=DAY)

    sync(connected_tenant)

    assert candidate_of(ada).remote_id == ada
    assert candidate_of(bea).remote_id == bea


@pytest.mark.parametrize(
    ("address", "joins"), [("old@example.org", False), ("new@example.org", True)]
)
def test_an_edited_email_counts_for_the_next_batch_before_it_is_written(
    address: str,
    joins: bool,
    connected_tenant: Integration,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited = add(sandbox, "Ada", "old@example.org")
    sync(connected_tenant)
    change(sandbox, edited, email="new@example.org", updated=LATER)
    added = add(sandbox, "Ada", address)
    monkeypatch.setattr("integrations.sync.phases.BATCH", 1)
    prepare, write, prepared = ApplicantWriter.prepare, ApplicantWriter.write, threading.Event()

    def watched(writer: ApplicantWriter, rows: Any) -> Any:
        batch = prepare(writer, rows)
        if added in batch.seen:
            prepared.set()
        return batch

    def late(writer: ApplicantWriter, batch: Any) -> None:
        if edited in batch.seen:
            assert prepared.wait(30)
        write(writer, batch)

    monkeypatch.setattr(ApplicantWriter, "prepare", watched)
    monkeypatch.setattr(ApplicantWriter, "write", late)

    sync(connected_tenant)

    assert (candidate_of(added) == candidate_of(edited)) is joins
    monkeypatch.undo()
    assert written(sync(connected_tenant)) == {}


@pytest.mark.parametrize("batch", [1, 4000])
def test_the_most_recently_updated_application_tells_the_name(
    batch: int,
    connected_tenant: Integration,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.sync.phases.BATCH", batch)
    add(sandbox, "Old", "ada@example.org", updated=EARLIER)
    newest = add(sandbox, "New", "ada@example.org", updated=LATER)
    first = add(sandbox, "Middle", "ADA@example.org", updated=DAY)

    sync(connected_tenant)

    assert candidate_of(first).first_name == "New"
    assert candidate_of(first).remote_data["applicant"] == newest


@pytest.mark.parametrize("batch", [1, 4000])
def test_among_those_of_one_day_the_greatest_applicant_id_tells_the_name(
    batch: int,
    connected_tenant: Integration,
    sandbox: Sandbox,
    flatchr: Flatchr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ids are texts: "9" is greater than "10", and a small letter than a capital one."""
    monkeypatch.setattr("integrations.sync.phases.BATCH", batch)
    row = flatchr.search()[0] | {"email": "ada@example.org"}
    rows = {
        one: row | {"applicant": one, "firstname": f"Ada {one}"} for one in ("9", "a", "10", "Z")
    }

    for greatest in ("a", "Z", "9", "10"):
        sandbox.faults.clear()
        answer(sandbox, list(rows.values()))
        sync(connected_tenant)
        assert candidate_of("10").first_name == f"Ada {greatest}"
        del rows[greatest]


def test_an_archived_application_may_tell_the_name(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Old", "ada@example.org")
    add(sandbox, "New", "ada@example.org", updated=LATER, status=0)

    sync(connected_tenant)

    assert candidate_of(first).first_name == "New"


def test_another_application_takes_over_as_soon_as_it_is_the_newest(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "First", "ada@example.org", updated=DAY)
    second = add(sandbox, "Second", "ada@example.org", updated=EARLIER)
    sync(connected_tenant)
    assert candidate_of(first).first_name == "First"
    sandbox.edit_applicant(second, updated=LATER)

    run = sync(connected_tenant)

    assert candidate_of(first).first_name == "Second"
    assert written(run) == {"applications": {"updated": 1}, "candidates": {"updated": 1}}


def test_when_the_winning_application_is_erased_the_other_one_tells_the_name(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Kept", "ada@example.org", phone="06 39 98 00 01", updated=DAY)
    winner = add(sandbox, "Erased", "ada@example.org", updated=LATER)
    sync(connected_tenant)
    before = every_row(connected_tenant)
    sandbox.remove_applicant(winner)

    run = sync(connected_tenant)

    candidate = candidate_of(first)
    assert (candidate.first_name, candidate.remote_deleted_at) == ("Kept", None)
    assert candidate.phone_numbers == [{"phone_number": "+33639980001", "type": None}]
    assert candidate.remote_data["applicant"] == first
    changed = difference(before, every_row(connected_tenant)).keys()
    assert changed == {("Application", winner), ("Candidate", first)}
    assert written(run) == {"applications": {"deleted": 1}, "candidates": {"updated": 1}}


def test_a_candidate_keeps_its_id_when_its_first_application_is_erased(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "First", "ada@example.org", updated=LATER)
    second = add(sandbox, "Second", "ada@example.org", updated=DAY)
    sync(connected_tenant)
    identity = candidate_of(first).id
    sandbox.remove_applicant(first)

    sync(connected_tenant)

    candidate = candidate_of(second)
    assert (candidate.id, candidate.remote_id, candidate.first_name) == (identity, first, "Second")
    assert candidate.remote_deleted_at is None
