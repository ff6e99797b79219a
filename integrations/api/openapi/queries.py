"""Query parameters, found by having each list read them from a request that notes what is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.http import QueryDict

from integrations.api.openapi.shapes import Schema
from integrations.api.reads.listing import MOST, PAGE_SIZE, Listing
from integrations.api.reads.parameters import TEXT_LIMIT, Parameters
from integrations.api.reads.scope import ReadScope

WORDS = {
    "cursor": "Where the page begins: `next` of the page before. Send the filters again with it.",
    "page_size": "How many records a page holds at most.",
    "updated_after": (
        "Only records that have changed since, or have something listed with them that has. "
        "A date alone or a time without a zone is taken as UTC."
    ),
    "include_deleted": "Show records, too, that are gone from Flatchr.",
    "ignore_unsupported_filters": (
        "Pass over filters on what Flatchr does not have. Otherwise such a filter finds nothing."
    ),
    "ids": "Only records with one of these ids.",
    "remote_ids": "Only records with one of these ids of Flatchr.",
    "job_codes": "Flatchr has no job codes: finds nothing unless unsupported filters are ignored.",
    "post_url": "Only the job with exactly this public page.",
    "statuses": "Only jobs in one of these states.",
    "status": "As `statuses`, with one value.",
    "employment_types": "Only jobs with one of these kinds of contract.",
    "visibilities": "Only jobs that these people can see.",
    "remote_created_after": "Only what was created at Flatchr on that day or later.",
    "name_contains": "Only jobs with this in their name, in whatever case.",
    "email": "Only candidates with this address, in whatever case.",
    "first_name": "Only candidates with this first name, in whatever case.",
    "last_name": "Only candidates with this last name, in whatever case.",
    "job_ids": "Only those with an application for one of these jobs.",
    "job_remote_ids": "As `job_ids`, by the jobs' ids at Flatchr.",
    "outcomes": "Only applications with one of these outcomes.",
    "outcome": "As `outcomes`, with one value.",
    "current_stage_ids": "Only applications in one of these stages.",
    "after": (
        "The position behind which to begin: `next` of the answer before, or the position of a "
        "record. `now` is where the feed ends at this moment. Without it, the feed begins with the "
        "oldest change that is kept."
    ),
    "models": "Only changes of these models, as `data-changed` names them.",
    "limit": "How many records an answer holds at most.",
    "wait": (
        "How many seconds to wait for a change when there is none. When as many requests wait "
        "already as may, the answer comes at once, with `Retry-After`."
    ),
    "state": "Only deliveries in this state.",
    "emails": "Only users with one of these addresses, in whatever case.",
}
DEPRECATED = {"status", "outcome"}
FIRST = ("page_size", "cursor")


class RecordingParameters(Parameters):
    """A request without parameters that notes which ones are read, and as what."""

    def __init__(self) -> None:
        super().__init__(QueryDict())
        self.found: dict[str, Schema] = {}

    def _note(self, name: str, schema: Schema, **more: Any) -> None:
        self.found[name] = parameter(name, schema, **more)

    def text(self, name: str) -> None:
        self._note(name, {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT})

    def cursor(self) -> None:
        self._note("cursor", {"type": "string"})

    def several(self, name: str) -> None:
        self._several(name, {"type": "string", "minLength": 1})

    def several_of(self, name: str, allowed: type[StrEnum]) -> None:
        self._several(name, {"type": "string", "enum": [value.value for value in allowed]})

    def _several(self, name: str, items: Schema) -> None:
        schema = {"type": "array", "items": items, "minItems": 1}
        self._note(name, schema, style="form", explode=False)

    def one_of(self, name: str, allowed: type[StrEnum]) -> None:
        self._note(name, {"type": "string", "enum": [value.value for value in allowed]})

    def flag(self, name: str) -> bool:
        self._note(name, {"type": "boolean", "default": False})
        return False

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        self._note(
            name, {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}
        )
        return default

    def moment(self, name: str) -> datetime | None:
        self._note(name, {"type": "string", "format": "date-time"})
        return None

    def email(self, name: str) -> None:
        self._note(name, {"type": "string", "format": "email"})


def parameter(name: str, schema: Schema, **more: Any) -> Schema:
    """A query parameter of the document."""
    found: Schema = {"name": name, "in": "query", "schema": schema, **more}
    if name in WORDS:
        found["description"] = WORDS[name]
    if name in DEPRECATED:
        found["deprecated"] = True
    return found


def of_reader(read: Callable[[Parameters], object]) -> list[Schema]:
    """The parameters that `read` reads, those that turn pages first."""
    noted = RecordingParameters()
    read(noted)
    first = [noted.found.pop(name) for name in FIRST if name in noted.found]
    return [*first, *noted.found.values()]


def of_list(listing: Listing) -> list[Schema]:
    """The parameters of one of the lists."""

    def read(parameters: Parameters) -> None:
        parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
        # Conditions are put together, and no database is asked.
        listing.records(ReadScope("none"), parameters)

    return of_reader(read)


def page_of(largest: int, default: int) -> list[Schema]:
    """The parameters of a list of the general endpoints."""
    size = {"type": "integer", "minimum": 1, "maximum": largest, "default": default}
    return [parameter("page_size", size), parameter("cursor", {"type": "string"})]
