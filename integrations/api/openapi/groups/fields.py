"""Integration fields and custom fields."""

from __future__ import annotations

from integrations.api.general.fields import (
    LARGEST_CUSTOM_PAGE,
    LARGEST_PAGE,
    PAGE_SIZE,
    CustomFieldMapping,
    IntegrationFieldSwitch,
)
from integrations.api.openapi.operations import Operation, OperationGroup
from integrations.api.openapi.queries import page_of
from integrations.api.openapi.shapes import (
    ID,
    OTHER_ID,
    Schema,
    array,
    boolean,
    one_of,
    record,
    ref,
    string,
)

_TYPE = one_of(("DEFAULT", "CUSTOM"))
_FIELD = record(
    {
        "id": string(example=ID),
        "key": string("Its name at Flatchr.", example="reference"),
        "model": one_of(("ats_jobs",)),
        "type": _TYPE,
        "label": string(null=True, example="Reference"),
        "is_passthrough_enabled": boolean("Whether jobs carry it.", example=False),
        "is_writable": {"type": "boolean", "const": False},
    }
)
_CUSTOM = record(
    {
        "id": string(example=OTHER_ID),
        "key": string("How `custom_fields` names it.", example="cost_centre"),
        "integration_field": {
            "description": "What it is mapped to; null when to nothing.",
            "anyOf": [
                record(
                    {
                        "id": string(example=ID),
                        "key": string(example="reference"),
                        "type": _TYPE,
                        "label": string(null=True, example="Reference"),
                    }
                ),
                {"type": "null"},
            ],
        },
        "model": one_of(("ats_jobs",)),
        "label": string(null=True, example="Cost centre"),
        "description": string(null=True, example="Who pays for the job."),
    }
)


def _listed(item: str) -> Schema:
    """Both cursors are the same: clients of different ages read one or the other."""
    following = string("The cursor of the next page; null on the last one.", null=True)
    return record({"results": array(ref(item)), "next": following, "next_cursor": following})


FIELDS = OperationGroup(
    "Fields",
    "What Flatchr's jobs have beyond the unified schema. An integration field that is switched on "
    "comes with each job from the next sync, in `integration_fields`. A custom field has a key "
    "of your own; mapped to an integration field, it comes in `custom_fields`.",
    (
        Operation(
            "GET integrations/{integration_id}/integration-fields",
            "List integration fields",
            data=_listed("IntegrationField"),
            query=page_of(LARGEST_PAGE, PAGE_SIZE),
            sdk="general.get_integration_fields",
        ),
        Operation(
            "PATCH integrations/{integration_id}/integration-fields/{field_id}",
            "Switch an integration field on or off",
            "Takes effect with the next sync.",
            data=ref("IntegrationField"),
            body=IntegrationFieldSwitch,
            body_optional=True,
            sample={"enable_passthrough": True},
            sdk="general.update_integration_field",
            sdk_names={"field_id": "integration_field_id"},
        ),
        Operation(
            "GET integrations/{integration_id}/custom-fields",
            "List custom fields",
            data=_listed("CustomField"),
            query=page_of(LARGEST_CUSTOM_PAGE, PAGE_SIZE),
            sdk="general.get_custom_fields",
        ),
        Operation(
            "PUT integrations/{integration_id}/custom-fields/{field_id}",
            "Map a custom field",
            "To an integration field, or with null to none. Takes effect with the next sync.",
            data=ref("CustomField"),
            body=CustomFieldMapping,
            sample={"integration_field_id": ID},
            sdk="general.update_custom_field_mapping",
            sdk_names={"field_id": "custom_field_id"},
        ),
    ),
    {"IntegrationField": _FIELD, "CustomField": _CUSTOM},
)
