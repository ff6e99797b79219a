"""Access from outside: API keys with what the API keeps for them, connection links, and requests
that users and applications passed through to Flatchr.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.ids import TOOL, random_id
from integrations.models.fields import IdField, MessageField
from integrations.models.integration import Environment, Integration
from integrations.models.runs import TenantQuerySet
from integrations.models.scopes import Scopes, scopes_from

PASSTHROUGH_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def every_method() -> list[str]:
    """The default of the first keys, which migration 0004 refers to."""
    return list(PASSTHROUGH_METHODS)


def reading_only() -> list[str]:
    """What a new key may send through the passthrough, until somebody allows it more."""
    return ["GET"]


class KeyState(StrEnum):
    """Whether a key opens anything, and the colour in which that is shown."""

    ACTIVE = "Active"
    EXPIRED = "Expired"
    REVOKED = "Revoked"

    @property
    def color(self) -> str:
        return {"Active": "success", "Expired": "warning", "Revoked": "danger"}[self.value]


class ApiKey(models.Model):
    """A key of the HTTP API: whom it was given to, what it may do, and until when.

    The key itself is not kept, only its SHA-256. It is 256 random bits, so there is nothing to
    guess and a slow or salted hash would protect nothing more; and a plain hash can be looked up
    by an index, which every request does.
    """

    name = models.CharField(max_length=100, help_text=_lazy("Who uses it, and what for."))
    # The beginning of the key, by which people recognise it.
    prefix = IdField(max_length=16, editable=False)
    key_hash = IdField(max_length=64, unique=True, editable=False)
    # Said outright rather than by having no tenants: a key for one tenant must not come to open
    # all of them when that tenant is removed.
    every_tenant = models.BooleanField(default=False)
    integrations: Any = models.ManyToManyField(
        Integration, blank=True, related_name="+", verbose_name=_lazy("tenants")
    )
    read_only = models.BooleanField(default=False)
    # The methods that it may call Flatchr with through the passthrough; a read-only key: GET.
    passthrough_methods = models.JSONField(default=reading_only, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    # Written at most once a minute: a read must not cost a write.
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _lazy("API key")
        verbose_name_plural = _lazy("API keys")

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> KeyState:
        return self.state_at(timezone.now())

    def state_at(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return KeyState.EXPIRED
        return KeyState.ACTIVE

    def may_pass(self, method: str) -> bool:
        """Whether the key may send a request with `method` through the passthrough."""
        return method in self.passthrough_methods and (method == "GET" or not self.read_only)


class RequestWindow(models.Model):
    """How many requests a key has made in its present minute, for databases on a server.

    `started_at` is in milliseconds since the epoch.
    """

    key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="+")
    started_at = models.BigIntegerField()
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.used} requests"


class ActionSlot(models.Model):
    """An action that is under way on a tenant; one whose process has died runs out."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Slot {self.pk}"


class StoredAnswer(models.Model):
    """What a write with an `Idempotency-Key` was answered; the same request is answered so again.

    `route` is the method and the pattern of the address, `request_hash` the SHA-256 of tenant,
    address and body. Without a `status`, the first request is still being worked on.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    route = models.CharField(max_length=100)
    idempotency_key = IdField(max_length=255)
    request_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "route", "idempotency_key"], name="one_answer_per_idempotency_key"
            )
        ]

    def __str__(self) -> str:
        return self.idempotency_key


class FailedCall(models.Model):
    """Calls of the API that were refused: those of one key in one minute that were told the same.

    `route` is the pattern of the address, since the address itself may name people; `message` is
    what the caller was told, which may hold Flatchr's words.
    """

    # Derived of what is the same, so that whoever comes again finds the row without looking.
    id = IdField(primary_key=True, max_length=24, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, related_name="failed_calls"
    )
    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    times = models.PositiveIntegerField(default=0)
    method = models.CharField(max_length=8)
    route = models.CharField(max_length=100)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    # What it was about, if anything.
    submission_id = IdField(max_length=24, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _lazy("API error")
        verbose_name_plural = _lazy("API errors")

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"


class LinkKind(models.TextChoices):
    """What the person who opens the link is asked to do."""

    CONNECT = "connect", _lazy("Connect")
    RELINK = "relink", _lazy("Reconnect")
    SETUP = "setup", _lazy("Set up")


class LinkState(StrEnum):
    """What a link still opens; `USED` and `EXPIRED` are final."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


class ConnectionLink(models.Model):
    """An address that somebody without an account opens to enter the credentials of Flatchr.

    The token in it is not kept, only its SHA-256; it is 256 random bits, as an API key is. Whoever
    sets `used_at` first is the one who connects: a link that is open in two tabs connects once.
    """

    token_hash = IdField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=7, choices=LinkKind)
    # None until a link of kind CONNECT has been used.
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, blank=True, related_name="links"
    )
    # What the new tenant will be called and be known by; of an existing one, as it was then.
    organization = models.CharField(max_length=200)
    contact_email = models.EmailField(blank=True)
    origin_id = models.CharField(max_length=200, blank=True)
    environment = models.CharField(max_length=12, choices=Environment)
    tool = models.CharField(max_length=40, default=TOOL)
    # Empty: the browser's.
    language = models.CharField(max_length=2, blank=True)
    # Whether connecting leads on to the custom fields.
    maps_fields = models.BooleanField(default=False)
    # What a new tenant's customer is asked about; of an existing one its own scopes count.
    scope_choices = models.JSONField(default=dict, blank=True, editable=False)
    created_by_key = models.ForeignKey(
        ApiKey, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)
    # The SHA-256 of the token that the application exchanges for the integration, once connected.
    exchange_hash = IdField(max_length=64, unique=True, editable=False)
    # Tries of the present hour: each costs requests to Flatchr.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    tries_since = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.organization}"

    @property
    def scopes(self) -> Scopes:
        settings = getattr(self.integration, "flatchr_settings", None)
        return settings.scopes if settings is not None else scopes_from(self.scope_choices)

    def state_at(self, now: datetime) -> LinkState:
        if self.used_at is not None:
            return LinkState.USED
        return LinkState.OPEN if now < self.expires_at else LinkState.EXPIRED


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
