"""Vacancies to jobs (`docs/mapping.md`, Job; `docs/flatchr-api.md §1`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from integrations.enumerations import EmploymentType, JobStatus, RemoteWorkStatus, Visibility
from integrations.flatchr.mapping.fields import FurtherFields
from integrations.flatchr.mapping.job_parts import description, publication, salary
from integrations.flatchr.mapping.places import country_key, location
from integrations.flatchr.mapping.source import identified
from integrations.flatchr.mapping.values import (
    Notes,
    Report,
    ValueMaps,
    as_flag,
    as_integer,
    flag,
    fold,
    folded,
    instant,
    integer,
    is_blank,
    label_of,
    text,
)
from integrations.flatchr.referentials import Referentials
from integrations.messages import Message
from integrations.records import JobRecord, Model, Rejected

CONTRACTS = folded(
    {
        "CDI": EmploymentType.FULL_TIME,
        "CDD": EmploymentType.CONTRACT,
        "Intérim": EmploymentType.CONTRACT,
        "Freelance": EmploymentType.CONTRACT,
        "Stage": EmploymentType.INTERNSHIP,
        "Alternance": EmploymentType.INTERNSHIP,
        "Saisonnier": EmploymentType.SEASONAL,
    }
)
# Employment types that part time does not replace.
NOT_PART_TIME = {EmploymentType.CONTRACT, EmploymentType.INTERNSHIP, EmploymentType.SEASONAL}
STATUSES = {1: JobStatus.OPEN, 0: JobStatus.CLOSED}
EXPERIENCE = {
    1: "< 1 year",
    2: "1-3 years",
    4: "3-5 years",
    6: "6-10 years",
    11: "> 10 years",
}
REMOTE_WORK = {
    "notime": RemoteWorkStatus.ON_SITE,
    "parttime": RemoteWorkStatus.HYBRID,
    "fulltime": RemoteWorkStatus.REMOTE,
}


class JobMapper:
    """Maps the vacancies of one tenant. `careers_url` is the base of its public job pages."""

    def __init__(
        self,
        *,
        careers_url: str,
        integration_id: str,
        integration_fields: frozenset[str],
        custom_fields: Mapping[str, str],
        referentials: Referentials,
        value_maps: ValueMaps,
        report: Report,
    ) -> None:
        self._careers_url = careers_url.rstrip("/")
        self._fields = FurtherFields(
            integration_id, integration_fields, custom_fields, referentials
        )
        self._referentials = referentials
        self._contracts = CONTRACTS | folded(value_maps.contracts)
        self._statuses = folded(value_maps.statuses)
        self._countries = {country_key(key): code for key, code in value_maps.countries.items()}
        self._report = report

    def job(self, vacancy: object, raw: str) -> JobRecord | Rejected:
        """The job of a vacancy with the source text `raw`."""
        found = identified(Model.JOBS, vacancy, "id", raw, self._report)
        if isinstance(found, Rejected):
            return found
        remote_id, data, raw, notes = found
        slug = text(data.get("slug"), "slug", notes)
        status = self._status(data.get("status"), notes)
        published = publication(data.get("items"), notes)
        pay = salary(data, notes)
        created = instant(data.get("created_at"), "remote_created_at", notes)
        updated = instant(data.get("updated_at"), "remote_updated_at", notes)
        integration_fields, custom_fields = self._fields.of(data, notes)
        return JobRecord(
            remote_id=remote_id,
            vacancy_id=_vacancy_id(data.get("vacancy_id"), notes),
            slug=slug,
            reference=text(data.get("reference"), "reference", notes),
            name=text(data.get("title"), "name", notes),
            description=description(data, notes),
            employment_type=self._employment_type(data, notes),
            status=status,
            visibility=published.visibility,
            category=label_of(data, "channel", self._referentials.channels, "category", notes),
            department=_department(data.get("tags"), notes),
            post_url=self._post_url(slug, published.visibility),
            experience_level=_experience_level(data.get("experience"), notes),
            remote_work_status=_remote_work_status(data.get("remote"), notes),
            salary_amount=pay.amount,
            salary_amount_from=pay.amount_from,
            salary_amount_to=pay.amount_to,
            salary_currency=pay.currency,
            salary_period=pay.period,
            location=location(data.get("address"), self._countries, notes),
            opened_at=published.since or created,
            closed_at=None if status in (None, JobStatus.OPEN) else updated,
            remote_created_at=created,
            remote_updated_at=updated,
            integration_fields=integration_fields,
            custom_fields=custom_fields,
            raw=raw,
        )

    def _employment_type(self, data: dict[str, Any], notes: Notes) -> str | None:
        contracts = self._referentials.contracts
        label = label_of(data, "contract_type", contracts, "employment_type", notes)
        mapped = self._contracts.get(fold(label)) if label else None
        if flag(data.get("partial"), "employment_type", notes) and mapped not in NOT_PART_TIME:
            return EmploymentType.PART_TIME
        if mapped is None and label is not None:
            notes.add(
                "unknown_contract",
                "employment_type",
                label,
                Message("contract_type_unmapped"),
            )
            return label
        return mapped

    def _status(self, value: Any, notes: Notes) -> str | None:
        code = as_integer(value)
        if code in STATUSES:
            return STATUSES[code]
        name = str(code) if code is not None else text(value, "status", notes)
        if name is None:
            return None
        mapped = self._statuses.get(fold(name))
        if mapped is None:
            notes.add(
                "unknown_job_status",
                "status",
                name,
                Message("vacancy_status_unmapped"),
            )
        return mapped or name

    def _post_url(self, slug: str | None, visibility: Visibility | None) -> str | None:
        if slug is None or visibility != Visibility.PUBLIC:
            return None
        return f"{self._careers_url}/vacancy/{quote(slug, safe='')}/"


def _vacancy_id(value: Any, notes: Notes) -> int | None:
    if is_blank(value):
        notes.add(
            "missing_vacancy_id",
            "vacancy_id",
            value,
            Message("vacancy_without_plain_id"),
        )
        return None
    return integer(value, "vacancy_id", notes)


def _department(tags: Any, notes: Notes) -> str | None:
    """The first tag of vacancies that is a folder."""
    if not isinstance(tags, list):
        if tags is not None:
            notes.unexpected("department", tags)
        return None
    for tag in tags:
        if not isinstance(tag, dict):
            notes.unexpected("department", tag)
        elif tag.get("type") == "vacancies" and flag(tag.get("folder"), "department", notes):
            return text(tag.get("title"), "department", notes)
    return None


def _experience_level(value: Any, notes: Notes) -> str | None:
    code = as_integer(value)
    if code in EXPERIENCE:
        return EXPERIENCE[code]
    name = str(code) if code is not None else text(value, "experience_level", notes)
    if name is not None:
        notes.add(
            "unknown_experience",
            "experience_level",
            name,
            Message("experience_unknown"),
        )
    return name


def _remote_work_status(value: Any, notes: Notes) -> str | None:
    """A word, or the boolean that Flatchr sent before 2023 (`docs/flatchr-api.md §C`)."""
    some = as_flag(value)
    if some is not None:
        return RemoteWorkStatus.HYBRID if some else RemoteWorkStatus.ON_SITE
    word = text(value, "remote_work_status", notes)
    if word is None:
        return None
    mapped = REMOTE_WORK.get(word.lower())
    if mapped is None:
        notes.add(
            "unknown_remote_work",
            "remote_work_status",
            word,
            Message("remote_work_unknown"),
        )
    return mapped or word
