"""Which job a cell of a sheet means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from integrations.enumerations import JobStatus
from integrations.messages import Message, chain
from integrations.models import Job

REMOTE = "remote:"


class KnownJob(NamedTuple):
    """A job as a sheet may name it."""

    id: str
    remote_id: str
    name: str
    reference: str
    status: str

    @property
    def is_open(self) -> bool:
        return self.status == JobStatus.OPEN


class JobUnclear(Exception):
    """The cell does not name one job; the message tells the user why and what to write."""


class JobFinder:
    """The jobs of one tenant that Flatchr still has, found by id, reference or title."""

    def __init__(self, jobs: Iterable[KnownJob]) -> None:
        self.jobs = list(jobs)
        self._by_id: dict[str, KnownJob] = {}
        self._by_reference: dict[str, list[KnownJob]] = defaultdict(list)
        self._by_name: dict[str, list[KnownJob]] = defaultdict(list)
        for job in self.jobs:
            self._by_id[job.id] = job
            self._by_id[REMOTE + job.remote_id] = job
            if job.reference:
                self._by_reference[_key(job.reference)].append(job)
            if job.name:
                self._by_name[_key(job.name)].append(job)

    def find(self, text: str) -> KnownJob:
        """The job that `text` means.

        An id means its job, whatever its state; a reference or a title means an open job, or else
        the one closed job that has it. Raises `JobUnclear`.
        """
        text = text.strip()
        if found := self._by_id.get(text):
            return found
        if text.startswith(REMOTE):
            raise JobUnclear(Message("job_flatchr_id_unknown", id=text.removeprefix(REMOTE)[:80]))
        key = _key(text)
        named = {job.id: job for job in self._by_reference.get(key, [])}
        named |= {job.id: job for job in self._by_name.get(key, [])}
        matches = list(named.values())
        if len(matches) > 1:
            matches = [job for job in matches if job.is_open] or matches
        if len(matches) > 1:
            raise JobUnclear(_ambiguous(text, matches))
        if not matches:
            raise JobUnclear(self._unknown(text[:80], key))
        return matches[0]

    def _unknown(self, text: str, key: str) -> Message:
        titles = [name for name, jobs in self._by_name.items() if any(j.is_open for j in jobs)]
        close = get_close_matches(key[:200], titles, n=1, cutoff=0.8)
        if not close:
            return Message("job_title_unknown", text=text)
        job = next(job for job in self._by_name[close[0]] if job.is_open)
        return Message("job_title_unknown_near", text=text, near=job.name)


def _ambiguous(text: str, matches: list[KnownJob]) -> Message:
    ways = chain("either", [job.reference or REMOTE + job.remote_id for job in matches[:4]])
    return Message(
        "job_ambiguous",
        matches=len(matches),
        kind=Message("open_jobs" if matches[0].is_open else "closed_jobs"),
        text=text[:80],
        ways=Message("and_others", named=ways) if len(matches) > 4 else ways,
    )


def _key(text: str) -> str:
    """A title or reference as it is compared: without regard to capitals and spacing."""
    return " ".join(text.split()).casefold()


def job_finder(integration_id: str) -> JobFinder:
    """The finder for one tenant's jobs, as the last sync left them."""
    rows = (
        Job.objects.filter(integration_id=integration_id)
        .live()
        .order_by()
        .values_list("pk", "remote_id", "name", "status", "remote_data__reference")
    )
    return JobFinder(
        KnownJob(pk, remote_id, name or "", _reference(reference), status or "")
        for pk, remote_id, name, status, reference in rows
    )


def _reference(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""
