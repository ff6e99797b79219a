"""GET /ats/application-stages and /ats/tags (`docs/unified-api.md §5.4, §5.5`); what pages cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.api import bodies
from integrations.api.reads.scope import ReadScope, scope_of
from integrations.models import FlatchrSettings, Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.making import SINCE, Maker
from tests.api.reading import LISTINGS, by_sdk, everything, query
from tests.sync.flatchr_says import Flatchr

Sdk = Callable[..., Any]


@pytest.mark.django_db(transaction=True)
def test_every_stage_and_every_tag_of_flatchr_is_read_page_by_page(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, sdk: Sdk
) -> None:
    flatchr = Flatchr(sandbox)
    ats = sdk(make_key(synced_tenant), synced_tenant).ats

    stages = by_sdk(ats.get_application_stages(page_size=3))
    tags = by_sdk(ats.get_tags(page_size=3))

    assert {stage.remote_id: stage.name for stage in stages} == {
        str(column["id"]): column["title"].strip() for column in flatchr.columns()
    }
    assert [(stage.status, stage.custom_fields) for stage in stages] == [(None, {})] * len(stages)
    assert {tag.remote_id: tag.name for tag in tags}.items() >= flatchr.tag_names().items()
    assert len({tag.id for tag in tags}) == len(tags)


@pytest.mark.django_db(transaction=True)
def test_raw_http_shows_every_key(
    synced_tenant: Integration, sandbox: Sandbox, make_key: MakeKey, call: Call
) -> None:
    key = make_key(synced_tenant)
    common = {"id", "remote_id", "name", "changed_at", "remote_deleted_at", "remote_data"}
    columns = {str(column["id"]): column for column in Flatchr(sandbox).columns()}
    FlatchrSettings.objects.update(api_remote_data=True)

    def read(name: str) -> list[dict[str, Any]]:
        answer = call("GET", f"/v1/ats/{name}", key=key, tenant=synced_tenant).json()
        rows: list[dict[str, Any]] = answer["data"]["results"]
        return rows

    stages = read("application-stages")
    keys = common | {"status", "custom_fields", "integration_fields"}
    assert {frozenset(stage) for stage in stages} == {frozenset(keys)}
    assert {stage["remote_id"]: stage["remote_data"] for stage in stages} == columns
    assert {frozenset(tag) for tag in read("tags")} == {frozenset(common)}


@pytest.mark.django_db
def test_times_are_written_with_milliseconds_that_are_cut_off(tenant: Integration) -> None:
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    make, scope = Maker(tenant), ReadScope(tenant.pk)
    common = {"remote_created_at": moment, "remote_updated_at": datetime(1024, 1, 1, tzinfo=UTC)}
    job = make.job(changed_at=moment, opened_at=moment, closed_at=None, **common)
    make.application(job=job, changed_at=moment, remote_deleted_at=None, **common)

    (row,) = everything(LISTINGS["jobs"], scope)
    (application,) = everything(LISTINGS["applications"], scope)
    (candidate,) = everything(LISTINGS["candidates"], scope)

    for shown in (row, application, candidate["applications"][0]):
        assert shown["changed_at"] == bodies.moment(moment) == "2026-02-28T23:59:59.999Z"
        assert shown["remote_created_at"] == "2026-02-28T23:59:59.999Z"
        assert shown["remote_updated_at"] == "1024-01-01T00:00:00.000Z"
    assert (row["opened_at"], row["closed_at"]) == ("2026-02-28T23:59:59.999Z", None)


# The queries of a page. With `updated_after` one more finds out since when rows count; how many
# have changed is asked now and then.
QUERIES = {"jobs": 3, "candidates": 3, "applications": 2, "application-stages": 1, "tags": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_of_100_takes_the_queries_of_a_page_of_10(name: str, tenant: Integration) -> None:
    make, scope = Maker(tenant), ReadScope(tenant.pk, remote_data=True)
    for number in range(100):
        candidate, job, stage, tag = make.candidate(), make.job(), make.stage(), make.tag()
        make.application(candidate, job=job, current_stage=stage, remote_data={"n": number})
        make.job_stage(job, stage)
        make.candidate_tag(candidate, tag)

    for model in {link.model for link in LISTINGS[name].links}:
        model.objects.update(changed_at=SINCE)
    changed = {"updated_after": SINCE.isoformat()}
    LISTINGS[name].page(scope, query(**changed))
    for size in (10, 100):
        for more in ({}, changed):
            with CaptureQueriesContext(connection) as captured:
                page = LISTINGS[name].page(scope, query(page_size=size, **more))
            assert len(page.rows) == size
            assert len(captured) == QUERIES[name] + bool(more), captured.captured_queries


@pytest.mark.django_db
def test_raw_objects_are_not_read_unless_they_are_shown(tenant: Integration) -> None:
    Maker(tenant).application()
    for name, listing in LISTINGS.items():
        with CaptureQueriesContext(connection) as captured:
            everything(listing, ReadScope(tenant.pk))
        assert len(captured) >= 1
        assert "remote_data" not in "".join(entry["sql"] for entry in captured), name


@pytest.mark.django_db
def test_a_tenants_switches_make_its_scope(tenant: Integration) -> None:
    assert scope_of(tenant) == ReadScope(tenant.pk)
    FlatchrSettings.objects.update(api_remote_data=True, api_only_created=True)
    tenant = Integration.objects.get(pk=tenant.pk)
    assert scope_of(tenant) == ReadScope(tenant.pk, remote_data=True, only_created=True)
    FlatchrSettings.objects.all().delete()
    assert scope_of(Integration.objects.get(pk=tenant.pk)) == ReadScope(tenant.pk)


@pytest.mark.django_db
def test_records_can_be_asked_for_by_id_as_their_list_shows_them(tenant: Integration) -> None:
    make, scope = Maker(tenant), ReadScope(tenant.pk)
    application = make.application(job=make.job())

    rendered = LISTINGS["applications"].rendered(scope, [application.pk, "unknown"])

    page = LISTINGS["applications"].page(scope, query())
    assert rendered == {application.pk: page.rows[0]}
