"""Tags on candidates: Flatchr gives an applicant a value of a tag, and takes none back
(`docs/flatchr-api.md §15`, §16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.actions.inputs import ActionNotPossible, NotShownYet
from integrations.actions.kinds.work import Work, application_of, fingerprint
from integrations.actions.lookup import shown_applications
from integrations.changes.recording import recorded
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.mapping.tags import TagMapper
from integrations.flatchr.reader import TAGS as TAGS_PATH
from integrations.flatchr.reader import TRAITS
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import (
    Action,
    ActionKind,
    Application,
    Candidate,
    CandidateTag,
    Integration,
    TraitReading,
)
from integrations.records import Finding, TagRecord
from integrations.sync.applicants.candidate_tags import retag
from integrations.sync.bulk.store import apply, compare, read_stored
from integrations.sync.bulk.tables import TAGS, tag_draft

LONGEST_NAME = 400
# Candidates looked up in one statement.
BATCH = 500


@dataclass(frozen=True, slots=True)
class _WrittenTag:
    """A tag as Flatchr takes it: the encoded id, and a value that is blank when it has none."""

    id: str
    value: str


class AddTag(Work):
    """A tag for the candidate, by its unified name: `{"tag": "Title: value"}`."""

    kind = ActionKind.TAG

    def __init__(self, integration: Integration, parameters: Mapping[str, Any]) -> None:
        super().__init__(integration, parameters)
        name = str(parameters.get("tag", "")).strip()
        if not name or "\0" in name:
            raise ActionNotPossible(Message("action_tag_missing"))
        self.name = name[:LONGEST_NAME]
        self.parameters = {"tag": self.name}
        # Candidates who have been looked up, and those among them who have the tag.
        self._asked: set[str] = set()
        self._tagged: set[str] = set()

    def audited(self) -> dict[str, Any]:
        return {"tag": self.name}

    def know(self, applications: Sequence[Application]) -> None:
        self._asked.update(one.candidate_id for one in applications)
        live = CandidateTag.objects.live().filter(integration=self.integration, tag__name=self.name)
        asked = list(self._asked)
        for first in range(0, len(asked), BATCH):
            found = live.filter(candidate__in=asked[first : first + BATCH])
            self._tagged.update(found.values_list("candidate_id", flat=True))

    def needless(self, application: Application | None) -> Message | None:
        if application is None:
            return None
        if application.candidate_id not in self._asked:
            self.know([application])
        carried = application.candidate_id in self._tagged
        return Message("action_already_tagged", tag=self.name) if carried else None

    def effect(self, application: Application) -> Message:  # noqa: ARG002
        return Message("action_tags", tag=self.name)

    def common_notes(self) -> list[Message]:
        return [Message("action_tag_stays")]

    def subject(self, application: Application | None) -> str:
        if application is None:
            return ""
        return f"tag:{application.candidate_id}:{fingerprint(self.name)}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:  # noqa: ARG002
        tag = _wanted(list(client.stream("GET", TAGS_PATH)), TagMapper(_ignore), self.name)
        return {"tag": tag.id, "value": tag.value}

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        before = action.before
        return client.give_trait(
            application_of(action).remote_id, before["tag"], before["value"], about_to_send
        )

    def look(self, client: ActionClient, action: Action) -> bool:
        application = application_of(action)
        mapper = TagMapper(_ignore)
        for data, raw in client.stream("GET", TAGS_PATH):
            mapper.tags(data, raw)
        traits = client.stream("GET", TRAITS % application.remote_id)
        carried = mapper.of_applicant(application.remote_id, traits)
        _store(application, carried)
        tag, value = action.before["tag"], action.before["value"]
        wanted = f"{tag}:{value}" if value else tag
        return any(one.remote_id == wanted for one in carried)


def latest_application(candidate: Candidate) -> Application:
    """The application through which the candidate is tagged: the one that changed last.

    Raises `NotShownYet`.
    """
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
    raise ActionNotPossible(Message("action_tag_unknown"))


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
