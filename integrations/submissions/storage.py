"""Where candidates' files lie, and the one way in which they are handed out."""

from __future__ import annotations

import secrets
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import FileResponse, Http404
from django.utils.deconstruct import deconstructible

from integrations.messages import Message
from integrations.submissions.documents import ACCEPTED

if TYPE_CHECKING:
    from integrations.models import Submission

_UNKNOWN = "application/octet-stream"
_CONTENT_TYPES = {kind: types[0] for kind, _, types in ACCEPTED}


@deconstructible(path="integrations.submissions.storage.PrivateStorage")
class PrivateStorage(FileSystemStorage):
    """Files below `DATA_DIR/submissions`, outside everything that is served.

    A file is stored under a random name, `<2 characters>/<32 hex digits>`, whatever its own name
    is, so that nothing of a name given by a user reaches the file system. Files have mode 0600,
    folders 0700. There is no URL of a file.
    """

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> Path:
        """Read each time: tests move DATA_DIR."""
        return Path(settings.DATA_DIR) / "submissions"

    @property
    def location(self) -> str:
        return str(self.base_location.resolve())

    def generate_filename(self, filename: str | PathLike[str]) -> str:
        return self.get_available_name(str(filename))

    def get_available_name(
        self,
        name: str,  # noqa: ARG002 - Django's signature
        max_length: int | None = None,  # noqa: ARG002
    ) -> str:
        generated = secrets.token_hex(16)
        return f"{generated[:2]}/{generated}"

    def url(self, name: str | None) -> NoReturn:  # noqa: ARG002
        raise ValueError("A candidate's file has no address; file_response hands it out.")


private_storage = PrivateStorage()


def file_response(submission: Submission) -> FileResponse:
    """The submission's file as a download that no browser opens, runs or keeps.

    Who may have it is the caller's to decide. Raises Http404 when there is no file (any more).
    """
    try:
        content = submission.document.open("rb")
    except (ValueError, FileNotFoundError) as error:
        raise Http404(Message("submission_without_file")) from error
    return FileResponse(
        content,
        as_attachment=True,
        filename=submission.document_name or "document",
        content_type=_content_type(submission.document_type),
        headers=_headers(),
    )


def _content_type(stored: Any) -> str:
    """The content type for a kind or a content type, if it is one that we accept."""
    text = str(stored)
    if text in _CONTENT_TYPES.values():
        return text
    return _CONTENT_TYPES.get(text, _UNKNOWN)


def _headers() -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
