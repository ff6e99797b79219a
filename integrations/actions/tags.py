"""Tags on candidates: Flatchr gives an applicant a value of a tag, and takes none back
(`docs/flatchr-api.md §15`, §16).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.actions.lookup import (
    ActionNotPossible,
    NotShownYet,
    check_certain,
    check_taken,
    flatchr,
    shown_applications,
)
from integrations.changes.recording import recorded
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.mapping.tags import TagMapper
from integrations.flatchr.reader import TAGS as TAGS_PATH
from integrations.flatchr.reader import TRAITS
from integrations.models import Application, Candidate, Integration, TraitReading
from integrations.records import Finding, TagRecord
from integrations.sync.applicants.candidate_tags import retag
from integrations.sync.bulk.store import apply, compare, read_stored
from integrations.sync.bulk.tables import TAGS, tag_draft


@dataclass(frozen=True, slots=True)
class _WrittenTag:
    """A tag as Flatchr takes it: the encoded id, and a value that is blank when it has none."""

    id: str
    value: str


def add_tag(*, candidate: Candidate, name: str) -> bool:
    """Give the candidate the tag with this unified name, at most once; return whether Flatchr has
    told the candidate's tags since, so that the mirror shows them.

    Raises `NotShownYet`, `NoCredentials`, `ActionNotPossible` when Flatchr has no such tag,
    `ActionRefused`, `ActionUncertain`, and `FlatchrError` for a read before the tag is sent; only
    after `ActionUncertain` may it have been set.
    """
    application = _latest(candidate)
    with flatchr(application.integration) as client:
        mapper = TagMapper(_ignore)
        tag = _wanted(list(client.stream("GET", TAGS_PATH)), mapper, name)
        receipt = client.give_trait(application.remote_id, tag.id, tag.value)
        check_taken(receipt)
        carried = _carried(client, mapper, application)
    wanted = f"{tag.id}:{tag.value}" if tag.value else tag.id
    check_certain(receipt, shown=any(one.remote_id == wanted for one in carried or ()))
    if carried is not None:
        _store(application, carried)
    return carried is not None


def _latest(candidate: Candidate) -> Application:
    """The application through which the candidate is tagged: the one that changed last."""
    known = shown_applications(candidate)
    if not known:
        raise NotShownYet
    return known[0]


def _wanted(tags: Iterable[tuple[Any, str]], mapper: TagMapper, name: str) -> _WrittenTag:
    """The tag with the unified name `name`, or a new value of one that takes new ones.

    Raises `ActionNotPossible`: Flatchr's API cannot make a tag.
    """
    open_to_more: dict[str, str] = {}
    exact: dict[str, _WrittenTag] = {}
    alike: dict[str, _WrittenTag] = {}
    for data, raw in tags:
        for record in mapper.tags(data, raw):
            if not isinstance(record, TagRecord):
                continue
            value = record.remote_id.removeprefix(record.parent_id).removeprefix(":")
            tag = _WrittenTag(record.parent_id, value)
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
        return _WrittenTag(parent, value.strip())
    raise ActionNotPossible(
        "Flatchr's API cannot make a tag, and there is none with this name. Use the name of one "
        "from GET /ats/tags, such as “Title: value”, or make the tag in Flatchr first."
    )


def _carried(
    client: ActionClient, mapper: TagMapper, application: Application
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
    with recorded(integration_id):
        # In turn with the reading of tags.
        Integration.objects.select_for_update(no_key=True).get(pk=integration_id)
        stored = read_stored(TAGS, integration_id, [tag.remote_id for tag in carried])
        new = [tag_draft(tag) for tag in carried if tag.discovered and _unknown(tag, stored)]
        apply(TAGS, compare(TAGS, integration_id, new, stored))
        TraitReading.objects.update_or_create(
            application=application,
            defaults={
                "integration_id": integration_id,
                "read_at": timezone.now(),
                "retry_at": None,
                "tags": [tag.remote_id for tag in carried],
            },
        )
        retag(integration_id, {application.candidate_id})


def _unknown(tag: TagRecord, stored: dict[str, Any]) -> bool:
    return tag.remote_id not in stored or stored[tag.remote_id].deleted


def _ignore(_: Finding) -> None:
    """There is no run that a warning could be added to."""
