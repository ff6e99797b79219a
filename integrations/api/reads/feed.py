"""GET /changes: every change of the mirrored records, in the order in which they were committed.

An extension beside the contract. A request that has nothing to answer can wait for the next
change; so that such requests never take all threads of a server process, only some may wait at
once, and the others are answered at once.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from integrations.api import bodies
from integrations.api.caller import caller, tenant
from integrations.api.errors import ApiError, invalid
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.listing import Listing
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import moments
from integrations.api.reads.scope import ReadScope, scope_of
from integrations.api.reads.stages_tags import STAGES, TAGS
from integrations.changes import batches, feed
from integrations.changes.feed import ChangedRecord, FeedPage, FeedPosition, PositionExpired
from integrations.changes.models import API_NAMES, RECORDS
from integrations.models import Candidate, Integration
from integrations.records import Model
from integrations.tenants.scopes import excluded_models

PAGE_SIZE = 100
MOST = 250
# Where the feed ends at the moment of the request.
NOW = "now"
LONGEST_WAIT = 30
# How often a request that waits looks for a change, in seconds.
LOOKS_EVERY = 0.25
KINDS = ("created", "updated", "deleted", "restored")

LISTINGS: Mapping[Model, Listing] = {
    Model.JOBS: JOBS,
    Model.APPLICATION_STAGES: STAGES,
    Model.CANDIDATES: CANDIDATES,
    Model.APPLICATIONS: APPLICATIONS,
    Model.TAGS: TAGS,
}
# What links two records has no list: the columns that are shown of it.
LINKS: Mapping[Model, tuple[str, ...]] = {
    Model.JOB_STAGES: ("job_id", "stage_id", "index"),
    Model.CANDIDATE_TAGS: ("candidate_id", "tag_id"),
}
_MODELS = {name: model for model, name in API_NAMES.items()}

# Of one process; the threads that serve it are as many as `WEB_THREADS` says.
_places = threading.BoundedSemaphore(settings.CHANGES_WAITING)


class FeedModel(StrEnum):
    """The models of the feed, as applications know them."""

    JOBS = API_NAMES[Model.JOBS]
    APPLICATION_STAGES = API_NAMES[Model.APPLICATION_STAGES]
    JOB_STAGES = API_NAMES[Model.JOB_STAGES]
    CANDIDATES = API_NAMES[Model.CANDIDATES]
    APPLICATIONS = API_NAMES[Model.APPLICATIONS]
    TAGS = API_NAMES[Model.TAGS]
    CANDIDATE_TAGS = API_NAMES[Model.CANDIDATE_TAGS]


class FeedQuery:
    """The parameters of a request."""

    def __init__(self, parameters: Parameters) -> None:
        self.after = parameters.text("after")
        names = parameters.several_of("models", FeedModel)
        self.models = list(Model) if names is None else [_MODELS[name] for name in names]
        self.limit = parameters.number("limit", PAGE_SIZE, lowest=1, highest=MOST)
        self.wait = parameters.number("wait", 0, lowest=0, highest=LONGEST_WAIT)

    def position(self, integration_id: str) -> FeedPosition:
        """Where to read from. Raises `ApiError` PLATFORM.INPUT_INVALID."""
        if self.after is None:
            return feed.beginning(integration_id)
        if self.after == NOW:
            return feed.newest(integration_id)
        return position_of(self.after)


def view(request: HttpRequest) -> HttpResponse:
    """What has changed. Raises `ApiError`."""
    integration = tenant(request)
    query = FeedQuery(Parameters(request.GET))
    after = query.position(integration.pk)
    until = time.monotonic() + query.wait
    page, results = _read(integration, query, after)
    headers = {}
    if not results and query.wait:
        if _places.acquire(blocking=False):
            try:
                page, results = _wait(request, integration, query, page, until)
            finally:
                _places.release()
        else:
            # As many wait already as may: asked for again a little later.
            headers["Retry-After"] = "1"
    return _answer(results, page.following, headers)


def _wait(
    request: HttpRequest, integration: Integration, query: FeedQuery, page: FeedPage, until: float
) -> tuple[FeedPage, list[bytes]]:
    """The next page that has something on it, or an empty one when the time is over."""
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOKS_EVERY, left))
        if batches.last_number(integration.pk) > page.following.number:
            # Its settings may have changed since, and it may have been deleted.
            integration = caller(request).find(integration.pk)
            page, results = _read(integration, query, page.following)
            if results:
                return page, results
    return page, []


def _read(
    integration: Integration, query: FeedQuery, after: FeedPosition
) -> tuple[FeedPage, list[bytes]]:
    """The next page that has something on it; an empty one at the end of the feed."""
    try:
        page = feed.read(integration.pk, after, models=query.models, limit=query.limit)
        shown = _results(integration, page.records)
        # A page may have nothing but what the tenant's settings hide. Of those there may be many,
        # and the limit few.
        while not shown and page.records:
            page = feed.read(integration.pk, page.following, models=query.models, limit=MOST)
            shown = _results(integration, page.records)
    except PositionExpired:
        raise ApiError(
            "PLATFORM.INPUT_INVALID",
            "This position is older than what is kept of changes. Ask for after=now, read the "
            "lists as a whole, and go on from the position that you were given.",
            title="This position has expired.",
            status=410,
        ) from None
    if len(shown) > query.limit:
        shown = shown[: query.limit]
        page.following, _ = shown[-1]
    return page, [result for _, result in shown]


def _results(
    integration: Integration, changed: Sequence[ChangedRecord]
) -> list[tuple[FeedPosition, bytes]]:
    """The records that the tenant's settings show, as JSON objects, with their positions."""
    scope = scope_of(integration)
    excluded = excluded_models(integration.flatchr_settings.scopes)
    shown = {
        model: shown_records(scope, model, [one.id for one in changed if one.model is model])
        for model in {one.model for one in changed}
    }
    found = []
    for one in changed:
        record = shown[one.model].get(one.id)
        if record is None:
            continue
        fields = orjson.loads(record)
        deleted = fields["remote_deleted_at"] is not None
        if one.model in excluded and not deleted:
            # Deleted by the next sync, and told of then.
            continue
        result = orjson.dumps(
            {
                "position": position_text(one.position),
                "model": API_NAMES[one.model],
                "id": one.id,
                "kind": _kind(one, deleted=deleted),
                "changed_fields": [] if deleted else one.fields,
                "changed_at": fields["changed_at"],
                # What the scopes leave out is not shown any more.
                "record": None if one.model in excluded else orjson.Fragment(record),
            }
        )
        found.append((one.position, result))
    return found


def _kind(one: ChangedRecord, *, deleted: bool) -> str:
    if deleted:
        return "deleted"
    if one.created:
        return "created"
    return "restored" if one.restored else "updated"


def shown_records(scope: ReadScope, model: Model, ids: Collection[str]) -> dict[str, bytes]:
    """Records by id as JSON objects, as the feed shows them; deleted ones included."""
    if model in LISTINGS:
        return LISTINGS[model].rendered(scope, list(ids))
    links: QuerySet[Any] = RECORDS[model].objects.filter(
        integration_id=scope.integration_id, id__in=ids
    )
    if scope.only_created and model is Model.CANDIDATE_TAGS:
        links = links.filter(candidate_id__in=scope.records(Candidate).values("id"))
    columns = LINKS[model]
    rows = links.order_by().values("id", *columns, **moments("changed_at", "remote_deleted_at"))
    return {row["id"]: orjson.dumps(_link(row, columns)) for row in rows}


def _link(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {
        "id": row["id"],
        **{name: row[name] for name in columns},
        "changed_at": row["changed_at_text"],
        "remote_deleted_at": row["remote_deleted_at_text"],
    }


def _answer(
    results: Sequence[bytes], following: FeedPosition, headers: Mapping[str, str]
) -> HttpResponse:
    answer = bodies.page(results, position_text(following))
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def position_text(position: FeedPosition) -> str:
    """The position as clients keep it."""
    parts = [str(position.number)]
    if position.place != feed.END:
        parts += [str(position.place), str(position.arrival), position.id]
    return urlsafe_b64encode(":".join(parts).encode()).decode().rstrip("=")


def position_of(given: str) -> FeedPosition:
    """The position that a text names; `PLATFORM.INPUT_INVALID` for any that was not given out."""
    try:
        text = urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode("ascii")
        number, *rest = text.split(":", 3)
        position = FeedPosition(int(number))
        if rest:
            place, arrival, record_id = rest
            position = FeedPosition(int(number), int(place), int(arrival), record_id)
    except (Error, ValueError):
        position = None
    # Only what `_text` makes will do, and numbers that a database takes.
    if position is None or position_text(position) != given or not _fits(position):
        raise invalid("The parameter after is not a position that this feed has given out.")
    return position


def _fits(position: FeedPosition) -> bool:
    return (
        0 <= position.number < 2**63
        and 0 <= position.place <= feed.END
        and 0 <= position.arrival < 2**63
    )
