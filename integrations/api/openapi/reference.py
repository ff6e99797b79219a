"""The document as a page shows it: chapters of operations, whose fields are resolved and nested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify

from integrations.api.errors import TITLES
from integrations.api.openapi.shapes import Schema

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class ReferenceField:
    """One parameter, or one key of an object, with the keys inside it."""

    name: str
    kind: str
    text: str = ""
    required: bool = False
    deprecated: bool = False
    values: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    fields: tuple[ReferenceField, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusErrors:
    """The errors that come with one status."""

    status: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReferenceOperation:
    """An operation."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    public: bool
    parameters: tuple[ReferenceField, ...]
    body: tuple[ReferenceField, ...]
    body_required: bool
    answer: tuple[ReferenceField, ...]
    example: str
    problems: tuple[StatusErrors, ...]
    samples: list[Schema]


@dataclass(frozen=True, slots=True)
class Chapter:
    id: str
    name: str
    text: str
    operations: list[ReferenceOperation] = field(default_factory=list)


def reference(document: Mapping[str, Any]) -> list[Chapter]:
    """The chapters, in the document's order."""
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    chapters = {
        tag["name"]: Chapter(slugify(tag["name"]), tag["name"], prose(tag["description"]))
        for tag in document["tags"]
    }
    found: list[tuple[str, ReferenceOperation]] = []
    for path, entries in document["paths"].items():
        for method in _METHODS:
            if method in entries:
                entry = entries[method]
                found.append((entry["tags"][0], _shown(method, path, entry, schemas)))
    for name, shown in found:
        chapters[name].operations.append(shown)
    return list(chapters.values())


def codes(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Every code with its statuses and what it means."""
    statuses: dict[str, dict[str, None]] = {}
    words: dict[str, str] = {}
    for entries in document["paths"].values():
        for entry in entries.values():
            for problem in _problems(entry):
                for code, when in problem.codes:
                    statuses.setdefault(code, {})[problem.status] = None
                    words.setdefault(code, TITLES.get(code, when))
    known = [code for code in sorted(statuses) if code]
    return [(code, ", ".join(sorted(statuses[code])), words[code]) for code in known]


def prose(text: str) -> SafeString:
    """Words as HTML: what stands between backticks is code."""
    marks = ((SafeString(""), SafeString("")), (SafeString("<code>"), SafeString("</code>")))
    parts = enumerate(text.split("`"))
    shown = ((marks[at % 2][0], part, marks[at % 2][1]) for at, part in parts)
    return format_html_join("", "{}{}{}", shown)


def _shown(
    method: str, path: str, entry: Schema, schemas: Mapping[str, Schema]
) -> ReferenceOperation:
    body = entry.get("requestBody", {})
    content = body.get("content", {}).get("application/json", {})
    answer = entry["responses"].get("200", {}).get("content", {}).get("application/json", {})
    example = answer.get("example")
    return ReferenceOperation(
        id=entry["operationId"],
        method=method.upper(),
        path=path,
        summary=entry["summary"],
        text=prose(entry.get("description", "")),
        public=entry.get("security") == [],
        parameters=tuple(_parameter(one, schemas) for one in entry["parameters"]),
        body=_inside(content.get("schema", {}), schemas),
        body_required=bool(body.get("required")),
        answer=_inside(answer.get("schema", {}), schemas),
        example=orjson.dumps(example, option=orjson.OPT_INDENT_2).decode() if example else "",
        problems=tuple(_problems(entry)),
        samples=entry["x-codeSamples"],
    )


def _problems(entry: Schema) -> list[StatusErrors]:
    found = []
    for status, response in entry["responses"].items():
        if status == "200":
            continue
        lines = [line.partition(": ") for line in response["description"].split("\n")]
        codes = tuple((_code(code.strip("`")), prose(when)) for code, _, when in lines)
        found.append(StatusErrors(status, codes))
    return found


def _code(code: str) -> str:
    return "" if code == "None" else code


def _parameter(given: Schema, schemas: Mapping[str, Schema]) -> ReferenceField:
    found = _field(given["name"], given["schema"], schemas, required=given.get("required", False))
    where = {"query": "query", "path": "path", "header": "header"}[given["in"]]
    return ReferenceField(
        name=found.name,
        kind=f"{where}, {found.kind}",
        text=prose(given.get("description", "")),
        required=found.required,
        deprecated=given.get("deprecated", False),
        values=found.values,
        rules=found.rules,
    )


def _inside(schema: Schema, schemas: Mapping[str, Schema]) -> tuple[ReferenceField, ...]:
    """The keys of an object, or of the objects in a list."""
    found = _resolved(schema, schemas)
    if "items" in found:
        return _inside(found["items"], schemas)
    if "anyOf" in found:
        return next((inside for one in found["anyOf"] if (inside := _inside(one, schemas))), ())
    required = set(found.get("required", ()))
    return tuple(
        _field(name, part, schemas, required=name in required)
        for name, part in found.get("properties", {}).items()
    )


def _field(
    name: str, schema: Schema, schemas: Mapping[str, Schema], *, required: bool
) -> ReferenceField:
    found = _resolved(schema, schemas)
    return ReferenceField(
        name=name,
        kind=_kind(found, schemas),
        text=prose(schema.get("description") or found.get("description") or ""),
        required=required,
        deprecated=bool(found.get("deprecated")),
        values=_values(found, schemas),
        rules=_rules(found),
        fields=_inside(found, schemas),
    )


def _resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    return schema


def _kind(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    found = _resolved(schema, schemas)
    if "anyOf" in found:
        kinds = [_kind(one, schemas) for one in found["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in found:
        return {bool: "boolean", str: "string"}.get(type(found["const"]), "value")
    kind = found.get("type", "any JSON")
    if isinstance(kind, list):
        return " or ".join(_named(one, found, schemas) for one in kind)
    return _named(kind, found, schemas)


def _named(kind: str, schema: Schema, schemas: Mapping[str, Schema]) -> str:
    if kind == "array" and schema.get("items"):
        return f"array of {_kind(schema['items'], schemas)}"
    if kind == "string" and schema.get("format") == "date-time":
        return "date-time"
    return kind


def _values(schema: Schema, schemas: Mapping[str, Schema]) -> tuple[str, ...]:
    """The texts that are possible, or known."""
    found = _resolved(schema, schemas)
    if "items" in found:
        return _values(found["items"], schemas) if "enum" in found["items"] else ()
    if "const" in found:
        return (orjson.dumps(found["const"]).decode().strip('"'),)
    for one in found.get("anyOf", ()):
        if "enum" in one:
            return _values(one, schemas)
    return tuple(str(value) for value in found.get("enum", ()) if value is not None)


def _rules(schema: Schema) -> tuple[str, ...]:
    rules = []
    if "minimum" in schema and "maximum" in schema:
        rules.append(f"{schema['minimum']} to {schema['maximum']}")
    if schema.get("maxLength"):
        rules.append(f"at most {schema['maxLength']} characters")
    default = schema.get("default")
    if default is not None:
        rules.append(f"default {orjson.dumps(default).decode().strip(chr(34))}")
    return tuple(rules)
