"""From what was typed to what can be sent: every problem at once, and everything that is changed.

Pure but for reading the job and the tenant's settings: nothing here writes or sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from integrations import jobs
from integrations.enumerations import JobStatus
from integrations.flatchr.mapping.contacts import PhoneNote, email, read_phone
from integrations.flatchr.mapping.source import storable_text
from integrations.flatchr.mapping.values import Notes
from integrations.invisible_characters import visible, visible_name
from integrations.messages import Message
from integrations.models import FlatchrSettings, Integration, Job, Submission
from integrations.records import Finding, Model
from integrations.submissions.inputs import Problem, SubmissionEntry
from integrations.submissions.plain_text import plain_typography, sendable_name

REMOTE = "remote:"
URL_NAMES = ("facebook", "linkedin", "twitter", "other")
NAME_LIMIT = 200
TEXT_LIMIT = 20_000
KEY_LIMIT = 64
URL_LIMIT = 2_000
MOST_ANSWERS = 100
OFFERER_LIMIT = 2**63 - 1

# Warnings about what an entry had besides what its row holds.
ENTRY_WARNINGS = ("unsupported_field", "attachment_not_sent")

Note = dict[str, str]

_CLOSED = (JobStatus.CLOSED, JobStatus.ARCHIVED)
_DIALLED = re.compile(r"[0-9+().\-/ ]+")


@dataclass(slots=True)
class Cleaned:
    """What would be sent, with all that stands in its way or was changed.

    `problems` is empty when it can be sent. `person_key` is blank when the e-mail is not valid.
    """

    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    phone_number: str = ""
    person_key: str = ""
    cover_letter: str = ""
    answers: list[Note] = field(default_factory=list)
    urls: Note = field(default_factory=dict)
    offerer_id: int | None = None
    source_id: str = ""
    user_key: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    replacements: list[Note] = field(default_factory=list)

    @property
    def has_source(self) -> bool:
        return self.offerer_id is not None or bool(self.source_id)

    def refuse(self, name: str, code: str, message: Message) -> None:
        self.problems.append(Problem(name, code, message))

    def warn(self, name: str, code: str, message: Message) -> None:
        self.warnings.append(warning(name, code, message))


# Whoever waits for the end of a submission looks after its stage; a sweep does after this time.
STAGE_DUE_AFTER = timedelta(minutes=2)


def warning(name: str, code: str, message: Message) -> Note:
    """A warning as a submission keeps it."""
    return {"code": code, "field": name, "message": message}


def find_job(integration: Integration, wanted: str) -> tuple[Job | None, list[Problem]]:
    """The tenant's job that `wanted` names, or why there is none."""
    wanted = visible(storable_text(wanted)).strip()
    if not wanted:
        return None, [Problem("job", "required", Message("job_required"))]
    key = {"pk": wanted}
    if wanted.startswith(REMOTE):
        key = {"remote_id": wanted.removeprefix(REMOTE)}
    job: Job | None = Job.objects.filter(integration=integration, **key).first()
    if job is None:
        return None, [Problem("job", "unknown", Message("job_unknown"))]
    return job, []


def fill(submission: Submission, entry: SubmissionEntry, job: Job | None) -> Cleaned:
    """Put what was typed into the row, as typed, but for its attachments; what would be sent."""
    submission.job = job
    for name in (
        "first_name",
        "last_name",
        "email_address",
        "phone_number",
        "cover_letter",
        "user_key",
    ):
        setattr(submission, name, storable_text(str(getattr(entry, name))))
    submission.answers = [
        {key: storable_text(str(answer.get(key, ""))) for key in ("question", "value")}
        for answer in entry.answers
    ]
    submission.urls = {
        name: storable_text(str(entry.urls[name])) for name in URL_NAMES if entry.urls.get(name)
    }
    fits = entry.offerer_id is not None and 0 < entry.offerer_id <= OFFERER_LIMIT
    submission.offerer_id = entry.offerer_id if fits else None
    if entry.stage_id:
        submission.stage_id = entry.stage_id
        submission.stage_due_at = jobs.now() + STAGE_DUE_AFTER
    cleaned = clean(submission)
    submission.person_key = cleaned.person_key
    return cleaned


def entry_warnings(entry: SubmissionEntry) -> list[Note]:
    """Warnings about what was given and has no place in a submission."""
    unknown = [f"urls.{name}" for name in entry.urls if name not in URL_NAMES]
    return [
        warning(
            name,
            "unsupported_field",
            Message("field_left_out", name=storable_text(name)[:100]),
        )
        for name in [*entry.unsupported, *unknown]
    ]


def entry_problems(entry: SubmissionEntry) -> list[Problem]:
    """Problems that the row cannot show, because it cannot hold what was given."""
    if entry.offerer_id is not None and not 0 < entry.offerer_id <= OFFERER_LIMIT:
        return [Problem("offerer_id", "invalid", Message("offerer_id_invalid"))]
    return []


def clean(submission: Submission) -> Cleaned:
    """What the row would be sent as. The document is checked where it is attached.

    Reads the tenant's settings: call it once and pass the result on.
    """
    cleaned = Cleaned()
    _tenant(cleaned, submission.integration)
    _job(cleaned, submission.job)
    for name in ("first_name", "last_name"):
        typed = _seen(cleaned, name, getattr(submission, name), of=visible_name)
        setattr(cleaned, name, _name(cleaned, name, Message(name), typed))
    _email(cleaned, _seen(cleaned, "email_address", submission.email_address))
    _phone(cleaned, _seen(cleaned, "phone_number", submission.phone_number))
    cleaned.cover_letter = _text(cleaned, "cover_letter", submission.cover_letter)
    _answers(cleaned, submission.answers)
    _urls(cleaned, submission.urls)
    _source(cleaned, submission)
    return cleaned


def _tenant(cleaned: Cleaned, integration: Integration) -> None:
    if not integration.enabled:
        cleaned.refuse("", "disabled", Message("tenant_disabled"))
    if not hasattr(integration, "credentials"):
        words = Message("tenant_not_connected")
        cleaned.refuse("", "not_connected", words)


def _job(cleaned: Cleaned, job: Job | None) -> None:
    if job is None:
        cleaned.refuse("job", "required", Message("job_required"))
    elif job.remote_deleted_at is not None:
        cleaned.refuse("job", "deleted", Message("job_deleted"))
    elif job.status in _CLOSED:
        words = Message("job_closed")
        cleaned.refuse("job", "closed", words)
    elif not job.slug or job.vacancy_id is None:
        words = Message("job_without_address")
        cleaned.refuse("job", "no_slug", words)


def _seen(cleaned: Cleaned, name: str, typed: str, *, of: Callable[[str], str] = visible) -> str:
    """What was typed without characters that nobody sees; a warning when there were any."""
    seen = of(typed)
    if seen != typed:
        cleaned.warn(name, "invisible_characters", Message("invisible_not_sent"))
    return seen


def _name(cleaned: Cleaned, name: str, label: Message, typed: str) -> str:
    sendable, replaced = sendable_name(" ".join(typed.split()))
    cleaned.replacements += _replacements(name, replaced)
    if not sendable:
        cleaned.refuse(name, "required", Message("name_required", name=label))
    elif len(sendable) > NAME_LIMIT:
        cleaned.refuse(name, "too_long", Message("name_too_long", name=label, limit=NAME_LIMIT))
    elif not re.search("[a-zA-Z]", sendable):
        cleaned.refuse(name, "no_letter", Message("name_without_letter", name=label))
    return sendable


def _email(cleaned: Cleaned, typed: str) -> None:
    typed = typed.strip()
    if not typed:
        cleaned.refuse("email_address", "required", Message("email_required"))
        return
    findings: list[Finding] = []
    address = email(typed, "email_address", Notes(findings.append, Model.CANDIDATES, ""))
    if address is None:
        words = Message("email_invalid")
        cleaned.refuse("email_address", "invalid", words)
        return
    cleaned.email_address = address
    cleaned.person_key = address.lower()


def _phone(cleaned: Cleaned, typed: str) -> None:
    """The number that is sent. It is optional, so none is a reason to refuse the candidate."""
    typed = " ".join(plain_typography(typed)[0].split())
    if not typed:
        return
    reading = read_phone(typed)
    cleaned.phone_number = reading.number
    if reading.note is PhoneNote.NONE:
        return
    if reading.note is PhoneNote.CUT:
        words = Message("phone_rest_not_sent", number=reading.number)
        cleaned.warn("phone_number", "phone_partly_sent", words)
    elif _DIALLED.fullmatch(typed) and len(re.findall("[0-9]", typed)) in range(4, 21):
        cleaned.warn("phone_number", "unusual_phone", Message("phone_unusual"))
    else:
        cleaned.phone_number = ""
        cleaned.warn("phone_number", "phone_not_sent", Message("phone_invalid"))


def _text(cleaned: Cleaned, name: str, typed: str) -> str:
    plain, replaced = plain_typography(typed.strip())
    if len(plain) > TEXT_LIMIT:
        words = Message("text_too_long", limit=f"{TEXT_LIMIT:,}")
        cleaned.refuse(name, "too_long", words)
    cleaned.replacements += _replacements(name, replaced)
    return plain


def _answers(cleaned: Cleaned, typed: list[dict[str, Any]]) -> None:
    if len(typed) > MOST_ANSWERS:
        words = Message("answers_too_many", most=MOST_ANSWERS)
        cleaned.refuse("answers", "too_many", words)
    for answer in typed[:MOST_ANSWERS]:
        # A question names one of Flatchr's by its very text: only the answer may be changed.
        question = answer["question"].strip()
        value = _text(cleaned, "answers", answer["value"])
        if question and value:
            cleaned.answers.append({"question": question, "value": value})
        elif value:
            cleaned.refuse("answers", "no_question", Message("answer_without_question"))


def _urls(cleaned: Cleaned, typed: Mapping[str, str]) -> None:
    for name, given in typed.items():
        url = _seen(cleaned, "urls", given).strip()
        if not url:
            continue
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        # With its scheme, as a link without one leads nowhere from Flatchr's page.
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > URL_LIMIT:
            words = Message("link_invalid", name=name)
            cleaned.refuse("urls", "invalid", words)
        cleaned.urls[name] = url


def _source(cleaned: Cleaned, submission: Submission) -> None:
    """The source and the user that the candidate is filed under; a warning without a source."""
    settings = FlatchrSettings.objects.filter(integration=submission.integration_id).first()
    cleaned.offerer_id, cleaned.user_key = (
        submission.offerer_id,
        _seen(cleaned, "user_key", submission.user_key).strip(),
    )
    if settings is not None:
        if cleaned.offerer_id is None:
            cleaned.offerer_id = settings.offerer_id
        cleaned.source_id = settings.source_id
        cleaned.user_key = cleaned.user_key or settings.user_key
    if len(cleaned.user_key) > KEY_LIMIT:
        cleaned.refuse("user_key", "too_long", Message("user_key_too_long"))
    if not cleaned.has_source:
        words = Message("source_not_written")
        cleaned.warn("offerer_id", "source_not_written", words)


def _replacements(name: str, replaced: list[tuple[str, str]]) -> list[Note]:
    return [{"field": name, "from": before, "to": after} for before, after in replaced]
