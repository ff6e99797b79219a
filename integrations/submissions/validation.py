"""From what was typed to what can be sent: every problem at once, and everything that is changed.

Pure but for reading the job and the tenant's settings: nothing here writes or sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from integrations.flatchr.mapping.contacts import email, parsed_phone
from integrations.flatchr.mapping.source import storable_text
from integrations.flatchr.mapping.values import Notes
from integrations.models import FlatchrSettings, Integration, Job, Submission
from integrations.records import Finding, JobStatus, Model
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
    user_key: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    replacements: list[Note] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: str) -> None:
        self.problems.append(Problem(name, code, message))

    def warn(self, name: str, code: str, message: str) -> None:
        self.warnings.append(warning(name, code, message))


def warning(name: str, code: str, message: str) -> Note:
    """A warning as a submission keeps it."""
    return {"code": code, "field": name, "message": message}


def find_job(integration: Integration, wanted: str) -> tuple[Job | None, list[Problem]]:
    """The tenant's job that `wanted` names, or why there is none."""
    wanted = storable_text(wanted).strip()
    if not wanted:
        return None, [Problem("job", "required", "Choose a job.")]
    key = {"pk": wanted}
    if wanted.startswith(REMOTE):
        key = {"remote_id": wanted.removeprefix(REMOTE)}
    job: Job | None = Job.objects.filter(integration=integration, **key).first()
    if job is None:
        return None, [Problem("job", "unknown", "This tenant has no such job.")]
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
            f"Flatchr cannot hold {storable_text(name)[:100]}: it was left out.",
        )
        for name in [*entry.unsupported, *unknown]
    ]


def entry_problems(entry: SubmissionEntry) -> list[Problem]:
    """Problems that the row cannot show, because it cannot hold what was given."""
    if entry.offerer_id is not None and not 0 < entry.offerer_id <= OFFERER_LIMIT:
        return [Problem("offerer_id", "invalid", "The offerer ID is a whole number above zero.")]
    return []


def clean(submission: Submission) -> Cleaned:
    """What the row would be sent as. The document is checked where it is attached.

    Reads the tenant's settings: call it once and pass the result on.
    """
    cleaned = Cleaned()
    _tenant(cleaned, submission.integration)
    _job(cleaned, submission.job)
    cleaned.first_name = _name(cleaned, "first_name", "first name", submission.first_name)
    cleaned.last_name = _name(cleaned, "last_name", "last name", submission.last_name)
    _email(cleaned, submission.email_address)
    _phone(cleaned, submission.phone_number)
    cleaned.cover_letter = _text(cleaned, "cover_letter", submission.cover_letter)
    _answers(cleaned, submission.answers)
    _urls(cleaned, submission.urls)
    _source(cleaned, submission)
    return cleaned


def _tenant(cleaned: Cleaned, integration: Integration) -> None:
    if not integration.enabled:
        cleaned.refuse("", "disabled", "This tenant is disabled. Enable it first.")
    if not hasattr(integration, "credentials"):
        words = "This tenant has no Flatchr credentials yet. Enter them first."
        cleaned.refuse("", "not_connected", words)


def _job(cleaned: Cleaned, job: Job | None) -> None:
    if job is None:
        cleaned.refuse("job", "required", "Choose a job.")
    elif job.remote_deleted_at is not None:
        cleaned.refuse("job", "deleted", "Flatchr no longer has this job. Choose another.")
    elif job.status in _CLOSED:
        words = "This job is closed in Flatchr and takes no applications. Choose an open one."
        cleaned.refuse("job", "closed", words)
    elif not job.slug or job.vacancy_id is None:
        words = "Flatchr gave this job no address to apply at. Synchronise, then try again."
        cleaned.refuse("job", "no_slug", words)


def _name(cleaned: Cleaned, name: str, words: str, typed: str) -> str:
    sendable, replaced = sendable_name(" ".join(typed.split()))
    cleaned.replacements += _replacements(name, replaced)
    if not sendable:
        cleaned.refuse(name, "required", f"Enter the {words}.")
    elif len(sendable) > NAME_LIMIT:
        cleaned.refuse(name, "too_long", f"The {words} is longer than {NAME_LIMIT} characters.")
    elif not re.search("[a-zA-Z]", sendable):
        cleaned.refuse(name, "no_letter", f"The {words} needs at least one letter.")
    return sendable


def _email(cleaned: Cleaned, typed: str) -> None:
    typed = typed.strip()
    if not typed:
        cleaned.refuse("email_address", "required", "Enter the e-mail address.")
        return
    findings: list[Finding] = []
    address = email(typed, "email_address", Notes(findings.append, Model.CANDIDATES, ""))
    if address is None:
        words = "This is not an e-mail address. Write it as name@company.example."
        cleaned.refuse("email_address", "invalid", words)
        return
    cleaned.email_address = address
    cleaned.person_key = address.lower()


def _phone(cleaned: Cleaned, typed: str) -> None:
    typed, _ = plain_typography(typed)
    typed = " ".join(typed.split())
    number = parsed_phone(typed) if typed else None
    if number is None and typed:
        if not (_DIALLED.fullmatch(typed) and len(re.findall("[0-9]", typed)) in range(4, 21)):
            words = "This is not a phone number. Write it as +33 6 39 98 00 01, or leave it out."
            cleaned.refuse("phone_number", "invalid", words)
            return
        words = (
            "The phone number is unusual and is sent as typed. Check it, or write it with its "
            "country code."
        )
        cleaned.warn("phone_number", "unusual_phone", words)
    cleaned.phone_number = number or typed


def _text(cleaned: Cleaned, name: str, typed: str) -> str:
    plain, replaced = plain_typography(typed.strip())
    if len(plain) > TEXT_LIMIT:
        words = f"The text is longer than {TEXT_LIMIT:,} characters. Shorten it."
        cleaned.refuse(name, "too_long", words)
    cleaned.replacements += _replacements(name, replaced)
    return plain


def _answers(cleaned: Cleaned, typed: list[dict[str, Any]]) -> None:
    if len(typed) > MOST_ANSWERS:
        words = f"There are more than {MOST_ANSWERS} answers. Leave some out."
        cleaned.refuse("answers", "too_many", words)
    for answer in typed[:MOST_ANSWERS]:
        # A question names one of Flatchr's by its very text: only the answer may be changed.
        question = answer["question"].strip()
        value = _text(cleaned, "answers", answer["value"])
        if question and value:
            cleaned.answers.append({"question": question, "value": value})
        elif value:
            cleaned.refuse("answers", "no_question", "An answer has no question. Add it.")


def _urls(cleaned: Cleaned, typed: Mapping[str, str]) -> None:
    for name, given in typed.items():
        url = given.strip()
        if not url:
            continue
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        # With its scheme, as a link without one leads nowhere from Flatchr's page.
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > URL_LIMIT:
            words = f"The {name} link is not a web address. Start it with https://."
            cleaned.refuse("urls", "invalid", words)
        cleaned.urls[name] = url


def _source(cleaned: Cleaned, submission: Submission) -> None:
    """The source and the user that the candidate is filed under; a warning without a source."""
    settings = FlatchrSettings.objects.filter(integration=submission.integration_id).first()
    cleaned.offerer_id, cleaned.user_key = submission.offerer_id, submission.user_key.strip()
    if settings is not None:
        if cleaned.offerer_id is None:
            cleaned.offerer_id = settings.offerer_id
        cleaned.user_key = cleaned.user_key or settings.user_key
    if len(cleaned.user_key) > KEY_LIMIT:
        cleaned.refuse("user_key", "too_long", "The user key is too long. Copy it once more.")
    if cleaned.offerer_id is None:
        words = (
            "The source is not written in Flatchr: this tenant has no offerer ID in its settings."
        )
        cleaned.warn("offerer_id", "source_not_written", words)


def _replacements(name: str, replaced: list[tuple[str, str]]) -> list[Note]:
    return [{"field": name, "from": before, "to": after} for before, after in replaced]
