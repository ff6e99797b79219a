"""Keys, tools, integrations and syncs."""

from __future__ import annotations

from integrations.api.general.integrations import Enabled, ForceSync
from integrations.api.openapi.operations import Failure, Operation, OperationGroup, nothing
from integrations.api.openapi.shapes import (
    Schema,
    always_null,
    array,
    boolean,
    moment,
    one_of,
    record,
    ref,
    string,
)

_COVERAGE = one_of(("SUPPORTED", "UNSUPPORTED", "NOT_IMPLEMENTED", "UNKNOWN"))
_SETTING = one_of(("ENABLED", "DISABLED", "OPTIONAL"))
_MODEL_ID = string(example="ats_jobs")
_LABEL = string(example="Jobs")

_COVERED_FIELD = record({"id": string(example="name"), "coverage_status": _COVERAGE})
_COVERED = record(
    {
        "id": _MODEL_ID,
        "label": _LABEL,
        "coverage_status": _COVERAGE,
        "fields": array(ref("CoveredField")),
    }
)
_FEATURE = record(
    {
        "id": string(example="passthrough"),
        "label": string(example="API passthrough"),
        "coverage_status": _COVERAGE,
    }
)
_SCOPED: dict[str, Schema] = {
    "is_available": boolean("Flatchr has it, and it is switched on.", example=True),
    "coverage_status": _COVERAGE,
    "scope_config_setting": _SETTING,
    "opted_out_by_customer": boolean(example=False),
}
_MODEL_FIELD = record({"id": string(example="name"), **_SCOPED})
_ACTION_FIELD = record(
    {"id": string(example="stage_id"), "is_available": boolean(), "coverage_status": _COVERAGE}
)
_READ_MODEL = record(
    {"id": _MODEL_ID, "label": _LABEL, **_SCOPED, "fields": array(ref("ReadModelField"))}
)
_WRITE_ACTION = record(
    {
        "id": string(example="ats_create_application"),
        "label": string(example="Create applications"),
        **_SCOPED,
        "fields": array(ref("WriteActionField")),
    }
)
_LOGO = string(example="https://relais.example/static/relais/flatchr-logo.svg")
_TOOL_NAME: dict[str, Schema] = {
    "id": string(example="flatchr"),
    "label": string(example="Flatchr"),
    "internal_label": always_null("Another name of yours: there is none."),
}
_TOOL = record(
    {
        **_TOOL_NAME,
        "assets": record({"logo_url": _LOGO, "icon_url": _LOGO, "icon_black_url": _LOGO}),
        "paid_api_details_markdown": always_null(),
        "fast_track_details_markdown": always_null(),
        "partner_only_details_markdown": always_null(),
        "connection_guide_url": string("How to connect it.", null=True),
        "coverage": record(
            {
                "read_models": array(ref("Covered")),
                "write_actions": array(ref("Covered")),
                "features": array(ref("Feature")),
            }
        ),
    }
)
_DETAILS = record(
    {
        "id": string(example="flatchr:8fLeZx2Qm7KcVtR4yNbWdPjH"),
        "tool": record({**_TOOL_NAME, "logo_url": _LOGO, "icon_url": _LOGO}),
        "category": one_of(("ATS",)),
        "status": one_of(
            ("ACTIVE", "INVALID", "INACTIVE"),
            "INVALID: Flatchr refuses the key, or there is none. INACTIVE: disabled.",
        ),
        "setup_status": one_of(
            ("INCOMPLETE", "FINAL_SYNC_PENDING", "COMPLETED"),
            "COMPLETED: the first sync has ended, and data can be read.",
            example="COMPLETED",
        ),
        "end_user": record(
            {
                "organization_name": string(example="Atelier Nord"),
                "creator_email": string(null=True, example="rh@atelier-nord.example"),
                "origin_id": string("Your own id of the customer.", null=True, example="c-17"),
            }
        ),
        "scope_config": record(
            {"id": string(example="default"), "name": string(null=True, example="Everything")}
        ),
        "data_expired_at": moment(null=True, example=None),
        "created_at": moment(),
        "beta": boolean(example=False),
        "read_models": array(ref("ReadModel")),
        "write_actions": array(ref("WriteAction")),
    }
)

INTEGRATIONS = OperationGroup(
    "Keys, integrations, syncs",
    "Whether a key works, what state an integration is in, and asking for a sync. An integration "
    "is one Flatchr account; Relais' dashboard calls it a tenant.",
    (
        Operation(
            "GET check-api-key",
            "Check the API key",
            data=record(
                {
                    "environment_id": string(example="relais"),
                    "customer_id": string(example="relais"),
                }
            ),
            sdk="general.check_api_key",
        ),
        Operation(
            "GET integrations/{integration_id}",
            "Get an integration",
            "Its state, and what can be read and done: model by model, field by field.",
            data=_DETAILS,
            sdk="general.get_integration_details",
        ),
        Operation(
            "PUT integrations/{integration_id}/enabled",
            "Enable or disable an integration",
            "Disabling cancels the sync that is under way and stops the schedule. Data and key "
            "are kept, and the data can still be read.",
            data=nothing(),
            body=Enabled,
            sample={"value": False},
            sdk="general.set_integration_enabled",
        ),
        Operation(
            "DELETE integrations/{integration_id}",
            "Delete an integration",
            "Cannot be undone. It is unknown from the next request on, and its data is removed "
            "14 days later. At Flatchr nothing is deleted.",
            data=nothing(),
            sdk="general.delete_integration",
        ),
        Operation(
            "POST force-sync",
            "Ask for a sync",
            "Queues one, or tells of the one that is queued or running already, whose type may be "
            "the other. Relais syncs by itself; this is for when someone is waiting.",
            data=record(
                {
                    "already_queued": boolean(example=False),
                    "sync_id": string(example="418"),
                    "type": one_of(("FULL", "DELTA")),
                }
            ),
            body=ForceSync,
            body_optional=True,
            sample={"type": "DELTA"},
            sdk="general.trigger_sync",
            failures=(
                Failure(
                    409,
                    "PLATFORM.INPUT_INVALID",
                    "It cannot sync now: it is disabled, or has no Flatchr key.",
                ),
            ),
        ),
        Operation(
            "GET tools/{category}",
            "List the tools of a category",
            "With what is covered of each. Flatchr is the one tool here, in the category `ats`.",
            data=record({"tools": array(ref("Tool"))}),
            sdk="general.get_tools",
        ),
    ),
    {
        "Tool": _TOOL,
        "Covered": _COVERED,
        "CoveredField": _COVERED_FIELD,
        "Feature": _FEATURE,
        "ReadModel": _READ_MODEL,
        "ReadModelField": _MODEL_FIELD,
        "WriteAction": _WRITE_ACTION,
        "WriteActionField": _ACTION_FIELD,
    },
)
