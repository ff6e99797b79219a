"""The audit trail: who did what, when, and about what. Rows are added, and never changed.

No row refers to another by a foreign key: what it tells stays true, and readable, when the user or
the tenant is gone. The database refuses changes as well: see migration 0012.

Beside it, who works: the heartbeats of processes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import IdField


class Event(models.TextChoices):
    """All that is written down."""

    SIGNED_IN = "signed_in", _lazy("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _lazy("Sign-in failed")
    SIGN_IN_LOCKED = "sign_in_locked", _lazy("Sign-in locked")
    SIGN_IN_UNLOCKED = "sign_in_unlocked", _lazy("Sign-in unlocked")
    SIGNED_OUT = "signed_out", _lazy("Signed out")
    PASSWORD_LINK_SENT = "password_link_sent", _lazy("Link for a forgotten password sent")
    PASSWORD_CHANGED = "password_changed", _lazy("Password changed")
    SECOND_FACTOR_ON = "second_factor_on", _lazy("Second factor switched on")
    SECOND_FACTOR_OFF = "second_factor_off", _lazy("Second factor switched off")
    SECOND_FACTOR_RESET = "second_factor_reset", _lazy("Second factor reset")
    SESSIONS_ENDED = "sessions_ended", _lazy("Sessions ended")
    RECOVERY_CODES = "recovery_codes", _lazy("Recovery codes made")
    RECOVERY_CODE_USED = "recovery_code_used", _lazy("Recovery code used")
    USER_INVITED = "user_invited", _lazy("User invited")
    USER_CHANGED = "user_changed", _lazy("User changed")
    USER_REMOVED = "user_removed", _lazy("User removed")
    MEMBER_INVITED = "member_invited", _lazy("Member invited")
    INVITATION_ENDED = "invitation_ended", _lazy("Invitation declined or withdrawn")
    MEMBER_ADDED = "member_added", _lazy("Member added")
    MEMBER_CHANGED = "member_changed", _lazy("Role changed")
    MEMBER_REMOVED = "member_removed", _lazy("Member removed")
    TENANT_CONNECTED = "tenant_connected", _lazy("Tenant connected")
    CREDENTIALS_CHANGED = "credentials_changed", _lazy("Credentials changed")
    LINK_MADE = "link_made", _lazy("Connection link made")
    LINK_WITHDRAWN = "link_withdrawn", _lazy("Connection link withdrawn")
    EVENT_ADDRESS_MADE = "event_address_made", _lazy("Address for Flatchr's events made")
    EVENT_ADDRESS_ROTATED = "event_address_rotated", _lazy("Address for Flatchr's events replaced")
    EVENT_ADDRESS_REMOVED = "event_address_removed", _lazy("Address for Flatchr's events removed")
    SETTINGS_CHANGED = "settings_changed", _lazy("Settings changed")
    DECIDED = "decided", _lazy("Mapping decided")
    TENANT_ENABLED = "tenant_enabled", _lazy("Tenant enabled")
    TENANT_DISABLED = "tenant_disabled", _lazy("Tenant disabled")
    TENANT_DELETED = "tenant_deleted", _lazy("Tenant deleted")
    TENANT_RESTORED = "tenant_restored", _lazy("Tenant restored")
    TENANT_EMPTIED = "tenant_emptied", _lazy("Tenant's data removed")
    SYNC_STARTED = "sync_started", _lazy("Sync started by hand")
    SYNC_CANCELLED = "sync_cancelled", _lazy("Sync cancelled")
    DELETIONS_CONFIRMED = "deletions_confirmed", _lazy("Held deletions confirmed")
    RECORD_RETRIED = "record_retried", _lazy("Record that was set aside read again")
    DELETIONS_UNDONE = "deletions_undone", _lazy("Confirmed deletions undone")
    DELETIONS_DISMISSED = "deletions_dismissed", _lazy("Held deletions dismissed")
    SUBMITTED = "submitted", _lazy("Candidate submitted")
    SUBMISSION_DELETED = "submission_deleted", _lazy("Submission deleted")
    PERSON_HANDED_OVER = "person_handed_over", _lazy("A person's data handed over")
    PERSON_ERASED = "person_erased", _lazy("Person erased")
    PEOPLE_REMOVED_BY_AGE = "people_removed_by_age", _lazy("People removed by age")
    SUBMISSION_CANCELLED = "submission_cancelled", _lazy("Submission cancelled")
    BULK_STARTED = "bulk_started", _lazy("Bulk upload sent")
    BULK_CANCELLED = "bulk_cancelled", _lazy("Bulk upload cancelled")
    EXPORTED = "exported", _lazy("Data exported")
    EXPORT_FETCHED = "export_fetched", _lazy("Export downloaded")
    EXPORT_CANCELLED = "export_cancelled", _lazy("Export cancelled")
    EXPORT_SCHEDULED = "export_scheduled", _lazy("Export scheduled")
    ACTED = "acted", _lazy("Action at Flatchr")
    ACTIONS_STARTED = "actions_started", _lazy("Bulk action started")
    ACTIONS_STOPPED = "actions_stopped", _lazy("Bulk action stopped")
    ACTIONS_RETRIED = "actions_retried", _lazy("Bulk action's failures tried again")
    FLATCHR_SIGNED_IN = "flatchr_signed_in", _lazy("Signed in to Flatchr")
    FLATCHR_SIGNED_OUT = "flatchr_signed_out", _lazy("Signed out of Flatchr")
    NOTES_READ = "notes_read", _lazy("Comments, messages or tasks read")
    CV_SHOWN = "cv_shown", _lazy("CV shown")
    CV_DOWNLOADED = "cv_downloaded", _lazy("CV downloaded")
    CV_LINKED = "cv_linked", _lazy("Links to CVs handed out")
    BULK_FETCHED = "bulk_fetched", _lazy("Result of a bulk upload downloaded")
    CONSOLE_READ = "console_read", _lazy("Flatchr read through the console")
    PASSTHROUGH_WRITE = "passthrough_write", _lazy("Request to Flatchr sent")
    KEY_MADE = "key_made", _lazy("API key made")
    KEY_REVOKED = "key_revoked", _lazy("API key revoked")
    KEY_USED = "key_used", _lazy("API key used")
    WEBHOOK_MADE = "webhook_made", _lazy("Webhook endpoint made")
    WEBHOOK_CHANGED = "webhook_changed", _lazy("Webhook endpoint changed")
    WEBHOOK_DELETED = "webhook_deleted", _lazy("Webhook endpoint deleted")
    WEBHOOK_SWITCHED_OFF = "webhook_switched_off", _lazy("Webhook endpoint switched off")
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated", _lazy("Webhook secret rotated")
    WEBHOOK_REPLAYED = "webhook_replayed", _lazy("Webhook events sent again")
    AUDIT_EXPORTED = "audit_exported", _lazy("Audit trail exported")
    AUDIT_PURGED = "audit_purged", _lazy("Old audit entries removed")


class AppendOnly(Exception):
    """Entries of the audit trail are neither changed nor deleted."""


def _refuse() -> NoReturn:
    raise AppendOnly("Entries of the audit trail are neither changed nor deleted.")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **_kwargs: Any) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        _refuse()


class AuditEntry(models.Model):
    """One thing that was done. `details` holds no secrets and nothing about candidates."""

    at = models.DateTimeField(default=timezone.now)
    # An `Event`; not as choices, so that a new kind of event is no migration.
    what = models.CharField(max_length=40)
    # Who: a user, a key of the API by its prefix, or neither, which is Relais itself.
    user_id = models.BigIntegerField(null=True)
    key_prefix = IdField(max_length=16, blank=True)
    # The user's name, or the key's, as it was.
    who = models.CharField(max_length=150, blank=True)
    ip = models.GenericIPAddressField(null=True)
    integration_id = IdField(max_length=40, blank=True)
    tenant = models.CharField(max_length=200, blank=True)
    # What it was done to: the model's name, its key, and what people call it where that is not
    # a candidate's name.
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["-id"]
        verbose_name = _lazy("audit entry")
        verbose_name_plural = _lazy("audit trail")
        indexes = [
            models.Index(fields=["integration_id", "-id"], name="audit_tenant"),
            models.Index(fields=["user_id", "-id"], name="audit_user"),
            models.Index(fields=["what", "-id"], name="audit_what"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return str(Event(self.what).label)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        _refuse()


class AuditPurge(models.Model):
    """A permission to remove the entries older than `before`, which the database asks for, and the
    account of when that was done.
    """

    before = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Entries before {self.before:%Y-%m-%d}"


# The processes of the installation, as they report themselves

# Who has not been heard of for so long is taken for dead; a process reports every 15 seconds.
SILENT_AFTER = timedelta(seconds=60)


class ProcessKind(models.TextChoices):
    WORKER = "WORKER", _lazy("Worker")
    SCHEDULER = "SCHEDULER", _lazy("Scheduler")


class ProcessHeartbeat(models.Model):
    """One process, named by a key that it draws when it starts; the times are the database's."""

    id = IdField(primary_key=True, max_length=32, editable=False)
    kind = models.CharField(max_length=9, choices=ProcessKind)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    # The queues that a worker takes messages from.
    queues = models.JSONField(default=list)
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    # Seconds by which its clock is ahead of the database's; null when that could not be measured.
    clock_ahead = models.FloatField(null=True)

    class Meta:
        ordering = ["kind", "host", "pid"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pid} on {self.host}"
