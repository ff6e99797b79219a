"""Alerts: who wants to be told of issues, and the messages on their way to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import EncryptedTextField, MessageField
from integrations.models.integration import Integration
from integrations.models.watching.issues import Issue, Severity


class AlertLevel(models.TextChoices):
    """The least urgent issues that somebody wants to be told of."""

    NOTHING = "nothing", _lazy("Nothing")
    CRITICAL = "critical", _lazy("What is critical")
    WARNING = "warning", _lazy("Warnings and what is critical")
    NOTICE = "notice", _lazy("Everything")

    def takes(self, severity: str) -> bool:
        return (
            self is not AlertLevel.NOTHING and Severity(severity).rank >= Severity(self.value).rank
        )


class AlertPace(models.TextChoices):
    AT_ONCE = "once", _lazy("At once")
    DAILY = "daily", _lazy("Once a day")


class AlertChoice(models.Model):
    """What one user wants to be told of one tenant; without a tenant, of the installation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    integration = models.ForeignKey(Integration, models.CASCADE, null=True, related_name="+")
    level = models.CharField(max_length=8, choices=AlertLevel)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "integration"], name="one_alert_choice_each"),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(integration=None),
                name="one_alert_choice_of_installation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.integration_id}: {self.level}"


class AlertPreference(models.Model):
    """How one user is told, and of which issues of tenants without a choice of their own."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    # Empty: what the user's roles come with (`alerts/audience.py`).
    level = models.CharField(max_length=8, choices=AlertLevel, blank=True)
    pace = models.CharField(max_length=5, choices=AlertPace, default=AlertPace.AT_ONCE)
    # Of the installation's time zone.
    digest_hour = models.PositiveSmallIntegerField(default=8)

    def __str__(self) -> str:
        return f"Alerts of {self.user_id}"


class ChatTarget(models.Model):
    """The Slack-compatible address of the installation; the one row has the key 1."""

    # Its path is the secret.
    url = EncryptedTextField(blank=True)
    level = models.CharField(max_length=8, choices=AlertLevel, default=AlertLevel.WARNING)
    language = models.CharField(max_length=8, default="en")

    def __str__(self) -> str:
        return "Chat"


class NoticeChannel(models.TextChoices):
    EMAIL = "email", _lazy("E-mail")
    CHAT = "chat", _lazy("Chat")


class NoticeState(models.TextChoices):
    WAITING = "waiting", _lazy("Waiting")
    SENT = "sent", _lazy("Sent")
    DROPPED = "dropped", _lazy("Not needed any more")
    FAILED = "failed", _lazy("Given up")


class Notice(models.Model):
    """That one reader is to be told that an issue was raised, or that it is over.

    The row is the outbox: a worker owns it while `lease_owner` is its token and
    `lease_expires_at` lies ahead. The constraint is what tells nobody twice. `user` is null for
    the chat. Notices of one reader that are due go out in one message.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=5, choices=NoticeChannel)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    is_end = models.BooleanField(default=False)
    daily = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=NoticeState, default=NoticeState.WAITING)
    due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = MessageField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "channel", "user", "is_end"], name="one_notice_each"
            ),
            models.UniqueConstraint(
                fields=["issue", "channel", "is_end"],
                condition=Q(user=None),
                name="one_notice_of_chat",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=Q(state="waiting")),
            models.Index(fields=["user", "-sent_at"], name="notice_sent"),
        ]

    def __str__(self) -> str:
        return f"Notice {self.pk}"
