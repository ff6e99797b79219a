"""A tenant as the overview and its own page show it: state, figures, last syncs, next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.admin.base.urls import change_url, record_url
from integrations.admin.home.stats import Figures, SubmissionFigure, attention_figures, figures_for
from integrations.admin.home.sync_history import Bar, strips_for
from integrations.models import Integration, SyncRun
from integrations.tenants.facts import health_of, next_sync_at
from integrations.tenants.health import Facts, Health, Step


@dataclass(frozen=True, slots=True)
class TenantView:
    """One tenant; `strip` is its last syncs, oldest first."""

    tenant: Integration
    health: Health
    figures: Figures
    next_at: datetime | None
    last: SyncRun | None
    live: SyncRun | None
    step_url: str
    strip: list[Bar] = field(default_factory=list)
    troubled: SubmissionFigure | None = None

    @property
    def can_sync(self) -> bool:
        return self.tenant.enabled and self.health.step is not Step.CREDENTIALS


def tenant_views(tenants: Sequence[Integration]) -> list[TenantView]:
    """State and figures of each tenant; the number of queries does not grow with them."""
    figures = figures_for([tenant.pk for tenant in tenants])
    health = health_of(tenants)
    return [view_of(tenant, *health[tenant.pk], figures[tenant.pk]) for tenant in tenants]


def full_views(
    tenants: Sequence[Integration],
    health: Mapping[str, tuple[Facts, Health]],
    figures: Mapping[str, Figures],
) -> list[TenantView]:
    """The same with the last syncs and with the submissions that need attention."""
    ids = [tenant.pk for tenant in tenants]
    strips = strips_for(ids)
    troubled = attention_figures(ids)
    return [
        view_of(
            tenant,
            *health[tenant.pk],
            figures[tenant.pk],
            strip=strips.get(tenant.pk, []),
            troubled=troubled.get(tenant.pk),
        )
        for tenant in tenants
    ]


def full_view(tenant: Integration) -> TenantView:
    """One tenant with all that its own page shows."""
    [view] = full_views([tenant], health_of([tenant]), figures_for([tenant.pk]))
    return view


def view_of(
    tenant: Integration,
    facts: Facts,
    state: Health,
    figures: Figures,
    *,
    strip: Sequence[Bar] = (),
    troubled: SubmissionFigure | None = None,
) -> TenantView:
    return TenantView(
        tenant=tenant,
        health=state,
        figures=figures,
        next_at=next_sync_at(tenant),
        last=facts.last,
        live=facts.live,
        step_url=step_url(tenant, state),
        strip=list(strip),
        troubled=troubled,
    )


def step_url(tenant: Integration, health: Health) -> str:
    """The page on which the next step is taken; blank for a sync, which is a button."""
    if health.step is Step.OPEN_RUN and health.run is not None:
        return change_url(health.run)
    if health.step is Step.ISSUE and health.issue is not None:
        return change_url(health.issue)
    if health.step is Step.CREDENTIALS:
        return record_url(tenant, "credentials")
    if health.step is Step.SETTINGS:
        return record_url(tenant, "enabled")
    return ""
