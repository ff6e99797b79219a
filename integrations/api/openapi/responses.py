"""What an operation answers: the envelope around its data, and each status with its codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from integrations.api import routing
from integrations.api.errors import TITLES
from integrations.api.openapi.failures import repeats
from integrations.api.openapi.operations import Failure, Operation
from integrations.api.openapi.shapes import Schema, array, example_of, record, ref
from integrations.api.routing import ApiRoute

_COUNT: Schema = {"type": "integer", "minimum": 0}
RATE = {
    "ratelimit-limit": ("Requests that the key may send a minute.", _COUNT),
    "ratelimit-remaining": ("How many of them are left.", _COUNT),
    "ratelimit-reset": ("Seconds until the next minute begins.", _COUNT),
}
CONCURRENCY = {
    "Concurrency-Limit": ("Actions that may be under way on the integration.", _COUNT),
    "Concurrency-Remaining": ("How many of them are free.", _COUNT),
}
SERVER_TIME = {
    routing.SERVER_TIME: (
        "When the answer was begun: what a later read sends as `updated_after`.",
        {"type": "string", "format": "date-time"},
    )
}
RETRY = {"Retry-After": ("Seconds to wait before it is sent again.", _COUNT)}
REPLAYED = {"Idempotent-Replayed": ("The answer of the first request.", {"const": "true"})}


def responses(
    route: ApiRoute, operation: Operation, errors: Iterable[Failure], components: dict[str, Schema]
) -> Schema:
    """The `responses` of an operation, by status."""
    by_status: dict[int, list[Failure]] = defaultdict(list)
    for one in errors:
        by_status[one.status].append(one)
    found: Schema = {}
    if operation.public:
        found["200"] = _file()
    elif operation.data is not None:
        found["200"] = _success(route, operation, components)
    for status in sorted(by_status):
        found[str(status)] = _failure(route, operation, status, by_status[status])
    return found


def _file() -> Schema:
    return {
        "description": "The file, as a download.",
        "content": {"application/octet-stream": {"schema": {}}, "application/pdf": {"schema": {}}},
    }


def _success(route: ApiRoute, operation: Operation, components: dict[str, Schema]) -> Schema:
    data = operation.data or {}
    parts: dict[str, Schema] = {"status": {"type": "string", "const": "success"}, "data": data}
    if operation.warnings:
        parts["warnings"] = array(
            ref("Warning"), "What was left out or is still to come.", example=[]
        )
    schema = record(parts)
    known = {**components, "Warning": {"examples": [{"message": "text"}]}}
    content = {"schema": schema, "example": example_of(schema, known)}
    more = REPLAYED if repeats(route, operation) else {}
    return {
        "description": "Done." if route.method != "GET" else "Found.",
        "headers": _headers(route, operation, more),
        "content": {"application/json": content},
    }


def _failure(route: ApiRoute, operation: Operation, status: int, errors: list[Failure]) -> Schema:
    codes = [one.code for one in errors]
    first = errors[0]
    narrowed: Schema = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    error = {
        "code": first.code,
        "title": TITLES.get(first.code or "", "Flatchr is not available."),
        "message": first.when,
        "log_url": None,
    }
    return {
        "description": "\n".join(f"`{one.code}`: {one.when}" for one in errors),
        "headers": _headers(route, operation, RETRY if status == 429 else {}),
        "content": {
            "application/json": {
                "schema": {"allOf": [ref("Error"), narrowed]},
                "example": {"status": "error", "error": error},
            }
        },
    }


def _headers(route: ApiRoute, operation: Operation, more: Any) -> Schema:
    """None is required: a limit may be switched off, and what fails early has not counted."""
    names = {
        **({} if operation.public else RATE),
        **(CONCURRENCY if route.action else {}),
        **(SERVER_TIME if route.method == "GET" and not operation.public else {}),
        **more,
    }
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def header_components() -> dict[str, Schema]:
    """The headers of answers, each by its name."""
    every = {**RATE, **CONCURRENCY, **SERVER_TIME, **RETRY, **REPLAYED}
    return {
        name: {"description": words, "schema": schema} for name, (words, schema) in every.items()
    }
