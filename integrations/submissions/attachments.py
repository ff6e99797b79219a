"""The file of a submission: chosen, judged, stored, fetched, and handed to the sender."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from integrations import egress
from integrations.flatchr.payloads import ResumeFile
from integrations.messages import Message
from integrations.models import Submission
from integrations.models.submissions import private_files
from integrations.submissions.documents import Document, DocumentRefused, inspect
from integrations.submissions.inputs import Attachment, AttachmentType, NotSent, Problem
from integrations.submissions.validation import Note, warning

# Seconds that fetching a CV may take in all.
FETCH_SECONDS = 60.0
URL_LIMIT = 2_000

_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ChosenAttachment:
    """The one attachment to upload, if any: what it is, unless it is still to be fetched, what is
    wrong with it, and a warning for each of the others.
    """

    attachment: Attachment | None
    document: Document | None
    problems: list[Problem]
    warnings: list[Note]


def choose(attachments: Iterable[Attachment]) -> ChosenAttachment:
    """The first CV, judged: Flatchr takes one file (`docs/flatchr-api.md §7`)."""
    chosen: Attachment | None = None
    warnings = []
    for attachment in attachments:
        if chosen is None and attachment.type is AttachmentType.CV:
            chosen = attachment
            continue
        is_cv = attachment.type is AttachmentType.CV
        code = "attachment_not_first_cv" if is_cv else "attachment_not_cv"
        message = Message(code, name=_shown(attachment.name))
        warnings.append(warning("attachments", "attachment_not_sent", message))
    document: Document | None = None
    problems: list[Problem] = []
    if chosen is not None and chosen.content is not None:
        try:
            document = _inspect(chosen.name, chosen.content, chosen.content_type)
        except DocumentRefused as refused:
            problems = [Problem("attachments", refused.code, refused.message)]
    elif chosen is not None and not chosen.data_url.strip():
        problems = [Problem("attachments", "empty", Message("cv_without_content"))]
    elif chosen is not None and len(chosen.data_url) > URL_LIMIT:
        problems = [Problem("attachments", "url_too_long", Message("cv_url_too_long"))]
    return ChosenAttachment(chosen, document, problems, warnings)


def kept(submission: Submission) -> tuple[Attachment, ...]:
    """The file of a submission, for another one; none if there is none, or none any more."""
    try:
        with submission.document.open("rb") as file:
            content = file.read()
    except (ValueError, FileNotFoundError):
        return ()
    return (
        Attachment(
            name=submission.document_name,
            type=AttachmentType.CV,
            content=content,
            content_type=submission.document_type,
        ),
    )


def put(submission: Submission, attachment: Attachment, document: Document | None) -> None:
    """Store the file, or note where it is, on the unsaved row; the old file goes on commit."""
    discard(submission)
    if document is None:
        submission.document_url = attachment.data_url.strip()
        submission.document_name = _shown(attachment.name)
        submission.document_type = attachment.content_type[:100]
        return
    for name, value in _stored(document, attachment.content or b"").items():
        setattr(submission, name, value)


def discard(submission: Submission) -> None:
    """Take the file off the unsaved row; its bytes go on commit."""
    if submission.document:
        delete_on_commit(submission.document.name)
    submission.document = None
    submission.document_url = ""
    submission.document_name = submission.document_type = submission.document_sha256 = ""
    submission.document_size = None


def drop(submission: Submission) -> None:
    """Delete the file of a row that was not saved after all."""
    if submission.document:
        private_files().delete(str(submission.document.name))


def delete_on_commit(name: str | None) -> None:
    if name:
        transaction.on_commit(lambda: private_files().delete(name))


def fetch(submission: Submission) -> dict[str, object]:
    """Fetch the file from its address and store it; the columns to set. Raises `NotSent`."""
    try:
        fetched = egress.fetch(
            submission.document_url,
            max_bytes=settings.SUBMISSION_MAX_BYTES,
            deadline=FETCH_SECONDS,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        )
        name = submission.document_name
        if not PurePosixPath(name).suffix and fetched.name:
            name = fetched.name
        document = _inspect(name, fetched.content, submission.document_type or fetched.content_type)
    except (egress.EgressError, DocumentRefused) as error:
        message = Message("cv_not_fetched", reason=error.message)
        raise NotSent(f"document_{error.code}"[:40], message) from error
    return _stored(document, fetched.content)


def resume(submission: Submission) -> ResumeFile:
    """The file as it is sent, after a look that it is whole. Raises `NotSent`."""
    if not submission.document:
        raise NotSent("document_missing", Message("cv_missing"))
    name = str(submission.document.name)
    digest = hashlib.sha256()
    try:
        with private_files().open(name) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        detail = type(error).__name__
        raise NotSent("document_missing", Message("cv_unreadable"), detail) from error
    if digest.hexdigest() != submission.document_sha256:
        raise NotSent("document_damaged", Message("cv_damaged"))

    @contextmanager
    def reopen() -> Iterator[BinaryIO]:
        with private_files().open(name) as file:
            yield cast(BinaryIO, file)

    return ResumeFile(
        name=submission.document_name,
        content_type=submission.document_type,
        size=submission.document_size or 0,
        open=reopen,
    )


def _inspect(name: str, content: bytes, content_type: str) -> Document:
    limit = settings.SUBMISSION_MAX_BYTES
    return inspect(name, content, content_type=content_type, max_bytes=limit)


def _stored(document: Document, content: bytes) -> dict[str, object]:
    return {
        "document": private_files().save("document", ContentFile(content)),
        "document_name": document.name,
        "document_type": document.content_type,
        "document_size": document.size,
        "document_sha256": document.sha256,
    }


def _shown(name: str) -> str:
    """A name that may be shown and stored: printable, and not too long."""
    return "".join(char for char in name if char.isprintable())[:100]
