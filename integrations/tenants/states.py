"""The stored state of each tenant, by which the overview and the list sort, filter and count.

`health.py` works a state out from what `facts.py` reads, too slowly to do so for thousands of
tenants on a page. The sweep (`alerts/sweep.py`) stores it anew where it may have changed: after a
sync began or ended, after whatever the audit trail has of a tenant, and ten minutes after the last
time, as keys expire and syncs grow overdue. Pages work out those few that the sweep has not come
round to, without writing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.models import LIVE_STATES, Integration, SyncRun, TenantState
from integrations.tenants.facts import health_of
from integrations.tenants.health import Condition, Facts, Health

VALID_FOR = timedelta(minutes=10)
# What one sweep works out, and what a page does.
MOST_A_SWEEP = 2000
MOST_A_PAGE = 100
BATCH = 500
# The newest runs, among which those are looked for that began and ended between two sweeps.
NEWEST_RUNS = 2000
# A page looks for those since the last sweep alone.
NEWEST_OF_A_PAGE = 300

CONDITIONS = list(Condition)


def rank(condition: Condition) -> int:
    """Its place in the order of attention, as it is stored."""
    return CONDITIONS.index(condition)


def with_current_rank(tenants: QuerySet[Integration]) -> Any:
    """`tenants` with `current_rank`: the stored one, or anew where that is missing or outdated.

    At most `MOST_A_PAGE` are worked out. One beyond these keeps what is stored; if that is nothing,
    it is among those that need nothing.
    """
    unknown = tenants.filter(stored_state=None).order_by().values_list("pk", flat=True)
    behind = [*_with_news(MOST_A_PAGE, newest=NEWEST_OF_A_PAGE), *_due(MOST_A_PAGE)]
    wanted = [*unknown[:MOST_A_PAGE], *behind]
    anew = list(tenants.filter(pk__in=wanted).order_by()[:MOST_A_PAGE]) if wanted else []
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for pk, (_facts, state) in (health_of(anew) if anew else {}).items():
        ids[rank(state.condition)].append(pk)
    whole = IntegerField()
    active = Value(rank(Condition.ACTIVE))
    stored = Coalesce("stored_state__rank", active, output_field=whole)
    cases = [When(pk__in=found, then=Value(place)) for place, found in ids.items()]
    return tenants.annotate(
        current_rank=Case(*cases, default=stored, output_field=whole) if cases else stored
    )


def outdated(*, most: int) -> list[str]:
    """Ids of tenants whose state is to be worked out and stored, at most so many."""
    present = Integration.objects.present()
    unknown = present.filter(stored_state=None).values_list("pk", flat=True)[:most]
    return list(dict.fromkeys([*unknown, *_with_news(most, newest=NEWEST_RUNS), *_due(most)]))[
        :most
    ]


def _due(most: int) -> list[str]:
    due = TenantState.objects.filter(outdated_at__lte=timezone.now()).order_by("outdated_at")
    return list(due.values_list("pk", flat=True)[:most])


def _with_news(most: int, *, newest: int) -> list[str]:
    """Tenants of which a run has begun or ended since their state was worked out."""
    syncing = rank(Condition.SYNCING)
    live = SyncRun.objects.filter(integration=OuterRef("pk"), state__in=LIVE_STATES)
    ended = TenantState.objects.filter(rank=syncing).exclude(Exists(live))
    begun = (
        SyncRun.objects.filter(state__in=LIVE_STATES, integration__deleted_at=None)
        .exclude(integration__stored_state__rank=syncing)
        .filter(queued_at__gt=F("integration__stored_state__assessed_at"))
    )
    # Ids only grow, so that the newest are found without a sort.
    ids = SyncRun.objects.order_by("-id").values_list("pk", flat=True)
    first = next(iter(ids[newest : newest + 1]), 0)
    short = SyncRun.objects.filter(pk__gt=first).filter(
        Q(queued_at__gt=F("integration__stored_state__assessed_at"))
        | Q(ended_at__gt=F("integration__stored_state__assessed_at"))
    )
    return [
        *ended.values_list("pk", flat=True)[:most],
        *begun.order_by().values_list("integration_id", flat=True)[:most],
        *short.order_by().values_list("integration_id", flat=True)[:most],
    ]


def refresh(before: Callable[[Sequence[Integration]], object] | None = None) -> None:
    """Work out and store the states that may have changed. Idempotent.

    `before` is called with the tenants of each batch first, as what it does is part of the state.
    """
    behind = outdated(most=MOST_A_SWEEP)
    for start in range(0, len(behind), BATCH):
        tenants = list(Integration.objects.filter(pk__in=behind[start : start + BATCH]))
        if before is not None:
            before(tenants)
        store(health_of(tenants))


def outdate(tenant_id: str) -> None:
    """Have the next sweep look at the tenant."""
    TenantState.objects.filter(pk=tenant_id).update(outdated_at=timezone.now())


def store(states: Mapping[str, tuple[Facts, Health]]) -> None:
    """Store these states, by tenant."""
    now = timezone.now()
    rows = [
        TenantState(
            integration_id=pk,
            rank=rank(state.condition),
            assessed_at=now,
            outdated_at=now + VALID_FOR,
        )
        for pk, (_facts, state) in states.items()
    ]
    TenantState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["integration"],
        update_fields=["rank", "assessed_at", "outdated_at"],
    )


def condition_of(slug: str) -> Condition | None:
    """The condition of that name in addresses."""
    return next((one for one in Condition if one.slug == slug), None)
