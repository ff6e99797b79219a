"""Connection links: what a customer opens to connect a company's Flatchr, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy

from integrations.ids import TOOL
from integrations.models.access import ApiKey
from integrations.models.fields import IdField
from integrations.models.integration import Environment, Integration
from integrations.models.scopes import Scopes, scopes_from


class LinkKind(models.TextChoices):
    """What the person who opens the link is asked to do."""

    CONNECT = "connect", lazy("Connect")
    RELINK = "relink", lazy("Reconnect")
    SETUP = "setup", lazy("Set up")


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
