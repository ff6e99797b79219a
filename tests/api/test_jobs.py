"""GET /ats/jobs: what the official SDK reads is what Flatchr has (`docs/unified-api.md §5.1`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from kombo.errors import KomboAtsError

from integrations.api.reads.scope import ReadScope
from integrations.api.routes import UNAVAILABLE_MODELS
from integrations.ids import unified_id
from integrations.models import FlatchrSettings, Integration, Job
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.making import NEW, Maker
from tests.api.reading import LISTINGS, by_sdk, everything, keys
from tests.sync.flatchr_says import Flatchr
from tests.sync.running import sync

Sdk = Callable[..., Any]

# Every key of a job (§5.1), those included that the SDK does not ask for and the contract does.
KEYS = keys(
    "id remote_id name job_code description confidential weekly_hours employment_type status "
    "visibility category department post_url experience_level remote_work_status salary_amount "
    "salary_amount_from salary_amount_to salary_currency salary_period location custom_fields "
    "integration_fields remote_url opened_at closed_at remote_created_at remote_updated_at "
    "contact_id remote_data changed_at remote_deleted_at stages screening_questions job_postings "
    "hiring_team"
)
STAGE_KEYS = keys("id remote_id name status custom_fields index integration_fields remote_data")


@pytest.mark.django_db(transaction=True)
def test_every_job_of_flatchr_is_read_page_by_page(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    flatchr = Flatchr(sandbox)
    vacancies = {vacancy["id"]: vacancy for vacancy in flatchr.vacancies()}
    columns = sorted(flatchr.columns(), key=lambda c: (c["position"], str(c["id"])))

    jobs = by_sdk(sdk(make_key(synced_tenant), synced_tenant).ats.get_jobs(page_size=2))

    assert sorted(job.remote_id for job in jobs) == sorted(vacancies)
    for job in jobs:
        vacancy, stored = vacancies[job.remote_id], Job.objects.get(remote_id=job.remote_id)
        assert job.id == unified_id(synced_tenant.pk, job.remote_id)
        assert job.name == vacancy["title"].strip()
        assert job.status == {1: "OPEN", 0: "CLOSED"}.get(vacancy["status"], str(vacancy["status"]))
        assert job.remote_created_at == datetime.fromisoformat(vacancy["created_at"])
        assert job.remote_updated_at == datetime.fromisoformat(vacancy["updated_at"])
        assert (job.closed_at is None) == (job.status == "OPEN")
        for name in ("description", "employment_type", "visibility", "category", "department"):
            assert getattr(job, name) == getattr(stored, name), name
        for name in ("post_url", "experience_level", "remote_work_status", "salary_amount"):
            assert getattr(job, name) == getattr(stored, name), name
        for name in ("salary_amount_from", "salary_amount_to", "salary_currency", "salary_period"):
            assert getattr(job, name) == getattr(stored, name), name
        assert (job.location and job.location.model_dump()) == stored.location
        assert [(stage.remote_id, stage.index) for stage in job.stages] == [
            (str(column["id"]), column["position"]) for column in columns
        ]
        assert (job.job_code, job.hiring_team, job.job_postings) == (None, [], [])


@pytest.mark.django_db(transaction=True)
def test_the_filters_go_over_the_wire_as_the_sdk_sends_them(
    synced_tenant: Integration, make_key: MakeKey, sdk: Sdk
) -> None:
    get = sdk(make_key(synced_tenant), synced_tenant).ats.get_jobs
    everyone = by_sdk(get())
    one = everyone[0]
    moment = datetime(2100, 1, 1, tzinfo=UTC)

    def found(**filters: Any) -> list[str]:
        return [job.id for job in by_sdk(get(**filters))]

    assert found(ids=[one.id]) == [one.id]
    assert found(remote_ids=[one.remote_id, "none"]) == [one.id]
    assert found(ids=[job.id for job in everyone], page_size=1) == [job.id for job in everyone]
    assert one.id in found(statuses=["OPEN", "CLOSED"])
    assert found(employment_types=["SEASONAL"], visibilities=["CONFIDENTIAL"]) == []
    assert one.id in found(name_contains=one.name.upper())
    assert found(post_url="https://none.example/") == []
    public = next(job for job in everyone if job.post_url)
    assert found(post_url=public.post_url) == [public.id]
    assert found(updated_after=moment) == found(remote_created_after=moment) == []
    assert len(found(updated_after=datetime(2020, 1, 1), include_deleted=True)) == len(everyone)
    assert found(job_codes=["A"]) == []
    assert len(found(job_codes=["A"], ignore_unsupported_filters=True)) == len(everyone)


@pytest.mark.django_db(transaction=True)
def test_integration_fields_that_are_switched_on_and_raw_objects_are_shown(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, call: Call
) -> None:
    key = make_key(synced_tenant)

    def read() -> list[dict[str, Any]]:
        answer = call("GET", "/v1/ats/jobs", key=key, tenant=synced_tenant).json()
        rows: list[dict[str, Any]] = answer["data"]["results"]
        return rows

    before = read()
    assert before
    for job in before:
        assert job.keys() == KEYS
        assert (job["integration_fields"], job["remote_data"]) == ([], None)
    assert {frozenset(stage) for job in before for stage in job["stages"]} == {
        frozenset(STAGE_KEYS)
    }
    FlatchrSettings.objects.update(integration_fields=["reference"], api_remote_data=True)
    sync(synced_tenant)

    vacancies = {vacancy["id"]: vacancy for vacancy in Flatchr(sandbox).vacancies()}
    after = read()
    assert len(after) == len(before)
    for job in after:
        (field,) = job["integration_fields"]
        vacancy = vacancies[job["remote_id"]]
        assert field.keys() == {"id", "key", "type", "value", "label"}
        assert (field["key"], field["value"]) == ("reference", vacancy["reference"])
        assert job["remote_data"] == vacancy


@pytest.mark.django_db
def test_stages_come_in_their_order_and_without_those_taken_off(tenant: Integration) -> None:
    make = Maker(tenant)
    job, last, first, gone = make.job(), make.stage(), make.stage(name=None), make.stage()
    removed = make.stage(remote_deleted_at=NEW)
    make.job_stage(job, last, index=7)
    make.job_stage(job, first, index=2)
    make.job_stage(job, gone, index=1, remote_deleted_at=NEW)
    make.job_stage(job, removed, index=0)

    (row,) = everything(LISTINGS["jobs"], ReadScope(tenant.pk))

    assert [(stage["id"], stage["index"]) for stage in row["stages"]] == [
        (first.pk, 2),
        (last.pk, 7),
    ]


@pytest.mark.django_db(transaction=True)
def test_what_flatchr_does_not_have_is_said_to_be_not_available(
    synced_tenant: Integration, make_key: MakeKey, call: Call
) -> None:
    key = make_key(synced_tenant)
    for model in UNAVAILABLE_MODELS:
        answer = call("GET", f"/ats/{model}", key=key, tenant=synced_tenant)
        assert answer.status_code == 400, model
        assert answer.json()["error"]["code"] == "INTEGRATION.MODEL_NOT_AVAILABLE", model


@pytest.mark.django_db(transaction=True)
def test_the_sdk_understands_a_refusal(
    synced_tenant: Integration, make_key: MakeKey, sdk: Sdk
) -> None:
    ats = sdk(make_key(synced_tenant), synced_tenant).ats

    with pytest.raises(KomboAtsError) as unavailable:
        ats.get_offers()
    with pytest.raises(KomboAtsError) as refused:
        ats.get_jobs(page_size=1000)

    assert unavailable.value.data.error.code == "INTEGRATION.MODEL_NOT_AVAILABLE"
    assert refused.value.data.error.code == "PLATFORM.INPUT_INVALID"
    assert "page_size" in refused.value.data.error.message
