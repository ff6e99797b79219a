"""The bodies of writes, as `docs/unified-api.md` §6 to §8 has them, and the records that they name.

Only what decides about a request is checked here: the content of a field is for the submission
service to judge. A field that is not declared, or that Flatchr cannot hold, becomes a
warning (`entry.unsupported`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from integrations.api.bodies import Body
from integrations.api.errors import ApiError, invalid
from integrations.models import Application, ApplicationStage, Candidate, Integration
from integrations.submissions.validation import REMOTE

Text = Annotated[str, StringConstraints(max_length=100_000)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=420)]


class SocialLink(Body):
    url: Text


class CandidateInput(Body):
    """The person; what else §8.1 has of one, Flatchr cannot hold."""

    first_name: Text
    last_name: Text
    email_address: Text
    phone_number: Text | None = None
    """Best with its country: +33 6 ..."""
    social_links: list[SocialLink] | None = None
    """One of LinkedIn, Facebook and Twitter each, and one other."""


class AttachmentInput(Body):
    """A file: base64 in `data` with its `content_type`, or an address in `data_url`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    type: Literal["CV", "COVER_LETTER", "OTHER"]
    """The first CV is sent; Flatchr keeps no other file."""
    content_type: Annotated[str, StringConstraints(max_length=500)] | None = None
    """Such as application/pdf. Needed with `data`."""
    data_url: Text | None = None
    """Where the file is, for anybody to fetch. Either this or `data`."""
    data: str | None = Field(default=None, repr=False)
    """The file, as base64."""


class SourceInput(Body):
    name: Text | None = None
    unified_key: Text | None = None
    id: Text | None = None
    """An offerer ID of Flatchr's, under which the candidate is filed. Flatchr takes no other."""


class SourcedBy(Body):
    user_id: Text
    """The id of one of `GET /ats/users`, or the user's key at Flatchr with `remote:` in front."""


class Answer(Body):
    """`answer` is a text, a truth value, a number, a list of texts or a file."""

    question_id: Text
    """The question's text or tag id at Flatchr, with `remote:` in front."""
    answer: Any
    """A text, a number, true or false, or a list of texts."""


class WritingInput(Body):
    """What both bodies of creations have."""

    candidate: CandidateInput
    attachments: list[AttachmentInput] | None = None
    source: SourceInput | None = None
    sourced_by: SourcedBy | None = None
    screening_question_answers: list[Answer] | None = None


class ApplicationInput(WritingInput):
    """The body of POST /ats/jobs/{job_id}/applications (§8.1)."""

    stage_id: Id | None = None
    """The stage to begin in; `remote:` in front of an id of Flatchr. Flatchr creates it in the
    first one, and Relais moves it then: `warnings` say so if that fails."""


class WantedJob(Body):
    job_id: Id
    """The job; `remote:` in front of an id of Flatchr."""
    stage_id: Id | None = None
    """The stage to begin in, as on creating an application."""


class CandidateWithApplication(WritingInput):
    """The body of POST /ats/candidates (§8.2)."""

    application: WantedJob


class StageInput(Body):
    """The body of PUT /ats/applications/{id}/stage."""

    stage_id: Id
    """The stage; `remote:` in front of an id of Flatchr."""


class RejectInput(Body):
    """The body of POST /ats/applications/{id}/reject. Flatchr keeps neither of its fields."""

    rejection_reason_id: Text | None = None
    note: Text | None = None


class NoteInput(Body):
    """The body of POST /ats/applications/{id}/notes (§7)."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    content_type: Literal["PLAIN_TEXT"]


class TagName(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


class TagInput(Body):
    """The body of POST and DELETE /ats/candidates/{id}/tags (§7)."""

    tag: TagName


def application_of(integration: Integration, wanted: str) -> Application:
    """An application that Flatchr still has, with its job. Raises `ApiError`."""
    rows = Application.objects.select_related("job", "candidate")
    found: Application = _find(rows, integration, wanted, "application_id", "application")
    return found


def candidate_of(integration: Integration, wanted: str) -> Candidate:
    """A candidate that Flatchr still has. Raises `ApiError`."""
    found: Candidate = _find(
        Candidate.objects.all(), integration, wanted, "candidate_id", "candidate"
    )
    return found


def stage_of(integration: Integration, wanted: str) -> ApplicationStage:
    """A stage that Flatchr still has. Raises `ApiError`."""
    found: ApplicationStage = _find(
        ApplicationStage.objects.all(), integration, wanted, "stage_id", "stage"
    )
    return found


def first_stage(integration: Integration, wanted: str | None) -> str:
    """The id of the stage that a creation names; blank without one, or when there is no such stage
    at Flatchr, or none that can be moved to: that is no reason not to create it.
    """
    if not (wanted or "").strip():
        return ""
    try:
        stage = stage_of(integration, str(wanted))
    except ApiError:
        return ""
    return stage.pk if stage.remote_id.isascii() and stage.remote_id.isdigit() else ""


def _find(rows: Any, integration: Integration, wanted: str, field: str, model: str) -> Any:
    wanted = wanted.strip()
    key = {"pk": wanted}
    if wanted.startswith(REMOTE):
        key = {"remote_id": wanted.removeprefix(REMOTE)}
    found = rows.filter(integration=integration, **key).first() if "\0" not in wanted else None
    if found is None:
        raise invalid(f"{field}: This integration has no such {model}.")
    if found.remote_deleted_at is not None:
        raise invalid(f"{field}: Flatchr no longer has this {model}.")
    found.integration = integration
    return found
