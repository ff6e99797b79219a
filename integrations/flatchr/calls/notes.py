"""Requests about what people write in Flatchr: comments, messages, tasks, information, vacancies;
and signing in as a user. Writes are sent once, by `actions.ActionClient.act`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.flatchr.actions import APPLICANT, ActionClient, BeforeSending
from integrations.flatchr.client import COMPANY
from integrations.flatchr.errors import ErrorKind, failure
from integrations.flatchr.write_result import WriteResult

COMMENTS, COMMENT = f"{APPLICANT}/comments", f"{APPLICANT}/comment"
MESSAGES = f"{APPLICANT}/messages"
TASKS, TASK = f"{COMPANY}/tasks", f"{COMPANY}/task"
INFORMATION = f"{COMPANY}/search/candidate"
VACANCIES, VACANCY = f"{COMPANY}/vacancies", f"{COMPANY}/vacancy"
LOG_IN = "/user/login"


def comments(client: ActionClient, applicant_id: str) -> list[dict[str, Any]]:
    """An applicant's comments with their authors (§17). Raises FlatchrError."""
    fields = {"fields": "author,attachments"}
    return _objects(client.get(COMMENTS % client.segment(applicant_id), params=fields))


def add_comment(
    client: ActionClient,
    applicant_id: str,
    text: str,
    about_to_send: BeforeSending,
    *,
    private: bool,
    reply_to: int | None = None,
) -> WriteResult:
    """Write a comment; the client signs in as a user (§18)."""
    form = {"type": "note", "text": text, "private": "true" if private else "false"}
    if reply_to is not None:
        form["reply_to"] = str(reply_to)
    return client.act("POST", COMMENT, (applicant_id,), None, about_to_send, form=form)


def delete_comment(
    client: ActionClient, applicant_id: str, number: int, about_to_send: BeforeSending
) -> WriteResult:
    """Delete a comment (§19)."""
    ids = (applicant_id, str(number))
    return client.act("DELETE", f"{COMMENT}/%s", ids, None, about_to_send)


def messages(client: ActionClient, applicant_id: str) -> list[dict[str, Any]]:
    """The messages of an applicant (§20). Raises FlatchrError."""
    fields = {"fields": "author,replied,mail,attachments,candidate"}
    return _objects(client.get(MESSAGES % client.segment(applicant_id), params=fields))


def tasks(client: ActionClient) -> list[dict[str, Any]]:
    """The company's tasks (§22). Raises FlatchrError."""
    return _objects(client.get(TASKS))


def add_task(
    client: ActionClient, task: Mapping[str, Any], about_to_send: BeforeSending
) -> WriteResult:
    """Make a task (§23)."""
    return client.act("POST", TASK, (), task, about_to_send)


def finish_task(client: ActionClient, task_id: str, about_to_send: BeforeSending) -> WriteResult:
    """Mark a task as done (§24)."""
    return client.act("PUT", f"{TASK}/%s", (task_id,), {"done": True}, about_to_send)


def add_information(
    client: ActionClient, information: Mapping[str, Any], about_to_send: BeforeSending
) -> WriteResult:
    """Write meta information about a candidate, which nothing reads again (§10)."""
    return client.act("POST", INFORMATION, (), information, about_to_send)


def vacancies(client: ActionClient) -> list[dict[str, Any]]:
    """The company's vacancies, without addresses and tags (§1). Raises FlatchrError."""
    return [value for value, _ in client.stream("GET", VACANCIES) if isinstance(value, dict)]


def create_vacancy(
    client: ActionClient, vacancy: Mapping[str, Any], about_to_send: BeforeSending
) -> WriteResult:
    """Create a vacancy, which is not published by that (§3)."""
    return client.act("POST", VACANCY, (), vacancy, about_to_send)


def log_in(client: ActionClient, email: str, password: str) -> str:
    """A user's token (§0.2). The client's observer is to keep nothing. Raises FlatchrError."""
    answer = client.log_in(LOG_IN, json.dumps({"email": email, "password": password}).encode())
    token = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise failure(ErrorKind.NOT_UNDERSTOOD, "a sign-in without a token")
    return token


def _objects(answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, list):
        raise failure(ErrorKind.NOT_UNDERSTOOD, "an answer that is no list")
    return [one for one in answer if isinstance(one, dict)]
