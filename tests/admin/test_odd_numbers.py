"""Numbers in addresses and forms: what is no number, or no usual one, is answered all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import BulkState, BulkUpload, SyncRun
from tests.admin.conftest import Data
from tests.admin.pages import list_address, run_address, tenant_address

LogIn = Callable[[User], Client]
# Among them digits that Python takes for such and `int` does not, and more than a column holds.
ODD = ("", "x", "-1", "0", "²", "٣", "9" * 10, "9" * 30, "9" * 5_000)


@pytest.mark.parametrize("number", ODD)
def test_a_page_of_that_number(
    number: str, alice: User, logged_in: LogIn, troubled_run: SyncRun, data: Data
) -> None:
    client = logged_in(alice)
    upload = BulkUpload.objects.create(
        integration=data.tenant, state=BulkState.READY, sheet_name="July.csv"
    )
    for address in (
        reverse("admin:index"),
        run_address(troubled_run.pk, "held"),
        run_address(troubled_run.pk, "exchanges"),
        reverse("admin:integrations_bulkupload_change", args=[upload.pk]),
    ):
        assert client.get(address, {"p": number}).status_code == 200, address
    assert client.get(list_address("job"), {"p": number}, follow=True).status_code == 200


@pytest.mark.parametrize("number", ODD)
def test_a_row_of_that_number(
    number: str, alice: User, logged_in: LogIn, troubled_run: SyncRun, data: Data
) -> None:
    client = logged_in(alice)
    for address, fields in (
        (run_address(troubled_run.pk, "retry"), {"item": number}),
        (tenant_address(data, "members"), {"remove": number}),
        (tenant_address(data, "members"), {"member": number, "role": "viewer"}),
        (tenant_address(data, "values"), {"undo": number}),
        (reverse("admin:integrations_candidate_export"), {"do": f"use:{number}"}),
    ):
        answer = client.post(address, fields, follow=True)
        assert answer.status_code == 200, (address, fields)
    console = reverse("admin:integrations_passthroughcall_console")
    assert client.get(console, {"again": number}).status_code == 200
    assert troubled_run.quarantined.count() == 1
    assert data.tenant.memberships.filter(user=alice, role="manager").exists()
    jobs = reverse("admin:integrations_submission_jobs")
    found = client.get(jobs, {"tenant": data.tenant.pk, "q": number[:40]})
    assert found.status_code == 200
