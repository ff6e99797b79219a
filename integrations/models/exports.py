"""Who took which data away, what is still being written, and what each user prefers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import MessageField
from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet


class ExportKind(models.TextChoices):
    """What the rows of a file are; the value is the name of the model."""

    CANDIDATE = "candidate", _lazy("Candidates")
    JOB = "job", _lazy("Jobs")
    APPLICATION = "application", _lazy("Applications")


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", _lazy("Excel")
    JSON = "json", "JSON"


class Delimiter(models.TextChoices):
    COMMA = ",", _lazy("Comma")
    SEMICOLON = ";", _lazy("Semicolon")
    TAB = "\t", _lazy("Tab")


class DateFormat(models.TextChoices):
    ISO = "iso", "2026-03-31"
    DAY_FIRST = "dmy", "31/03/2026"


class Wording(models.TextChoices):
    """What headings and values are written in: a language, or the names that programs read."""

    FRENCH = "fr", _lazy("In French")
    ENGLISH = "en", _lazy("In English")
    CODES = "codes", _lazy("Codes, as programs read them")


class PhoneFormat(models.TextChoices):
    INTERNATIONAL = "international", "+33612345678"
    NATIONAL = "national", "06 12 34 56 78"


class Layout(models.Model):
    """How a file is written, apart from what is in it."""

    format = models.CharField(max_length=8, choices=ExportFormat, default=ExportFormat.CSV)
    delimiter = models.CharField(max_length=1, choices=Delimiter, default=Delimiter.COMMA)
    date_format = models.CharField(max_length=3, choices=DateFormat, default=DateFormat.ISO)
    # A byte order mark in front of CSV, by which Excel knows UTF-8.
    bom = models.BooleanField(default=True)
    wording = models.CharField(max_length=5, choices=Wording, default=Wording.CODES)
    phones = models.CharField(max_length=13, choices=PhoneFormat, default=PhoneFormat.INTERNATIONAL)

    class Meta:
        abstract = True


class Selection(models.Model):
    """Which records are in a file, and what is told of each."""

    kind = models.CharField(max_length=11, choices=ExportKind, default=ExportKind.CANDIDATE)
    columns = models.JSONField(default=list)
    # The list's query string at the press of the button, or the command's options.
    filters = models.TextField(blank=True)

    class Meta:
        abstract = True


class ExportState(models.TextChoices):
    """The states of an export; `is_live` and `color` say how each is treated and shown.

    STREAMED ones are sent while they are read, and no worker has to do with them.
    """

    STREAMED = "STREAMED", _lazy("Downloaded at once")
    QUEUED = "QUEUED", _lazy("Waiting")
    RUNNING = "RUNNING", _lazy("Being written")
    DONE = "DONE", _lazy("Ready")
    FAILED = "FAILED", _lazy("Failed")
    CANCELLED = "CANCELLED", _lazy("Cancelled")

    @property
    def is_live(self) -> bool:
        return self in LIVE_EXPORTS

    @property
    def color(self) -> str:
        """The label colour of the state: `info`, `success`, `warning` or `danger`."""
        return {
            ExportState.QUEUED: "info",
            ExportState.RUNNING: "info",
            ExportState.FAILED: "danger",
            ExportState.CANCELLED: "warning",
        }.get(self, "success")


LIVE_EXPORTS = (ExportState.QUEUED, ExportState.RUNNING)


class Every(models.TextChoices):
    DAY = "DAY", _lazy("Every day")
    WEEK = "WEEK", _lazy("Every week")


class ExportSchedule(Layout, Selection):
    """An export that is made again and again for one user, who is told of each by e-mail.

    `next_at` is null, and `stopped` says why, once it cannot go on.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="export_schedules"
    )
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="export_schedules")
    every = models.CharField(max_length=4, choices=Every, default=Every.WEEK)
    # Of a weekly one, 0 for Monday; and the hour, in the time zone of the installation.
    weekday = models.PositiveSmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField(default=6)
    # Of the dashboard when it was scheduled: that of the e-mails to a user who has chosen none.
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    next_at = models.DateTimeField(null=True, db_index=True)
    stopped = MessageField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.integration}"


class Export(Layout, Selection):
    """One file of mirrored records. `rows` is null until the last row has been written.

    A worker owns the export while `lease_owner` is its token and `lease_expires_at` lies ahead;
    one whose lease has run out is taken over and written again from its beginning, to a file of
    its own. `file` is its name below `DATA_DIR/exports` until `expires_at`; `tenants` are those
    whose records may be in it. `expected` is how many rows it will have, `written` how many are
    there so far. A mail about it is due at `mail_due_at`, until `mailed_at` or `mail_error`.
    """

    integration = models.ForeignKey(
        Integration,
        models.CASCADE,
        null=True,
        related_name="exports",
        help_text=_lazy("Empty when the export spans several tenants."),
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    schedule = models.ForeignKey(ExportSchedule, models.SET_NULL, null=True, related_name="exports")
    state = models.CharField(max_length=9, choices=ExportState, default=ExportState.STREAMED)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(null=True)

    expected = models.PositiveIntegerField(null=True)
    written = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = MessageField(blank=True)

    file = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(null=True, help_text=_lazy("Bytes."))
    tenants = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)

    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    mail_error = MessageField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "lease_expires_at"], name="export_stale"),
            models.Index(fields=["mail_due_at"], name="export_mail_due"),
        ]

    def __str__(self) -> str:
        return _("Export %(pk)s") % {"pk": self.pk}

    @property
    def is_live(self) -> bool:
        return ExportState(self.state).is_live


class ExportPreference(Layout):
    """How one user had a file written the last time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    # Blank: that of the dashboard, whatever the user reads it in.
    wording = models.CharField(max_length=5, choices=Wording, blank=True)

    def __str__(self) -> str:
        return f"Export preferences of {self.user}"


class ColumnSet(models.Model):
    """Columns that a user has given a name, to choose them again with one click."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=ExportKind)
    name = models.CharField(max_length=60)
    columns = models.JSONField(default=list)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "name"], name="one_column_set_each")
        ]

    def __str__(self) -> str:
        return self.name
