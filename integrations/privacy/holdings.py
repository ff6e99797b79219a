"""The kinds of things that are held of a person, as people are told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _lazy


class Held(models.TextChoices):
    """Where something of a person can be; the names are those of the command's JSON."""

    CANDIDATES = "candidates", _lazy("Candidates")
    APPLICATIONS = "applications", _lazy("Applications")
    TAGS = "candidate_tags", _lazy("Tags on the candidate")
    SUBMISSIONS = "submissions", _lazy("Submissions")
    ACTIONS = "actions", _lazy("Texts of actions at Flatchr")
    DRAFTS = "drafts", _lazy("Drafts")
    CVS = "cv_files", _lazy("CV files")
    BULK_ROWS = "bulk_rows", _lazy("Rows of bulk uploads")
    UPLOADS = "uploads", _lazy("Names of uploaded files")
    REQUESTS = "flatchr_requests", _lazy("Logged requests to Flatchr")
    CONSOLE = "console_calls", _lazy("Requests of the console")
    ANSWERS = "api_answers", _lazy("Stored answers of the API")
    WEBHOOKS = "webhooks", _lazy("Webhook events")
    SET_ASIDE = "set_aside", _lazy("Records that were set aside")
    WARNINGS = "warnings", _lazy("Warnings with examples")
    MESSAGES = "messages", _lazy("Messages of syncs, issues and exports")
    SEARCHES = "export_searches", _lazy("Exports that searched for the person")
    SCHEDULES = "export_schedules", _lazy("Scheduled exports that search for the person")
    EXPORT_FILES = "export_files", _lazy("Export files that can hold the person")
    LINKS = "connection_links", _lazy("Connection links with the e-mail address")
    CONTACT = "tenant_contact", _lazy("Contact e-mail address of the tenant")


@dataclass(frozen=True, slots=True)
class Piece:
    """So many things of one kind, and what empties them, to be called in a transaction."""

    held: Held
    number: int
    empty: Callable[[], object]
