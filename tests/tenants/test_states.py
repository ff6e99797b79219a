"""The stored state of tenants: kept up by the sweep, made up for by pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.home import views
from integrations.audit.trail import record
from integrations.models import (
    Event,
    Integration,
    Membership,
    RunState,
    SyncRun,
    TenantFigures,
    TenantState,
)
from integrations.tenants import states
from integrations.tenants.health import Condition
from integrations.tenants.states import outdated, rank, refresh

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
LIST = reverse("admin:integrations_integration_changelist")


@pytest.fixture
def many(make_tenant: Callable[..., Integration]) -> list[Integration]:
    """Thirty tenants that are well, as the sweep has stored them a minute ago."""
    tenants = [make_tenant(f"Company {number:02}") for number in range(30)]
    for tenant in tenants:
        ended(tenant, RunState.SUCCEEDED)
    refresh()
    minute = timedelta(minutes=1)
    SyncRun.objects.update(queued_at=F("queued_at") - minute, ended_at=F("ended_at") - minute)
    assert outdated(most=100) == []
    return tenants


def ended(tenant: Integration, state: RunState) -> SyncRun:
    now = timezone.now()
    return SyncRun.objects.create(integration=tenant, state=state, started_at=now, ended_at=now)


def stored(tenant: Integration) -> Condition:
    return states.CONDITIONS[TenantState.objects.get(pk=tenant.pk).rank]


def listed(client: Client, **query: str) -> list[str]:
    return [str(view.tenant) for view in client.get(INDEX, query).context["tenants"]]


def test_the_sweep_stores_what_runs_have_made_of_tenants(many: list[Integration]) -> None:
    assert {stored(tenant) for tenant in many} == {Condition.ACTIVE}
    run = SyncRun.objects.create(integration=many[3])
    ended(many[7], RunState.FAILED)

    assert set(outdated(most=100)) == {many[3].pk, many[7].pk}
    refresh()

    assert stored(many[3]) is Condition.SYNCING
    assert stored(many[7]) is Condition.FAILING
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    assert outdated(most=100) == [many[3].pk]
    refresh()
    assert stored(many[3]) is Condition.FAILING


def test_a_state_is_worked_out_anew_after_ten_minutes_and_after_what_somebody_did(
    many: list[Integration], admin: User
) -> None:
    old = many[4].pk
    TenantState.objects.filter(pk=old).update(outdated_at=timezone.now() - timedelta(seconds=1))
    Integration.objects.filter(pk=many[9].pk).update(enabled=False)
    record(Event.TENANT_DISABLED, tenant=many[9], user=admin)

    assert set(outdated(most=100)) == {old, many[9].pk}
    refresh()

    assert stored(many[9]) is Condition.DISABLED
    later = TenantState.objects.values_list("outdated_at", flat=True)
    assert max(later) - timezone.now() == pytest.approx(
        timedelta(minutes=10), abs=timedelta(minutes=1)
    )


def test_a_sweep_works_out_so_many_the_longest_outdated_first(
    many: list[Integration], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "MOST_A_SWEEP", 2)
    now = timezone.now()
    for minutes, tenant in enumerate(many[:4]):
        TenantState.objects.filter(pk=tenant.pk).update(
            outdated_at=now - timedelta(minutes=10 - minutes)
        )

    refresh()

    assert outdated(most=100) == [many[2].pk, many[3].pk]


def test_a_deleted_tenant_without_a_state_stays_without(tenant: Integration) -> None:
    Integration.objects.update(deleted_at=timezone.now())

    refresh()

    assert not TenantState.objects.exists()


def test_a_failing_tenant_leads_wherever_its_name_stands(
    many: list[Integration],
    admin: User,
    logged_in: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended(many[29], RunState.FAILED)
    refresh()
    # Even for a page that may work nothing out itself.
    monkeypatch.setattr(states, "MOST_A_PAGE", 0)
    client = logged_in(admin)

    page = client.get(INDEX)

    assert page.context["attention"] == 1
    assert listed(client)[0] == "Company 29"
    assert listed(client, state="failing") == ["Company 29"]
    counts = {choice.label: choice.count for choice in page.context["choices"]}
    assert counts == {"All": 30, "Failing": 1, "Active": 29}


def test_a_page_makes_up_for_the_sweep_and_stores_nothing(
    many: list[Integration], admin: User, logged_in: Callable[[User], Client]
) -> None:
    ended(many[12], RunState.AUTHENTICATION_FAILED)

    assert listed(logged_in(admin))[0] == "Company 12"
    assert stored(many[12]) is Condition.ACTIVE


def test_the_list_is_limited_to_a_state(
    many: list[Integration], admin: User, logged_in: Callable[[User], Client]
) -> None:
    ended(many[5], RunState.FAILED)
    refresh()
    client = logged_in(admin)

    def names(**query: str) -> list[str]:
        return [str(found) for found in client.get(LIST, query).context["cl"].result_list]

    assert names(state="failing") == ["Company 05"]
    assert len(names(state="active")) == 29
    assert names(state="disabled") == []
    assert len(names(state="nonsense")) == 30


def test_kept_figures_of_many_are_those_of_the_user_who_asks(
    many: list[Integration],
    alice: User,
    tenant: Integration,
    make_tenant: Callable[..., Integration],
    admin: User,
    logged_in: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache.clear()
    monkeypatch.setattr(views, "ADDED_AT_ONCE", 1)
    make_tenant("Atelier Sud", members=[alice])
    for each in (*many, tenant):
        TenantFigures.objects.create(integration=each, counted_at=timezone.now(), candidates=1)

    assert logged_in(admin).get(INDEX).context["total"].candidates == 31
    for _again in range(2):
        assert logged_in(alice).get(INDEX).context["total"].candidates == 1

    Membership.objects.filter(user=alice, integration=tenant).update(integration=many[0])
    TenantFigures.objects.filter(pk=many[0].pk).update(candidates=7)
    assert logged_in(alice).get(INDEX).context["total"].candidates == 7


def test_ranks_are_in_the_order_of_attention() -> None:
    assert [rank(condition) for condition in Condition] == list(range(len(Condition)))
