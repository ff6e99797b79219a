"""What the rows of one upload are checked against."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.models import BulkUpload, Integration, Job
from integrations.submissions.bulk.archive import Archive, FileRefused
from integrations.submissions.bulk.jobs import JobFinder, job_finder
from integrations.submissions.documents import Document, DocumentRefused, inspect

NO_ARCHIVE = "The row names the CV “{}”, and no ZIP was uploaded."


@dataclass(frozen=True, slots=True)
class CvFile:
    """A CV in the ZIP that has been looked at: its path there, and what it is."""

    path: str
    document: Document


@dataclass(slots=True)
class Context:
    """One tenant's jobs, one ZIP, and what the rows before had.

    `seen` maps job and person to the number of the row that has them; `cv_owners` a CV's path to
    the number and the person of the row that names it. `shared` collects warnings that are the
    same for every row.
    """

    integration: Integration
    finder: JobFinder
    archive: Archive | None
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    cv_owners: dict[str, tuple[int, str]] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _cvs: dict[str, CvFile | str] = field(default_factory=dict)

    @classmethod
    def of(cls, upload: BulkUpload, archive: Archive | None) -> Context:
        return cls(upload.integration, job_finder(upload.integration_id), archive)

    def job(self, text: str) -> Job:
        """The job that a cell means. Raises `JobUnclear`."""
        pk = self.finder.find(text).id
        if pk not in self._jobs:
            self._jobs[pk] = Job.objects.defer("description", "remote_data").get(pk=pk)
        return self._jobs[pk]

    def cv(self, name: str) -> CvFile:
        """The CV that a cell names, looked at. Raises `FileRefused`."""
        if self.archive is None:
            raise FileRefused(NO_ARCHIVE.format(name))
        entry = self.archive.find(name)
        found = self._cvs.get(entry.filename)
        if found is None:
            found = self._inspected(entry.filename, self.archive.read(entry))
            self._cvs[entry.filename] = found
        if isinstance(found, str):
            raise FileRefused(found)
        return found

    def _inspected(self, path: str, content: bytes) -> CvFile | str:
        try:
            return CvFile(path, inspect(path.rpartition("/")[2], content))
        except DocumentRefused as refused:
            return str(refused.message)

    def content(self, name: str) -> bytes:
        """The CV's bytes. Raises `FileRefused`."""
        if self.archive is None:
            raise FileRefused(NO_ARCHIVE.format(name))
        return self.archive.read(self.archive.find(name))

    def share(self, message: str) -> None:
        if message not in self.shared:
            self.shared.append(message)
