"""Reads one Flatchr tenant as records, in dependency order and in bounded memory.

Everything is a stream: of a tenant of any size, only the joins of `docs/flatchr-api.md §A` are kept
(plain vacancy id -> job, column title -> stage, the tags). A record that cannot be mapped is
yielded as `Rejected`; a value that could not be mapped is reported as a `Finding`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from hashlib import blake2b
from itertools import chain
from types import MappingProxyType
from typing import Any, Protocol

from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.mapping.applicants import ACTIVE, ARCHIVED, ApplicantMapper
from integrations.flatchr.mapping.jobs import JobMapper
from integrations.flatchr.mapping.stages import stage, stages_by_title
from integrations.flatchr.mapping.tags import TagMapper
from integrations.flatchr.mapping.values import Notes, Report, ValueMaps, as_integer, as_request_day
from integrations.flatchr.referentials import read_referentials
from integrations.messages import Message
from integrations.records import (
    JobRecord,
    Model,
    RawApplicant,
    Rejected,
    StageRecord,
    TagRecord,
)

VACANCIES = "/company/{company}/vacancies"
COLUMNS = "/company/{company}/columns"
TAGS = "/company/{company}/tags"
SEARCH = "/company/{company}/search/applicants"
TRAITS = "/company/{company}/applicant/%s/traits"

_DETAILS = {"fields": "address,tags,items"}
_LANGUAGE = {"lang": "fr"}

# Flatchr answered that it will not. A wrong key, an outage or an invalid response is none of these:
# those end the read.
_REFUSALS = {ErrorKind.REFUSED, ErrorKind.NOT_FOUND}

# The models that are incomplete when a row of a model is missing or cannot be identified.
_AFFECTED = {
    Model.JOBS: {Model.JOBS, Model.JOB_STAGES},
    Model.APPLICATION_STAGES: {Model.APPLICATION_STAGES, Model.JOB_STAGES},
    Model.TAGS: {Model.TAGS, Model.CANDIDATE_TAGS},
    Model.APPLICATIONS: {Model.APPLICATIONS, Model.CANDIDATES},
}

_NO_MAPS = ValueMaps()
_NO_JOBS: Mapping[int, str] = MappingProxyType({})
_NO_FIELDS: Mapping[str, str] = MappingProxyType({})

Rows = Iterator[tuple[Any, str]]


class ArrayClient(Protocol):
    """The part of `FlatchrClient` that the reader uses: elements of an array with source text.

    Raises `FlatchrError`.
    """

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Rows: ...


class FlatchrReader:
    """One read of one tenant: `jobs`, `stages`, `tags`, then `applicants`, each to its end.

    `careers_url` is the base of public job pages. `known_jobs` are the jobs of earlier reads by
    plain vacancy id: an applicant may refer to a vacancy that Flatchr no longer lists.
    `custom_fields` says which integration field each custom field of a job carries. Whatever a
    mapping has to say goes to `report`, at once and one by one. `incomplete` names the models of
    which Flatchr did not give everything: of those, an absence is no deletion.

    Every method raises `FlatchrError` when Flatchr does not answer it.
    """

    def __init__(
        self,
        client: ArrayClient,
        *,
        careers_url: str,
        integration_id: str,
        integration_fields: frozenset[str] = frozenset(),
        custom_fields: Mapping[str, str] = _NO_FIELDS,
        value_maps: ValueMaps = _NO_MAPS,
        known_jobs: Mapping[int, str] = _NO_JOBS,
        report: Report,
    ) -> None:
        self.incomplete: set[Model] = set()
        self._client = client
        self._careers_url = careers_url
        self._integration_id = integration_id
        self._integration_fields = integration_fields
        self._custom_fields = custom_fields
        self._value_maps = value_maps
        self._report = report
        self._jobs = dict(known_jobs)
        self._stages: dict[str, str] = {}
        self._tags = TagMapper(report)
        self._applicants = ApplicantMapper(self._jobs, self._stages, report)
        # The application that a row of `applicants` is, or why it is none.
        self.application = self._applicants.application

    @property
    def stages_by_title(self) -> dict[str, str]:
        """The remote id of each stage that `stages` has read, as applicants name it."""
        return dict(self._stages)

    def go_on(self, *, stages: Mapping[str, str], incomplete: Collection[Model]) -> None:
        """Take over what an earlier read of the same tenant has found."""
        self._stages.update(stages)
        self.incomplete.update(incomplete)

    def know_tags(self, tags: Iterable[TagRecord]) -> None:
        """Take over the tags of an earlier read, for `traits`."""
        self._tags.know(tags)

    def jobs(self) -> Iterator[JobRecord | Rejected]:
        """Every job once: those that Flatchr lists by itself, then the closed ones, which it may
        have listed already. One that changed in between comes a second time.
        """
        mapper = JobMapper(
            careers_url=self._careers_url,
            integration_id=self._integration_id,
            integration_fields=self._integration_fields,
            custom_fields=self._custom_fields,
            referentials=read_referentials(
                self._labels, self._integration_fields.union(self._custom_fields.values())
            ),
            value_maps=self._value_maps,
            report=self._report,
        )
        listed = _ListedVacancies()
        joined: dict[int, str] = {}
        for vacancies in (self._vacancies(listed, {}), self._closed_vacancies(listed)):
            for vacancy, raw in vacancies:
                job = mapper.job(vacancy, raw)
                if isinstance(job, JobRecord):
                    self._join(job, joined)
                    yield job
                else:
                    yield self._rejected(job)

    def stages(self) -> Iterator[StageRecord | Rejected]:
        """Every column of the company, hidden ones included."""
        found: dict[str, StageRecord] = {}
        for index, (column, raw) in enumerate(self._client.stream("GET", COLUMNS)):
            record = stage(column, raw, index, self._report)
            if isinstance(record, StageRecord):
                found[record.remote_id] = record
            else:
                yield self._rejected(record)
        self._stages.update(stages_by_title(found.values(), self._report))
        yield from found.values()

    def tags(self) -> Iterator[TagRecord | Rejected]:
        """The unified tags of every tag of type `candidates`."""
        found: dict[str, list[TagRecord]] = {}
        for tag, raw in self._client.stream("GET", TAGS):
            records = []
            for record in self._tags.tags(tag, raw):
                if isinstance(record, TagRecord):
                    records.append(record)
                else:
                    yield self._rejected(record)
            if records:
                found[records[0].parent_id] = records
        for records in found.values():
            yield from records

    def applicants(self, since: date | None) -> Iterator[RawApplicant | Rejected]:
        """Active applicants, then archived ones; with `since`, those changed from that day on."""
        changed = {} if since is None else {"start_update": as_request_day(since)}
        active = self._client.stream("POST", SEARCH, json=changed)
        archived = self._archived_applicants({"status": ARCHIVED, **changed})
        identify = self._applicants.identify
        for data, raw in chain(active, archived):
            row = identify(data, raw)
            yield row if isinstance(row, RawApplicant) else self._rejected(row)

    def traits(self, applicant_id: str) -> list[TagRecord]:
        """The unified tags that an applicant carries. One that is not among the values of its
        tag, as `tags` read them, is `discovered`.
        """
        traits = self._client.stream("GET", TRAITS % applicant_id)
        return self._tags.of_applicant(applicant_id, traits)

    def _rejected(self, record: Rejected) -> Rejected:
        """`record`. One without an id makes its model incomplete: no absence is a deletion then."""
        if not record.remote_id:
            self.incomplete |= _AFFECTED[record.model]
        return record

    def _vacancies(self, listed: _ListedVacancies, filters: Mapping[str, Any]) -> Rows:
        for vacancy, raw in self._client.stream("GET", VACANCIES, params={**_DETAILS, **filters}):
            if listed.add(vacancy, raw):
                yield vacancy, raw

    def _closed_vacancies(self, listed: _ListedVacancies) -> Rows:
        """Closed vacancies. What the list holds without a filter is not documented (§1), so it
        counts as complete only if closed ones were in it, or the filter was heeded.
        """
        before = listed.total
        try:
            yield from self._vacancies(listed, {"status": 0})
        except FlatchrError as error:
            if error.kind not in _REFUSALS:
                raise
            answer = Message("closed_vacancies_refused")
        else:
            if listed.closed or listed.total == before:
                return
            answer = Message("closed_vacancies_left_out")
        self.incomplete |= _AFFECTED[Model.JOBS]
        Notes(self._report, Model.JOBS, "").add("closed_vacancies_unread", "", "", answer)

    def _archived_applicants(self, search: Mapping[str, Any]) -> Rows:
        """Archived applicants. How to ask for them is not documented (§5), so the rows themselves
        tell whether Flatchr understood.
        """
        active = archived = 0
        try:
            for data, raw in self._client.stream("POST", SEARCH, json=search):
                status = as_integer(data.get("status")) if isinstance(data, dict) else None
                if status == ACTIVE:
                    active += 1
                else:
                    archived += status == ARCHIVED
                    yield data, raw
        except FlatchrError as error:
            if error.kind not in _REFUSALS:
                raise
            answer = Message("archived_applicants_refused")
        else:
            if archived or not active:
                return
            answer = Message("archived_applicants_left_out")
        self.incomplete |= _AFFECTED[Model.APPLICATIONS]
        Notes(self._report, Model.APPLICATIONS, "").add(
            "archived_applicants_unread", "", "", answer
        )

    def _labels(self, path: str) -> list[Any] | None:
        try:
            return [item for item, _ in self._client.stream("GET", path, params=_LANGUAGE)]
        except FlatchrError as error:
            if error.kind not in _REFUSALS:
                raise
        Notes(self._report, Model.JOBS, "").add(
            "referential_unread",
            "",
            path,
            Message("labels_refused"),
        )
        return None

    def _join(self, job: JobRecord, joined: dict[int, str]) -> None:
        if job.vacancy_id is None:
            return
        other = joined.setdefault(job.vacancy_id, job.remote_id)
        if other == job.remote_id:
            self._jobs[job.vacancy_id] = job.remote_id
            return
        Notes(self._report, Model.JOBS, job.remote_id).add(
            "duplicate_vacancy_id",
            "vacancy_id",
            job.vacancy_id,
            Message("vacancy_plain_id_shared"),
        )


class _ListedVacancies:
    """Digests of the vacancies listed so far, so that each is mapped once."""

    def __init__(self) -> None:
        self.total = 0
        self.closed = False
        self._seen: set[bytes] = set()

    def add(self, vacancy: Any, raw: str) -> bool:
        """Remember the vacancy; return whether it is new or has changed."""
        self.total += 1
        status = as_integer(vacancy.get("status")) if isinstance(vacancy, dict) else None
        self.closed = self.closed or status == 0
        digest = blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True
