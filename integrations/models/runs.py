"""Sync runs: the row is the truth about a sync, what it did, and what it could not do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import MessageField, MessagesField
from integrations.models.integration import Integration
from integrations.records import Model

MODEL_CHOICES = [(model.value, _lazy(model.replace("_", " ").capitalize())) for model in Model]


class SyncType(models.TextChoices):
    FULL = "FULL", _lazy("Full")
    DELTA = "DELTA", _lazy("Delta")


class Trigger(models.TextChoices):
    MANUAL = "MANUAL", _lazy("By hand")
    COMMAND = "COMMAND", _lazy("Command line")
    SCHEDULE = "SCHEDULE", _lazy("Schedule")
    CONNECT = "CONNECT", _lazy("First sync")
    API = "API", "API"


class RunState(models.TextChoices):
    """The states of a run; `is_terminal` and `color` say how each is treated and shown."""

    QUEUED = "QUEUED", _lazy("Queued")
    RUNNING = "RUNNING", _lazy("Running")
    SUCCEEDED = "SUCCEEDED", _lazy("Succeeded")
    PARTIALLY_FAILED = "PARTIALLY_FAILED", _lazy("Partially failed")
    FAILED = "FAILED", _lazy("Failed")
    CANCELLED = "CANCELLED", _lazy("Cancelled")
    TIMED_OUT = "TIMED_OUT", _lazy("Timed out")
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED", _lazy("Authentication failed")

    @property
    def is_terminal(self) -> bool:
        return self not in LIVE_STATES

    @property
    def color(self) -> str:
        """The label colour of the state: `info`, `success`, `warning` or `danger`."""
        return {
            RunState.QUEUED: "info",
            RunState.RUNNING: "info",
            RunState.SUCCEEDED: "success",
            RunState.PARTIALLY_FAILED: "warning",
            RunState.CANCELLED: "warning",
        }.get(self, "danger")


LIVE_STATES = (RunState.QUEUED, RunState.RUNNING)


class TenantQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> TenantQuerySet:
        """The rows of the tenants `user` is a member of; all of them for a superuser."""
        if user.is_superuser:
            gone = Integration.objects.deleted().values_list("pk")
            return self.exclude(integration_id__in=gone)
        return self.filter(
            integration_id__in=Integration.objects.visible_to(user).values_list("pk")
        )


class SyncRun(models.Model):
    """One sync of one tenant, from the press of a button to its outcome.

    A worker owns the run while `lease_owner` is its token and `lease_expires_at` lies ahead. A run
    whose lease has run out is taken over by another worker and goes on after the last phase that
    was finished; one that is queued with `waiting_until` goes on then.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="runs")
    type = models.CharField(max_length=5, choices=SyncType, default=SyncType.FULL)
    trigger = models.CharField(max_length=8, choices=Trigger, default=Trigger.MANUAL)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=21, choices=RunState, default=RunState.QUEUED)

    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    # The phases that earlier attempts have finished (`sync/bulk/checkpoint.py`); null once ended.
    checkpoint = models.JSONField(null=True, editable=False)

    # What the live page shows: the model being read, and why nothing moves while it waits.
    phase = models.CharField(max_length=20, blank=True, choices=MODEL_CHOICES)
    waiting_until = models.DateTimeField(null=True)
    waiting_reason = MessageField(blank=True)
    requests = models.PositiveIntegerField(default=0)

    error_kind = models.CharField(max_length=40, blank=True)
    error_message = MessageField(blank=True)
    error_detail = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _lazy("sync run")
        verbose_name_plural = _lazy("sync runs")
        constraints = [
            models.UniqueConstraint(
                fields=["integration"],
                condition=Q(state__in=["QUEUED", "RUNNING"]),
                name="one_live_run_each",
            )
        ]
        indexes = [
            models.Index(fields=["integration", "-id"], name="run_newest"),
            models.Index(fields=["state", "lease_expires_at"], name="run_stale"),
        ]

    def __str__(self) -> str:
        return _("Run %(pk)s") % {"pk": self.pk}

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


class ModelResult(models.Model):
    """What one run did to one model. `unchanged` is what was seen and needed no write."""

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="results")
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    # Whether everything Flatchr has of this model was read: only then is an absence a deletion.
    complete = models.BooleanField(default=False)
    error_kind = models.CharField(max_length=40, blank=True)
    error_message = MessageField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "model"], name="one_result_each")]

    def __str__(self) -> str:
        return f"{self.get_model_display()} of {self.run}"


class SyncWarning(models.Model):
    """Findings of one kind in one run: how many, and the first few as examples.

    `examples` is a list of `{"remote_id", "field", "value", "message"}`, `remote_ids` a longer list
    of the records that the findings are about, one entry for each finding. `carried` of them are
    earlier runs', about records that this one has not processed anew
    (`sync/review/carried_warnings.py`).
    """

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="warnings")
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    code = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=0)
    carried = models.PositiveIntegerField(default=0)
    examples = MessagesField(default=list)
    remote_ids = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "model", "code"], name="one_warning_each")
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.count})"


class QuarantinedRecord(models.Model):
    """A source object that could not be mapped at all, with the reason and the object."""

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="quarantined")
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    remote_id = models.CharField(max_length=400, blank=True)
    reason = MessageField()
    raw = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_model_display()}: {self.reason}"


class HeldDeletion(models.Model):
    """A record that a run would have deleted, had the guard not held it for an operator.

    `reviewed`: somebody has decided on it, or on others of its list, before. It is then held again,
    however few there are, until it is decided on or seen.
    """

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="held_deletions")
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    record_id = models.CharField(max_length=24)
    reviewed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "model", "record_id"], name="held_once")
        ]

    def __str__(self) -> str:
        return self.record_id


class HoldChoice(models.TextChoices):
    """What an operator may decide on held deletions."""

    CONFIRMED = "CONFIRMED", _lazy("Confirmed")
    KEPT = "KEPT", _lazy("Kept")


class HoldDecision(models.Model):
    """Who decided on deletions that a run held, when, and how many records it was about.

    `deleted_at` is the `remote_deleted_at` of what was confirmed; `undone_at` says that it was
    undone, and `restored` how many of the records that brought back.
    """

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="hold_decisions")
    choice = models.CharField(max_length=9, choices=HoldChoice)
    records = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    restored = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run}: {self.choice}"


class DecidedDeletionQuerySet(models.QuerySet[Any]):
    def staying(self, integration_id: str) -> DecidedDeletionQuerySet:
        """The tenant's records that stay by hand, though a sync did not see them: kept, or restored
        after their deletion was confirmed.
        """
        stay = Q(decision__choice=HoldChoice.KEPT) | Q(decision__undone_at__isnull=False)
        return self.filter(stay, decision__run__integration_id=integration_id)


class DecidedDeletion(models.Model):
    """A record that a decision was about: what undoing it restores, or what stays by hand.

    One that was kept or restored is remembered until Flatchr returns it or its deletion is
    confirmed; one that was deleted, for as long as that can be undone.
    """

    decision = models.ForeignKey(HoldDecision, models.CASCADE, related_name="deletions")
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    record_id = models.CharField(max_length=24)

    objects = DecidedDeletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "model", "record_id"], name="decided_once")
        ]
        indexes = [models.Index(fields=["record_id"], name="decided_record")]

    def __str__(self) -> str:
        return self.record_id


class HttpExchange(models.Model):
    """One attempt at one request to Flatchr, with its secrets masked."""

    # Names the exchange while it is under way: it is recorded when its headers arrive, and again
    # when it ends.
    key = models.CharField(max_length=32, unique=True)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="exchanges")
    run = models.ForeignKey(
        SyncRun, models.CASCADE, null=True, blank=True, related_name="exchanges"
    )
    started_at = models.DateTimeField(db_index=True)
    method = models.CharField(max_length=8)
    host = models.CharField(max_length=255)
    path = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    duration = models.FloatField(null=True, help_text=_lazy("Seconds."))
    bytes_received = models.PositiveBigIntegerField(default=0)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class RequestBudget(models.Model):
    """A tenant's token bucket for requests to Flatchr, shared by every worker."""

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="+"
    )
    tokens = models.FloatField()
    refilled_at = models.DateTimeField()
    # From then on Flatchr may be asked for a CV: it gives one a second to each company.
    next_file_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.tokens} requests"
