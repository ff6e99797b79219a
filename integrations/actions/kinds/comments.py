"""Comments on an application, and its messages (`docs/flatchr-api.md §17` to §20).

Comments are read and deleted with the tenant's key, and written in a user's own name
(`sign_ins.py`). Messages are read: how one is sent is documented too thinly to be offered.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import nh3

from integrations.actions import sign_ins
from integrations.actions.inputs import ActionNotPossible, NotShownYet
from integrations.actions.kinds.work import Work, application_of, fingerprint
from integrations.actions.lookup import HURRY, flatchr, is_provisional
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.calls import notes
from integrations.flatchr.mapping.values import iso_instant
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionKind, Application, FlatchrSignIn, Integration

LONGEST = 10_000
LONGEST_NUMBER = 18
# Of messages without a date.
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FlatchrComment:
    """`text` is plain, with line breaks; `html` is Flatchr's own, for a page to clean."""

    id: int
    author: str
    text: str
    html: str
    private: bool
    created_at: datetime | None
    reply_to: int | None
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlatchrMessage:
    """A message to or from the candidate. `automatic`: Flatchr has sent it by itself."""

    id: str
    author: str
    subject: str
    text: str
    html: str
    automatic: bool
    delivered: bool
    created_at: datetime | None
    attachments: tuple[str, ...]


def read_comments(application: Application) -> list[FlatchrComment]:
    """The application's comments at Flatchr, the newest first.

    Raises `NotShownYet`, `NoCredentials`, `FlatchrError`.
    """
    with _reading(application) as client:
        found = map(_comment, notes.comments(client, application.remote_id))
        return sorted(filter(None, found), key=lambda one: one.id, reverse=True)


def read_messages(application: Application) -> list[FlatchrMessage]:
    """The application's messages at Flatchr, the newest first. Raises as `read_comments`."""
    with _reading(application) as client:
        found = [_message(one) for one in notes.messages(client, application.remote_id)]
    return sorted(found, key=lambda one: one.created_at or EARLIEST, reverse=True)


class AddComment(Work):
    """`{"text": plain text, "private": whether only some may see it, "reply_to": id or absent}`."""

    kind = ActionKind.COMMENT

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        text = str(given.get("text", "")).replace("\0", "").strip()
        if not text:
            raise ActionNotPossible(Message("action_text_missing"))
        if len(text) > LONGEST:
            raise ActionNotPossible(Message("action_text_too_long", count=LONGEST))
        reply_to = given.get("reply_to")
        self.content = {"text": text}
        self.parameters = {"private": given.get("private") is not False}
        if isinstance(reply_to, int):
            self.parameters["reply_to"] = reply_to

    def check_actor(self, user: Any) -> None:
        if sign_ins.current(self.integration, user=user) is None:
            raise ActionNotPossible(Message("action_sign_in_first"))

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_comments")

    def subject(self, application: Application | None) -> str:
        return f"comment:{application.pk if application else ''}:{fingerprint(self.content)}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:
        self.check_actor(action.user)
        known = notes.comments(client, application_of(action).remote_id)
        return {"known": [one.get("id") for one in known]}

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        signed_in = sign_ins.current(self.integration, user=action.user)
        if signed_in is None:
            raise ActionNotPossible(Message("action_sign_in_first"))
        with client.as_user(signed_in.token) as user_client:
            return notes.add_comment(
                user_client,
                application_of(action).remote_id,
                # Flatchr shows comments as HTML.
                html.escape(self.content["text"], quote=False).replace("\n", "<br>"),
                about_to_send,
                private=self.parameters["private"],
                reply_to=self.parameters.get("reply_to"),
            )

    def answered(self, action: Action, receipt: WriteResult) -> dict[str, Any]:
        number = receipt.answer.get("id")
        return {"before": {**action.before, "comment": number}} if type(number) is int else {}

    def refused(self, action: Action, receipt: WriteResult) -> Message | None:
        if not receipt.reason.kind.is_auth:
            return None
        FlatchrSignIn.objects.filter(user=action.user, integration=self.integration).delete()
        return Message("action_sign_in_again")

    def look(self, client: ActionClient, action: Action) -> bool:
        there = notes.comments(client, application_of(action).remote_id)
        if (number := action.before.get("comment")) is not None:
            return any(one.get("id") == number for one in there)
        known, wanted = set(action.before.get("known", ())), _plain(self.content["text"])
        for one in there:
            if one.get("id") not in known and _plain(_words(one.get("text"))) == wanted:
                Action.objects.filter(pk=action.pk).update(
                    before={**action.before, "comment": one.get("id")}
                )
                return True
        return False


class DeleteComment(Work):
    """`{"comment": its id}`; deleted with the tenant's key."""

    kind = ActionKind.DELETE_COMMENT

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        number = str(given.get("comment", ""))
        if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER):
            raise ActionNotPossible(Message("action_comment_unknown"))
        self.number = int(number)
        self.parameters = {"comment": self.number}

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_deletes_comment")

    def subject(self, application: Application | None) -> str:
        return f"uncomment:{application.pk if application else ''}:{self.number}"

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        remote_id = application_of(action).remote_id
        return notes.delete_comment(client, remote_id, self.number, about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:
        there = notes.comments(client, application_of(action).remote_id)
        return all(one.get("id") != self.number for one in there)


def _reading(application: Application) -> Any:
    if is_provisional(application):
        raise NotShownYet
    return flatchr(application.integration, HURRY)


def _comment(one: dict[str, Any]) -> FlatchrComment | None:
    number = one.get("id")
    if type(number) is not int:
        return None
    return FlatchrComment(
        id=number,
        author=_author(one),
        text=_words(one.get("text")),
        html=_text(one.get("text")),
        private=one.get("private") is True,
        created_at=_instant(one.get("created_at")),
        reply_to=one["reply_to"] if isinstance(one.get("reply_to"), int) else None,
        attachments=_attachments(one),
    )


def _message(one: dict[str, Any]) -> FlatchrMessage:
    mail = one.get("mail")
    mail = mail if isinstance(mail, dict) else {}
    source = _text(mail.get("html")) or html.escape(_text(mail.get("text")))
    return FlatchrMessage(
        id=_text(one.get("id")),
        author=_author(one),
        subject=_text(mail.get("subject")),
        text=_words(source),
        html=source,
        automatic=one.get("auto") is True,
        delivered=one.get("delivered") is True,
        created_at=_instant(one.get("created_at")),
        attachments=_attachments(one),
    )


def _author(one: dict[str, Any]) -> str:
    author = one.get("author")
    if not isinstance(author, dict):
        return ""
    return " ".join(filter(None, (_text(author.get(name)) for name in ("firstname", "lastname"))))


def _attachments(one: dict[str, Any]) -> tuple[str, ...]:
    given = one.get("attachments")
    given = given if isinstance(given, list) else []
    return tuple(_text(file.get("name")) for file in given if isinstance(file, dict))


def _words(source: Any) -> str:
    """What HTML says, with its line breaks and without markup."""
    text = _text(source)
    for tag in ("<br>", "<br/>", "<br />", "</p>", "</div>", "</li>"):
        text = text.replace(tag, "\n")
    return html.unescape(nh3.clean(text, tags=set())).strip()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _instant(value: Any) -> datetime | None:
    return iso_instant(value) if isinstance(value, str) else None
