"""Creations and live actions."""

from __future__ import annotations

from typing import Any

from integrations.api.actions.inputs import (
    ApplicationInput,
    CandidateWithApplication,
    NoteInput,
    RejectInput,
    StageInput,
    TagInput,
)
from integrations.api.openapi.operations import Failure, Operation, OperationGroup, nothing
from integrations.api.openapi.shapes import (
    ID,
    OTHER_ID,
    Schema,
    always_null,
    array,
    boolean,
    integer,
    moment,
    nullable,
    one_of,
    record,
    ref,
    string,
)

_PERSON: dict[str, Any] = {
    "candidate": {
        "first_name": "Nadia",
        "last_name": "Perrot",
        "email_address": "nadia.perrot@courrier.example",
        "phone_number": "+33 6 39 98 00 01",
    },
    "attachments": [
        {"name": "cv.pdf", "type": "CV", "data_url": "https://files.courrier.example/cv.pdf"}
    ],
}
_FILE_TYPES = ("CV", "COVER_LETTER", "OTHER")
_FILE: dict[str, Schema] = {
    "id": string(example=OTHER_ID),
    "remote_id": string("Where Flatchr keeps the file.", example="cv/nadia-perrot.pdf"),
    "type": {"type": "string", "const": "CV", "description": "Flatchr keeps the CV alone."},
    "file_name": string(example="nadia-perrot.pdf"),
    "content_type": string(example="application/pdf"),
    "data_url": string(
        "Opens the file without a key, for 15 minutes. Flatchr is asked for it when it is opened.",
        example="https://relais.example/v1/attachments/eyJ0b2tlbiI6ImV4YW1wbGUifQ",
    ),
    "remote_created_at": always_null(),
    "remote_updated_at": always_null(),
}
_OWNER = {"application_id": string(example=ID), "candidate_id": string(example=OTHER_ID)}
_SUBMISSION = record(
    {
        "id": string(example=ID),
        "integration_id": string(example="flatchr:8d1hpPsbjxUkoCoa1veLZGe5"),
        "state": one_of(
            ("QUEUED", "SENDING", "UNCERTAIN", "SUCCEEDED", "FAILED"),
            "UNCERTAIN: Flatchr may have it, and is being asked.",
            example="SUCCEEDED",
        ),
        "is_final": boolean("Whether nothing changes by itself any more.", example=True),
        "job_id": string(null=True, example=OTHER_ID),
        "application_id": string("The application, once it is known.", null=True, example=ID),
        "candidate_id": string("The candidate, once it is known.", null=True, example=OTHER_ID),
        "created_at": moment(),
        "sent_at": moment(null=True),
        "ended_at": moment(null=True),
        "error": record(
            {
                "code": string(null=True),
                "title": string(null=True),
                "message": string(),
            },
            "Why it has failed, as the creation tells it; null otherwise.",
            null=True,
        ),
        "warnings": array(ref("Warning"), example=[]),
    }
)
_RESTRICTION = record(
    {
        "is_supported": boolean(example=True),
        "min_amount": integer(example=0, minimum=0),
        "max_amount": integer(example=1, minimum=0),
        "max_file_size_bytes": integer(null=True, example=10_485_760),
        "accepted_mime_types": array(string(), example=["application/pdf"]),
    }
)
_RESTRICTIONS = record(
    {
        "total_size_bytes": integer("The largest total size.", example=10_485_760),
        "types": record({name: ref("AttachmentRestriction") for name in _FILE_TYPES}),
    }
)
_STILL_OPEN = Failure(
    409,
    "PLATFORM.TASK_TIMED_OUT",
    "Not known yet whether Flatchr has it. Relais finds out: do not create it again.",
)
_CREATING = (
    Failure(409, "ATS.APPLICATION_ALREADY_EXISTS", "This person has applied for the job already."),
    Failure(400, "ATS.JOB_CLOSED", "The job takes no applications."),
    _STILL_OPEN,
    Failure(409, "PLATFORM.UNKNOWN_ERROR", "Somebody cancelled it in Relais, or its file is lost."),
    Failure(
        429,
        "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
        "Too many actions are under way on the integration. Wait a second.",
    ),
)
_NOT_FOR_ALL = Failure(
    400, "INTEGRATION.ACTION_NOT_AVAILABLE", "Flatchr cannot do it for this one; it says why."
)

WRITES = OperationGroup(
    "Write",
    "Writes go to Flatchr at once, and the answer says what Flatchr has then. What Flatchr cannot "
    "hold is left out and told of in `warnings`. None of them is ever sent to Flatchr twice by "
    "itself.",
    (
        Operation(
            "POST ats/candidates",
            "Create a candidate",
            "Creates the candidate with one application, and answers with the whole record.",
            data=ref("Candidate"),
            warnings=True,
            body=CandidateWithApplication,
            sdk="ats.create_candidate",
            sample={**_PERSON, "application": {"job_id": OTHER_ID}},
            live=True,
            repeats=True,
            failures=_CREATING,
        ),
        Operation(
            "POST ats/jobs/{job_id:path}/applications",
            "Create an application",
            "Someone applies for the job; a candidate with the same e-mail address is the same "
            "candidate. Answers with the whole record.",
            data=ref("CreatedApplication"),
            warnings=True,
            body=ApplicationInput,
            sdk="ats.create_application",
            sample=_PERSON,
            live=True,
            repeats=True,
            failures=_CREATING,
        ),
        Operation(
            "GET submissions/{submission_id}",
            "Get a submission",
            "What has become of a creation whose end was not known in time: "
            "`PLATFORM.TASK_TIMED_OUT` names it in `error.submission_id`. Ask every few seconds "
            "until `is_final`; then there are records, or an `error` that says why not.",
            data=ref("Submission"),
            failures=(Failure(404, "PLATFORM.INPUT_INVALID", "There is no such submission."),),
        ),
        Operation(
            "GET ats/actions/{action_id}",
            "Get what an action takes",
            "What may be attached, for `ats_create_application` and `ats_create_candidate`; null "
            "for actions without files.",
            data=record({"attachment_restrictions": nullable("AttachmentRestrictions")}),
        ),
        Operation(
            "PUT ats/applications/{application_id}/stage",
            "Move an application to a stage",
            data=nothing(),
            warnings=True,
            body=StageInput,
            sdk="ats.move_application_to_stage",
            sample={"stage_id": OTHER_ID},
            live=True,
            failures=(_NOT_FOR_ALL,),
        ),
        Operation(
            "POST ats/applications/{application_id}/reject",
            "Reject an application",
            "Flatchr archives it. It keeps neither a reason nor a note: both are told of in "
            "`warnings`.",
            data=nothing(),
            warnings=True,
            body=RejectInput,
            body_optional=True,
            sdk="ats.reject_application",
            sample={"rejection_reason_id": OTHER_ID, "note": "Thank you for applying."},
            live=True,
            failures=(_NOT_FOR_ALL,),
        ),
        Operation(
            "POST ats/applications/{application_id}/notes",
            "Add a note to an application",
            "A comment at Flatchr, in the name of the user who made the key. Flatchr takes "
            "comments from its users alone, so this user has to be signed in to Flatchr in "
            "Relais; without that it is refused with `INTEGRATION.ACTION_NOT_AVAILABLE`.",
            data=nothing(),
            warnings=True,
            body=NoteInput,
            sdk="ats.add_application_note",
            sample={"content": "Bon contact, à rappeler lundi.", "content_type": "PLAIN_TEXT"},
            live=True,
            failures=(_NOT_FOR_ALL,),
        ),
        Operation(
            "POST ats/candidates/{candidate_id}/tags",
            "Add a tag to a candidate",
            "The tag must be there: Flatchr's API cannot make one, but some take new values, "
            "written as “Title: value”.",
            data=nothing(),
            warnings=True,
            body=TagInput,
            sdk="ats.add_candidate_tag",
            sample={"tag": {"name": "Langue: anglais"}},
            live=True,
            failures=(_NOT_FOR_ALL,),
        ),
        Operation(
            "DELETE ats/candidates/{candidate_id}/tags",
            "Remove a tag from a candidate",
            "Flatchr's API cannot take a tag off, so this is always refused.",
            body=TagInput,
            sample={"tag": {"name": "Langue: anglais"}},
            sdk="ats.remove_candidate_tag",
            failures=(_NOT_FOR_ALL,),
        ),
        Operation(
            "GET ats/candidates/{candidate_id}/attachments",
            "List a candidate's attachments",
            "The CV of each of the ten latest applications that has one.",
            data=record({"results": array(ref("CandidateFile"))}),
            warnings=True,
            sdk="ats.get_candidate_attachments",
            live=True,
        ),
        Operation(
            "GET ats/applications/{application_id}/attachments",
            "List an application's attachments",
            "The CV, if there is one.",
            data=record({"results": array(ref("ApplicationFile"))}),
            warnings=True,
            sdk="ats.get_application_attachments",
            live=True,
        ),
        Operation(
            "GET attachments/{token}",
            "Download an attachment",
            "The address that a list of attachments gives as `data_url`: without a key, for "
            "15 minutes. Flatchr hands out one file a second for each company.",
            live=True,
            public=True,
            failures=(
                Failure(404, "PLATFORM.INPUT_INVALID", "The address is wrong or over."),
                Failure(
                    404, "PLATFORM.INTEGRATION_NOT_FOUND", "The integration is no longer there."
                ),
                Failure(409, "INTEGRATION.INACTIVE", "The integration is disabled."),
                Failure(
                    429,
                    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
                    "Too many actions are under way on the integration.",
                ),
                Failure(405, "PLATFORM.INPUT_INVALID", "The address takes GET."),
                Failure(500, "PLATFORM.UNKNOWN_ERROR", "A fault of ours."),
            ),
        ),
    ),
    {
        "CandidateFile": record({**_FILE, **_OWNER}),
        "ApplicationFile": record(_FILE),
        "Submission": _SUBMISSION,
        "AttachmentRestrictions": _RESTRICTIONS,
        "AttachmentRestriction": _RESTRICTION,
    },
)
