"""The input of a submission, and the exceptions by which it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from integrations.messages import Message, sequence

if TYPE_CHECKING:
    from integrations.models import Application, Submission

NOTHING: Mapping[str, str] = MappingProxyType({})


class AttachmentType(StrEnum):
    CV = "CV"
    COVER_LETTER = "COVER_LETTER"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as given: its bytes, or the address that they are to be fetched from."""

    name: str
    type: AttachmentType
    content: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    data_url: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionEntry:
    """The input of a submission, unvalidated.

    `job` is a unified id or `remote:` and a remote id. `offerer_id` and `user_key` take the place
    of the tenant's settings. `stage_id` is the unified id of a stage of the tenant's, in which the
    application is to begin. `unsupported` are the dotted names of fields that were given and
    that Flatchr cannot hold: each becomes a warning.
    """

    job: str
    first_name: str
    last_name: str
    email_address: str
    phone_number: str = ""
    cover_letter: str = ""
    answers: tuple[Mapping[str, str], ...] = ()
    urls: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    attachments: tuple[Attachment, ...] = ()
    offerer_id: int | None = None
    user_key: str = ""
    stage_id: str = ""
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry cannot be submitted. `field` is one of `SubmissionEntry`'s, or blank for the
    whole of it; `message` is one English sentence or two for the user.
    """

    field: str
    code: str
    message: Message


class Refused(Exception):
    """The entry cannot be submitted as it is; `problems` has every reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(sequence([problem.message for problem in self.problems]))


class TooManyDrafts(Exception):
    """The tenant has `SUBMISSION_MAX_DRAFTS` already; nothing was stored."""


class AlreadyApplied(Exception):
    """The person has applied for this job already: submit again only when told to.

    `application` is what the mirror has of it, `submission` one that succeeded earlier.
    """

    def __init__(self, application: Application | None, submission: Submission | None) -> None:
        self.application = application
        self.submission = submission
        super().__init__(Message("already_applied"))


class NotSent(Exception):
    """It cannot be sent, and nothing was; `kind` and `message`, for the user, say why."""

    def __init__(self, kind: str, message: Message, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail


class IllegalTransition(Exception):
    """The submission's state does not allow it; the message tells the user why."""
