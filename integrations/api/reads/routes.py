"""The addresses of the lists, and of those that Flatchr has nothing for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from integrations.api.caller import tenant
from integrations.api.errors import not_available
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.stages import STAGES
from integrations.api.reads.tags import TAGS
from integrations.api.reads.users import view as list_users
from integrations.api.routing import Route

LISTINGS = (JOBS, CANDIDATES, APPLICATIONS, STAGES, TAGS)

# Models of the contract that Flatchr does not have (`docs/unified-api.md §5`, last lines).
UNAVAILABLE = (
    "roles",
    "offers",
    "rejection-reasons",
    "interviews",
    "notes",
    "scorecards",
    "attachments",
)


def _refusal(model: str) -> Callable[[HttpRequest], HttpResponse]:
    def refuse(request: HttpRequest) -> HttpResponse:
        tenant(request)
        raise not_available(model)

    return refuse


ROUTES: list[Route] = [
    *(Route("GET", f"ats/{listing.name}", listing.view) for listing in LISTINGS),
    Route("GET", "ats/users", list_users, action=True),
    *(Route("GET", f"ats/{model}", _refusal(model)) for model in UNAVAILABLE),
]
