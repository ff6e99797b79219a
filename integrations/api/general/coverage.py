"""What this connector reads and does: model by model, action by action
(`docs/unified-api.md §10.7`).

Ids of models, and of the two creating actions, are the contract's. It names no others, so the
other actions are called as the official SDK calls their methods, after `ats_`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpResponse

from integrations.api.bodies import success
from integrations.api.errors import invalid
from integrations.field_catalogue import FieldType, api_names
from integrations.ids import TOOL
from integrations.records import ApplicationRecord, JobRecord, PersonRecord


@dataclass(frozen=True, slots=True)
class Covered:
    """A model or an action. `fields` are the contract's, each with whether Flatchr has it."""

    id: str
    label: str
    supported: bool = True
    fields: tuple[tuple[str, bool], ...] = ()


def status(supported: bool) -> str:
    return "SUPPORTED" if supported else "UNSUPPORTED"


def _fields(supported: str, unsupported: str = "") -> tuple[tuple[str, bool], ...]:
    return (
        *((name, True) for name in supported.split()),
        *((name, False) for name in unsupported.split()),
    )


_RECORD = "id remote_id changed_at remote_deleted_at "

READ_MODELS = (
    Covered(
        "ats_jobs",
        "Jobs",
        fields=_fields(
            _RECORD + " ".join((*api_names(JobRecord), "remote_data", "stages")),
            "job_code confidential weekly_hours remote_url contact_id "
            "screening_questions job_postings hiring_team",
        ),
    ),
    Covered(
        "ats_candidates",
        "Candidates",
        fields=_fields(
            _RECORD + " ".join((*api_names(PersonRecord), "remote_data", "applications", "tags")),
            "company title confidential source social_media location custom_fields "
            "integration_fields remote_url remote_created_at remote_updated_at",
        ),
    ),
    Covered(
        "ats_applications",
        "Applications",
        fields=_fields(
            _RECORD
            + " ".join(api_names(ApplicationRecord, FieldType.TEXT, FieldType.NUMBER))
            + " current_stage_id job_id candidate_id "
            + " ".join(api_names(ApplicationRecord, FieldType.MOMENT))
            + " remote_data candidate current_stage job",
            "rejected_at screening_question_answers custom_fields "
            "integration_fields remote_url interviews offers",
        ),
    ),
    Covered(
        "ats_application_stages",
        "Application stages",
        fields=_fields(_RECORD + "name remote_data", "status custom_fields integration_fields"),
    ),
    Covered("ats_tags", "Tags", fields=_fields(_RECORD + "name", "remote_data")),
    Covered(
        "ats_join_candidates_tags",
        "Candidate tags",
        fields=_fields("id changed_at remote_deleted_at candidate_id tag_id"),
    ),
    Covered(
        "ats_join_jobs_application_stages",
        "Stages of a job",
        fields=_fields("id changed_at remote_deleted_at job_id stage_id index"),
    ),
    Covered(
        "ats_users",
        "Users",
        fields=_fields(
            "id remote_id changed_at first_name last_name email system_roles remote_data",
            "status remote_deleted_at",
        ),
    ),
    Covered("ats_roles", "Roles", supported=False),
    Covered("ats_job_postings", "Job postings", supported=False),
    Covered("ats_screening_questions", "Screening questions", supported=False),
    Covered("ats_interviews", "Interviews", supported=False),
    Covered("ats_offers", "Offers", supported=False),
    Covered("ats_rejection_reasons", "Rejection reasons", supported=False),
    Covered("ats_notes", "Notes", supported=False),
    Covered("ats_scorecards", "Scorecards", supported=False),
    Covered("ats_attachments", "Attachments, synchronised", supported=False),
)

_PERSON = "candidate.first_name candidate.last_name candidate.email_address candidate.phone_number "
_OPTIONAL = "candidate.social_links source.id sourced_by screening_question_answers "
_FILES = (
    "attachments.name attachments.type attachments.content_type attachments.data "
    "attachments.data_url"
)
_NOT_TAKEN = (
    "candidate.company candidate.title candidate.additional_email_addresses "
    "candidate.additional_phone_numbers candidate.location candidate.gender "
    "candidate.availability_date candidate.salary_expectations "
    "source.name source.unified_key gdpr_consent remote_fields"
)

WRITE_ACTIONS = (
    Covered(
        "ats_create_candidate",
        "Create candidates",
        fields=_fields(
            _PERSON + "application.job_id application.stage_id " + _OPTIONAL + _FILES,
            _NOT_TAKEN,
        ),
    ),
    Covered(
        "ats_create_application",
        "Create applications",
        fields=_fields(
            _PERSON + "stage_id " + _OPTIONAL + _FILES,
            _NOT_TAKEN,
        ),
    ),
    Covered("ats_move_application_to_stage", "Set application stage", fields=_fields("stage_id")),
    Covered(
        "ats_reject_application",
        "Reject applications",
        fields=_fields("", "rejection_reason_id note"),
    ),
    Covered("ats_get_candidate_attachments", "Read candidate attachments"),
    Covered("ats_get_application_attachments", "Read application attachments"),
    Covered("ats_add_application_note", "Add notes", fields=_fields("content content_type")),
    Covered("ats_add_candidate_tag", "Add candidate tags", fields=_fields("tag.name")),
    Covered("ats_remove_candidate_tag", "Remove candidate tags", supported=False),
    Covered("ats_add_candidate_attachment", "Add candidate attachments", supported=False),
    Covered("ats_add_application_attachment", "Add application attachments", supported=False),
    Covered("ats_add_application_result_link", "Add result links", supported=False),
)

FEATURES = (
    Covered("automatic_source_writing", "Source writing"),
    Covered("passthrough", "API passthrough"),
    Covered("delta_sync", "Delta syncs"),
    Covered("integration_fields", "Integration fields"),
    Covered("custom_fields", "Custom fields"),
)


LABEL = "Flatchr"
CATEGORIES = ("hris", "ats", "assessment", "lms")


def asset(name: str) -> str:
    """The address of an image of ours, for pages of other hosts."""
    return urljoin(settings.PUBLIC_URL, f"{settings.STATIC_URL}relais/{name}")


def tools_of_category(request: Any, category: str) -> HttpResponse:  # noqa: ARG001
    if category not in CATEGORIES:
        raise invalid(f"The category is one of {', '.join(CATEGORIES)}.")
    return success({"tools": [_flatchr()] if category == "ats" else []})


def _flatchr() -> dict[str, Any]:
    return {
        "id": TOOL,
        "label": LABEL,
        "internal_label": None,
        "assets": {
            "logo_url": asset("flatchr-logo.svg"),
            "icon_url": asset("flatchr-icon.svg"),
            "icon_black_url": asset("flatchr-icon-black.svg"),
        },
        "paid_api_details_markdown": None,
        "fast_track_details_markdown": None,
        "partner_only_details_markdown": None,
        "connection_guide_url": None,
        "coverage": {
            "read_models": [_covered(model) for model in READ_MODELS],
            "write_actions": [_covered(action) for action in WRITE_ACTIONS],
            "features": [_named(feature) for feature in FEATURES],
        },
    }


def _named(covered: Covered) -> dict[str, Any]:
    return {
        "id": covered.id,
        "label": covered.label,
        "coverage_status": status(covered.supported),
    }


def _covered(covered: Covered) -> dict[str, Any]:
    return {
        **_named(covered),
        "fields": [
            {"id": name, "coverage_status": status(supported)} for name, supported in covered.fields
        ],
    }
