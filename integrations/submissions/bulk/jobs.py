"""Which job a cell of a sheet means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from integrations.enumerations import JobStatus
from integrations.invisible_characters import visible
from integrations.messages import Message, chain
from integrations.models import Job
from integrations.search.folding import fold

REMOTE = "remote:"
# Between title, place and reference of a job, where a sheet has more than one of them.
BETWEEN = " · "


class KnownJob(NamedTuple):
    """A job as a sheet may name it."""

    id: str
    remote_id: str
    name: str
    reference: str
    status: str
    place: str = ""

    @property
    def is_open(self) -> bool:
        return self.status == JobStatus.OPEN


class JobUnclear(Exception):
    """The cell does not name one job; the message tells the user why and what to write."""


class JobFinder:
    """The jobs of one tenant that Flatchr still has, found by id, reference, title, or several of
    title, place and reference together.
    """

    def __init__(self, jobs: Iterable[KnownJob]) -> None:
        self.jobs = list(jobs)
        self._by_id: dict[str, KnownJob] = {}
        self._by_reference: dict[str, list[KnownJob]] = defaultdict(list)
        self._by_name: dict[str, list[KnownJob]] = defaultdict(list)
        # Without accents and punctuation.
        self._by_words: dict[str, list[KnownJob]] = defaultdict(list)
        for job in self.jobs:
            self._by_id[job.id] = job
            self._by_id[REMOTE + job.remote_id] = job
            if job.reference:
                self._by_reference[_key(job.reference)].append(job)
            if job.name:
                self._by_name[_key(job.name)].append(job)
            for words in {fold(" ".join(parts)) for parts in _written(job)} - {""}:
                self._by_words[words].append(job)

    def find(self, text: str) -> KnownJob:
        """The job that `text` means.

        An id means its job, whatever its state; all else means an open job, or the one closed job
        that has it. Raises `JobUnclear`.
        """
        text = visible(text).strip()
        if found := self._by_id.get(text):
            return found
        if text.startswith(REMOTE):
            raise JobUnclear(Message("job_flatchr_id_unknown", id=text.removeprefix(REMOTE)[:80]))
        key = _key(text)
        named = {job.id: job for job in self._by_reference.get(key, [])}
        named |= {job.id: job for job in self._by_name.get(key, [])}
        matches = list(named.values()) or self._by_words.get(fold(text), [])
        matches = matches or self._by_last_part(text)
        if len(matches) > 1:
            matches = [job for job in matches if job.is_open] or matches
        if len(matches) > 1:
            raise JobUnclear(self._ambiguous(text, matches))
        if not matches:
            raise JobUnclear(self._unknown(text[:80], key))
        return matches[0]

    def label(self, job: KnownJob) -> str:
        """Title, place and reference of a job, and its id where those are not enough: `find` gives
        the job back.
        """
        label = BETWEEN.join(filter(None, (job.name, job.place, job.reference)))
        same = self._by_words.get(fold(label), [])
        is_own = [one for one in same if one.is_open] == [job] or same == [job]
        return label if is_own else BETWEEN.join(filter(None, (label, job.id)))

    def is_called(self, text: str, job: KnownJob) -> bool:
        """Whether `text` of several parts, whose last one means `job`, says nothing else of it."""
        words = fold(visible(text).removesuffix(BETWEEN + job.id))
        return BETWEEN not in text or any(words == fold(" ".join(parts)) for parts in _written(job))

    def _by_last_part(self, text: str) -> list[KnownJob]:
        """The job of which a sheet gives a title of its own, and then the reference or id."""
        if BETWEEN not in text:
            return []
        last = text.rpartition(BETWEEN)[2].strip()
        if found := self._by_id.get(last):
            return [found]
        return self._by_reference.get(_key(last), [])

    def _ambiguous(self, text: str, matches: list[KnownJob]) -> Message:
        ways = chain("either", [self._way(job) for job in matches[:4]])
        return Message(
            "job_ambiguous",
            matches=len(matches),
            kind=Message("open_jobs" if matches[0].is_open else "closed_jobs"),
            text=text[:80],
            ways=Message("and_others", named=ways) if len(matches) > 4 else ways,
        )

    def _way(self, job: KnownJob) -> str:
        """What names this job and no other one."""
        is_own = job.reference and len(self._by_reference[_key(job.reference)]) == 1
        name = job.reference if is_own else REMOTE + job.remote_id
        return f"{name} ({job.place})" if job.place else name

    def _unknown(self, text: str, key: str) -> Message:
        titles = [name for name, jobs in self._by_name.items() if any(j.is_open for j in jobs)]
        close = get_close_matches(key[:200], titles, n=1, cutoff=0.8)
        if not close:
            return Message("job_title_unknown", text=text)
        job = next(job for job in self._by_name[close[0]] if job.is_open)
        return Message("job_title_unknown_near", text=text, near=job.name)


def _written(job: KnownJob) -> Iterator[tuple[str, ...]]:
    """What of a job may be put together to name it, beside its title or reference alone."""
    if job.name:
        yield (job.name,)
    if job.reference:
        yield (job.reference,)
    if job.name and job.reference:
        yield job.name, job.reference
    if job.name and job.place:
        yield job.name, job.place
    if job.name and job.place and job.reference:
        yield job.name, job.place, job.reference
        yield job.name, job.reference, job.place


def _key(text: str) -> str:
    """A title or reference as it is compared: without regard to capitals and spacing."""
    return " ".join(visible(text).split()).casefold()


def job_finder(integration_id: str) -> JobFinder:
    """The finder for one tenant's jobs, as the last sync left them."""
    rows = (
        Job.objects.filter(integration_id=integration_id)
        .live()
        .order_by()
        .values_list(
            "pk", "remote_id", "name", "status", "remote_data__reference", "location__city"
        )
    )
    return JobFinder(
        KnownJob(pk, remote_id, name or "", _reference(reference), status or "", _place(city))
        for pk, remote_id, name, status, reference, city in rows
    )


def _reference(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _place(city: object) -> str:
    return " ".join(city.split()) if isinstance(city, str) else ""
