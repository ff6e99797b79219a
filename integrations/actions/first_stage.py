"""The stage in which a submitted application is to begin. Flatchr creates every application in the
first one, so it is moved once it is there: two requests, of which the second alone may fail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from integrations import jobs
from integrations.actions import at_once, service
from integrations.actions.inputs import (
    ActionNotPossible,
    ActionRefused,
    ActionUncertain,
    Actor,
    NoCredentials,
)
from integrations.actions.kinds import work_of
from integrations.actions.lookup import is_provisional
from integrations.flatchr.errors import FlatchrError
from integrations.messages import Message
from integrations.models import (
    ActionChannel,
    ActionKind,
    Application,
    Submission,
    SubmissionState,
)
from integrations.submissions.validation import warning

logger = logging.getLogger(__name__)

# Whoever has taken a submission is given so long for the move, before somebody else looks.
TAKEN_FOR = timedelta(minutes=10)
# How often it is looked whether Flatchr shows the application by now, and for how long.
LOOK_EVERY = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=7)
# Submissions that one sweep looks at.
MOST = 100

Act = Callable[[Application, str, Actor], None]


def follow(submission: Submission, *, by: Actor) -> Submission:
    """Put the application of a submission that has succeeded into the stage that was asked for, if
    nobody has; the submission, whose `warnings` say what went wrong.
    """
    return _follow(submission, by, _move_now)


@jobs.SWEEP.register("first stages")
def follow_all() -> None:
    """Have a worker move what was submitted by somebody who did not wait for its end, and what
    Flatchr had not shown by then.
    """
    due = Submission.objects.filter(
        stage_due_at__lte=jobs.now(), state=SubmissionState.SUCCEEDED, application__isnull=False
    )
    for submission in due.select_related("integration").order_by("stage_due_at")[:MOST]:
        with jobs.failure_logged("The stage of submission %s was not set", submission.pk):
            _follow(submission, Actor(channel=ActionChannel.API), _move_later)


def _follow(submission: Submission, by: Actor, act: Act) -> Submission:
    stage, application, now = submission.stage, submission.application, jobs.now()
    if submission.stage_due_at is None or application is None:
        return submission
    taken = Submission.objects.filter(pk=submission.pk, stage_due_at=submission.stage_due_at)
    if not taken.update(stage_due_at=now + TAKEN_FOR):
        return submission
    if stage is None:
        return _end(submission, Message("first_stage_gone"))
    if is_provisional(application):
        if now - submission.created_at < GIVE_UP_AFTER:
            Submission.objects.filter(pk=submission.pk).update(stage_due_at=now + LOOK_EVERY)
            return _warned(submission, Message("first_stage_follows", stage=str(stage)))
        return _end(submission, Message("first_stage_never_shown", stage=str(stage)))
    application.integration = submission.integration
    try:
        if application.current_stage_id != stage.pk:
            act(application, stage.pk, by)
    except (ActionNotPossible, ActionUncertain, FlatchrError, ActionRefused) as error:
        reason = error.receipt.explanation if isinstance(error, ActionRefused) else str(error)
        return _end(submission, Message("first_stage_not_set", stage=str(stage), reason=reason))
    except NoCredentials:
        reason = Message("action_no_credentials")
        return _end(submission, Message("first_stage_not_set", stage=str(stage), reason=reason))
    return _end(submission)


def _move_now(application: Application, stage_id: str, by: Actor) -> None:
    parameters = {"stage": stage_id}
    at_once.do(kind=ActionKind.MOVE, application=application, parameters=parameters, by=by)


def _move_later(application: Application, stage_id: str, by: Actor) -> None:
    work = work_of(ActionKind.MOVE, application.integration, {"stage": stage_id})
    work.check(application)
    service.insert(work, application, by=by)


def _end(submission: Submission, message: Message | None = None) -> Submission:
    """Nothing is left to do; `message` says why it was not done."""
    with transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(stage_due_at=None)
        if message is not None:
            _warned(submission, message)
    return submission


def _warned(submission: Submission, message: Message) -> Submission:
    """One warning of the stage at a time: what is said last holds."""
    kept = [note for note in submission.warnings if note["field"] != "stage_id"]
    submission.warnings = [*kept, warning("stage_id", "first_stage", message)]
    Submission.objects.filter(pk=submission.pk).update(warnings=submission.warnings)
    return submission
