"""Applicant rows to applications and persons (`docs/mapping.md`; `docs/flatchr-api.md §5`).

Most rows of a sync are unchanged. So `identify` only finds the id and the fingerprint of a row,
and the caller maps with `application` the rows that changed. Both are on the hot path.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from integrations.enumerations import Outcome
from integrations.flatchr.mapping.contacts import email, phone
from integrations.flatchr.mapping.source import (
    TOO_DEEP,
    TooDeepError,
    not_an_object,
    rejected,
    storable,
    usable_id,
)
from integrations.flatchr.mapping.values import (
    Notes,
    Report,
    as_integer,
    day,
    flag,
    integer,
    is_blank,
    text,
)
from integrations.invisible_characters import visible_name
from integrations.messages import Message
from integrations.records import (
    PERSON,
    ApplicationRecord,
    Model,
    PersonRecord,
    RawApplicant,
    Rejected,
)

# Part of every fingerprint: raise it when the same row maps to something else, so that every row is
# mapped again.
MAPPING_VERSION = "3"

ACTIVE = 1
ARCHIVED = 0


class ApplicantMapper:
    """Maps applicants. `jobs` (plain vacancy id -> job) and `stages` (trimmed column title ->
    stage) are the joins; they may be filled after this is made, and before the first row.
    """

    def __init__(self, jobs: Mapping[int, str], stages: Mapping[str, str], report: Report) -> None:
        self._jobs = jobs
        self._stages = stages
        # One of each for all rows: two new ones for every row took 5 % of the mapping time.
        self._notes = Notes(report, Model.APPLICATIONS, "")
        self._person_notes = Notes(report, Model.CANDIDATES, "")

    def identify(self, data: object, raw: str) -> RawApplicant | Rejected:
        """The row with its id, fingerprint, job and stage, not yet mapped."""
        if type(data) is not dict:
            return not_an_object(Model.APPLICATIONS, data, raw)
        get = data.get
        remote_id = usable_id(get("applicant"))
        if remote_id is None:
            reason = Message("applicant_without_id")
            return rejected(Model.APPLICATIONS, get("applicant"), reason, raw)
        job = self._job(get("vacancy_id"))
        stage = self._stage(get("column"))
        covered = f"{raw}\0{job or ''}\0{stage or ''}\0{MAPPING_VERSION}"
        fingerprint = blake2b(covered.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return RawApplicant(remote_id, fingerprint, data, raw, job, stage)

    def application(self, row: RawApplicant) -> ApplicationRecord | Rejected:
        """The application and the person of a row."""
        notes, person_notes = self._notes, self._person_notes
        notes.remote_id = person_notes.remote_id = row.remote_id
        try:
            data, raw = storable(row.data, row.raw, notes)
        except TooDeepError:
            return rejected(Model.APPLICATIONS, row.remote_id, TOO_DEEP, row.raw)
        get = data.get
        address = email(get("email"), "email_addresses", person_notes)
        number = phone(get("phone"), "phone_numbers", person_notes)
        if row.job_remote_id is None:
            _note_unknown_job(get("vacancy_id"), notes)
        if row.stage_remote_id is None:
            _note_unknown_stage(get("column"), notes)
        # Positional arguments: by name, each record would take twice as long to make.
        person = PersonRecord(
            text(get("firstname"), "first_name", person_notes, seen=visible_name),
            text(get("lastname"), "last_name", person_notes, seen=visible_name),
            [{"email_address": address, "type": None}] if address else [],
            [{"phone_number": number, "type": None}] if number else [],
        )
        outcome = _outcome(get("hired"), get("status"), notes)
        return ApplicationRecord(
            row.remote_id,
            outcome,
            row.job_remote_id,
            row.stage_remote_id,
            day(get("created_at"), "remote_created_at", notes),
            day(get("updated_at"), "remote_updated_at", notes),
            # An invalid address counts as none: merging by it would make one person of many.
            address.lower() if address else get(PERSON) or "",
            person,
            raw,
            _reason(get("reason"), notes) if outcome is Outcome.DECLINED else None,
            text(get("source"), "source", notes),
            integer(get("score"), "score", notes),
        )

    def _job(self, vacancy_id: Any) -> str | None:
        if type(vacancy_id) is int:
            return self._jobs.get(vacancy_id)
        number = as_integer(vacancy_id)
        return None if number is None else self._jobs.get(number)

    def _stage(self, title: Any) -> str | None:
        return self._stages.get(title.strip()) if type(title) is str else None


def _note_unknown_job(vacancy_id: Any, notes: Notes) -> None:
    if integer(vacancy_id, "job_id", notes) is not None:
        notes.add(
            "unknown_vacancy",
            "job_id",
            vacancy_id,
            Message("application_vacancy_unknown"),
        )


def _note_unknown_stage(title: Any, notes: Notes) -> None:
    if not is_blank(title):
        notes.add(
            "unknown_stage",
            "current_stage_id",
            title,
            Message("application_column_unknown"),
        )


def _reason(reason: Any, notes: Notes) -> str | None:
    """Its words. How Flatchr sends it is not documented (`docs/flatchr-api.md §I.2`): a text, or an
    object with one.
    """
    if type(reason) is dict:
        reason = next((reason[key] for key in ("title", "name", "text") if reason.get(key)), None)
    return text(reason, "rejection_reason_name", notes)


def _outcome(hired: Any, status: Any, notes: Notes) -> Outcome:
    if flag(hired, "outcome", notes):
        return Outcome.HIRED
    code = as_integer(status)
    if code == ARCHIVED:
        return Outcome.DECLINED
    # Answers of before 2023 had no status.
    if code != ACTIVE and not is_blank(status):
        notes.add(
            "unknown_applicant_status",
            "outcome",
            status,
            Message("applicant_status_unknown"),
        )
    return Outcome.PENDING
