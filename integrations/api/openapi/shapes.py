"""Pieces of JSON Schema (OpenAPI 3.1). Every object of ours is closed: a key that is not declared
is a fault of the answer, and tests hold real answers against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

Schema = dict[str, Any]

ID = "8fLeZx2Qm7KcVtR4yNbWdPjH"
OTHER_ID = "3Hk9TnWq6XbRzJ5vLmCfYpDs"
MOMENT = "2026-05-18T09:30:00.000Z"


def _typed(kind: str, note: str, null: bool, example: Any, rules: Mapping[str, Any]) -> Schema:
    schema: Schema = {"type": [kind, "null"] if null else kind, **rules}
    if note:
        schema["description"] = note
    if example is not None:
        schema["examples"] = [example]
    elif null:
        schema["examples"] = [None]
    return schema


def string(note: str = "", *, null: bool = False, example: Any = None, **rules: Any) -> Schema:
    return _typed("string", note, null, example, rules)


def integer(note: str = "", *, null: bool = False, example: Any = None, **rules: Any) -> Schema:
    return _typed("integer", note, null, example, rules)


def number(note: str = "", *, null: bool = False, example: Any = None) -> Schema:
    return _typed("number", note, null, example, {})


def boolean(note: str = "", *, null: bool = False, example: Any = None) -> Schema:
    return _typed("boolean", note, null, example, {})


def moment(note: str = "", *, null: bool = False, example: Any = MOMENT) -> Schema:
    """A time as the API writes it: UTC, with milliseconds."""
    rules = {"format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
    return _typed("string", note, null, example, rules)


def one_of(
    values: type[StrEnum] | Iterable[str],
    note: str = "",
    *,
    null: bool = False,
    example: Any = None,
) -> Schema:
    """A closed set of texts."""
    known: list[Any] = [str(value) for value in values]
    return _typed(
        "string", note, null, example or known[0], {"enum": [*known, None] if null else known}
    )


def mostly(values: type[StrEnum], note: str, *, example: str | None = None) -> Schema:
    """One of the contract's texts, or what Flatchr says where none of them fits; nullable."""
    known = [value.value for value in values]
    return {
        "description": f"{note} What Flatchr says, where none of the known values fits.",
        "anyOf": [{"type": "string", "enum": known}, {"type": "string"}, {"type": "null"}],
        "examples": [example or known[0]],
    }


def always_null(note: str = "Flatchr has none: always null.") -> Schema:
    return {"type": "null", "description": note, "examples": [None]}


def never_any(note: str = "Flatchr has none: always empty.") -> Schema:
    return {"type": "array", "maxItems": 0, "description": note, "examples": [[]]}


def array(items: Schema, note: str = "", *, example: Any = None) -> Schema:
    schema: Schema = {"type": "array", "items": items}
    if note:
        schema["description"] = note
    if example is not None:
        schema["examples"] = [example]
    return schema


def record(
    properties: Mapping[str, Schema],
    note: str = "",
    *,
    optional: Iterable[str] = (),
    null: bool = False,
) -> Schema:
    """An object with these keys and no others, all of them there but the `optional` ones."""
    left_out = set(optional)
    schema: Schema = {
        "type": ["object", "null"] if null else "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in left_out],
        "additionalProperties": False,
    }
    if note:
        schema["description"] = note
    return schema


def anything(note: str, *, null: bool = False, example: Any = None) -> Schema:
    """An object whose keys are not ours to declare."""
    return _typed("object", note, null, example, {"additionalProperties": True})


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(name: str, note: str = "") -> Schema:
    """A component, or null."""
    schema: Schema = {"anyOf": [ref(name), {"type": "null"}]}
    return {**schema, "description": note} if note else schema


def example_of(schema: Mapping[str, Any], components: Mapping[str, Schema]) -> Any:
    """An answer as `schema` has it, of the examples that its parts give."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: example_of(part, components) for name, part in properties.items()}
    if kind == "array":
        return [example_of(schema["items"], components)] if schema.get("items") else []
    return {"boolean": True, "integer": 1, "number": 1.0, "string": "text"}.get(kind or "")
