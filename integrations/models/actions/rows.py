"""Actions: each row is one thing done at Flatchr to an application, a candidate or a job, or about
to be. The row is the truth of it, as a submission's is.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.ids import random_id
from integrations.models.access import ApiKey
from integrations.models.ats import Application, Candidate, Job
from integrations.models.fields import IdField, MessageField
from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet


class ActionKind(models.TextChoices):
    """What is done; the parameters that each takes are in `actions/kinds/`."""

    MOVE = "MOVE", pgettext_lazy("action", "Move")
    REJECT = "REJECT", pgettext_lazy("action", "Reject")
    TAG = "TAG", pgettext_lazy("action", "Add tag")
    COMMENT = "COMMENT", pgettext_lazy("action", "Comment")
    DELETE_COMMENT = "DELETE_COMMENT", pgettext_lazy("action", "Delete comment")
    INFORMATION = "INFORMATION", pgettext_lazy("action", "Write information")
    TASK = "TASK", pgettext_lazy("action", "Add task")
    TASK_DONE = "TASK_DONE", pgettext_lazy("action", "Complete task")
    CREATE_JOB = "CREATE_JOB", pgettext_lazy("action", "Create job")


class ActionChannel(models.TextChoices):
    """Where it was asked for."""

    PAGE = "PAGE", _lazy("Dashboard")
    BULK = "BULK", _lazy("Bulk action")
    API = "API", "API"
    COMMAND = "COMMAND", _lazy("Command line")


class ActionState(models.TextChoices):
    """The states of an action; `is_terminal` and `color` say how each is treated and shown.

    SENDING means that the request may have left: whoever finds a row in it, and its worker gone,
    looks at Flatchr before anything else. UNCERTAIN is the same, known to all. ABANDONED: Flatchr
    could not be asked for a day, so nobody knows.
    """

    WAITING = "WAITING", pgettext_lazy("action", "Waiting")
    SENDING = "SENDING", pgettext_lazy("action", "Sending")
    UNCERTAIN = "UNCERTAIN", _lazy("Uncertain: being looked for")
    DONE = "DONE", pgettext_lazy("action", "Done")
    NOT_DONE = "NOT_DONE", _lazy("Not done")
    ABANDONED = "ABANDONED", _lazy("Not known")

    @property
    def is_terminal(self) -> bool:
        return self in (ActionState.DONE, ActionState.NOT_DONE, ActionState.ABANDONED)

    @property
    def color(self) -> str:
        """The label colour of the state: `info`, `success`, `warning` or `danger`."""
        return {
            ActionState.DONE: "success",
            ActionState.NOT_DONE: "danger",
            ActionState.UNCERTAIN: "warning",
            ActionState.ABANDONED: "warning",
        }.get(self, "info")


LIVE_ACTIONS = (ActionState.WAITING, ActionState.SENDING, ActionState.UNCERTAIN)


class ActionGroup(models.Model):
    """One bulk action: the same done to many applications of one tenant. `stopped_at`: what had
    not been sent by then is not done.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="action_groups", db_index=False
    )
    kind = models.CharField(max_length=14, choices=ActionKind)
    parameters = models.JSONField(default=dict)
    channel = models.CharField(max_length=7, choices=ActionChannel, default=ActionChannel.BULK)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["integration", "-created_at"], name="action_group_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"

    def counts(self) -> dict[str, int]:
        """The number of its actions in each `ActionState`, by value; states without one are 0."""
        found = dict(self.actions.order_by().values_list("state").annotate(number=Count("pk")))
        return {state.value: found.get(state.value, 0) for state in ActionState}

    @property
    def is_over(self) -> bool:
        """Whether none of its actions is under way."""
        return not self.actions.filter(state__in=LIVE_ACTIONS).exists()


class Action(models.Model):
    """One thing done to an application, a candidate or a job at Flatchr, and how sure that is.

    `parameters` are ids and codes (`actions/kinds/`). `before` is what was there before, by which
    it is undone. `log` holds one `{"kind", "at", "outcome", "status", "duration", "error"}` for
    each request: `kind` and `outcome` as `AttemptKind` and `AttemptOutcome` have them, `at` ISO
    8601, `duration` in seconds, `error` an `ErrorKind`. A worker owns the row while `lease_owner`
    is its token and `lease_expires_at` lies ahead. `next_attempt_at` says when the row needs a
    worker again, in whatever state; null: never. Of a row that is DONE, `shown_at` says since when
    the mirror shows it; null: Flatchr's lists do not show it yet.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="actions", db_index=False
    )
    kind = models.CharField(max_length=14, choices=ActionKind)
    channel = models.CharField(max_length=7, choices=ActionChannel, default=ActionChannel.PAGE)
    state = models.CharField(max_length=9, choices=ActionState, default=ActionState.WAITING)
    group = models.ForeignKey(
        ActionGroup,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="actions",
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    # The action that this one takes back.
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="undos")

    application = models.ForeignKey(
        Application,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="actions",
        db_index=False,
        db_constraint=False,
    )
    candidate = models.ForeignKey(
        Candidate,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="actions",
        db_index=False,
        db_constraint=False,
    )
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="actions", db_constraint=False
    )
    parameters = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    # Texts that are sent, which may be about a person; emptied as submissions are.
    content = models.JSONField(default=dict)
    # What may be under way once at a time; blank where there is no such limit.
    subject = IdField(max_length=100, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)

    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    log = models.JSONField(default=list)

    error_kind = models.CharField(max_length=40, blank=True)
    error_message = MessageField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "subject"],
                condition=Q(state__in=["WAITING", "SENDING", "UNCERTAIN"]) & ~Q(subject=""),
                name="one_live_action_each",
            )
        ]
        indexes = [
            models.Index(fields=["application", "-created_at"], name="action_of_application"),
            models.Index(fields=["candidate", "-created_at"], name="action_of_candidate"),
            models.Index(fields=["integration", "-created_at"], name="action_newest"),
            models.Index(fields=["group", "state"], name="action_group_state"),
            models.Index(
                fields=["next_attempt_at"],
                name="action_due",
                condition=Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_ACTIONS
