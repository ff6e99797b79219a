"""The lease of an action: waking a worker, claiming the row, keeping it, and ending the work.

As a submission's (`submissions/lease.py`). Actions that somebody waits for have a lane of their
own; those of a bulk action are done one after the other, beside exports and mails.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations import jobs, telemetry
from integrations.flatchr.write_result import WriteResult
from integrations.lanes import Lane
from integrations.models import Action, ActionState
from integrations.tenants.exchange_recorder import ExchangeRecorder

LEASE = timedelta(seconds=20)
HEARTBEAT = timedelta(seconds=4)
# What became due so short a while ago has its own wake-up call on the way.
OVERDUE = timedelta(seconds=5)
# Rows that one sweep wakes workers for at most, the longest overdue first.
MOST_CALLS = 200


def _find_single(now: datetime) -> QuerySet[Action, str]:
    return _due(now, OVERDUE).filter(group=None)[:MOST_CALLS]


def _find_of_groups(now: datetime) -> QuerySet[Action, str]:
    """The next ones; whoever works on them asks again after each."""
    return _due(now, timedelta()).filter(group__isnull=False)[:8]


def _due(now: datetime, overdue: timedelta) -> QuerySet[Action, str]:
    waiting = Q(lease_expires_at=None, next_attempt_at__lte=now - overdue)
    stale = jobs.is_expired(now) & Q(next_attempt_at__lte=now)
    due = Action.objects.filter(waiting | stale).order_by("next_attempt_at", "created_at")
    return due.values_list("pk", flat=True)


ACTIONS = jobs.register(
    jobs.JobKind(
        name="action",
        task="integrations.tasks.run_action",
        lane=Lane.NOW,
        find_waiting=_find_single,
    )
)
BULK_ACTIONS = jobs.register(
    jobs.JobKind(
        name="bulk action",
        task="integrations.tasks.run_bulk_actions",
        lane=Lane.SOON,
        find_waiting=_find_of_groups,
    )
)


def kind_of_job(action: Action) -> jobs.JobKind:
    return ACTIONS if action.group_id is None else BULK_ACTIONS


def claim(action_id: str, states: Iterable[ActionState]) -> ActionLease | None:
    """Claim the action if it is in one of `states`, due, and free; else None."""
    now = jobs.now()
    due = Action.objects.filter(
        jobs.is_free(now), pk=action_id, state__in=list(states), next_attempt_at__lte=now
    )
    owner = jobs.claim(due, length=LEASE, attempts=F("attempts") + 1)
    return None if owner is None else ActionLease(loaded(action_id), owner)


def loaded(action_id: str) -> Action:
    """The action with all that doing it needs."""
    rows = Action.objects.select_related(
        "integration__credentials",
        "integration__flatchr_settings",
        "application__job",
        "application__current_stage",
        "application__candidate",
        "group",
    )
    action: Action = rows.get(pk=action_id)
    if action.application is not None:
        action.application.integration = action.integration
    return action


class ActionLease(jobs.RecordLease[Action]):
    """One worker's lease of one action."""

    def __init__(self, action: Action, owner: str) -> None:
        super().__init__(action, owner=owner, length=LEASE)
        self.action = action
        self._claimed_at = self._renewed_at = timezone.now()

    def tick(self) -> None:
        """Renew the lease if `HEARTBEAT` has passed since the last time; raises `LeaseLost`."""
        if timezone.now() - self._renewed_at >= HEARTBEAT:
            self._renewed_at = timezone.now()
            self.renew()

    def wait(self, pause: timedelta, **fields: Any) -> None:
        """Have the row worked on again after `pause`; raises `LeaseLost`."""
        self.release(next_attempt_at=jobs.now() + pause, **fields)
        kind_of_job(self.action).enqueue(self.action.pk, after=pause.total_seconds())

    def end(self, state: ActionState, *, kind: str = "", message: str = "", **fields: Any) -> None:
        """It has ended; raises `LeaseLost`."""
        self.release(
            state=state,
            ended_at=jobs.now(),
            next_attempt_at=None,
            error_kind=kind,
            error_message=message,
            **fields,
        )

    def report(self) -> None:
        """Log and count that the worker is done with the action, as it has left it."""
        telemetry.action_left(
            action=self.action.pk,
            tenant=self.action.integration_id,
            kind=self.action.kind,
            state=self.action.state,
            error=self.action.error_kind,
            seconds=(timezone.now() - self._claimed_at).total_seconds(),
        )


class ActionRecorder(ExchangeRecorder):
    """Collects the exchanges of an action, and keeps its lease alive meanwhile."""

    def __init__(self, lease: ActionLease) -> None:
        super().__init__(lease.action.integration_id)
        self._lease = lease

    def tick(self) -> None:
        self._lease.tick()


def logged(
    action: Action,
    kind: str,
    outcome: str = "",
    *,
    receipt: WriteResult | None = None,
    error: str = "",
) -> list[dict[str, Any]]:
    """The action's log with one more request in it."""
    exchange = receipt.exchange if receipt else None
    entry = {
        "kind": kind,
        "at": timezone.now().isoformat(),
        "outcome": outcome or (receipt.outcome.value if receipt else ""),
        "status": exchange.status if exchange else None,
        "duration": exchange.duration if exchange else None,
        "error": error or (receipt.error.kind.value if receipt and receipt.error else ""),
    }
    return [*action.log, entry]
