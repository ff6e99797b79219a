"""The last syncs of a tenant as a strip of bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from integrations.admin.base.formatting import duration, local, number
from integrations.admin.base.urls import change_url
from integrations.models import Integration, ModelResult, RunState, SyncRun, SyncType

LENGTH = 50
SHOWN = ("id", "integration_id", "state", "type", "queued_at", "started_at", "ended_at")


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in the strip; `seconds` is how long it took, once it has ended."""

    title: str
    tone: str
    url: str
    run: SyncRun
    seconds: float | None


def strips_for(ids: Sequence[str]) -> dict[str, list[Bar]]:
    """The newest runs of each tenant, oldest first, in three queries.

    The first run of each strip is found by scanning the index on (integration, -id), so the work
    does not grow with the number of runs.
    """
    strips: dict[str, list[Bar]] = defaultdict(list)
    chosen = _newest(ids)
    if not chosen:
        return strips
    changes = _changes(chosen)
    for run in SyncRun.objects.filter(chosen).order_by("id").only(*SHOWN):
        strips[run.integration_id].append(_bar(run, changes.get(run.pk, {})))
    return strips


def _newest(ids: Sequence[str]) -> Q:
    """A condition that selects exactly the newest runs of these tenants."""
    mine = SyncRun.objects.filter(integration=OuterRef("pk")).order_by("-id").values("pk")
    starts = Integration.objects.filter(pk__in=ids).annotate(
        first=Subquery(mine[LENGTH - 1 : LENGTH])
    )
    condition = Q()
    for pk, first in starts.order_by().values_list("pk", "first"):
        condition |= Q(integration_id=pk, id__gte=first or 0)
    return condition


def _changes(chosen: Q) -> dict[int, dict[str, Any]]:
    """What each of these runs changed, all models together."""
    rows = (
        ModelResult.objects.filter(run__in=SyncRun.objects.filter(chosen).order_by().values("pk"))
        .order_by()
        .values("run_id")
        .annotate(
            new=Sum("created"), changed=Sum(F("updated") + F("restored")), gone=Sum("deleted")
        )
        .filter(Q(new__gt=0) | Q(changed__gt=0) | Q(gone__gt=0))
    )
    return {row["run_id"]: dict(row) for row in rows}


def _bar(run: SyncRun, changes: dict[str, Any]) -> Bar:
    state = RunState(run.state)
    seconds = None
    if run.started_at and run.ended_at:
        seconds = (run.ended_at - run.started_at).total_seconds()
    return Bar(_title(run, state, seconds, changes), state.color, change_url(run), run, seconds)


def _title(run: SyncRun, state: RunState, seconds: float | None, changes: dict[str, Any]) -> str:
    said = {"when": local(run.queued_at), "state": state.label, "took": duration(seconds)}
    full = run.type == SyncType.FULL
    if seconds is None:
        words = _("%(when)s, full sync: %(state)s.") if full else _("%(when)s, changes: %(state)s.")
        return words % said
    words = (
        _("%(when)s, full sync: %(state)s, %(took)s.")
        if full
        else _("%(when)s, changes: %(state)s, %(took)s.")
    )
    return f"{words % said} {_what_changed(changes)}"


def _what_changed(changes: dict[str, Any]) -> str:
    if not changes:
        return _("Nothing changed.")
    return _("%(new)s new, %(changed)s changed, %(gone)s deleted.") % {
        name: number(changes[name]) for name in ("new", "changed", "gone")
    }
