"""One row on its way to being a submission: what it says, what is wrong, what would be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.text import Truncator
from django.utils.translation import gettext_noop

from integrations.messages import Message
from integrations.models import (
    Application,
    BulkUpload,
    Integration,
    Job,
    Submission,
    Verdict,
)
from integrations.submissions import enqueue, validation
from integrations.submissions.bulk.cv_archive import CvArchive, CvEntry, FileRefused
from integrations.submissions.bulk.jobs import JobFinder, JobUnclear, job_finder
from integrations.submissions.bulk.reading.row_reader import SheetRow
from integrations.submissions.documents import Document, DocumentRefused, inspect
from integrations.submissions.inputs import Attachment, AttachmentType, SubmissionEntry

LETTER_SHOWN = 200

# What is found about a row: errors keep it from being sent, warnings and notes do not.
ERROR, WARNING, NOTE = "error", "warning", "note"
# Warnings that are the same for every row, and are shown once for the whole upload.
OF_THE_UPLOAD = "source_not_written"


@dataclass(frozen=True, slots=True)
class RowFinding:
    """`field` is a column's name, or empty for the row as a whole."""

    level: str
    field: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"level": self.level, "field": self.field, "message": self.message}


def verdict(findings: Iterable[RowFinding], *, applied: bool) -> Verdict:
    levels = {finding.level for finding in findings}
    if ERROR in levels:
        return Verdict.ERROR
    if applied:
        return Verdict.APPLIED
    return Verdict.WARNING if WARNING in levels else Verdict.OK


@dataclass(frozen=True, slots=True)
class CvFile:
    """A CV in the ZIP that has been looked at: its path there, and what it is."""

    path: str
    document: Document


@dataclass(slots=True)
class RowContext:
    """One tenant's jobs, one ZIP, and what the rows before had.

    `seen` maps job and person to the number of the row that has them; `cv_owners` a CV's path to
    the number and the person of the row that names it. `shared` collects warnings that are the
    same for every row.
    """

    integration: Integration
    finder: JobFinder
    archive: CvArchive | None
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    cv_owners: dict[str, tuple[int, str]] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _cvs: dict[str, CvFile | Message] = field(default_factory=dict)

    @classmethod
    def of(cls, upload: BulkUpload, archive: CvArchive | None) -> RowContext:
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
            raise FileRefused(Message("row_cv_without_zip", name=name))
        entry = self.archive.find(name)
        found = self._cvs.get(entry.path)
        if found is None:
            found = self._inspected(entry, self.archive.read(entry))
            self._cvs[entry.path] = found
        if isinstance(found, Message):
            raise FileRefused(found)
        return found

    def _inspected(self, entry: CvEntry, content: bytes) -> CvFile | Message:
        try:
            return CvFile(entry.path, inspect(entry.name, content))
        except DocumentRefused as refused:
            return refused.message

    def content(self, name: str) -> bytes:
        """The CV's bytes. Raises `FileRefused`."""
        if self.archive is None:
            raise FileRefused(Message("row_cv_without_zip", name=name))
        return self.archive.read(self.archive.find(name))

    def share(self, message: str) -> None:
        if message not in self.shared:
            self.shared.append(message)


@dataclass(slots=True)
class RowProposal:
    """A row, with the cells under the columns' names as import-export sets them."""

    row: SheetRow
    file: CvFile | None = None
    findings: list[RowFinding] = field(default_factory=list)
    to_send: list[tuple[str, str]] = field(default_factory=list)
    found_job: Job | None = None
    applied: Application | None = None
    has_applied: bool = False
    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    phone_number: str = ""
    job: str = ""
    cover_letter: str = ""
    cv: str = ""

    @classmethod
    def of(cls, row: SheetRow, context: RowContext) -> RowProposal:
        """With the CV looked at, and what the sheet itself shows to be wrong."""
        proposal = cls(row)
        for name, message in row.problems:
            proposal.add(ERROR, name, message)
        for name, message in row.doubts:
            proposal.add(WARNING, name, message)
        if row.values["cv"]:
            try:
                proposal.file = context.cv(row.values["cv"])
            except FileRefused as refused:
                proposal.add(ERROR, "cv", str(refused))
        return proposal

    def add(self, level: str, name: str, message: str) -> None:
        self.findings.append(RowFinding(level, name, message))

    @property
    def entry(self) -> SubmissionEntry:
        """The entry to submit, without the CV."""
        return SubmissionEntry(
            job=self.found_job.pk if self.found_job else "",
            first_name=self.first_name,
            last_name=self.last_name,
            email_address=self.email_address,
            phone_number=self.phone_number,
            cover_letter=self.cover_letter,
        )

    def entry_with(self, content: bytes | None) -> SubmissionEntry:
        """The entry to submit, with the CV's bytes."""
        if content is None or self.file is None:
            return self.entry
        cv = Attachment(self.file.path.rpartition("/")[2], AttachmentType.CV, content)
        return replace(self.entry, attachments=(cv,))

    @property
    def errors(self) -> list[RowFinding]:
        return [finding for finding in self.findings if finding.level == ERROR]

    def validate(self, context: RowContext) -> None:
        """Add what is found, and say what would be sent."""
        self._find_job(context)
        submission = Submission(integration=context.integration)
        cleaned = validation.fill(submission, self.entry, self.found_job)
        # What is wrong with a cell already would only be said twice.
        known = {finding.field for finding in self.errors if finding.field}
        for problem in cleaned.problems:
            if problem.field not in known:
                self.add(ERROR, problem.field, problem.message)
        for warning in cleaned.warnings:
            if warning["code"] == OF_THE_UPLOAD:
                context.share(warning["message"])
            else:
                self.add(WARNING, warning["field"], warning["message"])
        if not self.cv:
            self.add(ERROR, "cv", Message("row_without_cv"))
        self._replaced(cleaned.replacements)
        self.to_send = self._shown(cleaned)
        if self.found_job is not None and cleaned.person_key:
            self._compare(context, submission, self.found_job)

    def _find_job(self, context: RowContext) -> None:
        if not self.job:
            self.add(ERROR, "job", Message("row_without_job"))
            return
        try:
            self.found_job = context.job(self.job)
        except JobUnclear as unclear:
            self.add(ERROR, "job", str(unclear))
            return
        known = context.finder.find(self.job)
        if not context.finder.is_called(self.job, known):
            self.add(WARNING, "job", Message("job_called_otherwise", name=known.name))

    def _replaced(self, replacements: list[dict[str, str]]) -> None:
        """One note for each column whose characters are changed."""
        changes: dict[str, list[Message]] = {}
        for change in replacements:
            after = change["to"] or Message("nothing")
            told = Message("character_sent_as", before=change["from"], after=after)
            changes.setdefault(change["field"], []).append(told)
        for name, told_of in changes.items():
            self.add(NOTE, name, Message("characters_replaced", changes=told_of))

    def _shown(self, cleaned: validation.Cleaned) -> list[tuple[str, str]]:
        lines = [
            (gettext_noop("Name"), f"{cleaned.first_name} {cleaned.last_name}".strip()),
            (gettext_noop("E-mail"), cleaned.email_address),
            (gettext_noop("Phone"), cleaned.phone_number),
            (gettext_noop("Job"), str(self.found_job) if self.found_job else ""),
            (gettext_noop("CV"), _described(self.file)),
            (gettext_noop("Cover letter"), Truncator(cleaned.cover_letter).chars(LETTER_SHOWN)),
        ]
        return [(label, text) for label, text in lines if text]

    def _compare(self, context: RowContext, submission: Submission, job: Job) -> None:
        """With the rows before, with what is under way, and with what Flatchr has."""
        key = (job.pk, submission.person_key)
        if key in context.seen:
            words = Message("row_same_as_earlier", row=context.seen[key])
            self.add(ERROR, "", words)
        elif not self.errors:
            context.seen[key] = self.row.number
        self._compare_cv(context, submission.person_key)
        if enqueue.live(submission) is not None:
            words = Message("person_under_way")
            self.add(ERROR, "", words)
            return
        known = enqueue.applications(context.integration.pk, submission.person_key)
        self.applied = known.filter(job=job).first()
        self.has_applied = self.applied is not None or enqueue.successes(submission).exists()

    def _compare_cv(self, context: RowContext, person_key: str) -> None:
        if self.file is None:
            return
        number, owner = context.cv_owners.setdefault(self.file.path, (self.row.number, person_key))
        if owner != person_key:
            self.add(WARNING, "cv", Message("row_cv_of_another_person", number=number))


def _described(file: CvFile | None) -> str:
    if file is None:
        return ""
    size = file.document.size
    words = f"{size / 1024**2:.1f} MB" if size >= 1024**2 else f"{max(1, round(size / 1024))} KB"
    return f"{file.document.name} ({file.document.kind}, {words})"
