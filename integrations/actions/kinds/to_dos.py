"""Flatchr's tasks: what is to be done about an application, by whom, until when
(`docs/flatchr-api.md §13`, §22 to §24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.actions.inputs import ActionNotPossible
from integrations.actions.kinds.work import Work, application_of, fingerprint
from integrations.actions.lookup import HURRY, flatchr, is_provisional
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.calls import notes
from integrations.flatchr.mapping.members import User, users
from integrations.flatchr.mapping.values import iso_instant
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionKind, Application, Integration

LONGEST = 2_000
LONGEST_ID = 100
MOST_USERS = 100


@dataclass(frozen=True, slots=True)
class FlatchrTask:
    id: str
    description: str
    due_at: datetime | None
    done: bool


def read_tasks(application: Application) -> list[FlatchrTask]:
    """Flatchr's tasks about the application, open ones first, by their dates.

    Raises `NoCredentials`, `FlatchrError`.
    """
    if is_provisional(application):
        return []
    with flatchr(application.integration, HURRY) as client:
        there = notes.tasks(client)
    about = _about(application)
    found = [_task(one) for one in there if about in _values(one)]
    return sorted(found, key=lambda one: (one.done, str(one.due_at or ""), one.id))


def members(integration: Integration) -> list[User]:
    """The company's users, who can make tasks and be given some, by name.

    Raises `NoCredentials`, `FlatchrError`.
    """
    with flatchr(integration, HURRY) as client:
        found = users(client.members())
    return sorted(found, key=lambda one: (one.last_name or "", one.first_name or ""))


class AddTask(Work):
    """`{"description", "due_at": ISO 8601 with its offset, "users": ids of `members`, "member": the
    id of who makes it, "email": whether Flatchr reminds them by e-mail}`.
    """

    kind = ActionKind.TASK

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        description = str(given.get("description", "")).replace("\0", "").strip()
        if not description:
            raise ActionNotPossible(Message("action_text_missing"))
        if len(description) > LONGEST:
            raise ActionNotPossible(Message("action_text_too_long", count=LONGEST))
        due_at = given.get("due_at")
        moment = due_at if isinstance(due_at, datetime) else iso_instant(str(due_at or ""))
        if moment is None or moment.tzinfo is None:
            raise ActionNotPossible(Message("action_date_missing"))
        users_given = given.get("users")
        chosen = users_given if isinstance(users_given, list) else []
        member = given.get("member") or integration.flatchr_settings.user_key
        if not chosen or not all(map(_is_id, (*chosen, member))) or len(chosen) > MOST_USERS:
            raise ActionNotPossible(Message("action_user_missing"))
        self.content = {"description": description}
        self.parameters = {
            "due_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "users": chosen,
            "member": member,
            "email": given.get("email") is True,
        }

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_adds_task")

    def subject(self, application: Application | None) -> str:
        of = application.pk if application else ""
        return f"task:{of}:{fingerprint(self.content, self.parameters)}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:  # noqa: ARG002
        return {"known": [one.get("id") for one in notes.tasks(client)]}

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        task = {
            "description": self.content["description"],
            "date": self.parameters["due_at"],
            "email": self.parameters["email"],
            "value": [_about(application_of(action))],
            "users": self.parameters["users"],
            "memberId": self.parameters["member"],
        }
        return notes.add_task(client, task, about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:
        about, known = _about(application_of(action)), set(action.before.get("known", ()))
        return any(
            one.get("id") not in known
            and about in _values(one)
            and str(one.get("description", "")).strip() == self.content["description"]
            for one in notes.tasks(client)
        )


class FinishTask(Work):
    """`{"task": its id}`."""

    kind = ActionKind.TASK_DONE

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        task = given.get("task")
        if not _is_id(task):
            raise ActionNotPossible(Message("action_task_unknown"))
        self.parameters = {"task": task}

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_finishes_task")

    def subject(self, application: Application | None) -> str:  # noqa: ARG002
        return f"finish:{fingerprint(self.parameters['task'])}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:
        about = _about(application_of(action))
        mine = [one for one in notes.tasks(client) if about in _values(one)]
        if self.parameters["task"] not in {one.get("id") for one in mine}:
            raise ActionNotPossible(Message("action_task_unknown"))
        return {}

    def send(
        self,
        client: ActionClient,
        action: Action,  # noqa: ARG002
        about_to_send: Callable[[], None],
    ) -> WriteResult:
        return notes.finish_task(client, self.parameters["task"], about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:  # noqa: ARG002
        wanted = self.parameters["task"]
        there = notes.tasks(client)
        return any(one.get("id") == wanted and one.get("done") is True for one in there)


def _is_id(value: object) -> bool:
    """Whether it may be an id of Flatchr's: text that is not blank and can be stored."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def _about(application: Application) -> str:
    return f"applicant={application.remote_id}"


def _values(task: dict[str, Any]) -> list[Any]:
    value = task.get("value")
    return value if isinstance(value, list) else [value]


def _task(one: dict[str, Any]) -> FlatchrTask:
    date = one.get("date")
    return FlatchrTask(
        id=str(one.get("id", "")),
        description=str(one.get("description", "")),
        due_at=iso_instant(date) if isinstance(date, str) else None,
        done=one.get("done") is True,
    )
