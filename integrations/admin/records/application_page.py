"""The page of one application: the CV, what can be done, who it is, and what has happened."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.actions.acting import work_context
from integrations.admin.actions.notes import panels_of
from integrations.admin.base.cards import Card, badges, filled, record_card
from integrations.admin.base.formatting import day, emails, job_detail, link, number, phones
from integrations.admin.base.urls import list_url
from integrations.admin.records.changes import changes_of
from integrations.admin.records.cv import viewer_context
from integrations.admin.records.field_sources import source_of
from integrations.admin.records.timeline import timeline
from integrations.models import Application

# Flatchr's application, in which people work; it tells nobody the address of one applicant.
FLATCHR = "https://app.flatchr.io/"


def application_page(request: HttpRequest, application: Application) -> dict[str, Any]:
    """The context of `application.html`."""
    candidate, job = application.candidate, application.job
    works = may(request.user, Permission.ACT, application.integration_id)
    reads_cv = may(request.user, Permission.SUBMIT, application.integration_id)
    return {
        "title": f"{candidate}, {job}" if job else str(candidate),
        "badges": badges(application),
        "subtitle": " · ".join(filter(None, (_("Application"), job_detail(job)))),
        "cards": [_about(application), _who(application), record_card(application)],
        "source": source_of(application),
        "changes": changes_of(application),
        "timeline": {"events": timeline(candidate)},
        "cv": viewer_context(application) if reads_cv else None,
        "flatchr_url": FLATCHR if application.integration.environment == "production" else "",
        "links": [
            (_("Candidate's applications"), list_url(Application, candidate=candidate.pk)),
            *([(_("Applications for this job"), list_url(Application, job=job.pk))] if job else []),
        ],
        "panels": panels_of(application) if works else [],
        **work_context(application, request.user),
    }


def _about(application: Application) -> Card:
    return Card(
        _("Application"),
        [
            (_("Job"), format_html("{}<br>{}", link(application.job), job_detail(application.job))),
            (_("Received"), day(application.remote_created_at)),
            *filled(
                [
                    (_("Source"), application.source),
                    (_("Score"), number(application.score)),
                    (_("Rejection reason"), application.rejection_reason_name),
                ]
            ),
            (_("Updated in Flatchr"), day(application.remote_updated_at)),
        ],
    )


def _who(application: Application) -> Card:
    candidate = application.candidate
    return Card(
        _("Candidate"),
        [
            (_("Name"), link(candidate)),
            (_("E-mail"), emails(candidate.email_addresses)),
            (_("Phone"), phones(candidate.phone_numbers)),
        ],
    )
