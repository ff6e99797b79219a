"""An applicant row as an application and the person behind it (`mapping.md`; §5).

Most rows of a sync are unchanged. So reading one only identifies and fingerprints it, and
mapping is a second step that the caller takes for the others: both are on the hot path.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from integrations.flatchr.mapping.contacts import email, phone
from integrations.flatchr.mapping.dates import day
from integrations.flatchr.mapping.notes import Notes, Report
from integrations.flatchr.mapping.source import (
    TOO_DEEP,
    TooDeepError,
    not_an_object,
    rejected,
    storable,
    usable_id,
)
from integrations.flatchr.mapping.values import as_integer, flag, integer, is_blank, text
from integrations.records import (
    PERSON,
    ApplicationRecord,
    Model,
    Outcome,
    PersonRecord,
    RawApplicant,
    Rejected,
)

# Part of every fingerprint: to be raised when the same row would map to something else, so that
# every row is mapped anew.
MAPPING_VERSION = "1"

ACTIVE = 1
ARCHIVED = 0


class ApplicantMapper:
    """Maps applicants. `jobs` (plain vacancy id -> job) and `stages` (trimmed column title ->
    stage) are the joins; they may be filled after this is made, and before the first row.
    """

    def __init__(self, jobs: Mapping[int, str], stages: Mapping[str, str], report: Report) -> None:
        self._jobs = jobs
        self._stages = stages
        self._report = report

    def identify(self, data: object, raw: str) -> RawApplicant | Rejected:
        """The row as a `RawApplicant`, unmapped."""
        if type(data) is not dict:
            return not_an_object(Model.APPLICATIONS, data, raw)
        remote_id = usable_id(data.get("applicant"))
        if remote_id is None:
            reason = "The record has no usable id in `applicant`."
            return rejected(Model.APPLICATIONS, data.get("applicant"), reason, raw)
        job = self._job(data.get("vacancy_id")) or ""
        stage = self._stage(data.get("column")) or ""
        covered = f"{raw}\0{job}\0{stage}\0{MAPPING_VERSION}"
        fingerprint = blake2b(covered.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return RawApplicant(remote_id, fingerprint, data, raw)

    def application(self, row: RawApplicant) -> ApplicationRecord | Rejected:
        """The application that `row` is."""
        notes = Notes(self._report, Model.APPLICATIONS, row.remote_id)
        try:
            data, raw = storable(row.data, row.raw, notes)
        except TooDeepError:
            return rejected(Model.APPLICATIONS, row.remote_id, TOO_DEEP, row.raw)
        get = data.get
        person_notes = Notes(self._report, Model.CANDIDATES, row.remote_id)
        address = email(get("email"), "email_addresses", person_notes)
        number = phone(get("phone"), "phone_numbers", person_notes)
        return ApplicationRecord(
            remote_id=row.remote_id,
            outcome=_outcome(get("hired"), get("status"), notes),
            job_remote_id=self._known_job(get("vacancy_id"), notes),
            stage_remote_id=self._known_stage(get("column"), notes),
            remote_created_at=day(get("created_at"), "remote_created_at", notes),
            remote_updated_at=day(get("updated_at"), "remote_updated_at", notes),
            # An invalid address is no address: merging on "none" would make one person of many.
            person_key=address.lower() if address else get(PERSON) or "",
            person=PersonRecord(
                first_name=text(get("firstname"), "first_name", person_notes),
                last_name=text(get("lastname"), "last_name", person_notes),
                email_addresses=[{"email_address": address, "type": None}] if address else [],
                phone_numbers=[{"phone_number": number, "type": None}] if number else [],
            ),
            raw=raw,
        )

    def _job(self, vacancy_id: Any) -> str | None:
        if type(vacancy_id) is int:
            return self._jobs.get(vacancy_id)
        number = as_integer(vacancy_id)
        return None if number is None else self._jobs.get(number)

    def _stage(self, title: Any) -> str | None:
        return self._stages.get(title.strip()) if type(title) is str else None

    def _known_job(self, vacancy_id: Any, notes: Notes) -> str | None:
        job = self._job(vacancy_id)
        if job is None and integer(vacancy_id, "job_id", notes) is not None:
            notes.add(
                "unknown_vacancy",
                "job_id",
                vacancy_id,
                "The application's vacancy is not among the vacancies that Flatchr lists.",
            )
        return job

    def _known_stage(self, title: Any, notes: Notes) -> str | None:
        stage = self._stage(title)
        if stage is None and not is_blank(title):
            notes.add(
                "unknown_stage",
                "current_stage_id",
                title,
                "The application's column is not among the columns that Flatchr lists.",
            )
        return stage


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
            "The applicant's status is not known; the application counts as pending.",
        )
    return Outcome.PENDING
