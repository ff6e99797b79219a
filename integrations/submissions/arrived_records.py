"""The records of a submission that Flatchr has: found by a search, or known to follow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from integrations.changes.recording import recorded
from integrations.flatchr.applicant_lookup import ApplicantRow
from integrations.models import Application, FlatchrSettings, Submission
from integrations.records import PersonRecord
from integrations.search.filling import fill_candidate
from integrations.submissions.validation import Cleaned
from integrations.sync.applicants import incremental

logger = logging.getLogger(__name__)


def link(
    submission: Submission, found: ApplicantRow, *, among: Sequence[ApplicantRow] = ()
) -> bool:
    """Mirror the applicants just found and point the submission at its own; whether that worked.

    A failure is logged and leaves nothing behind: what Flatchr has does not depend on it.
    """
    remote_id = found[0]["applicant"]
    try:
        with recorded(submission.integration_id):
            ids = incremental.store_applicants(submission.integration_id, list(among) or [found])
            return _point_at(submission, ids.get(remote_id))
    except Exception:
        logger.exception("The records of submission %s were not written", submission.pk)
        return False


def expect(submission: Submission, cleaned: Cleaned) -> bool:
    """Records for an applicant that Flatchr has and does not show yet, under ids that they keep;
    whether that worked. As `link`.
    """
    email = {"email_address": cleaned.email_address, "type": None}
    phone = {"phone_number": cleaned.phone_number, "type": None}
    person = PersonRecord(
        first_name=cleaned.first_name,
        last_name=cleaned.last_name,
        email_addresses=[email],
        phone_numbers=[phone] if cleaned.phone_number else [],
    )
    try:
        with recorded(submission.integration_id):
            application_id = incremental.expect_application(
                submission.integration_id,
                submission.pk,
                job_id=str(submission.job_id),
                person_key=submission.person_key,
                person=person,
            )
            return _point_at(submission, application_id)
    except Exception:
        logger.exception("No records were made for submission %s", submission.pk)
        return False


def _shows_created_only(integration_id: str) -> bool:
    """Whether lists show what was submitted from here alone, from this moment on."""
    return FlatchrSettings.objects.filter(pk=integration_id, api_only_created=True).exists()


def _point_at(submission: Submission, application_id: str | None) -> bool:
    application = Application.objects.filter(pk=application_id).first()
    if application is None:
        return False
    Submission.objects.filter(pk=submission.pk).update(
        application=application, candidate=application.candidate_id
    )
    if _shows_created_only(submission.integration_id):
        incremental.show_application(application)
    # A failure only means that the next sync fills it in.
    transaction.on_commit(partial(fill_candidate, application.candidate_id), robust=True)
    return True
