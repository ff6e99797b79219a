"""The addresses of writes, live actions and the passthrough."""

from __future__ import annotations

from django.urls import re_path

from integrations.api import passthrough
from integrations.api.actions import attachments, create, downloads, move, tags, unavailable
from integrations.api.routing import Route

ROUTES: list[Route] = [
    Route(
        "POST",
        "ats/candidates",
        create.create_candidate,
        writes=True,
        action=True,
        own_idempotency=True,
    ),
    Route(
        "POST",
        "ats/jobs/{job_id:path}/applications",
        create.create_application,
        writes=True,
        action=True,
        own_idempotency=True,
    ),
    Route("PUT", "ats/applications/{application_id}/stage", move.move, writes=True, action=True),
    Route(
        "POST", "ats/applications/{application_id}/reject", move.reject, writes=True, action=True
    ),
    Route(
        "GET",
        "ats/applications/{application_id}/attachments",
        attachments.of_application,
        action=True,
    ),
    Route(
        "GET", "ats/candidates/{candidate_id}/attachments", attachments.of_candidate, action=True
    ),
    Route("POST", "ats/candidates/{candidate_id}/tags", tags.add_tag, writes=True, action=True),
    Route(
        "DELETE", "ats/candidates/{candidate_id}/tags", tags.remove_tag, writes=True, action=True
    ),
    *unavailable.ROUTES,
    # Whether a request writes is in its body: a read-only key may send those that do not.
    Route("POST", "passthrough/{tool}/{api}", passthrough.send, action=True, general=True),
]

# Opened without a key: the link itself says who may have the file, and for how long.
PUBLIC = [re_path(r"^v1/attachments/(?P<token>[\w:-]+)$", downloads.open_link)]
