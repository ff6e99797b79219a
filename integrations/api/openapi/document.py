"""The document itself: the table of routes, with what the groups say of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from pydantic.json_schema import models_json_schema

from integrations.api.bodies import Body
from integrations.api.errors import ATS_CODES, GENERAL_CODES
from integrations.api.openapi import inputs, responses
from integrations.api.openapi.failures import failures_of, merged
from integrations.api.openapi.groups import GROUPS
from integrations.api.openapi.operations import Operation, OperationGroup
from integrations.api.openapi.samples import samples_of
from integrations.api.openapi.shapes import ID, Schema, record, string
from integrations.api.routes import ROUTES
from integrations.api.routing import ApiRoute

TITLE = "Relais unified API"
VERSION = "1.0.0"
KEY = "apiKey"


class DocumentedRoute(NamedTuple):
    """An operation with its route; the attachment links have one that is not in the table."""

    group: OperationGroup
    route: ApiRoute
    operation: Operation


class CachedBody(NamedTuple):
    """The document as it goes out."""

    body: bytes
    etag: str


def entries() -> list[DocumentedRoute]:
    """Every operation that is declared, in the order of the reference."""
    known = {f"{route.method} {route.path}": route for route in ROUTES}
    found = []
    for group in GROUPS:
        for operation in group.operations:
            route = known.get(operation.route)
            if operation.public:
                method, _, path = operation.route.partition(" ")
                route = ApiRoute(method, path, _no_view)
            if route is not None:
                found.append(DocumentedRoute(group, route, operation))
    return found


def undocumented() -> tuple[set[str], set[str]]:
    """Routes without an entry in the groups, and entries without a route."""
    table = {f"{route.method} {route.path}" for route in ROUTES}
    declared = {one.route for group in GROUPS for one in group.operations if not one.public}
    return table - declared, declared - table


def document() -> dict[str, Any]:
    """The OpenAPI document. Equal for every caller."""
    document: dict[str, Any] = orjson.loads(stored().body)
    return document


def stored() -> CachedBody:
    return _stored(settings.PUBLIC_URL)


@lru_cache(maxsize=4)
def _stored(address: str) -> CachedBody:
    body = orjson.dumps(_document(address))
    return CachedBody(body, f'"{sha256(body).hexdigest()[:32]}"')


def _document(address: str) -> Schema:
    server = f"{address}/v1"
    found = entries()
    bodies = _bodies(found)
    components: dict[str, Schema] = {"Error": _error(), "Warning": _warning()}
    for group in GROUPS:
        components.update(group.components)
    twice = components.keys() & bodies.keys()
    if twice:
        raise ValueError(f"Two schemas have one name: {', '.join(sorted(twice))}")
    components.update(bodies)
    paths: dict[str, Schema] = defaultdict(dict)
    for group, route, operation in found:
        path = "/" + route.path.replace(":path}", "}")
        entry = _operation(group, route, operation, components)
        entry["x-codeSamples"] = samples_of(server, path, route, operation)
        paths[path][route.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "Flatchr's data and actions, in the unified schema. "
            f"The reference is at {address}/docs.",
        },
        "servers": [{"url": server}],
        "security": [{KEY: []}],
        "tags": [{"name": group.name, "description": group.text} for group in GROUPS],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {
                KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key made with `create_api_key`.",
                }
            },
            "headers": responses.header_components(),
            "schemas": components,
        },
    }


def _operation(
    group: OperationGroup, route: ApiRoute, operation: Operation, components: dict[str, Schema]
) -> Schema:
    errors = (
        merged(operation.failures, general=False)
        if operation.public
        else failures_of(route, operation)
    )
    entry: Schema = {
        "operationId": _name(route),
        "tags": [group.name],
        "summary": operation.summary,
        "parameters": [
            *inputs.path_parameters(route),
            *operation.query,
            *inputs.headers(route, operation),
        ],
        "responses": responses.responses(route, operation, errors, components),
    }
    if operation.text:
        entry["description"] = operation.text
    if operation.public:
        entry["security"] = []
    if operation.body is not None:
        entry["requestBody"] = inputs.request_body(operation)
    return entry


def _name(route: ApiRoute) -> str:
    """`get_ats_jobs`: unique, as no two routes have both method and path in common."""
    path = route.path.replace(":path}", "}").translate(str.maketrans("/-", "__", "{}"))
    return f"{route.method.lower()}_{path}"


def _bodies(found: Iterable[DocumentedRoute]) -> dict[str, Schema]:
    models: list[type[Body]] = list(
        dict.fromkeys(entry.operation.body for entry in found if entry.operation.body)
    )
    wanted: Any = [(model, "validation") for model in models]
    _, schema = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    bodies: dict[str, Schema] = schema.get("$defs", {})
    for body in bodies.values():
        # A docstring of a class is for readers of the code.
        body.pop("description", None)
        for part in _parts(body):
            part.pop("title", None)
    return bodies


def _parts(schema: Schema) -> Iterator[Schema]:
    """A schema and those of its properties."""
    yield schema
    yield from schema.get("properties", {}).values()


def _error() -> Schema:
    codes: list[Any] = [*sorted(ATS_CODES, key=lambda code: (code not in GENERAL_CODES, code))]
    return record(
        {
            "status": {"type": "string", "const": "error"},
            "error": record(
                {
                    "code": {"type": ["string", "null"], "enum": [*codes, None]},
                    "title": string("The kind of error, for people.", null=True),
                    "message": string("What is wrong, and what to do."),
                    "log_url": string(
                        "The page of the call in Relais, for people who may see it. Null where "
                        "there is none: without a key, and above its limit.",
                        null=True,
                        format="uri",
                    ),
                    "submission_id": string(
                        "The submission that it is about, for `GET /submissions/{id}`.",
                        example=ID,
                    ),
                },
                optional=("submission_id",),
            ),
        }
    )


def _warning() -> Schema:
    return record({"message": string("What was left out or is still to come, for people.")})


def _no_view(*_: Any, **__: Any) -> Any:
    raise NotImplementedError
