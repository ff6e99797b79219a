"""Doing an action: commit that the request goes out, send it once, look, and record the result.

WAITING becomes SENDING in the transaction that is the last before the request. So a worker that
dies before it has sent nothing, and one that dies after it may have sent: then Flatchr is looked
at, and it is never sent again by itself.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from integrations import jobs
from integrations.actions.inputs import (
    ActionNotPossible,
    ActionRefused,
    ActionUncertain,
    NoCredentials,
)
from integrations.actions.kinds import work_of_row
from integrations.actions.kinds.work import Work
from integrations.actions.lease import ActionLease, ActionRecorder, claim, logged
from integrations.actions.lookup import flatchr
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from integrations.jobs import LeaseLost
from integrations.messages import Message
from integrations.models import (
    Action,
    ActionChannel,
    ActionGroup,
    ActionState,
    AttemptKind,
    AttemptOutcome,
)

logger = logging.getLogger(__name__)

# Workers that died before anything was sent: the action itself may be what kills them.
MOST_CLAIMS = 5
# Flatchr's request to wait is heeded for so long.
LONGEST_WAIT = timedelta(hours=24)
PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
# Nothing was sent, and nobody has to change anything: it waits.
PASSING = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.KEY_UNREADABLE})
# When to look after the request went out, in seconds.
LOOKUP_SECONDS = (2, 5, 15, 30, 60, 120, 300)
# From then on, an effect that Flatchr does not show is none.
SETTLE = timedelta(minutes=2)
# A look that fails decides nothing. It is repeated this often, until `GIVE_UP_AFTER`.
RETRY_EVERY = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)

NOT_POSSIBLE, STOPPED, NOT_FOUND = "not_possible", "stopped", "not_found"
UNSETTLED, INTERNAL, INTERRUPTED = "unsettled", "internal", "interrupted"
LOOKING = Message("action_looking")


class _Stopped(Exception):
    """The bulk action that it belongs to was stopped before anything was sent."""


@dataclass(slots=True)
class Performance:
    """What came of doing an action, for a caller that waits. `error`: why nothing was sent."""

    action: Action
    receipt: WriteResult | None = None
    error: Exception | None = None
    shown: bool = False

    def check(self) -> None:
        """Raise `error`, `ActionRefused`, or `ActionUncertain`, unless it was done."""
        if self.error is not None:
            raise self.error
        if self.action.state == ActionState.DONE:
            return
        if self.receipt is not None and self.receipt.outcome in (
            WriteOutcome.NOT_SENT,
            WriteOutcome.REFUSED,
        ):
            raise ActionRefused(self.receipt)
        reason = self.receipt.reason.message if self.receipt else LOOKING
        raise ActionUncertain(reason)


def work_on(action_id: str) -> bool:
    """Send a waiting action, or look for one that may have been done; whether it was ours to do.

    Safe to call for any action at any time, from any number of workers.
    """
    lease = claim(action_id, [ActionState.WAITING])
    if lease is not None:
        perform(lease)
        return True
    return look(action_id)


def perform(lease: ActionLease) -> Performance:
    """Do the action of a lease that is WAITING; what came of it is in its row as well."""
    result = Performance(lease.action)
    try:
        _perform(lease, result)
    except LeaseLost:
        logger.info("Action %s was taken over or stopped", lease.action.pk)
        lease.action.refresh_from_db()
    except Exception as error:
        logger.exception("Action %s failed", lease.action.pk)
        _record_defect(lease, result, error)
    lease.report()
    return result


def _perform(lease: ActionLease, result: Performance) -> None:
    action = lease.action
    try:
        if action.attempts > MOST_CLAIMS:
            raise ActionNotPossible(Message("action_given_up"))
        if not action.integration.enabled:
            raise ActionNotPossible(Message("action_tenant_disabled"))
        work = work_of_row(action)
        work.check(action.application)
        # Whoever calls the API has not seen the mirror.
        if action.channel != ActionChannel.API and (reason := work.needless(action.application)):
            raise ActionNotPossible(reason)
        with flatchr(action.integration, recorder=ActionRecorder(lease)) as client:
            # What is there now: it may have changed since the action was asked for.
            action.before = work.before(action.application) | work.ready(client, action)
            result.receipt = receipt = work.send(client, action, partial(_begin, lease))
            _conclude(lease, client, work, receipt, result)
    except _Stopped:
        lease.end(ActionState.NOT_DONE, kind=STOPPED, message=Message("action_stopped"))
    except ActionNotPossible as error:
        result.error = error
        lease.end(ActionState.NOT_DONE, kind=NOT_POSSIBLE, message=str(error))
    except NoCredentials as error:
        result.error = error
        message = Message("action_no_credentials")
        lease.end(ActionState.NOT_DONE, kind=NOT_POSSIBLE, message=message)
    except FlatchrError as error:
        # A read before the request, or the key.
        result.error = error
        log = logged(action, AttemptKind.LOOKUP, AttemptOutcome.FAILED, error=error.kind)
        if not _is_paused(lease, error, log):
            message = Message("action_not_sent", reason=error.message)
            lease.end(ActionState.NOT_DONE, kind=error.kind, message=message, log=log)


def _begin(lease: ActionLease) -> None:
    """Commit that the request goes out now. Raises `LeaseLost`, `_Stopped`."""
    action = lease.action
    with transaction.atomic():
        lease.renew(
            state=ActionState.SENDING,
            sent_at=jobs.now(),
            before=action.before,
            log=logged(action, AttemptKind.SEND),
        )
        group = ActionGroup.objects.filter(pk=action.group_id)
        if action.group_id and not group.filter(stopped_at=None).exists():
            # Rolled back: the row is WAITING again.
            action.state = ActionState.WAITING
            raise _Stopped


def _conclude(
    lease: ActionLease,
    client: ActionClient,
    work: Work,
    receipt: WriteResult,
    result: Performance,
) -> None:
    """Write down what became of the request, and look at Flatchr unless it was refused."""
    action = lease.action
    if action.state == ActionState.SENDING:
        action.log = action.log[:-1]
    log = logged(action, AttemptKind.SEND, receipt=receipt)
    if receipt.outcome in (WriteOutcome.NOT_SENT, WriteOutcome.REFUSED):
        _not_taken(lease, work, receipt, log)
        return
    # Whoever finds the row from here on knows what Flatchr has answered.
    lease.write(log=log, **work.answered(action, receipt))
    if not work.shown:
        _record_unseen(lease, accepted=receipt.error is None)
        return
    try:
        result.shown, problem = work.look(client, action), ""
    except FlatchrError as error:
        problem = error.kind
    _record_look(lease, shown=result.shown, problem=problem, accepted=receipt.error is None)


def _not_taken(
    lease: ActionLease, work: Work, receipt: WriteResult, log: list[dict[str, Any]]
) -> None:
    error = receipt.reason
    if _is_paused(lease, error, log):
        return
    message = Message("action_refused", reason=receipt.explanation)
    if receipt.outcome is WriteOutcome.NOT_SENT:
        message = Message("action_not_sent", reason=error.message)
    message = work.refused(lease.action, receipt) or message
    lease.end(ActionState.NOT_DONE, kind=error.kind, message=message, log=log, sent_at=None)


def _record_unseen(lease: ActionLease, *, accepted: bool) -> None:
    """What Flatchr shows nowhere is done if it says so; else nobody can tell."""
    if accepted:
        lease.end(ActionState.DONE, shown_at=jobs.now())
    else:
        message = Message("action_cannot_be_looked_for")
        lease.end(ActionState.ABANDONED, kind=UNSETTLED, message=message)


def look(action_id: str) -> bool:
    """Look for an action that may have been done, or that Flatchr's lists do not show yet; whether
    it was due and nobody else's. Never sends anything.
    """
    lease = claim(action_id, [ActionState.SENDING, ActionState.UNCERTAIN, ActionState.DONE])
    if lease is None:
        return False
    action = lease.action
    accepted = action.state == ActionState.DONE or _was_accepted(action)
    shown, problem = False, ""
    try:
        work = work_of_row(action)
        if not work.shown:
            _record_unseen(lease, accepted=accepted)
            lease.report()
            return True
        with flatchr(action.integration, recorder=ActionRecorder(lease)) as client:
            shown = work.look(client, action)
    except LeaseLost:
        return True
    except FlatchrError as error:
        problem = error.kind
    except (ActionNotPossible, NoCredentials) as error:
        problem = NOT_POSSIBLE
        logger.info("Action %s cannot be looked for: %s", action.pk, error)
    except Exception:
        # The lease expires, and the sweep wakes a worker again.
        logger.exception("Looking for action %s failed", action_id)
        return True
    try:
        _record_look(lease, shown=shown, problem=problem, accepted=accepted)
    except LeaseLost:
        logger.info("Action %s was taken over", action.pk)
    lease.report()
    return True


def _was_accepted(action: Action) -> bool:
    sent = [one for one in action.log if one["kind"] == AttemptKind.SEND]
    return bool(sent) and sent[-1]["outcome"] == AttemptOutcome.ACCEPTED


def _record_look(lease: ActionLease, *, shown: bool, problem: str, accepted: bool) -> None:
    """Write down what a look at Flatchr has found, and what follows from it.

    What Flatchr has `accepted` is done, whether its lists show it yet or not.
    """
    action, now = lease.action, jobs.now()
    found = AttemptOutcome.FOUND if shown else AttemptOutcome.NOT_FOUND
    log = logged(
        action, AttemptKind.LOOKUP, AttemptOutcome.FAILED if problem else found, error=problem
    )
    sent_at = action.sent_at or now
    upcoming = _next_look_at(sent_at, now)
    if shown or accepted:
        ended_at = action.ended_at or now
        fields: dict[str, Any] = {"state": ActionState.DONE, "ended_at": ended_at, "log": log}
        fields |= {"error_kind": "", "error_message": ""}
        if shown or upcoming is None:
            lease.release(next_attempt_at=None, shown_at=now if shown else None, **fields)
        else:
            lease.wait(upcoming - now, **fields)
    elif not problem and now >= sent_at + SETTLE:
        message = Message("action_not_found")
        lease.end(ActionState.NOT_DONE, kind=NOT_FOUND, message=message, log=log)
    elif now >= sent_at + GIVE_UP_AFTER:
        message = Message("action_unsettled")
        lease.end(ActionState.ABANDONED, kind=UNSETTLED, message=message, log=log)
    else:
        lease.wait(
            (upcoming or now + RETRY_EVERY) - now,
            state=ActionState.UNCERTAIN,
            error_kind=action.error_kind or INTERRUPTED,
            error_message=LOOKING,
            log=log,
        )


def _next_look_at(sent_at: datetime, now: datetime) -> datetime | None:
    moments = (sent_at + timedelta(seconds=seconds) for seconds in LOOKUP_SECONDS)
    return next((moment for moment in moments if moment > now), None)


def _is_paused(lease: ActionLease, error: FlatchrError, log: list[dict[str, Any]]) -> bool:
    """Whether it waits again, as `error` will pass. What is asked for through the API does not: its
    caller is told, and asks again.
    """
    action = lease.action
    old = jobs.now() - action.created_at > LONGEST_WAIT
    if error.kind not in PASSING or action.channel == ActionChannel.API or old:
        return False
    pause = PAUSE
    if error.retry_after is not None:
        pause = min(timedelta(seconds=max(1.0, error.retry_after)), LONGEST_PAUSE)
    # What came before was no death of a worker.
    lease.wait(pause, state=ActionState.WAITING, sent_at=None, attempts=0, log=log)
    return True


def _record_defect(lease: ActionLease, result: Performance, error: Exception) -> None:
    """An error of Relais itself. What may have been sent is looked for; the rest is not done."""
    try:
        if lease.action.state == ActionState.SENDING:
            lease.wait(
                timedelta(),
                state=ActionState.UNCERTAIN,
                error_kind=INTERNAL,
                error_message=LOOKING,
            )
        elif lease.action.state == ActionState.WAITING:
            result.error = error
            message = Message("action_internal_error")
            lease.end(ActionState.NOT_DONE, kind=INTERNAL, message=message)
    except LeaseLost:
        logger.info("Action %s was taken over meanwhile", lease.action.pk)
