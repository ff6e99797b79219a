"""What is kept, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.signals import pre_delete
from django.utils import timezone

from integrations.models import (
    Application,
    Candidate,
    HttpExchange,
    Integration,
    QuarantinedRecord,
    SyncRun,
    SyncWarning,
    TraitReading,
)
from integrations.sandbox import Sandbox
from integrations.scheduler import retain
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import difference, every_row
from tests.sync.running import sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> str:
    return add(sandbox, "Ada", "ada@example.org")


@pytest.fixture
def tenant(connected_tenant: Integration, sandbox: Sandbox, ada: str) -> Integration:
    """A tenant in which Ada was erased."""
    sandbox.set_trait(ada, sandbox.add_tag("Préféré"))
    sync_with_tags(connected_tenant)
    sandbox.remove_applicant(ada)
    sync_with_tags(connected_tenant)
    return connected_tenant


def deleted_since(days: float) -> None:
    moment = timezone.now() - timedelta(days=days)
    for table in (Application, Candidate):
        table.objects.exclude(remote_deleted_at=None).update(remote_deleted_at=moment)


def test_personal_data_is_kept_for_fourteen_days(tenant: Integration) -> None:
    deleted_since(13.9)
    before = every_row(tenant)

    retain()

    assert every_row(tenant) == before


def test_after_fourteen_days_only_ids_and_times_are_left(tenant: Integration, ada: str) -> None:
    deleted_since(14.1)
    before = every_row(tenant)

    retain()

    assert difference(before, every_row(tenant)) == {
        ("Candidate", ada): {
            "first_name",
            "last_name",
            "email_addresses",
            "phone_numbers",
            "fingerprint",
            "content_hash",
            "changed_at",
        },
        ("Application", ada): {
            "person_key",
            "source",
            "score",
            "remote_data",
            "fingerprint",
            "content_hash",
            "changed_at",
        },
    }
    candidate = candidate_of(ada)
    assert (candidate.first_name, candidate.last_name, candidate.remote_data) == (None, None, None)
    assert candidate.email_addresses == candidate.phone_numbers == []
    assert application(ada).remote_created_at is not None
    assert not TraitReading.objects.filter(application__remote_id=ada).exists()


def test_records_that_are_live_are_never_emptied(tenant: Integration, ada: str) -> None:
    deleted_since(1000)
    before = every_row(tenant)

    retain()

    assert difference(before, every_row(tenant)).keys() == {
        ("Candidate", ada),
        ("Application", ada),
    }


def test_emptying_twice_changes_nothing(tenant: Integration) -> None:
    deleted_since(15)
    retain()
    before = every_row(tenant)

    retain()

    assert every_row(tenant) == before


def test_what_was_emptied_comes_back_filled_under_the_same_id(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    identity = candidate_of(ada).pk, application(ada).pk
    deleted_since(15)
    retain()
    applicants = sandbox.world.company.applicants
    number = applicants.ids.decode(ada)
    assert number is not None
    applicants.add(
        number=number, vacancy=applicants.get(0).vacancy, column=sandbox.columns()[0]["id"],
        firstname="Ada", lastname="Essai", email="ada@example.org",
    )  # fmt: skip

    run = sync_with_tags(tenant)

    assert (candidate_of(ada).pk, application(ada).pk) == identity
    candidate = candidate_of(ada)
    assert (candidate.first_name, candidate.remote_deleted_at) == ("Ada", None)
    assert candidate.email_addresses == [{"email_address": "ada@example.org", "type": None}]
    assert application(ada).person_key == "ada@example.org"
    assert written(run) == {
        "applications": {"restored": 1},
        "candidates": {"restored": 1},
        "candidate_tags": {"restored": 1},
    }
    assert sync_with_tags(tenant).state == "SUCCEEDED"


def test_somebody_who_was_emptied_and_applies_anew_is_a_new_candidate(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    deleted_since(15)
    retain()
    again = add(sandbox, "Ada", "ada@example.org")

    sync_with_tags(tenant)

    assert candidate_of(again).remote_id == again
    assert candidate_of(ada).first_name is None


def test_exchanges_older_than_the_setting_go(tenant: Integration, settings: Any) -> None:
    settings.EXCHANGE_RETENTION_DAYS = 7
    old = timezone.now() - timedelta(days=7, minutes=1)
    recent = timezone.now() - timedelta(days=6, hours=23)
    keys = list(HttpExchange.objects.values_list("pk", flat=True))
    HttpExchange.objects.update(started_at=recent)
    HttpExchange.objects.filter(pk__in=keys[:5]).update(started_at=old)

    retain()

    assert set(HttpExchange.objects.values_list("pk", flat=True)) == set(keys[5:])
    assert SyncRun.objects.count() == 2


def test_what_was_set_aside_and_quoted_goes_with_its_time_and_the_figures_stay(
    tenant: Integration, settings: Any
) -> None:
    settings.EXCHANGE_RETENTION_DAYS = 7
    first, second = SyncRun.objects.order_by("pk")
    for run in (first, second):
        QuarantinedRecord.objects.create(run=run, model="jobs", reason="Broken.", raw="{}")
        SyncWarning.objects.create(
            run=run, model="jobs", code="odd", count=40, examples=[{"value": "ada@example.org"}]
        )
    SyncRun.objects.filter(pk=first.pk).update(queued_at=timezone.now() - timedelta(days=8))

    retain()

    assert QuarantinedRecord.objects.get().run == second
    assert SyncWarning.objects.get(run=first, code="odd").examples == []
    assert SyncWarning.objects.get(run=first, code="odd").count == 40
    assert SyncWarning.objects.get(run=second, code="odd").examples != []


def test_what_cannot_be_removed_does_not_keep_the_rest_from_being_removed(
    tenant: Integration, settings: Any
) -> None:
    settings.EXCHANGE_RETENTION_DAYS = 7
    deleted_since(15)
    run = SyncRun.objects.earliest("pk")
    QuarantinedRecord.objects.create(run=run, model="jobs", reason="Broken.", raw="{}")
    SyncWarning.objects.create(run=run, model="jobs", code="odd", count=1, examples=["here"])
    HttpExchange.objects.update(started_at=timezone.now() - timedelta(days=8))
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(days=8))

    def refuse(**_: object) -> None:
        raise RuntimeError("It cannot be deleted.")

    pre_delete.connect(refuse, sender=HttpExchange)
    try:
        retain()
    finally:
        pre_delete.disconnect(refuse, sender=HttpExchange)

    assert HttpExchange.objects.exists()
    assert not QuarantinedRecord.objects.exists()
    assert SyncWarning.objects.get(code="odd").examples == []
    assert not Candidate.objects.filter(
        remote_deleted_at__isnull=False, fingerprint__isnull=False
    ).exists()
