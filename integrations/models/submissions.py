"""Submissions: the row is the truth about a candidate sent to Flatchr, or about to be."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.ids import random_id
from integrations.models.ats import Application, ApplicationStage, Candidate, Job
from integrations.models.fields import IdField, MessageField, MessagesField
from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet


def private_files() -> Storage:
    """Where CVs are kept: out of reach of the web server (`STORAGES` in the settings)."""
    return storages["submissions"]


class SubmissionKind(models.TextChoices):
    """The entry point that was used; both create a candidate with one application."""

    CANDIDATE = "CANDIDATE", _lazy("Candidate")
    APPLICATION = "APPLICATION", _lazy("Application")


class Channel(models.TextChoices):
    FORM = "FORM", _lazy("Form")
    API = "API", "API"
    BULK = "BULK", _lazy("Bulk upload")
    COMMAND = "COMMAND", _lazy("Command line")


class SubmissionState(models.TextChoices):
    """The states of a submission; `is_terminal` and `color` say how each is treated and shown.

    SENDING means that the request may have left: whoever finds a submission in it, and its worker
    gone, must look at Flatchr before anything else. UNCERTAIN is the same, known to all.
    """

    DRAFT = "DRAFT", _lazy("Draft")
    CHECKED = "CHECKED", _lazy("Checked")
    QUEUED = "QUEUED", _lazy("Queued")
    SENDING = "SENDING", _lazy("Sending")
    SUCCEEDED = "SUCCEEDED", _lazy("Succeeded")
    FAILED = "FAILED", _lazy("Failed")
    UNCERTAIN = "UNCERTAIN", _lazy("Uncertain")

    @property
    def is_terminal(self) -> bool:
        return self in (SubmissionState.SUCCEEDED, SubmissionState.FAILED)

    @property
    def color(self) -> str:
        """The label colour of the state: `info`, `success`, `warning`, `danger` or none."""
        return {
            SubmissionState.DRAFT: "",
            SubmissionState.SUCCEEDED: "success",
            SubmissionState.UNCERTAIN: "warning",
            SubmissionState.FAILED: "danger",
        }.get(self, "info")


OPEN_SUBMISSIONS = (SubmissionState.DRAFT, SubmissionState.CHECKED)
LIVE_SUBMISSIONS = (SubmissionState.QUEUED, SubmissionState.SENDING, SubmissionState.UNCERTAIN)


class SubmissionQuerySet(TenantQuerySet):
    def since(self, days_ago: int) -> SubmissionQuerySet:
        """Submissions written since the local midnight `days_ago` days before today's."""
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return self.filter(created_at__gte=midnight - timedelta(days=days_ago))

    def needing_attention(self) -> SubmissionQuerySet:
        """Uncertain ones, and those of the last seven days that failed and were not cancelled."""
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        failed = Q(state=SubmissionState.FAILED, created_at__gte=midnight - timedelta(days=6))
        return self.filter(Q(state=SubmissionState.UNCERTAIN) | failed & ~Q(error_kind="cancelled"))


class Submission(models.Model):
    """One candidate for one job, from the first keystroke to certainty that Flatchr has it.

    Names, e-mail and texts are kept as typed; what is sent is derived from them. A worker owns
    the row while `lease_owner` is its token and `lease_expires_at` lies ahead. `next_attempt_at`
    says when the row needs a worker again, in whatever state; null: never.

    `warnings` is a list of `{"code", "field", "message"}`, `replacements` of
    `{"field", "from", "to"}`, `answers` of `{"question", "value"}`; `urls` maps `facebook`,
    `linkedin`, `twitter` and `other` to addresses. `known_applicants` are the applicant ids that
    Flatchr had for the e-mail before the request went out.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="submissions")
    kind = models.CharField(max_length=11, choices=SubmissionKind, default=SubmissionKind.CANDIDATE)
    channel = models.CharField(max_length=7, choices=Channel, default=Channel.FORM)
    state = models.CharField(max_length=9, choices=SubmissionState, default=SubmissionState.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Who pressed Submit or Retry last, and who took it back.
    queued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When its personal data was removed: kept for long enough, or the person was erased.
    emptied_at = models.DateTimeField(null=True, editable=False)

    job = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="submissions",
        db_constraint=False,
    )
    first_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    email_address = models.TextField(_lazy("e-mail address"), blank=True)
    phone_number = models.TextField(blank=True)
    # The trimmed, lower-cased e-mail, as applications have it; blank while it is not a valid one.
    person_key = IdField(max_length=254, blank=True)
    cover_letter = models.TextField(blank=True)
    answers = models.JSONField(default=list, blank=True)
    urls = models.JSONField(default=dict, blank=True)
    # What this submission asks for until it is submitted, what it was sent with from then on.
    offerer_id = models.PositiveBigIntegerField(_lazy("offerer ID"), null=True, blank=True)
    user_key = models.TextField(blank=True)
    source_written = models.BooleanField(null=True)
    # The stage that the application is to begin in, and when it is looked after next; null: never.
    stage = models.ForeignKey(
        ApplicationStage,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    stage_due_at = models.DateTimeField(null=True, editable=False)

    document = models.FileField(storage=private_files, null=True, blank=True)
    document_name = models.CharField(max_length=100, blank=True)
    document_type = models.CharField(_lazy("content type"), max_length=100, blank=True)
    document_size = models.PositiveIntegerField(null=True, help_text=_lazy("Bytes."))
    document_sha256 = models.CharField(max_length=64, blank=True)
    # Where a document is still to be fetched from.
    document_url = models.TextField(blank=True)

    warnings = MessagesField(default=list, blank=True)
    replacements = models.JSONField(default=list, blank=True)

    idempotency_key = IdField(max_length=255, blank=True)
    again = models.BooleanField(
        default=False,
        help_text=_lazy("Submit although the person has applied for this job already."),
    )

    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    # From then on, a complete search that does not show the applicant means that there is none.
    settle_at = models.DateTimeField(null=True)
    known_applicants = models.JSONField(default=list, blank=True)

    application = models.ForeignKey(
        Application,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="submissions",
        db_constraint=False,
    )
    candidate = models.ForeignKey(
        Candidate,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="submissions",
        db_constraint=False,
    )

    error_kind = models.CharField(max_length=40, blank=True)
    error_message = MessageField(blank=True)
    error_detail = models.TextField(blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "job", "person_key"],
                condition=Q(state__in=["QUEUED", "SENDING", "UNCERTAIN"]),
                name="one_live_submission_each",
            ),
            models.UniqueConstraint(
                fields=["integration", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_submission_per_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="submission_newest"),
            models.Index(fields=["integration", "state"], name="submission_state"),
            models.Index(fields=["integration", "person_key"], name="submission_person"),
            models.Index(
                fields=["next_attempt_at"],
                name="submission_due",
                condition=Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["stage_due_at"],
                name="submission_stage_due",
                condition=Q(stage_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.person or self.id

    @property
    def person(self) -> str:
        """First and last name as typed."""
        return " ".join(filter(None, (self.first_name.strip(), self.last_name.strip())))

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_SUBMISSIONS


class AttemptKind(models.TextChoices):
    CHECK = "CHECK", _lazy("Check")
    LOOKUP = "LOOKUP", _lazy("Look-up")
    SEND = "SEND", _lazy("Send")


class AttemptOutcome(models.TextChoices):
    """What is known of a request once it has ended; blank while it has not, or nobody knows."""

    ACCEPTED = "accepted", _lazy("Accepted")
    REFUSED = "refused", _lazy("Refused")
    NOT_SENT = "not_sent", _lazy("Nothing was sent")
    UNKNOWN = "unknown", _lazy("May have arrived")
    FOUND = "found", _lazy("Found")
    NOT_FOUND = "not_found", _lazy("Not found")
    FAILED = "failed", _lazy("Failed")


class SubmissionAttempt(models.Model):
    """One request for a submission, with its secrets masked and without the file's bytes.

    `request` is `{"method", "host", "path", "body"}`, `response` the head of the answer,
    `duration` in seconds, `error` a sentence for the user.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="log")
    kind = models.CharField(max_length=6, choices=AttemptKind)
    started_at = models.DateTimeField()
    duration = models.FloatField(null=True, help_text=_lazy("Seconds."))
    status = models.PositiveSmallIntegerField(null=True)
    request = models.JSONField(default=dict)
    response = models.TextField(blank=True)
    outcome = models.CharField(max_length=9, blank=True, choices=AttemptOutcome)
    error = MessageField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.submission_id}"
