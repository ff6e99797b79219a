"""Answers held against our own OpenAPI document: every key, and none besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from integrations.api.openapi.document import document

Schema = dict[str, Any]


def operations() -> Iterator[tuple[str, Schema]]:
    """Every operation of the document as ("GET /ats/jobs", its entry)."""
    for path, entries in document()["paths"].items():
        for method, entry in entries.items():
            yield f"{method.upper()} {path}", entry


class Documented:
    """The document, and which of its operations have been seen to succeed and to fail."""

    def __init__(self) -> None:
        self.document = document()
        self.operations = dict(operations())
        self.succeeded: set[str] = set()
        self.failed: set[str] = set()
        self._validators: dict[tuple[str, int], Any] = {}

    def check(self, operation: str, answer: Any) -> Any:
        """Raises AssertionError when the answer is not as documented; its body."""
        responses = self.operations[operation]["responses"]
        status = answer.status_code
        assert str(status) in responses, f"{operation} has no answer {status}: {answer.content!r}"
        kind = answer.headers["Content-Type"]
        assert kind in responses[str(status)]["content"], f"{operation} answers with {kind}"
        (self.succeeded if status == 200 else self.failed).add(operation)
        if kind != "application/json":
            return answer.content
        body = answer.json()
        self.validate(operation, status, body)
        return body

    def validate(self, operation: str, status: int, body: Any) -> None:
        """Raises AssertionError that says where the body differs."""
        validator = self._validator(operation, status)
        wrong = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]
        assert not wrong, f"{operation} {status}: {wrong[:5]}"

    def _validator(self, operation: str, status: int) -> Any:
        known = self._validators.get((operation, status))
        if known is None:
            response = self.operations[operation]["responses"][str(status)]
            schema = {
                **response["content"]["application/json"]["schema"],
                "components": self.document["components"],
            }
            known = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            self._validators[operation, status] = known
        return known


def opened(schema: Any, where: str = "") -> Iterator[str]:
    """The objects within a schema that may have keys nobody declared."""
    if isinstance(schema, Mapping):
        if "properties" in schema and "type" in schema and schema.get("additionalProperties", True):
            yield where
        for name, part in schema.items():
            if name not in ("examples", "example"):
                yield from opened(part, f"{where}.{name}")
    elif isinstance(schema, list):
        for at, part in enumerate(schema):
            yield from opened(part, f"{where}.{at}")


def referenced(schema: Any, schemas: Mapping[str, Schema], known: set[str]) -> set[str]:
    """The names of the components that a schema is made of, at whatever depth."""
    if isinstance(schema, Mapping):
        _, is_schema, name = str(schema.get("$ref", "")).partition("/schemas/")
        if is_schema and name not in known:
            known.add(name)
            referenced(schemas[name], schemas, known)
        for part in schema.values():
            referenced(part, schemas, known)
    elif isinstance(schema, list):
        for part in schema:
            referenced(part, schemas, known)
    return known
