"""Value maps: what is decided is in exactly the jobs concerned after the next sync."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from integrations.models import (
    AuditEntry,
    Event,
    Integration,
    Job,
    SyncRun,
    ValueDecision,
    ValueKind,
)
from integrations.sandbox import Sandbox
from integrations.tenants import value_maps
from integrations.tenants.value_maps import UnknownValue, decide, source_values, undo
from tests.sync.rows import Writes, difference, every_row
from tests.sync.running import sync, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

CHANGED = {"fingerprint", "content_hash", "changed_at"}
ADDRESS = {"locality": "Brest", "country": "République d’Armor", "formatted_address": "Brest"}
KINDS = [
    ("contract", "VIE", "CONTRACT", "employment_type"),
    ("status", "7", "DRAFT", "status"),
    ("country", "République d’Armor", "FR", "location"),
]


@pytest.fixture
def odd_job(connected_tenant: Integration, sandbox: Sandbox) -> str:
    """A vacancy whose contract, status and country nobody knows, synchronised; its id."""
    vacancy: str = sandbox.vacancies()[0]["id"]
    sandbox.edit_vacancy(
        vacancy,
        contract_type_id=9,
        partial=False,
        status=7,
        address=ADDRESS,
    )
    sync(connected_tenant)
    return vacancy


def codes(run: SyncRun) -> set[str]:
    return set(run.warnings.filter(model="jobs").values_list("code", flat=True))


def told(tenant: Integration | None) -> dict[str, tuple[str, int]]:
    return {met.kind: (met.value, met.jobs) for met in source_values(tenant)}


def test_values_that_nobody_has_explained_are_told_with_the_jobs_that_have_them(
    odd_job: str, connected_tenant: Integration, other_tenant: Integration
) -> None:
    assert told(connected_tenant) == {
        "contract": ("VIE", 1),
        "status": ("7", 1),
        "country": ("République d’Armor", 1),
    }
    for met in source_values(connected_tenant):
        assert [job.remote_id for job in met.examples] == [odd_job]
        assert list(met.spellings) == [met.value]
    assert told(None) == told(connected_tenant)
    assert told(other_tenant) == {}


@pytest.mark.parametrize(("kind", "value", "unified", "column"), KINDS)
def test_a_decision_rewrites_the_jobs_concerned_once_and_the_warning_ends(
    kind: str,
    value: str,
    unified: str,
    column: str,
    odd_job: str,
    connected_tenant: Integration,
    alice: User,
) -> None:
    before = every_row(connected_tenant)
    decision = decide(connected_tenant, kind, value, unified, user=alice)
    assert (decision.decided_by, every_row(connected_tenant)) == (alice, before)

    run = sync(connected_tenant, "DELTA")

    after = every_row(connected_tenant)
    assert difference(before, after) == {("Job", odd_job): CHANGED | {column}}
    stored = after["Job", odd_job][column]
    assert (stored["country"] if column == "location" else stored) == unified
    assert written(run)["jobs"] == {"updated": 1}
    rule = value_maps.RULES[ValueKind(kind)]
    assert rule.code not in codes(run)
    assert len(codes(run) & set(value_maps.CODES)) == 2
    with Writes() as writes:
        again = sync(connected_tenant)
    assert (writes.rows, every_row(connected_tenant)) == (0, after)
    assert rule.code not in codes(again)


def test_taking_a_decision_back_brings_flatchrs_own_word_and_the_warning_back(
    odd_job: str, connected_tenant: Integration, alice: User
) -> None:
    before = Job.objects.get(remote_id=odd_job).employment_type
    decision = decide(connected_tenant, "contract", "VIE", "SEASONAL", user=alice)
    sync(connected_tenant)
    assert Job.objects.get(remote_id=odd_job).employment_type == "SEASONAL"

    for _ in range(2):
        undo(decision, user=alice)
    run = sync(connected_tenant)

    assert Job.objects.get(remote_id=odd_job).employment_type == before == "VIE"
    assert written(run) == {"jobs": {"updated": 1}}
    assert "unknown_contract" in codes(run)
    trail = AuditEntry.objects.filter(what=Event.DECIDED).order_by("id")
    assert [(entry.who, entry.details["meaning"]) for entry in trail] == [
        ("alice", "SEASONAL"),
        ("alice", ""),
    ]


def test_a_decision_for_all_tenants_gives_way_to_one_of_the_tenants_own(
    odd_job: str, connected_tenant: Integration
) -> None:
    decide(None, "contract", "VIE ", "CONTRACT")
    sync(connected_tenant)
    assert Job.objects.get(remote_id=odd_job).employment_type == "CONTRACT"
    decide(connected_tenant, "contract", "vie", "INTERNSHIP")

    run = sync(connected_tenant)

    assert Job.objects.get(remote_id=odd_job).employment_type == "INTERNSHIP"
    assert written(run) == {"jobs": {"updated": 1}}


def test_a_decision_of_one_tenant_is_no_other_tenants(
    odd_job: str, connected_tenant: Integration, other_tenant: Integration
) -> None:
    decide(other_tenant, "contract", "VIE", "CONTRACT")

    run = sync(connected_tenant)

    assert written(run) == {}
    assert Job.objects.get(remote_id=odd_job).employment_type == "VIE"
    assert value_maps.value_maps_of(connected_tenant.pk).contracts == {}


def test_two_spellings_are_one_value(
    odd_job: str, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    other = sandbox.vacancies()[1]["id"]
    shouted = "REPUBLIQUE D’ARMOR"
    sandbox.edit_vacancy(other, address={**ADDRESS, "country": shouted})
    sync(connected_tenant)
    [met] = [met for met in source_values(connected_tenant) if met.kind == "country"]
    assert met.spellings == {"République d’Armor": 1, shouted: 1}

    decide(connected_tenant, "country", shouted, "FR")
    run = sync(connected_tenant)

    assert written(run) == {"jobs": {"updated": 2}}
    assert [met.jobs for met in source_values(connected_tenant) if met.kind == "country"] == [0]


def test_a_word_that_reads_like_a_unified_value_is_told_by_its_warning(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.edit_vacancy(sandbox.vacancies()[0]["id"], status="DRAFT")
    run = sync(connected_tenant)
    assert "unknown_job_status" in codes(run)
    assert told(connected_tenant)["status"] == ("DRAFT", 0)

    decide(connected_tenant, "status", "DRAFT", "DRAFT")
    with Writes() as writes:
        run = sync(connected_tenant)

    assert (writes.rows, "unknown_job_status" in codes(run)) == (0, False)


@pytest.mark.parametrize(
    ("kind", "value", "unified"),
    [
        ("contract", "VIE", "OPEN"),
        ("status", "7", "full_time"),
        ("country", "Armor", "XX"),
        ("contract", "VIE", ""),
        ("contract", "  ", "CONTRACT"),
        ("contract", "x" * 201, "CONTRACT"),
    ],
)
def test_what_is_not_in_the_closed_list_is_refused(
    kind: str, value: str, unified: str, tenant: Integration
) -> None:
    with pytest.raises(UnknownValue):
        decide(tenant, kind, value, unified)
    assert not ValueDecision.objects.exists()


def test_a_later_decision_replaces_an_earlier_one(tenant: Integration, alice: User) -> None:
    for scope in (tenant, None):
        for unified in ("CONTRACT", "CONTRACT", "SEASONAL"):
            decide(scope, "contract", "VIE", unified, user=alice)
    decisions: Any = ValueDecision.objects.values_list("integration_id", "unified")
    assert set(decisions) == {(tenant.pk, "SEASONAL"), (None, "SEASONAL")}
    assert ValueDecision.objects.count() == 2
