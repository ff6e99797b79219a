"""Actions as pages, lists and commands ask for them.

`available_actions` and `preview` say what can be done; `start` and `start_many` have it done by a
worker, at most once; `stop`, `retry`, `retry_failed` and `undo` are what can be said afterwards. A
row (`Action`, `ActionGroup`) says at any time how far it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.accounts.permissions import Permission, may
from integrations.actions.inputs import (
    ActionNotPossible,
    ActionPreview,
    ActionUnderWay,
    Actor,
    AvailableAction,
    NotConfirmed,
    NotPermitted,
    PreviewRow,
)
from integrations.actions.kinds import WORKS, work_of, work_of_row
from integrations.actions.kinds.work import Work, application_of
from integrations.actions.lease import BULK_ACTIONS, kind_of_job
from integrations.actions.working import NOT_POSSIBLE, STOPPED
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

# Applications of one bulk action.
MOST = 10_000
BATCH = 500
ON_APPLICATIONS = tuple(kind for kind in ActionKind if kind != ActionKind.CREATE_JOB)


def available_actions(application: Application, user: Any) -> dict[ActionKind, AvailableAction]:
    """What can be done to the application, by kind, in the order of `ActionKind`.

    What is not possible says why. Choices are in `kinds.stage_choices` and `kinds.tag_choices`.
    """
    refusal = _refusal(application.integration, user)
    return {kind: _availability(kind, application, user, refusal) for kind in ON_APPLICATIONS}


def _availability(
    kind: ActionKind, application: Application, user: Any, refusal: Message | None
) -> AvailableAction:
    if refusal is not None:
        return AvailableAction(kind, False, refusal)
    work = WORKS[kind].blank(application.integration)
    try:
        work.check(application)
        work.check_actor(user)
    except ActionNotPossible as error:
        return AvailableAction(kind, False, str(error))
    reason = work.needless(application) if kind == ActionKind.REJECT else None
    return AvailableAction(kind, reason is None, reason or "", tuple(work.common_notes()))


def preview(
    *,
    kind: ActionKind | str,
    applications: Iterable[Application] | QuerySet[Application],
    parameters: Mapping[str, Any],
    user: Any,
) -> ActionPreview:
    """What `start` or `start_many` with the same values would do to each application, which it
    cannot be done to and why. Asks Flatchr nothing and changes nothing.
    """
    rows = _loaded(applications)
    try:
        integration = _tenant_of(rows)
        if (refusal := _refusal(integration, user)) is not None:
            return ActionPreview(refusal=refusal)
        work = work_of(kind, integration, parameters)
    except ActionNotPossible as error:
        return ActionPreview(refusal=str(error))
    work.know(rows)
    shown = [_previewed(work, row) for row in rows]
    possible = sum(row.possible for row in shown)
    return ActionPreview(
        rows=shown,
        notes=tuple(work.common_notes()),
        confirmation=work.confirmation(),
        counts={"possible": possible, "impossible": len(shown) - possible},
    )


def _previewed(work: Work, application: Application) -> PreviewRow:
    if reason := _reason_against(work, application):
        return PreviewRow(application, False, reason=reason)
    notes = tuple(work.notes(application))
    return PreviewRow(application, True, effect=work.effect(application), notes=notes)


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
    _require(integration, by)
    work = work_of(kind, integration, parameters)
    _require_confirmation(work, parameters)
    work.check(application)
    work.check_actor(by.user)
    # What was pressed twice is under way, and may be shown already.
    live = _live(work, application)
    if live is None and (reason := work.needless(application)):
        raise ActionNotPossible(reason)
    return live or insert(work, application, by=by)


def start_job(*, integration: Integration, fields: Mapping[str, Any], by: Actor) -> Action:
    """Have a job created at Flatchr by a worker, at most once; return the action's row. The job is
    in the tables here after the sync that follows. `job_creation.CreateJob` has the fields.

    Raises `NotPermitted`, `ActionNotPossible`.
    """
    _require(integration, by)
    work = work_of(ActionKind.CREATE_JOB, integration, fields)
    return _live(work, None) or insert(work, None, by=by)


def insert(
    work: Work,
    application: Application | None,
    *,
    by: Actor,
    undoes: Action | None = None,
    **fields: Any,
) -> Action:
    """Insert the row, and wake a worker for it. Raises `ActionUnderWay`."""
    row = _row(work, application, by=by, undoes=undoes, next_attempt_at=jobs.now(), **fields)
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
        live = _live(work, application)
        if live is None:
            raise
        return live
    return row


def _live(work: Work, application: Application | None) -> Action | None:
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


def start_many(
    *,
    kind: ActionKind | str,
    applications: Iterable[Application] | QuerySet[Application],
    parameters: Mapping[str, Any],
    by: Actor,
) -> ActionGroup:
    """Have the same done to many applications of one tenant, one after the other within the
    tenant's request limit; return the group, whose rows say what became of each.

    Those that it cannot be done to have a row as well, which says why. Raises as `start` does, when
    nothing can be started at all.
    """
    rows = _loaded(applications)
    integration = _tenant_of(rows)
    _require(integration, by)
    work = work_of(kind, integration, parameters)
    _require_confirmation(work, parameters)
    work.know(rows)
    with transaction.atomic():
        # One bulk action of a tenant is started at a time, so that none meets another's rows.
        Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
        group = ActionGroup.objects.create(
            integration=integration,
            kind=work.kind,
            parameters=work.parameters,
            channel=by.channel,
            user=by.user,
            key=by.key,
        )
        actions = list(_rows_of_group(group, work, rows, by))
        Action.objects.bulk_create(actions, batch_size=BATCH)
        trail.record(
            Event.ACTIONS_STARTED,
            tenant=integration,
            about=group,
            user=by.user,
            key=by.key,
            action=group.kind,
            applications=len(actions),
            **work.audited(),
        )
        BULK_ACTIONS.enqueue(group.pk)
    return group


def _rows_of_group(
    group: ActionGroup, work: Work, applications: Sequence[Application], by: Actor
) -> Iterable[Action]:
    now = jobs.now()
    live = set(
        Action.objects.filter(integration=work.integration, state__in=LIVE_ACTIONS)
        .exclude(subject="")
        .values_list("subject", flat=True)
    )
    for application in applications:
        subject = work.subject(application)
        reason = _reason_against(work, application)
        if not reason and subject and subject in live:
            reason = Message("action_under_way")
        if reason:
            yield _row(
                work, application, by=by, group=group, state=ActionState.NOT_DONE,
                ended_at=now, error_kind=NOT_POSSIBLE, error_message=reason,
            )  # fmt: skip
        else:
            live.add(subject)
            yield _row(work, application, by=by, group=group, next_attempt_at=now)


def stop(group: ActionGroup, *, by: Actor) -> int:
    """Stop a bulk action: what has not been sent is not done; how many that are. Idempotent.

    What is on its way to Flatchr goes on, and its row says what became of it.
    """
    _require(group.integration, by, sending=False)
    with transaction.atomic():
        ActionGroup.objects.filter(pk=group.pk, stopped_at=None).update(
            stopped_at=timezone.now(), stopped_by=by.user
        )
        stopped: int = group.actions.filter(
            state=ActionState.WAITING, lease_expires_at=None
        ).update(
            state=ActionState.NOT_DONE,
            ended_at=timezone.now(),
            next_attempt_at=None,
            error_kind=STOPPED,
            error_message=Message("action_stopped"),
        )
        if stopped:
            trail.record(
                Event.ACTIONS_STOPPED,
                tenant=group.integration,
                about=group,
                user=by.user,
                key=by.key,
                applications=stopped,
            )
    group.refresh_from_db()
    return stopped


def retry(action: Action, *, by: Actor) -> Action:
    """Have an action that was not done tried again, or one of which nobody knows looked for again;
    return the row. Raises `ActionNotPossible`, `ActionUnderWay`, `NotPermitted`.
    """
    _require(action.integration, by)
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
    if (live := _live(work, action.application)) is not None:
        raise ActionUnderWay(live)
    rows = Action.objects.filter(pk=action.pk, state=action.state)
    with transaction.atomic():
        if action.group_id:
            ActionGroup.objects.filter(pk=action.group_id).update(stopped_at=None, stopped_by=None)
        rows.update(state=again, **_again())
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
    action.refresh_from_db()
    return action


def retry_failed(group: ActionGroup, *, by: Actor) -> int:
    """Have all that was not done of a bulk action tried again, what was stopped included; how many
    that are. Rows whose application has another action under way stay as they are. Idempotent.
    """
    _require(group.integration, by)
    with transaction.atomic():
        Integration.objects.select_for_update(no_key=True).get(pk=group.integration_id)
        live = Action.objects.filter(
            integration=group.integration_id, state__in=LIVE_ACTIONS
        ).exclude(subject="")
        failed = group.actions.filter(state=ActionState.NOT_DONE).exclude(
            subject__in=live.values_list("subject")
        )
        # Of several rows about the same thing, one can be under way.
        chosen = list(
            {subject or pk: pk for pk, subject in failed.values_list("pk", "subject")}.values()
        )
        count = 0
        for first in range(0, len(chosen), BATCH):
            some = Action.objects.filter(pk__in=chosen[first : first + BATCH])
            count += some.update(state=ActionState.WAITING, **_again())
        if count:
            ActionGroup.objects.filter(pk=group.pk).update(stopped_at=None, stopped_by=None)
            trail.record(
                Event.ACTIONS_RETRIED,
                tenant=group.integration,
                about=group,
                user=by.user,
                key=by.key,
                applications=count,
            )
            BULK_ACTIONS.enqueue(group.pk)
    group.refresh_from_db()
    return count


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
    _require(action.integration, by)
    kind, parameters = ActionKind.DELETE_COMMENT, {"comment": action.before.get("comment")}
    if action.kind == ActionKind.MOVE:
        kind = ActionKind.MOVE
        parameters = {"stage": action.before["stage"], "confirmed": confirmed}
    work = work_of(kind, action.integration, parameters)
    _require_confirmation(work, parameters)
    work.check(action.application)
    application = application_of(action)
    return _live(work, application) or insert(work, application, by=by, undoes=action)


def _loaded(
    applications: Iterable[Application] | QuerySet[Application],
) -> Sequence[Application]:
    if isinstance(applications, QuerySet):
        applications = applications.select_related(
            "job", "current_stage", "integration", "candidate"
        )
    rows = list(islice(applications, MOST + 1))
    if len(rows) > MOST:
        raise ActionNotPossible(Message("action_too_many", count=MOST))
    return rows


def _tenant_of(applications: Sequence[Application]) -> Integration:
    tenants = {application.integration_id for application in applications}
    if not tenants:
        raise ActionNotPossible(Message("action_nothing_chosen"))
    if len(tenants) > 1:
        raise ActionNotPossible(Message("action_several_tenants"))
    return Integration.objects.select_related("flatchr_settings", "credentials").get(
        pk=tenants.pop()
    )


def _refusal(integration: Integration, user: Any) -> Message | None:
    """Why this user can have nothing done in the tenant; None if they can."""
    if user is not None and not may(user, Permission.ACT, integration):
        return Message("action_not_permitted")
    if not integration.enabled:
        return Message("action_tenant_disabled")
    if not hasattr(integration, "credentials"):
        return Message("action_no_credentials")
    return None


def _require(integration: Integration, by: Actor, *, sending: bool = True) -> None:
    """Raise `NotPermitted`, or, when something is to be sent, `ActionNotPossible`."""
    if by.user is not None and not may(by.user, Permission.ACT, integration):
        raise NotPermitted
    if sending and (reason := _refusal(integration, None)) is not None:
        raise ActionNotPossible(reason)


def _require_confirmation(work: Work, parameters: Mapping[str, Any]) -> None:
    confirmation = work.confirmation()
    if confirmation is not None and parameters.get("confirmed") is not True:
        raise NotConfirmed(confirmation)


def _reason_against(work: Work, application: Application) -> str:
    """Why it is not done to the application; blank if it can be."""
    try:
        work.check(application)
    except ActionNotPossible as error:
        return str(error)
    return work.needless(application) or ""


def _again() -> dict[str, Any]:
    """Columns of a row that is worked on again."""
    return {
        "ended_at": None,
        "shown_at": None,
        "attempts": 0,
        "next_attempt_at": jobs.now(),
        "error_kind": "",
        "error_message": "",
    }


def _row(work: Work, application: Application | None, *, by: Actor, **fields: Any) -> Action:
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
