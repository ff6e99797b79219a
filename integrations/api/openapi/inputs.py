"""What an operation takes: path parameters, headers, body."""

from __future__ import annotations

import re
from typing import Any

from integrations.api.caller import HEADER
from integrations.api.general.coverage import CATEGORIES
from integrations.api.idempotency import LONGEST
from integrations.api.openapi.failures import names_tenant, repeats
from integrations.api.openapi.operations import Operation
from integrations.api.openapi.shapes import ID, Schema, ref
from integrations.api.passthrough import HOSTS
from integrations.api.routing import ApiRoute
from integrations.ids import TOOL

TENANT = f"{TOOL}:{ID}"
TOKEN = "q7Zt5Lq8WnXr2KvB6M"  # noqa: S105

# What stands in paths: words, an example, and what is known of the values.
PATHS: dict[str, tuple[str, str, Schema]] = {
    "integration_id": ("The integration.", TENANT, {}),
    "application_id": ("The application; `remote:` in front of an id of Flatchr.", ID, {}),
    "action_id": (
        "What would be done, such as `ats_create_application`; `GET /integrations/{id}` lists all.",
        "ats_create_application",
        {},
    ),
    "submission_id": ("The submission: `error.submission_id`.", ID, {}),
    "candidate_id": ("The candidate; `remote:` in front of an id of Flatchr.", ID, {}),
    "job_id": ("The job; `remote:` in front of an id of Flatchr.", ID, {}),
    "webhook_id": ("The webhook.", ID, {}),
    "field_id": ("The field.", ID, {}),
    "category": ("The category.", "ats", {"enum": list(CATEGORIES)}),
    "tool": ("The tool.", TOOL, {"enum": [TOOL]}),
    "api": ("Which of the tool's APIs.", "api", {"enum": list(HOSTS)}),
    "token": ("The token.", TOKEN, {}),
}


def names_in(route: ApiRoute) -> list[str]:
    """The names of the parameters in a route's path."""
    return re.findall(r"\{(\w+)(?::path)?\}", route.path)


def path_parameters(route: ApiRoute) -> list[Schema]:
    found = []
    for name in names_in(route):
        words, example, rules = PATHS.get(name, ("", ID, {}))
        schema = {"type": "string", "minLength": 1, **rules}
        entry: Schema = {"name": name, "in": "path", "required": True, "schema": schema}
        found.append({**entry, "description": words, "example": example})
    return found


def headers(route: ApiRoute, operation: Operation) -> list[Schema]:
    found: list[Schema] = []
    if operation.public:
        return found
    if names_tenant(route):
        found.append(
            {
                "name": HEADER,
                "in": "header",
                "required": True,
                "description": "The integration, as its page in the dashboard shows it.",
                "schema": {"type": "string", "minLength": 1},
                "example": TENANT,
            }
        )
    if repeats(route, operation):
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "With the same key, the same request is carried out once.",
                "schema": {"type": "string", "maxLength": LONGEST},
                "example": "b3c1f6de-5a41-4b7e-9a51-0c2d6f1e7a88",
            }
        )
    return found


def request_body(operation: Operation) -> Schema:
    assert operation.body is not None  # noqa: S101 - the caller asked
    content: dict[str, Any] = {"schema": ref(operation.body.__name__)}
    if operation.sample is not None:
        content["example"] = operation.sample
    return {
        "required": not operation.body_optional,
        "content": {"application/json": content},
    }
