"""The CV of an application, as Flatchr has it (`docs/flatchr-api.md §6, §11`).

A list names the file and an address of ours for it: signed, for a short while, and without headers,
as the contract wants it (`docs/unified-api.md §6`). Flatchr is asked for the file when that
address is opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpResponse

from integrations.api.actions import errors
from integrations.api.actions.applicant_lookup import HURRY, flatchr
from integrations.api.actions.finding import (
    application_of,
    candidate_of,
    is_expected,
    not_shown_yet,
)
from integrations.api.actions.links import link_to
from integrations.api.answers import success
from integrations.api.caller import caller, tenant
from integrations.flatchr.actions import ActingClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.ids import unified_id
from integrations.models import Application
from integrations.submissions.documents.names import CONTENT_TYPES, EXTENSIONS

# Of the five seconds for which the official clients wait.
ENOUGH = 3.0
# Applications of one candidate that are asked for, the latest first.
MOST = 10
UNKNOWN = "application/octet-stream"
_TYPES = {
    extension: CONTENT_TYPES[kind][0]
    for kind, extensions in EXTENSIONS.items()
    for extension in extensions
}
GONE = "Flatchr has removed the application {id}, or does not hand out single applications."


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
        return _TYPES.get(self.extension.lower(), UNKNOWN)


def of_application(request: Any, application_id: str) -> HttpResponse:
    """GET /ats/applications/{application_id}/attachments."""
    integration = tenant(request, for_action=True)
    application = application_of(integration, application_id)
    if is_expected(application):
        raise not_shown_yet()
    try:
        with flatchr(integration, HURRY) as client:
            file = file_of(client, application)
    except FlatchrError as error:
        raise errors.of_read(error) from None
    found = [_row(request, application, file)] if file else []
    return success({"results": found}, warnings=[])


def of_candidate(request: Any, candidate_id: str) -> HttpResponse:
    """GET /ats/candidates/{candidate_id}/attachments: a CV for each application that has one."""
    integration = tenant(request, for_action=True)
    candidate = candidate_of(integration, candidate_id)
    newest = F("remote_updated_at").desc(nulls_last=True)
    live = Application.objects.live().filter(candidate=candidate).order_by(newest, "-remote_id")
    applications = [one for one in live if not is_expected(one)]
    results: list[dict[str, Any]] = []
    warnings: list[str] = []
    seen: set[str] = set()
    try:
        with flatchr(integration, HURRY) as client:
            for application, file in _files(client, applications, warnings):
                if file.key not in seen:
                    seen.add(file.key)
                    owner = {"application_id": application.pk, "candidate_id": candidate.pk}
                    results.append({**_row(request, application, file), **owner})
    except FlatchrError as error:
        raise errors.of_read(error) from None
    return success({"results": results}, warnings=warnings)


def file_of(client: ActingClient, application: Application) -> StoredFile | None:
    """Where the application's CV is; None when it has none. Raises FlatchrError."""
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


def _files(
    client: ActingClient, applications: list[Application], warnings: list[str]
) -> Iterable[tuple[Application, StoredFile]]:
    """The CVs of the latest applications, as far as there is time; what is left out is said."""
    end = time.monotonic() + ENOUGH
    for at, application in enumerate(applications):
        if at and (at == MOST or time.monotonic() > end):
            left = len(applications) - at
            warnings.append(f"{left} earlier applications were not asked for. Ask for each itself.")
            return
        try:
            file = file_of(client, application)
        except FlatchrError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            warnings.append(GONE.format(id=application.pk))
            continue
        if file is not None:
            yield application, file


def _row(request: Any, application: Application, file: StoredFile) -> dict[str, Any]:
    remote_id = f"{file.key}.{file.extension}"
    return {
        "id": unified_id(application.integration_id, f"{application.remote_id}:{remote_id}"),
        "remote_id": remote_id,
        "type": "CV",
        "file_name": file.name,
        "content_type": file.content_type,
        "data_url": request.build_absolute_uri(link_to(application, caller(request).key)),
        "remote_created_at": None,
        "remote_updated_at": None,
    }
