"""The records of the unified schema, as the lists and the creations tell them (§5, §7, §8)."""

from __future__ import annotations

from typing import Any

from integrations.api.openapi.shapes import (
    ID,
    OTHER_ID,
    Schema,
    always_null,
    anything,
    array,
    integer,
    moment,
    mostly,
    never_any,
    nullable,
    number,
    one_of,
    record,
    ref,
    string,
)
from integrations.field_catalogue import CatalogueField, FieldType, fields_of
from integrations.records import ApplicationRecord, JobRecord, PersonRecord

# What every mirrored record says of itself.
_ID = string("The id in Relais: the same as long as the integration exists.", example=ID)
_CHANGED = moment("When the record last changed in Relais.")
_DELETED = moment("When the record was found to be gone from Flatchr.", null=True, example=None)
_CUSTOM = anything("Your own fields by their keys, as mapped for the integration.", example={})
_NO_CUSTOM = {**anything("Always empty: custom fields are mapped on jobs."), "examples": [{}]}
_RAW = anything(
    "Flatchr's own object, unchanged. Null unless the tenant's settings show it.", null=True
)
_NO_FIELDS = never_any("Flatchr's own fields are passed on with jobs alone: always empty.")

INTEGRATION_FIELD = record(
    {
        "id": string("The integration field.", example="5Qd7RtYx9MbNkWz3HcVpLfGj"),
        "key": string("Its key at Flatchr.", example="reference"),
        "type": one_of(("DEFAULT", "CUSTOM")),
        "value": {"description": "The value as Flatchr has it.", "examples": ["REF-2026-014"]},
        "label": string("Its name.", null=True, example="Reference"),
    }
)

LOCATION = record(
    {
        "city": string(null=True, example="Nantes"),
        "country": string("ISO 3166-1, two letters, where it could be told.", null=True,
                          example="FR"),
        "raw": string("The address as one text.", null=True, example="Nantes, France"),
        "state": string(null=True),
        "street_1": string(null=True),
        "street_2": string(null=True),
        "zip_code": string(null=True, example="44000"),
    },
    null=True,
)  # fmt: skip

_STAGE = {
    "id": string("The application stage.", example=OTHER_ID),
    "remote_id": string(null=True, example="1204"),
    "name": string(null=True, example="Entretien"),
    "status": always_null(),
    "custom_fields": _NO_CUSTOM,
    "integration_fields": never_any(),
}
JOB_STAGE = record(
    {
        **_STAGE,
        "remote_data": always_null("Listed with the stage itself."),
        "index": integer("Its place among the job's stages, from 0.", null=True, example=1),
    }
)


def _of_catalogue(kind: type) -> dict[str, Schema]:
    """The schema of each field of the catalogue, for the record class `kind`."""
    return {field.name: _schema(field) for field in fields_of(kind) if field.entry.in_api}


def _schema(field: CatalogueField) -> Schema:
    entry = field.entry
    example: dict[str, Any] = {} if entry.example is ... else {"example": entry.example}
    if entry.values is not None:
        if entry.closed:
            return one_of(entry.values, entry.note, null=True, **example)
        return mostly(entry.values, entry.note, **example)
    if field.type is FieldType.JSON:
        return anything(entry.note, null=True, **example)
    shape = {
        FieldType.TEXT: string,
        FieldType.NUMBER: number,
        FieldType.MOMENT: moment,
    }[field.type]
    return shape(entry.note, null=True, **example)


def _in_order(properties: dict[str, Schema], names: str) -> dict[str, Schema]:
    """The properties in the order of `names`, which is the contract's; then those not named."""
    first = {name: properties[name] for name in names.split()}
    return {**first, **properties}


JOB = record(
    _in_order(
        {
            **_of_catalogue(JobRecord),
            "id": _ID,
            "remote_id": string("The id at Flatchr.", example="pQ8sXk2LmN4vRt7W"),
            "job_code": always_null(),
            "confidential": always_null(),
            "weekly_hours": always_null(),
            "location": {**LOCATION, "description": "Where the job is."},
            "custom_fields": _CUSTOM,
            "integration_fields": array(
                ref("IntegrationFieldValue"), "Flatchr's own fields that are switched on."
            ),
            "remote_url": always_null(),
            "contact_id": always_null(),
            "remote_data": _RAW,
            "changed_at": _CHANGED,
            "remote_deleted_at": _DELETED,
            "stages": array(ref("JobStage"), "The stages an application goes through, in order."),
            "screening_questions": never_any(),
            "job_postings": never_any(),
            "hiring_team": never_any(),
        },
        "id remote_id name job_code description confidential weekly_hours employment_type status "
        "visibility category department post_url experience_level remote_work_status "
        "salary_amount salary_amount_from salary_amount_to salary_currency salary_period location "
        "custom_fields integration_fields remote_url opened_at closed_at remote_created_at "
        "remote_updated_at contact_id remote_data changed_at remote_deleted_at stages "
        "screening_questions job_postings hiring_team",
    )
)

EMAIL = record(
    {
        "type": string("Flatchr tells none.", null=True),
        "email_address": string(example="nadia.perrot@courrier.example"),
    }
)
PHONE = record(
    {
        "type": string("Flatchr tells none.", null=True),
        "phone_number": string("E.164 where it could be read.", example="+33639980001"),
    }
)
NAMED_TAG = record(
    {
        "id": string(example="7VbXr3NpQz9KmT5wLcHdYfJs"),
        "name": string(null=True, example="Langue: anglais"),
        "remote_id": string(null=True, example="Lg4Kx:anglais"),
    }
)
CURRENT_STAGE = record(
    {**_STAGE, "index": integer("Its place among the stages, from 0.", null=True, example=1)}
)
NAMED_JOB = record(
    {
        "id": string(example=OTHER_ID),
        "name": string(null=True, example="Menuisier poseur H/F"),
        "remote_id": string(example="pQ8sXk2LmN4vRt7W"),
    }
)

_APPLICATION_ID = string(
    "The id at Flatchr; null for a moment after an application was created.",
    null=True,
    example="Zt5Lq8WnXr2KvB6M",
)
_OF_APPLICATION = _of_catalogue(ApplicationRecord)
_REJECTION = {
    "rejection_reason_name": _OF_APPLICATION["rejection_reason_name"],
    "rejected_at": always_null(),
}

CANDIDATE_APPLICATION = record(
    {
        "id": string(example=OTHER_ID),
        "remote_id": _APPLICATION_ID,
        "outcome": _OF_APPLICATION["outcome"],
        **_REJECTION,
        "remote_url": always_null(),
        "changed_at": _CHANGED,
        "remote_created_at": _OF_APPLICATION["remote_created_at"],
        "remote_updated_at": _OF_APPLICATION["remote_updated_at"],
        "current_stage": nullable("CurrentStage"),
        "job": nullable("NamedJob"),
    }
)

_OF_PERSON = _of_catalogue(PersonRecord)
_PERSON = {
    "id": _ID,
    "remote_id": string("The id at Flatchr.", example="Kp3VnXw8ZqL5TrMb"),
    "first_name": _OF_PERSON["first_name"],
    "last_name": _OF_PERSON["last_name"],
}
_REACHED = {
    "phone_numbers": array(ref("PhoneNumber")),
    "email_addresses": array(ref("EmailAddress")),
    "social_media": never_any(),
}
_WHOLE_PERSON = {
    **_PERSON,
    **{name: schema for name, schema in _OF_PERSON.items() if name not in _REACHED},
    "company": always_null(),
    "title": always_null(),
    "confidential": always_null(),
    "source": always_null(),
    **_REACHED,
    "location": always_null(),
    "custom_fields": _NO_CUSTOM,
    "integration_fields": _NO_FIELDS,
    "remote_url": always_null(),
    "remote_created_at": always_null(),
    "remote_updated_at": always_null(),
    "remote_data": _RAW,
    "changed_at": _CHANGED,
    "remote_deleted_at": _DELETED,
}
_TAGS = array(ref("NamedTag"), "The tags on the candidate.")
CANDIDATE = record(
    {
        **_WHOLE_PERSON,
        "applications": array(ref("CandidateApplication"), "Those that Flatchr still has."),
        "tags": _TAGS,
    }
)
CREATED_CANDIDATE = record({**_WHOLE_PERSON, "tags": _TAGS})
APPLICANT = record(
    {
        **_PERSON,
        "source": always_null(),
        "remote_url": always_null(),
        **_REACHED,
        "tags": _TAGS,
    }
)

_WHOLE_APPLICATION = {
    "id": _ID,
    "remote_id": _APPLICATION_ID,
    "outcome": _OF_APPLICATION["outcome"],
    **_REJECTION,
    "current_stage_id": string(null=True, example=OTHER_ID),
    "job_id": string(null=True, example=OTHER_ID),
    "candidate_id": string(null=True, example=OTHER_ID),
    "screening_question_answers": never_any(),
    "custom_fields": _NO_CUSTOM,
    "integration_fields": _NO_FIELDS,
    "remote_url": always_null(),
    "remote_data": _RAW,
    "changed_at": _CHANGED,
    "remote_deleted_at": _DELETED,
    **{name: schema for name, schema in _OF_APPLICATION.items() if name != "outcome"},
}
APPLICATION = record(
    {
        **_WHOLE_APPLICATION,
        "candidate": nullable("Applicant", "Who applied."),
        "current_stage": nullable("CurrentStage"),
        "job": nullable("NamedJob"),
        "interviews": never_any(),
        "offers": never_any(),
    }
)
CREATED_APPLICATION = record(
    {
        **_WHOLE_APPLICATION,
        "candidate": nullable("CreatedCandidate", "Who applied."),
        "current_stage": nullable("CurrentStage"),
        "job": nullable("NamedJob"),
    }
)

STAGE = record(
    {
        **_STAGE,
        "id": _ID,
        "remote_data": _RAW,
        "changed_at": _CHANGED,
        "remote_deleted_at": _DELETED,
    }
)
TAG = record(
    {
        "id": _ID,
        "remote_id": string(null=True, example="Lg4Kx:anglais"),
        "name": string(null=True, example="Langue: anglais"),
        "remote_data": always_null("One value of a Flatchr tag is a tag here: always null."),
        "changed_at": _CHANGED,
        "remote_deleted_at": _DELETED,
    }
)
USER = record(
    {
        "id": _ID,
        "remote_id": string("The id at Flatchr.", example="3107"),
        "first_name": string(null=True, example="Louise"),
        "last_name": string(null=True, example="Marchand"),
        "email": string(null=True, example="louise.marchand@atelier-nord.example"),
        "status": always_null(),
        "system_roles": array(ref("SystemRole"), "The role that the user has at Flatchr."),
        "remote_data": anything(
            "Flatchr's own object, without what could sign somebody in. Null unless the tenant's "
            "settings show it.",
            null=True,
        ),
        "changed_at": moment("When Flatchr says that the user was changed last."),
        "remote_deleted_at": always_null("Users are asked for live: always null."),
    }
)
SYSTEM_ROLE = record(
    {
        "remote_id": string(null=True, example="2"),
        "remote_label": always_null(),
        "unified_type": always_null(),
        "scope": one_of(("SYSTEM",)),
    }
)

COMPONENTS: dict[str, Schema] = {
    "Job": JOB,
    "JobStage": JOB_STAGE,
    "IntegrationFieldValue": INTEGRATION_FIELD,
    "Candidate": CANDIDATE,
    "CandidateApplication": CANDIDATE_APPLICATION,
    "CreatedCandidate": CREATED_CANDIDATE,
    "Application": APPLICATION,
    "CreatedApplication": CREATED_APPLICATION,
    "Applicant": APPLICANT,
    "ApplicationStage": STAGE,
    "CurrentStage": CURRENT_STAGE,
    "NamedJob": NAMED_JOB,
    "NamedTag": NAMED_TAG,
    "EmailAddress": EMAIL,
    "PhoneNumber": PHONE,
    "Tag": TAG,
    "User": USER,
    "SystemRole": SYSTEM_ROLE,
}
