"""The CV of an application, as Flatchr has it (`docs/flatchr-api.md §6`, §11).

Flatchr hands out one file a second, so a file is kept for as long as a link to it that was opened
is valid, and removed then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson
from django.conf import settings

from integrations import egress, jobs
from integrations.actions.lookup import HURRY, PATIENCE, flatchr, shown_applications
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.models import Application, Candidate
from integrations.models.submissions import private_files
from integrations.submissions.documents.names import CONTENT_TYPES, EXTENSIONS
from integrations.tenants import throttle

# Of the five seconds for which the official clients wait.
LIST_SECONDS = 3.0
# Applications of one candidate that are asked for, the latest first.
MOST = 10
# Seconds for which a link to a file is valid, and so the file kept after the newest link was made
# through which it was asked for: that is the time of the file's last change.
KEPT = 15 * 60
FOLDER = "fetched"
MAX_BYTES = 20 * 1024**2
# The longest that a request waits for its turn.
LONGEST_WAIT = 15.0
FETCH_SECONDS = 30.0
_TYPES = {
    extension: CONTENT_TYPES[kind][0]
    for kind, extensions in EXTENSIONS.items()
    for extension in extensions
}


class NoCv(Exception):
    """Flatchr has no CV of the application."""


class TooManyWaiting(Exception):
    """Flatchr hands out one file a second, and more are waiting than `LONGEST_WAIT` allows."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where Flatchr keeps a CV: the key is without its extension (`docs/flatchr-api.md §8`)."""

    key: str
    extension: str

    @property
    def name(self) -> str:
        stem = self.key.rpartition("/")[2] or "cv"
        return f"{stem}.{self.extension}"[-255:]

    @property
    def content_type(self) -> str:
        """By the extension, and of no kind that a browser would run."""
        return _TYPES.get(self.extension.lower(), "application/octet-stream")


@dataclass(slots=True)
class CandidateFiles:
    """The CVs of a candidate's latest applications, each once: `gone` are applications that
    Flatchr has removed or does not show singly, and `left_out` the number not asked for.
    """

    files: list[tuple[Application, StoredFile]] = field(default_factory=list)
    gone: list[Application] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class FetchedCv:
    name: str
    content_type: str
    content: bytes


def application_file(application: Application) -> StoredFile | None:
    """Where the application's CV is, or None. Raises `NoCredentials`, `FlatchrError`."""
    with flatchr(application.integration, HURRY) as client:
        return _stored_file(client, application)


def candidate_files(candidate: Candidate) -> CandidateFiles:
    """Where the CVs of the candidate's applications are, as far as `LIST_SECONDS` and `MOST` allow.

    Raises `NoCredentials`, `FlatchrError`.
    """
    applications = shown_applications(candidate)
    found = CandidateFiles()
    seen: set[str] = set()
    end = time.monotonic() + LIST_SECONDS
    with flatchr(candidate.integration, HURRY) as client:
        for at, application in enumerate(applications):
            if at and (at == MOST or time.monotonic() > end):
                found.left_out = len(applications) - at
                break
            try:
                file = _stored_file(client, application)
            except FlatchrError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise
                found.gone.append(application)
                continue
            if file is not None and file.key not in seen:
                seen.add(file.key)
                found.files.append((application, file))
    return found


def fetch(application: Application, *, linked_at: float) -> FetchedCv:
    """The application's CV from Flatchr, for a link of that time (seconds since 1970).

    Raises `NoCv`, `TooManyWaiting`, `NoCredentials`, `FlatchrError`, and `egress.EgressError` when
    Flatchr keeps the file at another host and that fails.
    """
    with flatchr(application.integration, PATIENCE) as client:
        stored = _stored_file(client, application)
        if stored is None:
            raise NoCv
        wait = throttle.take_file(application.integration_id, longest=LONGEST_WAIT)
        if wait is None:
            raise TooManyWaiting
        time.sleep(wait)
        # Whoever had the turn before may have fetched this very file.
        if found := kept(application, linked_at=linked_at):
            return found
        answer = client.file(stored.key, stored.extension, max_bytes=MAX_BYTES)
    content = answer.content
    if answer.location:
        # Without the tenant's key, which is for Flatchr alone.
        content = egress.fetch(
            answer.location,
            max_bytes=MAX_BYTES,
            deadline=FETCH_SECONDS,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        ).content
    fetched = FetchedCv(stored.name, stored.content_type, content)
    _keep(application, fetched, linked_at)
    return fetched


def forget(application: Application) -> None:
    """Remove the application's CV from what was fetched. Idempotent."""
    _path(application).unlink(missing_ok=True)


def _stored_file(client: ActionClient, application: Application) -> StoredFile | None:
    answer = client.applicant(application.remote_id)
    candidate = answer.get("candidate") if isinstance(answer, dict) else None
    if isinstance(candidate, list):
        candidate = candidate[0] if candidate else None
    aws = candidate.get("aws") if isinstance(candidate, dict) else None
    if not isinstance(aws, dict):
        return None
    key, extension = aws.get("key"), aws.get("extension")
    if not (isinstance(key, str) and isinstance(extension, str) and key and extension.isalnum()):
        return None
    return StoredFile(key, extension)


def _path(application: Application) -> Path:
    name = f"{application.integration_id}\0{application.pk}"
    return Path(private_files().path(FOLDER)) / sha256(name.encode()).hexdigest()


def kept(application: Application, *, linked_at: float) -> FetchedCv | None:
    """The CV, if it was fetched for a link that is still valid; then it is kept until the end of
    this one as well.
    """
    path = _path(application)
    try:
        newest = path.stat().st_mtime
        if newest + KEPT <= time.time():
            path.unlink(missing_ok=True)
            return None
        head, _, content = path.read_bytes().partition(b"\n")
        name, content_type = orjson.loads(head)
        if linked_at > newest:
            os.utime(path, (linked_at, linked_at))
    except (OSError, ValueError):
        return None
    return FetchedCv(name, content_type, content)


def _keep(application: Application, file: FetchedCv, linked_at: float) -> None:
    """Keep the file for whoever asks next. A full disk is no reason not to hand it out."""
    path = _path(application)
    partial = path.with_suffix(f".{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(orjson.dumps([file.name, file.content_type]) + b"\n")
            out.write(file.content)
        os.utime(partial, (linked_at, linked_at))
        partial.replace(path)


@jobs.SWEEP.register("fetched CVs")
def remove_expired() -> int:
    """Remove the files whose links have ended, and what a killed process left half written; how
    many.
    """
    removed = 0
    now = time.time()
    for path in Path(private_files().path(FOLDER)).glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime + KEPT <= now:
                path.unlink()
                removed += 1
    return removed
