"""GET /ats/applications: the official SDK reads what Flatchr has (`docs/unified-api.md §5.3`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations import jobs
from integrations.api.reads.scope import ReadScope
from integrations.models import Application, FlatchrSettings, Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.making import Maker
from tests.api.reading import LISTINGS, by_sdk, everything, keys
from tests.sync.flatchr_says import Flatchr, address, day, outcome
from tests.sync.running import sync

Sdk = Callable[..., Any]

KEYS = keys(
    "id remote_id outcome rejection_reason_name rejected_at current_stage_id job_id candidate_id "
    "screening_question_answers custom_fields integration_fields remote_url remote_data changed_at "
    "remote_deleted_at remote_created_at remote_updated_at candidate current_stage job interviews "
    "offers"
)
STAGE_KEYS = keys("id remote_id name status custom_fields integration_fields index")
CANDIDATE_KEYS = keys(
    "id remote_id first_name last_name source remote_url phone_numbers email_addresses "
    "social_media tags"
)


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Large enough for somebody to have applied twice."""
    return make_sandbox(vacancies=5, applicants=60)


@pytest.mark.django_db(transaction=True)
def test_every_applicant_of_flatchr_is_read_page_by_page(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    flatchr = Flatchr(sandbox)
    rows = {row["applicant"]: row for row in flatchr.applicants()}
    columns = {str(column["id"]): column for column in flatchr.columns()}
    jobs = {vacancy["vacancy_id"]: vacancy for vacancy in flatchr.vacancies()}
    winners, people = flatchr.winners(), flatchr.people()

    found = by_sdk(sdk(make_key(synced_tenant), synced_tenant).ats.get_applications(page_size=7))

    assert sorted(application.remote_id for application in found) == sorted(rows)
    assert {application.outcome for application in found} >= {"PENDING", "DECLINED"}
    for application in found:
        row = rows[application.remote_id]
        assert application.outcome == outcome(row)
        assert application.remote_created_at == day(row["created_at"])
        assert application.remote_updated_at == day(row["updated_at"])
        stage, column = application.current_stage, flatchr.stage(row["column"])
        assert (stage and stage.remote_id) == column
        assert (stage and stage.id) == application.current_stage_id
        if column:
            assert (stage.name, stage.index, stage.status, stage.custom_fields) == (
                columns[column]["title"].strip(),
                columns[column]["position"],
                None,
                {},
            )
        vacancy = jobs.get(row["vacancy_id"])
        assert (application.job and application.job.remote_id) == (vacancy and vacancy["id"])
        assert (application.job and application.job.id) == application.job_id
        person = winners[people[application.remote_id]]
        assert application.candidate.remote_id == people[application.remote_id]
        assert application.candidate.id == application.candidate_id
        assert application.candidate.first_name == (person["firstname"].strip() or None)
        addresses = [item.email_address for item in application.candidate.email_addresses]
        assert addresses == ([address(person)] if address(person) else [])
        assert (application.interviews, application.offers) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_raw_http_shows_every_key_and_the_raw_object_once_it_is_switched_on(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, call: Call
) -> None:
    key = make_key(synced_tenant)
    rows = {row["applicant"]: row for row in Flatchr(sandbox).applicants()}

    def read() -> list[dict[str, Any]]:
        answer = call("GET", "/ats/applications", key=key, tenant=synced_tenant).json()
        assert answer["status"] == "success"
        assert answer.keys() == {"status", "data"}
        assert answer["data"].keys() == {"next", "results"}
        results: list[dict[str, Any]] = answer["data"]["results"]
        return results

    found = read()
    for row in found:
        assert row.keys() == KEYS
        assert row["candidate"].keys() == CANDIDATE_KEYS
        assert row["remote_data"] is None
    stages = [row["current_stage"] for row in found if row["current_stage"]]
    assert {frozenset(stage) for stage in stages} == {frozenset(STAGE_KEYS)}
    FlatchrSettings.objects.update(api_remote_data=True)
    assert {row["remote_id"]: row["remote_data"] for row in read()} == rows


@pytest.mark.django_db(transaction=True)
def test_the_filters_go_over_the_wire_as_the_sdk_sends_them(
    synced_tenant: Integration, make_key: MakeKey, sdk: Sdk
) -> None:
    get = sdk(make_key(synced_tenant), synced_tenant).ats.get_applications
    everyone = by_sdk(get())
    one = next(row for row in everyone if row.job and row.current_stage)

    def found(**filters: Any) -> set[str]:
        return {row.id for row in by_sdk(get(**filters))}

    def expected(condition: Callable[[Any], bool]) -> set[str]:
        return {row.id for row in everyone if condition(row)}

    assert found(outcomes=["DECLINED", "HIRED"]) == expected(lambda row: row.outcome != "PENDING")
    assert found(job_ids=[one.job_id]) == expected(lambda row: row.job_id == one.job_id)
    assert found(job_remote_ids=[one.job.remote_id]) == found(job_ids=[one.job_id])
    assert found(current_stage_ids=[one.current_stage_id]) == expected(
        lambda row: row.current_stage_id == one.current_stage_id
    )
    # A date as the SDK returns it finds its own application again.
    assert one.id in found(remote_created_after=one.remote_created_at)
    later = max(row.remote_created_at for row in everyone) + timedelta(days=2)
    assert found(remote_created_after=later) == set()


@pytest.mark.django_db(transaction=True)
def test_what_has_changed_since_a_read_began_is_what_the_next_one_finds(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    ats = sdk(make_key(synced_tenant), synced_tenant).ats
    began = jobs.now()
    moved, gone = Application.objects.live().order_by("remote_id")[:2]
    sandbox.archive(moved.remote_id)
    sandbox.remove_applicant(gone.remote_id)
    sync(synced_tenant)

    since: dict[str, datetime] = {"updated_after": began}
    found = by_sdk(ats.get_applications(**since, include_deleted=True))

    assert moved.pk in {row.id for row in found if row.remote_deleted_at is None}
    assert {row.id for row in found if row.remote_deleted_at} == {gone.pk}
    assert len(found) < 8
    people = {row.id for row in by_sdk(ats.get_candidates(**since, include_deleted=True))}
    assert {moved.candidate_id, gone.candidate_id} <= people


@pytest.mark.django_db
def test_an_application_without_job_and_stage_says_so(tenant: Integration) -> None:
    Maker(tenant).application(outcome=None)

    (row,) = everything(LISTINGS["applications"], ReadScope(tenant.pk))

    for name in ("job", "job_id", "current_stage", "current_stage_id", "outcome"):
        assert row[name] is None, name
