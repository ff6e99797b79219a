"""Issues: what is wrong with a tenant or with the installation, from when to when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import IdField, MessageField
from integrations.models.integration import Integration
from integrations.models.runs import SyncRun


class Severity(models.TextChoices):
    """How urgent an issue is, the least urgent first."""

    NOTICE = "notice", _lazy("Notice")
    WARNING = "warning", _lazy("Warning")
    CRITICAL = "critical", _lazy("Critical")

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    @property
    def color(self) -> str:
        return {"notice": "info", "warning": "warning", "critical": "danger"}[self.value]


class IssueKind(models.TextChoices):
    """What can be wrong; those from DISK on belong to the installation and to no tenant.

    That a webhook endpoint fails belongs to the tenants it hears of, or to the installation.
    """

    KEY_REFUSED = "key_refused", _lazy("The Flatchr key does not work")
    KEY_EXPIRING = "key_expiring", _lazy("The Flatchr key is running out")
    SYNCS_FAILING = "syncs_failing", _lazy("Syncs fail")
    DELETIONS_HELD = "deletions_held", _lazy("Deletions wait for a decision")
    VALUES = "values_not_understood", _lazy("Values are not understood")
    SUBMISSIONS_UNCERTAIN = "submissions_uncertain", _lazy("Submissions are uncertain")
    SUBMISSIONS_FAILING = "submissions_failing", _lazy("Submissions fail")
    TAGS_BEHIND = "tags_behind", _lazy("Tags are behind")
    WEBHOOK_FAILING = "webhook_failing", _lazy("A webhook endpoint does not answer")
    DISK = "disk", _lazy("The disk is nearly full")
    WORKER_SILENT = "worker_silent", _lazy("No worker is running")
    SCHEDULER_SILENT = "scheduler_silent", _lazy("No scheduler is running")
    CLOCKS_APART = "clocks_apart", _lazy("Clocks are apart")
    KEYS_UNREADABLE = "keys_unreadable", _lazy("Stored keys cannot be decrypted")
    BROKER_SILENT = "broker_silent", _lazy("The broker does not answer")
    SYNCS_LATE = "syncs_late", _lazy("Syncs begin late")


INSTALLATION_KINDS = (
    IssueKind.DISK,
    IssueKind.WORKER_SILENT,
    IssueKind.SCHEDULER_SILENT,
    IssueKind.CLOCKS_APART,
    IssueKind.KEYS_UNREADABLE,
    IssueKind.BROKER_SILENT,
    IssueKind.SYNCS_LATE,
)


class IssueQuerySet(models.QuerySet["Issue"]):
    def visible_to(self, user: Any) -> IssueQuerySet:
        """Those of the user's tenants; a superuser also sees those of the installation."""
        seen = Integration.objects.visible_to(user).values_list("pk")
        of_tenants = Q(integration_id__in=seen)
        return self.filter(of_tenants | Q(integration=None) if user.is_superuser else of_tenants)

    def open(self) -> IssueQuerySet:
        """Those whose cause is not gone, snoozed ones too."""
        return self.filter(resolved_at=None)

    def awake(self, now: datetime) -> IssueQuerySet:
        """Open ones that nobody has snoozed."""
        return self.open().filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def snoozed(self, now: datetime) -> IssueQuerySet:
        return self.open().filter(snoozed_until__gt=now)

    def resolved(self) -> IssueQuerySet:
        return self.filter(resolved_at__isnull=False)


class Issue(models.Model):
    """One thing that is wrong, from its first sign until its cause is gone.

    `occasion` names what it was last seen at, such as a run; `times` counts the occasions. `count`
    is how many records it is about, `records` the first of them as `{"model", "id"}`. One that
    comes again within minutes of its end is the same one (`alerts/issues.py`).
    """

    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, blank=True, related_name="issues"
    )
    # An `IssueKind`; not as choices, so that a new kind is no migration.
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=Severity)
    text = MessageField()
    count = models.PositiveIntegerField(default=0)
    records = models.JSONField(default=list, blank=True)
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    occasion = models.CharField(max_length=60, blank=True)
    times = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _lazy("issue")
        verbose_name_plural = _lazy("issues")
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind"],
                condition=Q(resolved_at=None),
                name="one_open_issue_each",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(resolved_at=None, integration=None),
                name="one_open_issue_of_installation",
            ),
        ]
        indexes = [
            models.Index(fields=["integration", "-id"], name="issue_of_tenant"),
            models.Index(
                fields=["severity", "kind"], name="issue_open", condition=Q(resolved_at=None)
            ),
            models.Index(fields=["resolved_at"], name="issue_resolved"),
        ]

    def __str__(self) -> str:
        return str(IssueKind(self.kind).label)

    def is_snoozed(self, now: datetime) -> bool:
        return self.resolved_at is None and bool(self.snoozed_until and self.snoozed_until > now)


class UnresolvedRecord(models.Model):
    """A record of which something was not understood: it stays from run to run until repaired.

    `code` is that of the warning, or `SET_ASIDE` for a record that could not be stored at all.
    """

    SET_ASIDE = "set_aside"

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    model = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    remote_id = IdField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "model", "code", "remote_id"], name="one_unresolved_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.remote_id}"


class IssueStep(models.TextChoices):
    RAISED = "raised", _lazy("Raised")
    AGAIN = "again", _lazy("Came again")
    WORSE = "worse", _lazy("Became more urgent")
    SNOOZED = "snoozed", _lazy("Snoozed")
    WOKEN = "woken", _lazy("Snooze ended by hand")
    RESOLVED = "resolved", _lazy("Resolved")


class IssueEvent(models.Model):
    """What became of an issue, and when; `user` where somebody did it."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    step = models.CharField(max_length=8, choices=IssueStep)
    until = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return _("%(step)s: issue %(pk)s") % {"step": self.get_step_display(), "pk": self.issue_id}
