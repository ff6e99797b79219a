"""Tags are read in slots that never wait, and what keeps them from being read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    Application,
    Integration,
    RequestBudget,
    SyncRun,
    TraitReading,
)
from integrations.sandbox import Sandbox
from integrations.sync.tags import rounds
from integrations.sync.tags.reading import read_some
from tests.sync.people import application
from tests.sync.running import read_tags, sync_with_tags
from tests.sync.tag_rounds import let_time_pass, progress, run_only, told
from tests.sync.test_candidate_tags import read, set_budget

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_a_slot_ends_where_the_requests_do_and_leaves_some_to_syncs(
    connected_tenant: Integration, sandbox: Sandbox, settings: Any
) -> None:
    run_only(connected_tenant)
    settings.FLATCHR_BURST, settings.FLATCHR_RATE = 4, 0.01
    RequestBudget.objects.update(tokens=4, refilled_at=timezone.now())

    assert read_some(connected_tenant.pk)

    assert len(read(sandbox)) == 2
    assert RequestBudget.objects.get().tokens >= 2
    row = progress(connected_tenant)
    assert (row.read, row.total, row.lease_owner) == (2, 7, "")
    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(seconds=30)
    assert not read_some(connected_tenant.pk)
    asked = []
    while progress(connected_tenant).ended_at is None:
        let_time_pass(connected_tenant, hours=1)
        assert read_some(connected_tenant.pk)
        asked += read(sandbox)
    assert len(asked) == len(set(asked)) == 5


def test_a_request_to_wait_gives_the_slot_back_and_keeps_what_was_read(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    sandbox.faults.add(
        path="/traits$", status=429, headers={"Retry-After": "600"}, after=2, times=1
    )

    assert read_some(connected_tenant.pk)

    first = read(sandbox)
    row = progress(connected_tenant)
    assert (len(first), row.read, row.failures) == (3, 2, 0)
    assert row.due_at is not None
    assert timedelta(seconds=590) < row.due_at - timezone.now() < timedelta(seconds=601)
    assert row.error_kind == "rate_limited"
    let_time_pass(connected_tenant, minutes=10)
    read_tags(connected_tenant)
    assert len(read(sandbox)) == 5
    assert TraitReading.objects.count() == 7
    assert progress(connected_tenant).error_kind == ""


def test_one_applicant_that_cannot_be_read_does_not_keep_the_others_from_their_tags(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = run_only(connected_tenant)
    broken = Application.objects.order_by("-changed_at", "-id").values_list("remote_id", flat=True)[
        1
    ]
    sandbox.faults.add(path=f"/{broken}/traits$", status=500)

    read_tags(connected_tenant)

    assert len(read(sandbox)) == 7
    row = progress(connected_tenant)
    assert (row.read, row.failures, row.ended_at is not None) == (6, 0, True)
    [example] = run.warnings.get(code="tags_not_read").examples
    assert example["remote_id"] == broken
    sandbox.faults.clear()
    run_only(connected_tenant, "DELTA")
    read_tags(connected_tenant)
    assert read(sandbox) == []
    let_time_pass(connected_tenant, hours=1)
    run_only(connected_tenant, "DELTA")
    read_tags(connected_tenant)
    assert read(sandbox) == [broken]
    assert not TraitReading.objects.filter(retry_at__isnull=False).exists()


def test_while_flatchr_fails_the_pauses_grow_and_the_page_says_why(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    fault = sandbox.faults.add(path="/traits$", status=502)

    assert read_some(connected_tenant.pk)
    first = progress(connected_tenant)
    let_time_pass(connected_tenant, seconds=10)
    assert read_some(connected_tenant.pk)
    second = progress(connected_tenant)

    assert (first.failures, second.failures, second.read) == (1, 2, 0)
    assert first.due_at is not None
    assert second.due_at is not None
    assert second.due_at - first.due_at > timedelta(seconds=40)
    figures = rounds.figures(connected_tenant)
    assert figures is not None
    assert figures.under_way
    assert figures.trouble.startswith("Flatchr")
    assert figures.seconds_left is None
    del fault
    sandbox.faults.clear()
    let_time_pass(connected_tenant, hours=2)
    read_tags(connected_tenant)
    assert TraitReading.objects.filter(retry_at=None).count() == 7


def test_with_a_key_that_is_refused_tags_wait_for_a_sync_that_goes_well(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    sandbox.faults.add(path="/traits$", status=401, times=1)

    assert read_some(connected_tenant.pk)

    assert (progress(connected_tenant).due_at, progress(connected_tenant).error_kind) == (
        None,
        "wrong_key",
    )
    assert not read_some(connected_tenant.pk)
    sync_with_tags(connected_tenant, "DELTA")
    assert TraitReading.objects.count() == 7


@pytest.mark.parametrize("why", ["a sync runs", "it is disabled", "its key is wrong"])
def test_tags_wait_while(why: str, connected_tenant: Integration, sandbox: Sandbox) -> None:
    run_only(connected_tenant)
    if why == "a sync runs":
        SyncRun.objects.create(integration=connected_tenant, state="RUNNING")
    elif why == "it is disabled":
        Integration.objects.update(enabled=False)
    else:
        Integration.objects.update(credentials_invalid_at=timezone.now())

    assert rounds.unattended(timezone.now()) == []
    assert not read_some(connected_tenant.pk)
    assert read(sandbox) == []


def test_the_longest_due_tenant_comes_first(
    make_tenant: Callable[..., Integration], sandbox: Sandbox
) -> None:
    tenants = [make_tenant(f"Atelier {number}", sandbox=sandbox) for number in range(3)]
    for place, tenant in enumerate(tenants):
        run_only(tenant)
        let_time_pass(tenant, minutes=place)

    assert rounds.unattended(timezone.now()) == [tenant.pk for tenant in reversed(tenants)]


def test_a_submission_that_flatchr_does_not_show_yet_is_not_asked_for(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    one = Application.objects.order_by("pk")[0]
    Application.objects.filter(pk=one.pk).update(remote_id="submission:abc")

    read_tags(connected_tenant)

    assert len(read(sandbox)) == 6
    assert application("submission:abc").pk == one.pk


def test_a_budget_of_nothing_reads_none_and_forgets_the_round(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run_only(connected_tenant)
    set_budget(0)
    run_only(connected_tenant, "DELTA")

    read_tags(connected_tenant)

    assert read(sandbox) == []
    assert told(connected_tenant) == ""
