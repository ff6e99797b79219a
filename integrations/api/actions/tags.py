"""Tags on candidates: Flatchr gives an applicant a value of a tag, and takes none back
(`docs/flatchr-api.md` §15-16).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.utils import timezone

from integrations.api.actions import errors
from integrations.api.actions.applicant_lookup import flatchr
from integrations.api.actions.finding import candidate_of, is_expected, not_shown_yet
from integrations.api.actions.inputs import TagInput
from integrations.api.actions.submission_input import left_out
from integrations.api.answers import success
from integrations.api.bodies import body_of, raw_body
from integrations.api.caller import tenant
from integrations.api.errors import action_not_available
from integrations.flatchr.actions import ActingClient
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.mapping.tags import TagMapper
from integrations.flatchr.reader import TAGS as TAGS_PATH
from integrations.flatchr.reader import TRAITS
from integrations.flatchr.write_result import Delivery
from integrations.models import Application, Candidate, TraitReading
from integrations.records import Finding, TagRecord
from integrations.sync.applicants.candidate_tags import retag
from integrations.sync.bulk.store import apply, compare, read_stored
from integrations.sync.bulk.tables import TAGS, tag_draft

CANNOT_REMOVE = (
    "Flatchr's API gives a candidate a tag and cannot take it off again. "
    "Take it off in Flatchr; the next sync shows it."
)
UNREAD = "The tag is set; Flatchr did not tell the candidate's tags, so they follow with a sync."


@dataclass(frozen=True, slots=True)
class _Tag:
    """A tag as Flatchr takes it: the encoded id, and a value that is blank when it has none."""

    id: str
    value: str


def add_tag(request: Any, candidate_id: str) -> HttpResponse:
    """POST /ats/candidates/{candidate_id}/tags (`docs/unified-api.md §7`)."""
    name = body_of(request, TagInput).tag.name
    integration = tenant(request, for_action=True)
    candidate = candidate_of(integration, candidate_id)
    application = _latest(candidate)
    given = orjson.loads(raw_body(request))
    warnings = left_out(given, {"tag": {"name": None}})
    try:
        with flatchr(integration) as client:
            mapper = TagMapper(_say_nothing)
            tag = _wanted(list(client.stream("GET", TAGS_PATH)), mapper, name)
            receipt = client.give_trait(application.remote_id, tag.id, tag.value)
            if receipt.delivery in (Delivery.NOT_SENT, Delivery.REFUSED):
                raise errors.of_write(receipt)
            carried = _carried(client, mapper, application)
    except FlatchrError as error:
        # Nothing was sent: only reads and what comes before the request raise.
        raise errors.of_read(error) from None
    wanted = f"{tag.id}:{tag.value}" if tag.value else tag.id
    done = any(one.remote_id == wanted for one in carried or ())
    if receipt.delivery is Delivery.UNKNOWN and not done:
        raise errors.undecided("set the tag", receipt.reason)
    if carried is None:
        warnings.append(UNREAD)
    else:
        _store(application, carried)
    return success({}, warnings=warnings)


def remove_tag(request: Any, candidate_id: str) -> HttpResponse:
    """DELETE /ats/candidates/{candidate_id}/tags: not possible at Flatchr."""
    body_of(request, TagInput)
    candidate_of(tenant(request, for_action=True), candidate_id)
    raise action_not_available(CANNOT_REMOVE)


def _latest(candidate: Candidate) -> Application:
    """The application through which the candidate is tagged: the one that changed last."""
    live = Application.objects.live().filter(candidate=candidate)
    newest = F("remote_updated_at").desc(nulls_last=True)
    found: list[Application] = list(live.order_by(newest, "-remote_id"))
    known = [one for one in found if not is_expected(one)]
    if not known:
        raise not_shown_yet()
    return known[0]


def _wanted(tags: Iterable[tuple[Any, str]], mapper: TagMapper, name: str) -> _Tag:
    """The tag with the unified name `name`, or a new value of one that takes new ones.

    Raises `ApiError`: Flatchr's API cannot make a tag.
    """
    open_to_more: dict[str, str] = {}
    exact: dict[str, _Tag] = {}
    alike: dict[str, _Tag] = {}
    for data, raw in tags:
        for record in mapper.tags(data, raw):
            if not isinstance(record, TagRecord):
                continue
            value = record.remote_id.removeprefix(record.parent_id).removeprefix(":")
            tag = _Tag(record.parent_id, value)
            exact.setdefault(record.name, tag)
            alike.setdefault(record.name.casefold(), tag)
            if isinstance(data, dict) and data.get("creatable") is True and value:
                title = record.name.removesuffix(f": {value}")
                open_to_more[title.casefold()] = record.parent_id
    found = exact.get(name) or alike.get(name.casefold())
    if found is not None:
        return found
    title, colon, value = name.partition(":")
    parent = open_to_more.get(title.strip().casefold())
    if colon and parent and value.strip() and ";" not in value:
        return _Tag(parent, value.strip())
    raise action_not_available(
        "Flatchr's API cannot make a tag, and there is none with this name. Use the name of one "
        "from GET /ats/tags, such as “Title: value”, or make the tag in Flatchr first."
    )


def _carried(
    client: ActingClient, mapper: TagMapper, application: Application
) -> list[TagRecord] | None:
    """The applicant's tags as Flatchr has them now; None when it does not tell."""
    try:
        traits = client.stream("GET", TRAITS % application.remote_id)
        return mapper.of_applicant(application.remote_id, traits)
    except FlatchrError:
        return None


def _store(application: Application, carried: list[TagRecord]) -> None:
    """Write the applicant's tags as a sync that reads them would."""
    integration_id = application.integration_id
    with transaction.atomic():
        stored = read_stored(TAGS, integration_id, [tag.remote_id for tag in carried])
        new = [tag_draft(tag) for tag in carried if tag.discovered and _unknown(tag, stored)]
        apply(TAGS, compare(TAGS, integration_id, new, stored))
        TraitReading.objects.update_or_create(
            application=application,
            defaults={
                "integration_id": integration_id,
                "read_at": timezone.now(),
                "tags": [tag.remote_id for tag in carried],
            },
        )
        retag(integration_id, {application.candidate_id})


def _unknown(tag: TagRecord, stored: dict[str, Any]) -> bool:
    return tag.remote_id not in stored or stored[tag.remote_id].deleted


def _say_nothing(_: Finding) -> None:
    """There is no run to say it on."""
