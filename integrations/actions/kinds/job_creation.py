"""Creating a job at Flatchr (`docs/flatchr-api.md §3`), with the lists that its form offers (§25).

A job that is created is not published by that: Flatchr's API cannot publish one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from integrations.actions.inputs import ActionNotPossible
from integrations.actions.kinds.work import Work, fingerprint
from integrations.actions.lookup import PATIENCE, flatchr
from integrations.flatchr import referentials
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.calls import notes
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionKind, Application, Integration, SyncType, Trigger
from integrations.sync.runs import queue_run

EXPERIENCES = (1, 2, 4, 6, 11)
CURRENCIES = ("EUR", "USD", "GBP", "CAD", "CHF")
LANGUAGES = ("fr_FR", "en_GB")
PERIODS = ("y", "m", "d", "h")
REMOTE = ("notime", "parttime", "fulltime")
ACTIVE = 1
_TEXTS = ("title", "description", "mission", "profile")
_LISTED = (
    *("contract_type_id", "education_level_id", "activity_id", "channel_id", "metier_id"),
    "experience",
)
_OPTIONAL_TEXTS = ("reference", "salary", "salary_max", "note")
_TRUTHS = ("driver_license", "partial", "handicap", "kanban")
_DATES = ("start_date", "end_date")
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "experience": EXPERIENCES,
    "currency": CURRENCIES,
    "language": LANGUAGES,
    "mensuality": PERIODS,
    "remote": REMOTE,
}
LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class JobChoices:
    """Labels by Flatchr's code, for the form of a new job."""

    contracts: Mapping[str, str]
    education_levels: Mapping[str, str]
    activities: Mapping[str, str]
    channels: Mapping[str, str]


def job_choices(integration: Integration) -> JobChoices:
    """The lists of the form. Raises `NoCredentials`, `FlatchrError`."""
    with flatchr(integration, PATIENCE) as client:
        return JobChoices(
            *(
                _labels(client, path)
                for path in ("/contracts", "/educationLevels", "/activities", "/channels")
            )
        )


def metier_choices(integration: Integration, channel: int) -> Mapping[str, str]:
    """The occupations of one family. Raises `NoCredentials`, `FlatchrError`."""
    with flatchr(integration, PATIENCE) as client:
        return _labels(client, f"/channels/{int(channel)}/metiers")


def _labels(client: ActionClient, path: str) -> Mapping[str, str]:
    answer = client.get(path, params={"lang": "fr"})
    return referentials.labels(answer if isinstance(answer, list) else [])


def _clean(value: object) -> str:
    return "" if value is None else str(value).replace("\0", "").strip()


class CreateJob(Work):
    """The fields of `docs/flatchr-api.md §3` by their names there. `title`, `description`,
    `mission`, `profile`, `experience` and the ids of the lists are required; `language` is fr_FR
    if it is not given.
    """

    kind = ActionKind.CREATE_JOB

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        fields: dict[str, Any] = {"status": ACTIVE}
        given = {"language": LANGUAGES[0], **{k: v for k, v in given.items() if v is not None}}
        missing = [name for name in (*_TEXTS, *_LISTED) if not _clean(given.get(name))]
        if missing:
            raise ActionNotPossible(Message("action_fields_missing", fields=missing))
        for name in (*_TEXTS, *_OPTIONAL_TEXTS):
            if text := _clean(given.get(name)):
                if len(text) > LONGEST:
                    raise ActionNotPossible(Message("action_text_too_long", count=LONGEST))
                fields[name] = text
        for name in _LISTED:
            if not re.fullmatch(r"[0-9]{1,18}", str(given[name])):
                raise ActionNotPossible(Message("action_field_wrong", field=name))
            fields[name] = int(given[name])
        for name, choices in _CHOICES.items():
            if (value := fields.get(name, given.get(name))) not in (None, ""):
                if value not in choices:
                    raise ActionNotPossible(Message("action_field_wrong", field=name))
                fields[name] = value
        for name in _TRUTHS:
            if given.get(name) is not None:
                fields[name] = given[name] is True
        for name in _DATES:
            if value := given.get(name):
                try:
                    fields[name] = date.fromisoformat(str(value)).isoformat()
                except ValueError:
                    raise ActionNotPossible(Message("action_field_wrong", field=name)) from None
        self.content = fields

    def check(self, application: Application | None) -> None:
        """A job that is new belongs to no application."""

    def audited(self) -> dict[str, Any]:
        return {"title": self.content["title"]}

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_creates_job", title=self.content["title"])

    def subject(self, application: Application | None) -> str:  # noqa: ARG002
        return f"job:{fingerprint(sorted(self.content.items()))}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:  # noqa: ARG002
        mine = [one.get("id") for one in notes.vacancies(client) if self._is_it(one)]
        return {"known": mine}

    def send(
        self,
        client: ActionClient,
        action: Action,  # noqa: ARG002
        about_to_send: Callable[[], None],
    ) -> WriteResult:
        return notes.create_vacancy(client, self.content, about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:
        known = set(action.before.get("known", ()))
        there = notes.vacancies(client)
        shown = any(self._is_it(one) and one.get("id") not in known for one in there)
        if shown:
            # It is mirrored by a sync, as every other job.
            queue_run(
                self.integration.pk, type=SyncType.DELTA, trigger=Trigger.MANUAL, user=action.user
            )
        return shown

    def _is_it(self, vacancy: Mapping[str, Any]) -> bool:
        title, reference = vacancy.get("title"), vacancy.get("reference")
        return str(title or "").strip() == self.content["title"] and str(
            reference or ""
        ).strip() == self.content.get("reference", "")
