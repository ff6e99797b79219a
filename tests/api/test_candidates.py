"""GET /ats/candidates: what the official SDK reads is what Flatchr has
(`docs/unified-api.md §5.2`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.api.reads.scope import ReadScope
from integrations.models import Application, Candidate, FlatchrSettings, Integration
from integrations.records import PROVISIONAL
from integrations.sandbox import Sandbox
from integrations.sync.retention import empty_deleted
from tests.api.conftest import Call, MakeKey
from tests.api.making import NEW, Maker
from tests.api.reading import LISTINGS, by_sdk, everything, ids, keys
from tests.sync.flatchr_says import Flatchr, address, day, outcome
from tests.sync.running import sync

Sdk = Callable[..., Any]

KEYS = keys(
    "id remote_id first_name last_name company title confidential source phone_numbers "
    "email_addresses social_media location custom_fields integration_fields remote_url "
    "remote_created_at remote_updated_at remote_data changed_at remote_deleted_at applications "
    "tags"
)
APPLICATION_KEYS = keys(
    "id remote_id outcome rejection_reason_name rejected_at remote_url changed_at "
    "remote_created_at remote_updated_at current_stage job"
)
CANDIDATES = LISTINGS["candidates"]


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Large enough for every oddity among applicants."""
    return make_sandbox(vacancies=5, applicants=140)


@pytest.mark.django_db(transaction=True)
def test_every_person_of_flatchr_is_read_page_by_page(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    flatchr = Flatchr(sandbox)
    winners, rows = flatchr.winners(), {row["applicant"]: row for row in flatchr.applicants()}
    people, tags = flatchr.people(), flatchr.candidate_tags()

    candidates = by_sdk(sdk(make_key(synced_tenant), synced_tenant).ats.get_candidates(page_size=9))

    assert sorted(candidate.remote_id for candidate in candidates) == sorted(winners)
    assert len(winners) < len(rows), "somebody has applied twice"
    for candidate in candidates:
        row = winners[candidate.remote_id]
        assert (candidate.first_name, candidate.last_name) == (
            row["firstname"].strip() or None,
            row["lastname"].strip() or None,
        )
        addresses = [item.email_address for item in candidate.email_addresses]
        assert addresses == ([address(row)] if address(row) else [])
        assert len(candidate.phone_numbers) == bool((row["phone"] or "").strip())
        own = [key for key, person in people.items() if person == candidate.remote_id]
        assert sorted(item.remote_id for item in candidate.applications) == sorted(own)
        for application in candidate.applications:
            applicant = rows[application.remote_id]
            assert application.outcome == outcome(applicant)
            assert application.remote_created_at == day(applicant["created_at"])
            stage = flatchr.stage(applicant["column"])
            assert (application.current_stage and application.current_stage.remote_id) == stage
            job = Application.objects.get(remote_id=application.remote_id).job
            assert (application.job and application.job.remote_id) == (job and job.remote_id)
        assert {tag.remote_id: tag.name for tag in candidate.tags} == {
            tag: name for (person, tag), name in tags.items() if person == candidate.remote_id
        }
        assert (candidate.company, candidate.source, candidate.custom_fields) == (None, None, {})


@pytest.mark.django_db(transaction=True)
def test_raw_http_shows_every_key_and_the_raw_object_once_it_is_switched_on(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, call: Call
) -> None:
    key, winners = make_key(synced_tenant), Flatchr(sandbox).winners()

    def read() -> list[dict[str, Any]]:
        answer = call("GET", "/ats/candidates?page_size=250", key=key, tenant=synced_tenant)
        assert answer.headers["content-type"] == "application/json"
        rows: list[dict[str, Any]] = answer.json()["data"]["results"]
        return rows

    rows = read()
    assert len(rows) == len(winners)
    for row in rows:
        assert row.keys() == KEYS
        assert row["remote_data"] is None
    assert {frozenset(item) for row in rows for item in row["applications"]} == {
        frozenset(APPLICATION_KEYS)
    }
    FlatchrSettings.objects.update(api_remote_data=True)
    for row in read():
        assert row["remote_data"] == winners[row["remote_id"]]


@pytest.mark.django_db(transaction=True)
def test_the_filters_go_over_the_wire_as_the_sdk_sends_them(
    synced_tenant: Integration, make_key: MakeKey, sdk: Sdk
) -> None:
    get = sdk(make_key(synced_tenant), synced_tenant).ats.get_candidates
    one = next(
        row
        for row in by_sdk(get())
        if row.first_name and row.last_name and row.email_addresses and row.applications[0].job
    )
    email = one.email_addresses[0].email_address

    assert [row.id for row in by_sdk(get(email=email.upper()))] == [one.id]
    assert one.id in [row.id for row in by_sdk(get(first_name=one.first_name.upper()))]
    assert one.id in [row.id for row in by_sdk(get(last_name=one.last_name.lower()))]
    job_ids = [one.applications[0].job.id]
    assert one.id in [row.id for row in by_sdk(get(job_ids=job_ids, page_size=3))]
    assert by_sdk(get(email=email, first_name="Personne")) == []


@pytest.mark.django_db(transaction=True)
def test_an_emptied_candidate_is_still_valid_for_the_sdk(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    gone = Candidate.objects.exclude(email_addresses=[]).order_by("pk")[0]
    for remote_id in gone.applications.values_list("remote_id", flat=True):
        sandbox.remove_applicant(remote_id)
    sync(synced_tenant)
    empty_deleted(before=timezone.now() + timedelta(minutes=1))
    ats = sdk(make_key(synced_tenant), synced_tenant).ats

    rows = {row.id: row for row in by_sdk(ats.get_candidates(include_deleted=True))}
    applications = {row.id: row for row in by_sdk(ats.get_applications(include_deleted=True))}

    assert gone.pk not in {row.id for row in by_sdk(ats.get_candidates())}
    tombstone = rows[gone.pk]
    assert tombstone.remote_id == gone.remote_id
    assert tombstone.remote_deleted_at is not None
    assert (tombstone.first_name, tombstone.last_name) == (None, None)
    assert tombstone.email_addresses == tombstone.phone_numbers == tombstone.tags == []
    assert tombstone.applications == []
    for application in gone.applications.all():
        assert applications[application.pk].remote_deleted_at is not None
        assert applications[application.pk].candidate.id == gone.pk


@pytest.mark.django_db
def test_what_was_submitted_and_flatchr_does_not_show_yet_keeps_its_remote_id_to_itself(
    tenant: Integration,
) -> None:
    make, remote_id = Maker(tenant), f"{PROVISIONAL}abc"
    application = make.application(make.candidate(remote_id=remote_id), remote_id=remote_id)
    scope = ReadScope(tenant.pk)

    (candidate,) = everything(CANDIDATES, scope)
    (row,) = everything(LISTINGS["applications"], scope)

    assert candidate["remote_id"] == row["candidate"]["remote_id"] == remote_id
    assert candidate["applications"][0]["remote_id"] is row["remote_id"] is None
    assert ids(CANDIDATES, scope, remote_ids=remote_id) == {application.candidate_id}
    assert ids(LISTINGS["applications"], scope, remote_ids=remote_id) == set()


@pytest.mark.django_db
def test_an_address_that_the_contract_does_not_allow_is_left_out(tenant: Integration) -> None:
    good = {"email_address": "nadia@mail.example", "type": None}
    bad = [{"email_address": text, "type": None} for text in ("a@B.example", "x", None, "é@a.io")]
    phones = [{"phone_number": "+33612345678"}, {"phone_number": None, "type": None}]
    Maker(tenant).candidate(email_addresses=[*bad, good], phone_numbers=phones)

    (row,) = everything(CANDIDATES, ReadScope(tenant.pk))

    assert row["email_addresses"] == [good]
    assert row["phone_numbers"] == [{"phone_number": "+33612345678", "type": None}]


@pytest.mark.django_db
def test_only_what_flatchr_still_has_is_listed_inside(tenant: Integration) -> None:
    make = Maker(tenant)
    candidate, tag, dead = make.candidate(), make.tag(), make.tag(remote_deleted_at=NEW)
    kept = make.application(candidate)
    make.application(candidate, remote_deleted_at=NEW)
    make.candidate_tag(candidate, tag)
    make.candidate_tag(candidate, dead)
    make.candidate_tag(candidate, make.tag(), remote_deleted_at=NEW)

    (row,) = everything(CANDIDATES, ReadScope(tenant.pk))

    assert [item["id"] for item in row["applications"]] == [kept.pk]
    assert row["tags"] == [{"id": tag.pk, "name": tag.name, "remote_id": tag.remote_id}]


@pytest.mark.django_db
def test_with_only_what_was_created_here_the_lists_begin_empty(
    tenant: Integration, other_tenant: Integration
) -> None:
    make, scope = Maker(tenant), ReadScope(tenant.pk, only_created=True)
    job, candidate = make.job(), make.candidate("nadia@mail.example")
    created, found = make.application(candidate, job=job), make.application(candidate)
    elsewhere = Maker(other_tenant)
    elsewhere.submitted(elsewhere.application())
    make.submitted(found, state="FAILED")
    assert everything(CANDIDATES, scope) == everything(LISTINGS["applications"], scope) == []

    make.submitted(created)

    (row,) = everything(CANDIDATES, scope)
    assert row["id"] == candidate.pk
    assert [item["id"] for item in row["applications"]] == [created.pk]
    assert ids(LISTINGS["applications"], scope) == {created.pk}
    assert ids(LISTINGS["jobs"], scope) == {job.pk}
    assert len(everything(LISTINGS["applications"], ReadScope(tenant.pk))) == 2
