"""One action: asked for, tried again and undone.

A worker does it, at most once (`working.py`); its row says at any time how far it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from integrations import jobs
from integrations.actions.checks import require, require_confirmation
from integrations.actions.inputs import ActionNotPossible, ActionUnderWay, Actor
from integrations.actions.kinds import work_of, work_of_row
from integrations.actions.kinds.work import Work, application_of
from integrations.actions.lease import kind_of_job
from integrations.audit import trail
from integrations.messages import Message
from integrations.models import (
    LIVE_ACTIONS,
    Action,
    ActionGroup,
    ActionKind,
    ActionState,
    Application,
    ApplicationStage,
    Event,
    Integration,
)


def start(
    *,
    kind: ActionKind | str,
    application: Application,
    parameters: Mapping[str, Any],
    by: Actor,
) -> Action:
    """Have an action done by a worker, at most once; return its row.

    Parameters: MOVE `{"stage": id of an ApplicationStage}`, REJECT `{}`, TAG `{"tag": unified
    name}`; of the others, the docstrings of `WriteInformation`, `AddComment`, `DeleteComment`,
    `AddTask` and `FinishTask` have them. When the same is under way already, that row is returned:
    pressing twice does it once. Raises `NotConfirmed` when `"confirmed": True` is missing for a
    stage of the hired, `ActionUnderWay` when something else is under way, `NotPermitted`, and
    `ActionNotPossible`.
    """
    integration = application.integration
    require(integration, by)
    work = work_of(kind, integration, parameters)
    require_confirmation(work, parameters)
    work.check(application)
    work.check_actor(by.user)
    # What was pressed twice is under way, and may be shown already.
    live = live_action(work, application)
    if live is None and (reason := work.needless(application)):
        raise ActionNotPossible(reason)
    return live or insert(work, application, by=by)


def start_job(*, integration: Integration, fields: Mapping[str, Any], by: Actor) -> Action:
    """Have a job created at Flatchr by a worker, at most once; return the action's row. The job is
    in the tables here after the sync that follows. `job_creation.CreateJob` has the fields.

    Raises `NotPermitted`, `ActionNotPossible`.
    """
    require(integration, by)
    work = work_of(ActionKind.CREATE_JOB, integration, fields)
    return live_action(work, None) or insert(work, None, by=by)


def insert(
    work: Work,
    application: Application | None,
    *,
    by: Actor,
    undoes: Action | None = None,
    **fields: Any,
) -> Action:
    """Insert the row, and wake a worker for it. Raises `ActionUnderWay`."""
    row = new_row(work, application, by=by, undoes=undoes, next_attempt_at=jobs.now(), **fields)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            trail.record(
                Event.ACTED,
                tenant=work.integration,
                about=application,
                user=by.user,
                key=by.key,
                action=row.kind,
                **work.audited(),
            )
            if not row.lease_owner:
                kind_of_job(row).enqueue(row.pk)
    except IntegrityError:
        live = live_action(work, application)
        if live is None:
            raise
        return live
    return row


def new_row(work: Work, application: Application | None, *, by: Actor, **fields: Any) -> Action:
    """An unsaved row."""
    return Action(
        integration=work.integration,
        kind=work.kind,
        channel=by.channel,
        user=by.user,
        key=by.key,
        application=application,
        candidate_id=application.candidate_id if application else None,
        job_id=application.job_id if application else None,
        parameters=work.parameters,
        content=work.content,
        before=work.before(application),
        subject=work.subject(application),
        **fields,
    )


def live_action(work: Work, application: Application | None) -> Action | None:
    """The same action, if it is under way. Raises `ActionUnderWay` for another one."""
    subject = work.subject(application)
    if not subject:
        return None
    live = Action.objects.filter(
        integration=work.integration, subject=subject, state__in=LIVE_ACTIONS
    ).first()
    if live is not None and (live.kind != work.kind or live.parameters != work.parameters):
        raise ActionUnderWay(live)
    return live


def retry(action: Action, *, by: Actor) -> Action:
    """Have an action that was not done tried again, or one of which nobody knows looked for again;
    return the row. Raises `ActionNotPossible`, `ActionUnderWay`, `NotPermitted`.
    """
    require(action.integration, by)
    work = work_of_row(action)
    work.check(action.application)
    work.check_actor(action.user)
    again = {
        ActionState.NOT_DONE: ActionState.WAITING,
        # It may have been done: that is found out, and nothing is sent.
        ActionState.ABANDONED: ActionState.UNCERTAIN,
    }.get(ActionState(action.state))
    if again is None:
        raise ActionNotPossible(Message("action_not_repeatable"))
    if (live := live_action(work, action.application)) is not None:
        raise ActionUnderWay(live)
    try:
        with transaction.atomic():
            rows = Action.objects.filter(pk=action.pk, state=action.state)
            # Of two who press at once, one has it tried again.
            if rows.update(state=again, **columns_of_retry()):
                groups = ActionGroup.objects.filter(pk=action.group_id)
                groups.update(stopped_at=None, stopped_by=None)
                trail.record(
                    Event.ACTED,
                    tenant=action.integration,
                    about=action.application,
                    user=by.user,
                    key=by.key,
                    action=action.kind,
                    again=True,
                    **work.audited(),
                )
                kind_of_job(action).enqueue(action.pk)
    except IntegrityError:
        # Another action has been started since it was looked for.
        if (live := live_action(work, action.application)) is not None:
            raise ActionUnderWay(live) from None
        raise
    action.refresh_from_db()
    return action


def columns_of_retry() -> dict[str, Any]:
    """Columns of a row that is worked on again."""
    return {
        "ended_at": None,
        "shown_at": None,
        "attempts": 0,
        "next_attempt_at": jobs.now(),
        "error_kind": "",
        "error_message": "",
    }


def undo_reason(action: Action) -> Message | None:
    """Why the action cannot be undone; None if it can. Pages offer `undo` where there is none."""
    if action.kind not in (ActionKind.MOVE, ActionKind.COMMENT):
        return Message("action_not_undoable")
    if action.state != ActionState.DONE:
        return Message("action_not_done_yet")
    if action.undos.exclude(state__in=[ActionState.NOT_DONE]).exists():
        return Message("action_undone_already")
    application = action.application
    if application is None or application.remote_deleted_at is not None:
        return Message("action_record_gone")
    if action.kind == ActionKind.COMMENT:
        known = action.before.get("comment") is not None
        return None if known else Message("action_not_undoable")
    before = ApplicationStage.objects.live().filter(
        integration=action.integration_id, pk=action.before.get("stage") or ""
    )
    if not before.exists():
        return Message("action_former_stage_unknown")
    if action.shown_at and application.current_stage_id != action.parameters["stage"]:
        return Message("action_moved_on")
    return None


def undo(action: Action, *, by: Actor, confirmed: bool = False) -> Action:
    """Take back what was done, where Flatchr can: a move, by a move to the stage before; a comment,
    by deleting it. Returns the new action's row.

    Raises `ActionNotPossible`, `ActionUnderWay`, `NotPermitted`, and `NotConfirmed` for a stage of
    the hired.
    """
    if (reason := undo_reason(action)) is not None:
        raise ActionNotPossible(reason)
    require(action.integration, by)
    kind, parameters = ActionKind.DELETE_COMMENT, {"comment": action.before.get("comment")}
    if action.kind == ActionKind.MOVE:
        kind = ActionKind.MOVE
        parameters = {"stage": action.before["stage"], "confirmed": confirmed}
    work = work_of(kind, action.integration, parameters)
    require_confirmation(work, parameters)
    work.check(action.application)
    application = application_of(action)
    return live_action(work, application) or insert(work, application, by=by, undoes=action)
