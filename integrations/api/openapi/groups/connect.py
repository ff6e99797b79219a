"""Links with which customers connect their Flatchr account themselves."""

from __future__ import annotations

from integrations.api.connect.links import Activation, CreateLink, Relink, SetupLink
from integrations.api.openapi.operations import Failure, Operation, OperationGroup
from integrations.api.openapi.shapes import Schema, array, one_of, record, ref, string

_LINK = string(
    "Open it in a browser, or send it to the customer.",
    example="https://relais.example/connect/link/7Jw2VbXr3NpQz9KmT5wL",
)
_ANSWER = record({"link": _LINK})
_CONNECTED: Schema = record(
    {
        "tool": one_of(("flatchr",)),
        "id": string(example="flatchr:8fLeZx2Qm7KcVtR4yNbWdPjH"),
        "end_user_origin_id": string(null=True, example="c-17"),
        "end_user_organization_name": string(example="Atelier Nord"),
        "end_user_email": string(null=True, example="rh@atelier-nord.example"),
        "setup_status": one_of(
            ("INCOMPLETE", "FINAL_SYNC_PENDING", "COMPLETED"), example="FINAL_SYNC_PENDING"
        ),
    }
)
_NOT_YET = Failure(
    404,
    "PLATFORM.INTEGRATION_NOT_FOUND",
    "Nothing has been connected with the token yet, it has run out, or the key is not for it.",
)

CONNECT = OperationGroup(
    "Connect",
    "Who opens a link is told what is needed, makes the key in Flatchr step by step, and enters "
    "it; it is checked live. Your application then asks with the token which integration it was.",
    (
        Operation(
            "POST connect/create-link",
            "Create a link to connect a Flatchr account",
            "EMBEDDED links last for an hour, MAGIC_LINK ones for a year. The key that made the "
            "link opens the integration that comes of it.",
            data=record(
                {"link": _LINK, "static_ips": array(string(), "When they were asked for.")},
                optional=("static_ips",),
            ),
            body=CreateLink,
            sample={
                "end_user_email": "rh@atelier-nord.example",
                "end_user_organization_name": "Atelier Nord",
                "end_user_origin_id": "c-17",
                "integration_category": "ATS",
                "integration_tool": "flatchr",
                "link_type": "MAGIC_LINK",
            },
            sdk="connect.create_connection_link",
        ),
        Operation(
            "GET connect/integration-by-token/{token}",
            "Get the integration of a connection",
            "With the token that the application was given when the customer was done.",
            data=ref("Connected"),
            sdk="connect.get_integration_by_token",
            failures=(_NOT_YET,),
        ),
        Operation(
            "POST connect/activate-integration",
            "Get the integration of a connection, by its earlier name",
            data=ref("Connected"),
            body=Activation,
            sample={"token": "q7Zt5Lq8WnXr2KvB6M"},
            failures=(_NOT_YET,),
        ),
        Operation(
            "POST integrations/{integration_id}/relink",
            "Create a link to connect again",
            "For when Flatchr refuses the stored key.",
            data=_ANSWER,
            body=Relink,
            body_optional=True,
            sample={"link_type": "MAGIC_LINK"},
            sdk="general.create_reconnection_link",
        ),
        Operation(
            "POST integrations/{integration_id}/setup-link",
            "Create a link to the setup steps",
            "For what is left to be said after connecting. Refused when there is no such step.",
            data=_ANSWER,
            body=SetupLink,
            sample={"link_type": "MAGIC_LINK"},
            sdk="general.create_setup_link",
        ),
    ),
    {"Connected": _CONNECTED},
)
