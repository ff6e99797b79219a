"""Doing an action while its caller waits, as the API does.

The row is as every other one: if this process dies, a worker goes on with it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from integrations import jobs
from integrations.actions import working
from integrations.actions.inputs import ActionUncertain, ActionUnderWay, Actor
from integrations.actions.kinds import work_of
from integrations.actions.lease import LEASE, ActionLease, loaded
from integrations.actions.service import insert
from integrations.models import Action, ActionKind, ActionState, Application

# How long the same action that is under way is waited for, and how often it is looked at.
PATIENCE = 30.0
LOOK_EVERY = 0.1


def do(
    *,
    kind: ActionKind | str,
    application: Application,
    parameters: Mapping[str, Any],
    by: Actor,
) -> Action:
    """Have an action done now, at most once; return its row, which is DONE. `shown_at` says whether
    the mirror shows it.

    What is under way already is waited for, and not done twice. Raises `NoCredentials`,
    `ActionNotPossible`, `ActionUnderWay`, `ActionRefused`, `ActionUncertain`, and `FlatchrError`
    for a read before anything was sent; only after `ActionUncertain` may it have been done.
    """
    work = work_of(kind, application.integration, parameters)
    work.check(application)
    work.check_actor(by.user)
    end = time.monotonic() + PATIENCE
    while True:
        owner = uuid.uuid4().hex
        row = insert(
            work, application, by=by, lease_owner=owner, lease_expires_at=jobs.now() + LEASE
        )
        if row.lease_owner == owner:
            result = working.perform(ActionLease(loaded(row.pk), owner))
            result.check()
            return result.action
        if (done := _awaited(row, end)) is not None:
            return done


def _awaited(row: Action, end: float) -> Action | None:
    """The same action, which somebody else had begun, once it is done; None if it was not, so that
    it is tried once more. Raises `ActionUncertain`, `ActionUnderWay`.
    """
    while row.is_live:
        if row.state == ActionState.UNCERTAIN:
            Action.objects.filter(pk=row.pk, lease_expires_at=None).update(
                next_attempt_at=jobs.now()
            )
            working.look(row.pk)
            row.refresh_from_db()
            if row.state == ActionState.UNCERTAIN:
                raise ActionUncertain(working.LOOKING)
        elif time.monotonic() > end:
            raise ActionUnderWay(row)
        else:
            time.sleep(LOOK_EVERY)
            row.refresh_from_db()
    return row if row.state == ActionState.DONE else None
