"""The table of routes: every operation of the unified API, and the view that answers it.

Those of the official contract that Flatchr has nothing for are among them: each is refused with the
reason. What is said of an operation in the reference is in `openapi.groups`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from integrations.api import passthrough, webhooks
from integrations.api.actions import attachments, create, restrictions, submissions, update
from integrations.api.caller import tenant
from integrations.api.connect import links
from integrations.api.errors import not_available
from integrations.api.general import coverage, fields, integrations
from integrations.api.reads import feed, users
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.stages_tags import STAGES, TAGS
from integrations.api.routing import ApiRoute, View
from integrations.api.scoping import scoped

LISTINGS = (JOBS, CANDIDATES, APPLICATIONS, STAGES, TAGS)

# Models of the contract that Flatchr does not have (`docs/unified-api.md §5`, last lines).
UNAVAILABLE_MODELS = (
    "roles",
    "offers",
    "rejection-reasons",
    "interviews",
    "notes",
    "scorecards",
    "attachments",
)


def _unavailable(model: str) -> Callable[[HttpRequest], HttpResponse]:
    def refuse(request: HttpRequest) -> HttpResponse:
        tenant(request)
        raise not_available(model)

    return refuse


def _general(method: str, path: str, view: View, *, writes: bool = False) -> ApiRoute:
    return ApiRoute(method, path, view, writes=writes, general=True)


def _link(path: str, view: View) -> ApiRoute:
    # An `Idempotency-Key` has no effect: a stored answer would keep the link, or the secret, with
    # it, and one more does no harm.
    return ApiRoute("POST", path, view, writes=True, general=True, own_idempotency=True)


def _write(method: str, path: str, view: View, *, own_idempotency: bool = False) -> ApiRoute:
    return ApiRoute(method, path, view, writes=True, action=True, own_idempotency=own_idempotency)


_INTEGRATION = "integrations/{integration_id}"
_APPLICATION = "ats/applications/{application_id}"
_WEBHOOK = "webhooks/{webhook_id}"
_CANDIDATE = "ats/candidates/{candidate_id}"

GENERAL = (
    _general("GET", "check-api-key", integrations.check_key),
    _general("GET", "tools/{category}", coverage.tools_of_category),
    _general("POST", "force-sync", integrations.force_sync, writes=True),
    _general("GET", _INTEGRATION, integrations.details),
    _general("DELETE", _INTEGRATION, integrations.delete, writes=True),
    _general("PUT", f"{_INTEGRATION}/enabled", integrations.set_enabled, writes=True),
    _general("GET", f"{_INTEGRATION}/integration-fields", fields.integration_fields),
    _general(
        "PATCH",
        f"{_INTEGRATION}/integration-fields/{{field_id}}",
        fields.switch_integration_field,
        writes=True,
    ),
    _general("GET", f"{_INTEGRATION}/custom-fields", fields.custom_fields),
    _general(
        "PUT", f"{_INTEGRATION}/custom-fields/{{field_id}}", fields.map_custom_field, writes=True
    ),
)
CONNECT = (
    _link("connect/create-link", links.create),
    _link(f"{_INTEGRATION}/relink", links.relink),
    _link(f"{_INTEGRATION}/setup-link", links.setup),
    _general("GET", "connect/integration-by-token/{token}", links.by_token),
    _general("POST", "connect/activate-integration", links.activate),
)
WEBHOOKS = (
    _general("GET", "webhooks", webhooks.list_all),
    _link("webhooks", webhooks.create),
    _general("GET", _WEBHOOK, webhooks.details),
    _general("PATCH", _WEBHOOK, webhooks.update, writes=True),
    _general("DELETE", _WEBHOOK, webhooks.delete, writes=True),
    _link(f"{_WEBHOOK}/rotate-secret", webhooks.rotate),
    _general("POST", f"{_WEBHOOK}/test", webhooks.send_test_event, writes=True),
    _general("GET", f"{_WEBHOOK}/deliveries", webhooks.deliveries),
    _general("POST", f"{_WEBHOOK}/replay", webhooks.send_again, writes=True),
)
READS = (
    *(ApiRoute("GET", f"ats/{one.name}", one.view, records=True) for one in LISTINGS),
    ApiRoute("GET", "ats/users", users.view, action=True, records=True),
    ApiRoute("GET", "changes", feed.view, general=True, records=True),
    ApiRoute("GET", "ats/actions/{action_id}", restrictions.of_action, records=True),
    ApiRoute("GET", "submissions/{submission_id}", submissions.details, general=True, records=True),
    *(ApiRoute("GET", f"ats/{model}", _unavailable(model)) for model in UNAVAILABLE_MODELS),
)
ACTIONS = (
    _write("POST", "ats/candidates", create.create_candidate, own_idempotency=True),
    _write(
        "POST",
        "ats/jobs/{job_id:path}/applications",
        create.create_application,
        own_idempotency=True,
    ),
    _write("PUT", f"{_APPLICATION}/stage", update.move_application),
    _write("POST", f"{_APPLICATION}/reject", update.reject_application),
    ApiRoute("GET", f"{_APPLICATION}/attachments", attachments.of_application, action=True),
    ApiRoute("GET", f"{_CANDIDATE}/attachments", attachments.of_candidate, action=True),
    _write("POST", f"{_APPLICATION}/notes", update.add_application_note),
    _write("POST", f"{_CANDIDATE}/tags", update.add_candidate_tag),
    _write("DELETE", f"{_CANDIDATE}/tags", update.remove_candidate_tag),
    *(_write("POST", path, update.refusing(reason)) for path, reason in update.UNAVAILABLE.items()),
    # Whether a request writes is in its body: a read-only key may send those that do not.
    ApiRoute("POST", "passthrough/{tool}/{api}", passthrough.send, action=True, general=True),
)

ROUTES = scoped([*GENERAL, *CONNECT, *WEBHOOKS, *READS, *ACTIONS])
