"""The first page: every tenant the user may see, the ones that need attention first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse

from integrations.admin.display import change_url, local
from integrations.admin.figures import Figures, figures_for
from integrations.admin.submission_links import new_url, submission_figures
from integrations.models import Integration, RunState, SubmissionKind, SyncRun
from integrations.sync.health import Condition, Health, Step, health_of, next_sync_at

MOST_TENANTS = 200
STRIP = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in the strip."""

    title: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class TenantView:
    """One tenant as the overview and its own page show it."""

    tenant: Integration
    health: Health
    figures: Figures
    next_at: datetime | None
    last: SyncRun | None
    live: SyncRun | None
    step_url: str
    strip: list[Bar] = field(default_factory=list)

    @property
    def can_sync(self) -> bool:
        return self.tenant.enabled and self.health.step is not Step.CREDENTIALS


def overview(request: HttpRequest) -> dict[str, Any]:
    """What `relais/overview.html` shows, in a number of queries that does not grow with tenants."""
    visible = Integration.objects.visible_to(request.user)
    tenants = list(visible[: MOST_TENANTS + 1])
    views = tenant_views(tenants[:MOST_TENANTS])
    order = list(Condition)
    views.sort(key=lambda view: order.index(view.health.condition))
    return {
        "tenants": views,
        "attention": sum(view.health.condition.needs_attention for view in views),
        "more_tenants": len(tenants) > MOST_TENANTS,
        "connect_url": reverse("admin:integrations_integration_add"),
        "tenants_url": reverse("admin:integrations_integration_changelist"),
        "submit_url": new_url(SubmissionKind.CANDIDATE),
        "submissions": submission_figures(view.tenant.pk for view in views),
    }


def tenant_views(tenants: Sequence[Integration]) -> list[TenantView]:
    ids = [tenant.pk for tenant in tenants]
    health = health_of(tenants)
    figures = figures_for(ids)
    strips = _strips(ids)
    views = []
    for tenant in tenants:
        facts, state = health[tenant.pk]
        views.append(
            TenantView(
                tenant=tenant,
                health=state,
                figures=figures[tenant.pk],
                next_at=next_sync_at(tenant),
                last=facts.last,
                live=facts.live,
                step_url=step_url(tenant, state),
                strip=strips[tenant.pk],
            )
        )
    return views


def step_url(tenant: Integration, health: Health) -> str:
    """The page on which the next step is taken; empty for a sync, which is a button."""
    if health.step is Step.OPEN_RUN and health.run is not None:
        return change_url(health.run)
    if health.step is Step.CREDENTIALS:
        return tenant_url(tenant, "credentials")
    if health.step is Step.SETTINGS:
        return tenant_url(tenant, "settings")
    return ""


def tenant_url(tenant: Integration, page: str) -> str:
    return reverse(f"admin:integrations_integration_{page}", args=[quote(tenant.pk)])


def _strips(ids: Sequence[str]) -> dict[str, list[Bar]]:
    """The last few runs of each tenant, oldest first.

    Read from the newest runs of all tenants together: schedules keep tenants roughly level, and a
    tenant that runs seldom shows fewer bars rather than costing a walk through everyone's runs.
    """
    strips: dict[str, list[Bar]] = defaultdict(list)
    newest = (
        SyncRun.objects.filter(integration_id__in=ids)
        .order_by("-id")
        .only("id", "integration_id", "state", "type", "queued_at")[: STRIP * len(ids)]
    )
    for run in newest:
        bars = strips[run.integration_id]
        if len(bars) < STRIP:
            bars.append(_bar(run))
    for bars in strips.values():
        bars.reverse()
    return strips


def _bar(run: SyncRun) -> Bar:
    state = RunState(run.state)
    kind = run.get_type_display()
    return Bar(
        title=f"{kind} sync, {local(run.queued_at)}: {state.label}",
        tone=state.color,
        url=change_url(run),
    )
