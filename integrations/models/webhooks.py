"""Webhooks to applications: endpoints, the outbox of events, deliveries and their attempts; and
Flatchr's own events: the addresses they come to, and what became of them.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations import ids
from integrations.models.access import ApiKey
from integrations.models.fields import EncryptedTextField, IdField
from integrations.models.integration import Integration


def new_id() -> str:
    return ids.random_id()


class EndpointState(models.TextChoices):
    """Whether an endpoint is delivered to; `color` is that of its label."""

    ACTIVE = "ACTIVE", _lazy("Active")
    PAUSED = "PAUSED", _lazy("Paused")
    OFF = "OFF", _lazy("Switched off")

    @property
    def color(self) -> str:
        return {EndpointState.ACTIVE: "success", EndpointState.PAUSED: "warning"}.get(
            self, "danger"
        )


class OffReason(models.TextChoices):
    """Why Relais has switched an endpoint off."""

    GONE = "gone", _lazy("Its receiver answered 410: it is gone for good.")
    FAILING = "failing", _lazy("Nothing could be delivered to it for five days.")


class DeliveryState(models.TextChoices):
    """The states of a delivery; `PENDING` is the only one that a worker works on."""

    PENDING = "PENDING", _lazy("Waiting")
    DELIVERED = "DELIVERED", _lazy("Delivered")
    FAILED = "FAILED", _lazy("Failed")

    @property
    def color(self) -> str:
        return {DeliveryState.PENDING: "info", DeliveryState.DELIVERED: "success"}.get(
            self, "danger"
        )


class WebhookEndpoint(models.Model):
    """An address of an application's, and which events of which tenants are delivered to it.

    A worker that delivers holds a lease of the row (`jobs.py`), so that one process alone decides
    how many requests an endpoint gets at once.
    """

    id = IdField(primary_key=True, max_length=24, default=new_id, editable=False)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    # Names of event types (`webhooks/catalogue.py`).
    events = models.JSONField(default=list)
    # Said outright, as with API keys: without it, the tenants named are all there are.
    every_tenant = models.BooleanField(default=False)
    integrations: Any = models.ManyToManyField(
        Integration, blank=True, related_name="+", verbose_name=_lazy("tenants")
    )
    state = models.CharField(max_length=6, choices=EndpointState, default=EndpointState.ACTIVE)
    off_reason = models.CharField(max_length=7, choices=OffReason, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by_key = models.ForeignKey(
        ApiKey, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The first failure since the last success; null while it works.
    failing_since = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    # The receiver has asked for no request before (`Retry-After`).
    held_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _lazy("webhook endpoint")
        verbose_name_plural = _lazy("webhook endpoints")

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """A secret that an endpoint's requests are signed with; two while it is being rotated.

    `ends_at` is set for the one that is going.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="secrets")
    secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Secret of {self.endpoint_id}"


class WebhookEvent(models.Model):
    """Something to be told, stored in the transaction that made it so: the outbox.

    `body` is the text that is signed and sent, the same at each attempt. Only an event that some
    endpoint asks for is stored.
    """

    id = IdField(primary_key=True, max_length=24, default=new_id, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, db_constraint=False, related_name="+"
    )
    type = models.CharField(max_length=60)
    # Empty once its content is no longer kept (`webhooks/retention.py`).
    body = models.TextField()
    # Whether the body holds a record, and so personal data.
    has_content = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(has_content=True) & ~Q(body=""),
                name="webhook_content",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint, until it has arrived or been given up."""

    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.PENDING)
    created_at = models.DateTimeField()
    # Null once it has ended.
    next_attempt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    # Those before it was replayed: the intervals begin anew.
    attempts_before = models.PositiveIntegerField(default=0)
    # Of the last attempt: the status of the answer, or a code of `webhooks/sending.py`.
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _lazy("webhook delivery")
        verbose_name_plural = _lazy("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_each")
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=Q(state="PENDING"),
                name="webhook_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_newest"),
            models.Index(fields=["endpoint", "state", "-id"], name="webhook_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint_id}"


class WebhookAttempt(models.Model):
    """One request to an endpoint, and what was answered. Without a status there was no answer."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration = models.FloatField(help_text=_lazy("Seconds."))
    request_headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    response_headers = models.JSONField(default=dict)
    # Its beginning.
    response_body = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.delivery_id}"


class WebhookProgress(models.Model):
    """What of a tenant has been told to endpoints."""

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="+"
    )
    # The last batch of changes that a `data-changed`, and an event with content, has told of.
    told_through = models.BigIntegerField(default=0)
    content_through = models.BigIntegerField(default=0)
    # Where in the feed of changes events with content have come to: a `FeedPosition`.
    content_after = models.JSONField(default=list)
    # The last run that a `sync-finished` has told of.
    runs_through = models.BigIntegerField(default=0)
    # When the last `data-changed` was queued; when something is due that is not to wait for a
    # change, or not to be told before.
    told_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True)
    # `{"state", "setup_status", "qa_status"}` as last told.
    told_state = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.integration_id


# What Flatchr tells us


class EventOutcome(models.TextChoices):
    """What became of an event of Flatchr's; `color` is that of its label."""

    CHANGED = "changed", _lazy("Brought a change")
    UNCHANGED = "unchanged", _lazy("Known already")
    NOT_FOUND = "not_found", _lazy("Not found at Flatchr")
    LEFT_OUT = "left_out", pgettext_lazy("event", "Not read")
    TO_SYNC = "to_sync", _lazy("Left to the next sync")
    OTHER_COMPANY = "other_company", _lazy("Of another company")
    UNREADABLE = "unreadable", _lazy("Not understood")

    @property
    def color(self) -> str:
        return {
            EventOutcome.CHANGED: "success",
            EventOutcome.UNCHANGED: "info",
            EventOutcome.LEFT_OUT: "info",
            EventOutcome.OTHER_COMPANY: "danger",
        }.get(self, "warning")


class EventAddress(models.Model):
    """The secret address to which a tenant's Flatchr sends its events, and how that is going.

    The token in it is 256 random bits: its SHA-256 finds the tenant, and the token is kept
    encrypted, because people paste it once for each kind of event. A worker owns the tenant's
    waiting events while `lease_owner` is its token.
    """

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="event_address"
    )
    token = EncryptedTextField(editable=False)
    token_hash = IdField(max_length=64, unique=True, editable=False)
    # The address before the last rotation, while it is still taken.
    old_token_hash = IdField(max_length=64, blank=True, editable=False)
    old_ends_at = models.DateTimeField(null=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # While events come, deltas are this many minutes apart, if that is wanted.
    spaces_deltas = models.BooleanField(default=True)
    delta_interval = models.PositiveIntegerField(default=360, validators=[MinValueValidator(5)])

    last_event_at = models.DateTimeField(null=True, editable=False)
    # The last one that told of something new.
    last_change_at = models.DateTimeField(null=True, editable=False)
    # The last one that came to the old address.
    old_used_at = models.DateTimeField(null=True, editable=False)
    # Events taken in the present minute, and when one was last refused for their number.
    window_started_at = models.DateTimeField(null=True, editable=False)
    window_used = models.PositiveIntegerField(default=0, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)

    # When the next waiting event is due; None when none waits.
    next_attempt_at = models.DateTimeField(null=True, db_index=True, editable=False)
    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    # Tries in a row that Flatchr did not answer.
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    # When events last had all vacancies listed.
    jobs_read_at = models.DateTimeField(null=True, editable=False)
    # The requests that events may still cause (`webhooks/incoming/allowance.py`).
    requests_left = models.FloatField(null=True, editable=False)
    requests_counted_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"Address for events of {self.integration}"


class IncomingEvent(models.Model):
    """What Flatchr said has happened: ids and a kind, and nothing else of what it sent.

    It waits while `outcome` is blank. The same event that comes again meanwhile is the same row.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40, blank=True)
    # The encoded id and the plain one (`docs/flatchr-api.md §26`); blank and 0 when not said.
    vacancy_id = IdField(max_length=64, blank=True)
    vacancy_number = models.BigIntegerField(default=0)
    applicant_id = IdField(max_length=64, blank=True)
    names_applicant = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    # The sync during which the record was written: it may put back what it had read before.
    during_run = models.BigIntegerField(null=True)
    # Whether something new was written, however often it is looked at.
    told = models.BooleanField(default=False)
    outcome = models.CharField(max_length=16, choices=EventOutcome, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind", "vacancy_id", "vacancy_number", "applicant_id"],
                condition=Q(outcome=""),
                name="one_waiting_event_each",
            )
        ]
        indexes = [
            models.Index(
                fields=["integration", "due_at"], condition=Q(outcome=""), name="event_waiting"
            ),
            models.Index(fields=["integration", "-id"], name="event_newest"),
            models.Index(fields=["ended_at"], name="event_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EventCount(models.Model):
    """How many events of a kind ended in one way on one day (UTC)."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=16, choices=EventOutcome)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "day", "kind", "outcome"], name="one_event_count_each"
            )
        ]
        indexes = [models.Index(fields=["day"], name="event_count_day")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
