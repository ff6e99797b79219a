"""Custom fields over the API, as the official SDK maps and reads them
(`docs/unified-api.md §10.6`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombo import Kombo
from kombo.errors import KomboGeneralError

from integrations.flatchr.mapping.fields import field_id
from integrations.models import CustomField, FieldMapping, Integration, Job
from integrations.tenants.custom_fields import (
    define_custom_field,
    delete_custom_field,
    map_custom_field,
)
from tests.api.conftest import Call, MakeKey
from tests.api.reading import by_sdk
from tests.sync.running import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

Sdk = Callable[..., Kombo]


@pytest.fixture
def cost_centre(db: None) -> CustomField:
    return define_custom_field(key="cost_centre", label="Cost centre", description="Who pays.")


def test_a_custom_field_is_mapped_and_its_values_are_in_the_jobs_after_the_next_sync(
    synced_tenant: Integration, sdk: Sdk, make_key: MakeKey, cost_centre: CustomField
) -> None:
    client = sdk(make_key(synced_tenant), synced_tenant)
    general, tenant_id = client.general, synced_tenant.pk
    [field] = by_sdk(general.get_custom_fields(integration_id=tenant_id))
    assert (field.id, field.key, field.model) == (cost_centre.pk, "cost_centre", "ats_jobs")
    assert (field.label, field.description) == ("Cost centre", "Who pays.")
    assert field.integration_field is None
    assert {tuple(job.custom_fields) for job in by_sdk(client.ats.get_jobs())} == {()}
    known = by_sdk(general.get_integration_fields(integration_id=tenant_id))
    reference = next(one for one in known if one.key == "reference")

    mapped = general.update_custom_field_mapping(
        integration_id=tenant_id, custom_field_id=field.id, integration_field_id=reference.id
    ).data

    source = mapped.integration_field
    assert source is not None
    assert (source.id, source.key, source.type, source.label) == (
        reference.id,
        "reference",
        "DEFAULT",
        "Reference",
    )
    [listed] = by_sdk(general.get_custom_fields(integration_id=tenant_id))
    assert listed.model_dump() == mapped.model_dump()
    sync(synced_tenant, "DELTA")
    held = {job.remote_id: job.remote_data["reference"] for job in Job.objects.all()}
    assert {job.remote_id: job.custom_fields for job in by_sdk(client.ats.get_jobs())} == {
        remote_id: {"cost_centre": reference} for remote_id, reference in held.items()
    }

    unmapped = general.update_custom_field_mapping(
        integration_id=tenant_id, custom_field_id=field.id, integration_field_id=None
    ).data
    assert unmapped.integration_field is None
    sync(synced_tenant, "DELTA")
    assert {tuple(job.custom_fields) for job in by_sdk(client.ats.get_jobs())} == {()}


def test_what_cannot_be_mapped_is_refused_and_nothing_is_changed(
    tenant: Integration,
    other_tenant: Integration,
    sdk: Sdk,
    call: Call,
    make_key: MakeKey,
    cost_centre: CustomField,
) -> None:
    map_custom_field(tenant, cost_centre, "reference")
    general = sdk(make_key(tenant, other_tenant)).general
    own, theirs = field_id(tenant.pk, "skills"), field_id(other_tenant.pk, "skills")

    def refused(custom_field: str, integration_field: str | None) -> tuple[int, str]:
        with pytest.raises(KomboGeneralError) as error:
            general.update_custom_field_mapping(
                integration_id=tenant.pk,
                custom_field_id=custom_field,
                integration_field_id=integration_field,
            )
        assert error.value.data.error.code == "PLATFORM.INPUT_INVALID"
        return error.value.status_code, str(error.value.data.error.message)

    assert refused(cost_centre.pk, theirs) == refused(cost_centre.pk, "none")
    assert refused("none", own) == refused("none", None)
    path = f"/v1/integrations/{tenant.pk}/custom-fields/{cost_centre.pk}"
    key = make_key(tenant)
    for body in ({}, {"integration_field_id": 7}, [], {"integration_field": own}):
        assert call("PUT", path, key=key, json=body).status_code == 400, body
    read_only = make_key(tenant, read_only=True)
    assert call("PUT", path, key=read_only, json={"integration_field_id": own}).status_code == 403
    stranger = make_key(other_tenant)
    assert call("PUT", path, key=stranger, json={"integration_field_id": own}).status_code == 404
    assert [mapping.integration_field for mapping in FieldMapping.objects.all()] == ["reference"]


def test_pages_miss_and_double_nothing_while_fields_come_and_go(
    tenant: Integration, sdk: Sdk, make_key: MakeKey
) -> None:
    kept = {define_custom_field(key=f"k{n}", label=f"K{n}").pk for n in range(7)}
    general = sdk(make_key(tenant)).general
    page: Any = general.get_custom_fields(integration_id=tenant.pk, page_size=2)
    found = [field.id for field in page.result.data.results]
    # What the next page begins after is gone by then.
    delete_custom_field(CustomField.objects.get(pk=found[-1]))
    define_custom_field(key="late", label="Late")
    found += [field.id for field in by_sdk(page.next())]
    assert len(found) == len(set(found))
    assert kept <= set(found)
    assert len(by_sdk(general.get_custom_fields(integration_id=tenant.pk, page_size=250))) == 7


@pytest.mark.parametrize("query", ["page_size=0", "page_size=251", "page_size=x", "cursor=none"])
def test_a_page_that_cannot_be_is_refused(
    query: str, tenant: Integration, make_key: MakeKey, call: Call
) -> None:
    answer = call("GET", f"/integrations/{tenant.pk}/custom-fields?{query}", key=make_key(tenant))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"


def test_the_list_takes_as_many_queries_for_100_fields_as_for_10(
    tenant: Integration, make_key: MakeKey
) -> None:
    headers = {"Authorization": f"Bearer {make_key(tenant)}"}

    def queries(count: int) -> int:
        for number in range(CustomField.objects.count(), count):
            field = CustomField.objects.create(key=f"k{number}", label=f"Field {number}")
            map_custom_field(tenant, field, "reference")
        path = f"/v1/integrations/{tenant.pk}/custom-fields"
        client = Client()
        client.get(path, headers=headers)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path, headers=headers)
        assert len(answer.json()["data"]["results"]) == count
        return len(captured)

    assert queries(10) == queries(100)
