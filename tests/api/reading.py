"""Reading lists to their ends, by the official SDK and straight from the query layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from django.http import QueryDict

from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.listing import Listing
from integrations.api.reads.scope import ReadScope
from integrations.api.reads.stages_tags import STAGES, TAGS

LISTINGS = {listing.name: listing for listing in (JOBS, CANDIDATES, APPLICATIONS, STAGES, TAGS)}


def keys(names: str) -> set[str]:
    """The names of an object's keys, from one text."""
    return set(names.split())


def by_sdk(answer: Any) -> list[Any]:
    """Every record from the page of `answer` on, as the SDK's own loop finds them."""
    found = []
    while answer is not None:
        found += answer.result.data.results
        answer = answer.next()
    return found


def query(**parameters: Any) -> QueryDict:
    """The parameters as a request carries them."""
    given = QueryDict(mutable=True)
    given.update({name: str(value) for name, value in parameters.items()})
    return given


def pages(listing: Listing, scope: ReadScope, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
    """The list's pages, each read when it is asked for."""
    cursor: dict[str, Any] = {}
    while True:
        page = listing.page(scope, query(**parameters, **cursor))
        yield [orjson.loads(row) for row in page.rows]
        if page.following is None:
            return
        cursor = {"cursor": page.following}


def everything(listing: Listing, scope: ReadScope, **parameters: Any) -> list[dict[str, Any]]:
    return [row for page in pages(listing, scope, **parameters) for row in page]


def ids(listing: Listing, scope: ReadScope, **parameters: Any) -> set[str]:
    return {row["id"] for row in everything(listing, scope, **parameters)}
