"""Removing people by age: who goes, who stays, and that syncs do not bring anybody back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.models import (
    Application,
    AuditEntry,
    Candidate,
    Event,
    FlatchrSettings,
    Integration,
    RemovedApplicant,
    Submission,
)
from integrations.privacy import age
from integrations.sandbox import Sandbox
from integrations.sync.applicants import incremental
from integrations.tenants.people import keep_for, months_before
from tests.privacy import canary
from tests.privacy.canary import EMAIL, FIRST, LAST, PHONE
from tests.sync.running import sync

LONG_AGO = date.today() - timedelta(days=900)


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with nobody but those of the test."""
    return make_sandbox(vacancies=3, applicants=0)


def people(tenant: Integration) -> set[str]:
    live = Candidate.objects.live().filter(integration=tenant)
    return {str(name) for name in live.values_list("last_name", flat=True)}


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("retention", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        (datetime(2026, 11, 30, 8, tzinfo=UTC), 24, datetime(2024, 11, 30, 8, tzinfo=UTC)),
        (datetime(2026, 3, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, datetime(2025, 12, 15, tzinfo=UTC)),
    ],
)
def test_months_are_those_of_the_calendar(now: datetime, months: int, before: datetime) -> None:
    assert months_before(now, months) == before


@pytest.mark.django_db(transaction=True)
def test_who_was_not_heard_of_goes_and_stays_away_until_something_happens(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    tenant = connected_tenant
    old = {"created": LONG_AGO, "updated": LONG_AGO}
    gone = sandbox.add_applicant(email=EMAIL, firstname=FIRST, lastname=LAST, phone=PHONE, **old)
    # Somebody who applied long ago, and again lately, is kept with both applications.
    sandbox.add_applicant(email="again@courrier.example", lastname="Encore", **old)
    sandbox.add_applicant(email="again@courrier.example", lastname="Encore")
    sync(tenant)
    others = people(tenant) - {LAST}
    row = (sandbox.applicant(gone), json.dumps(sandbox.applicant(gone)))

    # Off by default: nothing goes, and without a number nothing can be said.
    age.retain()
    assert LAST in people(tenant)
    with pytest.raises(CommandError, match="--dry-run --months"):
        run(tenant.pk)
    counted = run(tenant.pk, "--dry-run", "--months", "24")
    assert (counted["candidates"], counted["applications"]) == (1, 1)
    assert LAST in people(tenant)

    assert keep_for(tenant, 24)
    age.retain()
    age.retain()

    assert people(tenant) == others
    assert canary.places_of(canary.found_in_database()) <= {
        # The log of requests has its own, short, period.
        "integrations_httpexchange.response_body"
    }
    entry = AuditEntry.objects.get(what=Event.PEOPLE_REMOVED_BY_AGE)
    assert (entry.details["candidates"], entry.details["months"]) == (1, 24)
    assert Application.objects.live().filter(candidate__last_name="Encore").count() == 2

    # Neither a full sync nor an event about the applicant brings them back.
    result = sync(tenant)
    assert result.state == "SUCCEEDED"
    incremental.store_applicants(tenant.pk, [row])
    assert people(tenant) == others

    # A longer period does, and so does whatever happens at Flatchr.
    keep_for(tenant, 120)
    sync(tenant)
    assert LAST in people(tenant)
    keep_for(tenant, 24)
    age.retain()
    assert people(tenant) == others
    sandbox.edit_applicant(gone, comment="Called today")
    sync(tenant, "DELTA")
    assert LAST in people(tenant)
    age.retain()
    assert LAST in people(tenant)
    keep_for(tenant, None)
    assert not RemovedApplicant.objects.exists()


@pytest.mark.django_db
def test_a_submission_counts_as_activity_and_one_under_way_keeps_the_person(
    tenant: Integration,
) -> None:
    FlatchrSettings.objects.filter(pk=tenant.pk).update(keep_months=12)
    past = timezone.now() - timedelta(days=800)
    candidate = Candidate.objects.create(
        id="c" * 24, integration=tenant, remote_id="1", changed_at=past, content_hash=b"1"
    )
    Application.objects.create(
        id="a" * 24,
        integration=tenant,
        remote_id="1",
        changed_at=past,
        content_hash=b"1",
        candidate=candidate,
        remote_updated_at=past,
    )
    assert age.count_old(tenant, 12).candidates == 1
    sent = Submission.objects.create(integration=tenant, candidate=candidate, state="SUCCEEDED")
    assert age.count_old(tenant, 12).candidates == 0
    Submission.objects.filter(pk=sent.pk).update(created_at=past, state="UNCERTAIN")
    assert age.count_old(tenant, 12).candidates == 0
    Submission.objects.filter(pk=sent.pk).update(state="SUCCEEDED")
    assert age.count_old(tenant, 12).candidates == 1
    # Of whom no date is known nobody can say that they are old.
    Application.objects.update(remote_updated_at=None)
    assert age.count_old(tenant, 12).candidates == 0


@pytest.mark.django_db
@pytest.mark.parametrize("months", [0, -1, 121])
def test_months_that_cannot_be_are_refused(tenant: Integration, months: int) -> None:
    with pytest.raises(ValueError, match=str(months)):
        keep_for(tenant, months)
    with pytest.raises(CommandError):
        run(tenant.pk, "--dry-run", "--months", str(months))


@pytest.mark.django_db
def test_of_several_applications_the_last_activity_is_remembered(tenant: Integration) -> None:
    now = timezone.now()
    candidate = Candidate.objects.create(
        id="c" * 24, integration=tenant, remote_id="1", changed_at=now, content_hash=b"1"
    )
    dates = [now - timedelta(days=days) for days in (900, 800, 1000)]
    for number, dated in enumerate(dates):
        Application.objects.create(
            id=f"{number}" * 24,
            integration=tenant,
            remote_id=f"{number}",
            changed_at=now,
            content_hash=b"1",
            candidate=candidate,
            remote_updated_at=dated,
        )

    assert age.remove_old(tenant, 24).applications == 3

    remembered = RemovedApplicant.objects.values_list("active_at", flat=True)
    assert list(remembered) == [dates[1]] * 3
