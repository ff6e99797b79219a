"""Bulk uploads: a sheet of candidates with a ZIP of CVs, and what became of each row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.ids import random_id
from integrations.models.ats import Application, Job
from integrations.models.fields import IdField, MessageField, MessagesField
from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet
from integrations.models.submissions import Submission, private_files


class BulkState(models.TextChoices):
    """The states of an upload; `is_live` and `color` say how each is treated and shown."""

    CHECKING = "CHECKING", _lazy("Being checked")
    REFUSED = "REFUSED", _lazy("Cannot be used")
    READY = "READY", _lazy("Waiting for you")
    QUEUEING = "QUEUEING", _lazy("Being queued")
    SENDING = "SENDING", _lazy("Being sent")
    DONE = "DONE", _lazy("Done")
    CANCELLED = "CANCELLED", _lazy("Cancelled")
    ABANDONED = "ABANDONED", _lazy("Given up")

    @property
    def is_live(self) -> bool:
        """Whether something is still to come without anybody doing anything."""
        return self in LIVE_UPLOADS

    @property
    def color(self) -> str:
        """The label colour of the state: `info`, `success`, `warning`, `danger` or `neutral`."""
        return {
            BulkState.REFUSED: "danger",
            BulkState.READY: "warning",
            BulkState.DONE: "success",
            BulkState.CANCELLED: "warning",
            BulkState.ABANDONED: "neutral",
        }.get(self, "info")


# A worker has something to do for those of WORKED_UPLOADS; the others wait for submissions to end.
WORKED_UPLOADS = (BulkState.CHECKING, BulkState.QUEUEING)
LIVE_UPLOADS = (*WORKED_UPLOADS, BulkState.SENDING)


class BulkUpload(models.Model):
    """One sheet, from its upload until each of its rows has come to an end.

    A worker owns the upload while `lease_owner` is its token and `lease_expires_at` lies ahead;
    one whose lease has run out is taken over, and goes on where the rows say. `sheet` and
    `archive` are there until every row has been queued; each submission has a copy of its CV.
    `notes` are warnings about the upload as a whole.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="bulk_uploads")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=BulkState, default=BulkState.CHECKING)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When the rows' personal data was removed, for having been kept long enough.
    emptied_at = models.DateTimeField(null=True)

    sheet = models.FileField(storage=private_files, null=True)
    sheet_name = models.CharField(max_length=200)
    sheet_size = models.PositiveIntegerField(default=0, help_text=_lazy("Bytes."))
    archive = models.FileField(storage=private_files, null=True)
    archive_name = models.CharField(max_length=200, blank=True)
    archive_size = models.PositiveIntegerField(default=0, help_text=_lazy("Bytes."))
    read_as = MessageField(blank=True)
    notes = MessagesField(default=list)
    refusal = MessageField(blank=True)

    # Rows in the sheet, and how many of them have been checked so far.
    total = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    # Submit also those who have applied for the same job already.
    again = models.BooleanField(default=False)

    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    # Claims since the last progress: how many workers have vanished over the same work.
    attempts = models.PositiveIntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _lazy("bulk upload")
        verbose_name_plural = _lazy("bulk uploads")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="bulk_newest"),
            models.Index(fields=["state", "lease_expires_at"], name="bulk_stale"),
        ]

    def __str__(self) -> str:
        return self.sheet_name or _("Bulk upload of %(day)s") % {
            "day": date_format(localtime(self.created_at), "SHORT_DATE_FORMAT")
        }

    @property
    def is_live(self) -> bool:
        return BulkState(self.state).is_live


class Verdict(models.TextChoices):
    """What the check says of a row. APPLIED: the person has applied for the same job already."""

    OK = "OK", _lazy("Good")
    WARNING = "WARNING", _lazy("Warning")
    APPLIED = "APPLIED", _lazy("Applied already")
    ERROR = "ERROR", _lazy("Error")

    @property
    def color(self) -> str:
        return {
            Verdict.OK: "success",
            Verdict.ERROR: "danger",
        }.get(self, "warning")


class RowState(models.TextChoices):
    """WAITING rows have no submission yet; QUEUED ones have, and its state says the rest."""

    WAITING = "WAITING", _lazy("Waiting")
    QUEUED = "QUEUED", _lazy("Queued")
    LEFT_OUT = "LEFT_OUT", _lazy("Left out")
    FAILED = "FAILED", _lazy("Failed")
    CANCELLED = "CANCELLED", _lazy("Cancelled")


class BulkRow(models.Model):
    """One row of the sheet: its cells as read, the verdict on it, and its submission.

    `number` is the row's number in the spreadsheet. `values` maps columns to text; `findings` is
    a list of `{"level": "error" or "warning", "field", "message"}`; `to_send` is what Flatchr
    would get, as a list of `[label, text]`; `applied` is the application that the person has for
    the job already. `cv` is the path of the CV in the ZIP.
    """

    upload = models.ForeignKey(BulkUpload, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    verdict = models.CharField(max_length=7, choices=Verdict)
    findings = MessagesField(default=list)
    to_send = models.JSONField(default=list)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    applied = models.ForeignKey(
        Application,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    cv = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=RowState, default=RowState.WAITING)
    message = MessageField(blank=True)
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, related_name="bulk_rows", db_constraint=False
    )

    class Meta:
        ordering = ["upload", "number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_row_each"),
        ]
        indexes = [models.Index(fields=["upload", "state", "number"], name="bulk_row_next")]

    def __str__(self) -> str:
        return _("Row %(number)s") % {"number": self.number}

    @property
    def idempotency_key(self) -> str:
        """By which the row's submission is found again, whoever made it."""
        return f"bulk:{self.upload_id}:{self.number}"
