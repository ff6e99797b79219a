"""Requests that users and applications passed through to Flatchr, and those not sent yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.ids import random_id
from integrations.models.access import ApiKey
from integrations.models.fields import IdField, MessageField
from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet


class FlatchrHost(models.TextChoices):
    """Flatchr's two hosts, under the client's names for them."""

    API = "api", "API"
    CAREERS = "careers", _lazy("Career site")


class BodyKind(models.TextChoices):
    NONE = "NONE", _lazy("None")
    JSON = "JSON", "JSON"
    FORM = "FORM", _lazy("Form")
    TEXT = "TEXT", _lazy("Text")


class PassthroughCall(models.Model):
    """One request that was passed through: who sent it, where to, and how it was answered.

    It is written before the request goes out. Secrets are masked, of a body only its beginning
    is kept (`body_cut`), of a file its name and size, and of the answer nothing but its measures.
    `duration` is in seconds and null until the request has ended; `status` is null without an
    answer, and `error` says why in words for the user.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="passthrough_calls")
    # Who sent it: somebody in the dashboard, or an application with its key.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    method = models.CharField(max_length=8)
    host = models.CharField(max_length=8, choices=FlatchrHost)
    path = models.TextField()
    params = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    body_kind = models.CharField(max_length=4, choices=BodyKind, default=BodyKind.NONE)
    body = models.TextField(blank=True)
    body_cut = models.BooleanField(default=False)
    status = models.PositiveSmallIntegerField(null=True)
    duration = models.FloatField(null=True)
    bytes_received = models.PositiveBigIntegerField(default=0)
    error = MessageField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _lazy("call")
        verbose_name_plural = _lazy("calls")
        indexes = [models.Index(fields=["integration", "-id"], name="passthrough_newest")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class PreparedCall(models.Model):
    """A request that its author was shown and has not confirmed yet.

    Its id cannot be guessed. Sending it takes the row away first, so what was shown is sent at
    most once. `asked` is the request as `passthrough.asked` writes it, `file` the content of its
    file.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    asked = models.JSONField()
    file = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"Prepared call {self.pk}"
