"""What is declared of an operation beyond its route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.api.bodies import Body
from integrations.api.openapi.shapes import Schema, array, ref, string


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that an operation may answer with: `code` is None where none of the set fits."""

    status: int
    code: str | None
    when: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One route's entry; `route` is its method and path as the table of routes has them.

    `data` is the schema of the answer's `data`; None when it never succeeds. `query` are its
    parameters, ready for the document. `sdk` is the official SDK's call, such as `ats.get_jobs`,
    with `sdk_names` for arguments that it calls otherwise. `sample` and `sample_query` are the
    input of the examples. `live` operations ask Flatchr; `repeats` honours `Idempotency-Key`
    without the router's doing. `content_types` stands in for JSON, with `public` operations that
    no route of the table has and that take no key.
    """

    route: str
    summary: str
    text: str = ""
    data: Schema | None = None
    warnings: bool = False
    body: type[Body] | None = None
    body_optional: bool = False
    query: Sequence[Schema] = ()
    sdk: str = ""
    sdk_names: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Any] | None = None
    sample_query: Mapping[str, Any] = field(default_factory=dict)
    live: bool = False
    repeats: bool = False
    failures: Sequence[Failure] = ()
    public: bool = False

    @property
    def is_list(self) -> bool:
        return self.data is not None and "next" in self.data.get("properties", {})


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """A chapter of the reference."""

    name: str
    text: str
    operations: Sequence[Operation]
    components: Mapping[str, Schema] = field(default_factory=dict)


def listed(item: str) -> Schema:
    """The `data` of a list of components."""
    return {
        "type": "object",
        "properties": {
            "next": string(
                "The cursor of the next page; null on the last one.",
                null=True,
                example="am9iczozSGs5VG5XcTZYYlJ6SjV2TG1DZllwRHM",
            ),
            "results": array(ref(item)),
        },
        "required": ["next", "results"],
        "additionalProperties": False,
    }


def nothing() -> Schema:
    """The `data` of an action that has nothing to tell."""
    return {"type": "object", "properties": {}, "additionalProperties": False, "examples": [{}]}
