"""Bulk actions: the same done to many applications of one tenant, stopped, and tried again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.actions.checks import (
    MOST,
    read_applications,
    reason_against,
    require,
    require_confirmation,
    tenant_of,
)
from integrations.actions.inputs import ActionNotPossible, Actor
from integrations.actions.kinds import work_of
from integrations.actions.kinds.work import Work
from integrations.actions.lease import BULK_ACTIONS
from integrations.actions.service import columns_of_retry, new_row
from integrations.actions.working import NOT_POSSIBLE, STOPPED
from integrations.audit import trail
from integrations.enumerations import Outcome
from integrations.messages import Message
from integrations.models import (
    LIVE_ACTIONS,
    Action,
    ActionGroup,
    ActionKind,
    ActionState,
    Application,
    Event,
    Integration,
)

BATCH = 500


def applications_of_candidates(
    candidates: Sequence[str], *, among: QuerySet[Application], job: str = ""
) -> list[Application]:
    """Of each candidate, by id, the application that is meant: the one for `job`, if it is given;
    else one that is in progress, else any; of several the one received last.
    """
    keys = list(dict.fromkeys(candidates[: MOST + 1]))
    found: dict[str, Application] = {}
    for first in range(0, len(keys), BATCH):
        some = among.filter(candidate_id__in=keys[first : first + BATCH])
        if job:
            some = some.filter(job_id=job)
        for one in some:
            known = found.get(one.candidate_id)
            if known is None or _rank(one) > _rank(known):
                found[one.candidate_id] = one
    return [found[key] for key in keys if key in found]


def _rank(application: Application) -> tuple[bool, float, str]:
    received = application.remote_created_at
    return (
        application.outcome == Outcome.PENDING,
        received.timestamp() if received else 0.0,
        application.pk,
    )


def start_many(
    *,
    kind: ActionKind | str,
    applications: Iterable[Application] | QuerySet[Application],
    parameters: Mapping[str, Any],
    by: Actor,
) -> ActionGroup:
    """Have the same done to many applications of one tenant, one after the other within the
    tenant's request limit; return the group, whose rows say what became of each.

    Those that it cannot be done to have a row as well, which says why. When the same user has
    started the same and it is under way, that group is returned: pressing twice does it once.
    Raises as `start` does, when nothing can be started at all.
    """
    rows = read_applications(applications)
    integration = tenant_of(rows)
    require(integration, by)
    work = work_of(kind, integration, parameters)
    require_confirmation(work, parameters)
    work.check_actor(by.user)
    work.know(rows)
    try:
        return _started(work, rows, by)
    except IntegrityError:
        # Somebody has started an action on one of them since it was looked at.
        raise ActionNotPossible(Message("action_under_way")) from None


def _started(work: Work, applications: Sequence[Application], by: Actor) -> ActionGroup:
    integration = work.integration
    with transaction.atomic():
        # One bulk action of a tenant is started at a time, so that none meets another's rows.
        Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
        if (same := _same_under_way(work, applications, by)) is not None:
            return same
        group = ActionGroup.objects.create(
            integration=integration,
            kind=work.kind,
            parameters=work.parameters,
            channel=by.channel,
            user=by.user,
            key=by.key,
        )
        actions = list(_rows_of_group(group, work, applications, by))
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


def _same_under_way(
    work: Work, applications: Sequence[Application], by: Actor
) -> ActionGroup | None:
    groups = ActionGroup.objects.filter(
        integration=work.integration,
        kind=work.kind,
        parameters=work.parameters,
        user=by.user,
        key=by.key,
        stopped_at=None,
    )
    newest = groups.order_by("-created_at", "-id").first()
    if newest is None or newest.is_over:
        return None
    same = newest.actions.filter(content=work.content).values_list("application_id", flat=True)
    return newest if set(same) == {one.pk for one in applications} else None


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
        reason = reason_against(work, application)
        if not reason and subject and subject in live:
            reason = Message("action_under_way")
        if reason:
            yield new_row(
                work, application, by=by, group=group, state=ActionState.NOT_DONE,
                ended_at=now, error_kind=NOT_POSSIBLE, error_message=reason,
            )  # fmt: skip
        else:
            live.add(subject)
            yield new_row(work, application, by=by, group=group, next_attempt_at=now)


def stop(group: ActionGroup, *, by: Actor) -> int:
    """Stop a bulk action: what has not been sent is not done; how many that are. Idempotent.

    What is on its way to Flatchr goes on, and its row says what became of it.
    """
    require(group.integration, by, sending=False)
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


def retry_failed(group: ActionGroup, *, by: Actor) -> int:
    """Have all that was not done of a bulk action tried again, what was stopped included; how many
    that are. Rows whose application has another action under way stay as they are. Idempotent.
    """
    require(group.integration, by)
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
            count += _retried(chosen[first : first + BATCH])
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


def _retried(keys: list[str]) -> int:
    """Have those actions wait again; how many do. An action on the same thing that was asked for
    in this moment goes before.
    """
    rows = Action.objects.filter(pk__in=keys, state=ActionState.NOT_DONE)
    try:
        with transaction.atomic():
            return rows.update(state=ActionState.WAITING, **columns_of_retry())
    except IntegrityError:
        return sum(_retried([key]) for key in keys) if len(keys) > 1 else 0
