"""The API key, an integration and its syncs (`docs/unified-api.md §10.1` to §10.5)."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse

from integrations.api import scoping
from integrations.api.bodies import Body, body_of, moment, success
from integrations.api.caller import caller, tenant
from integrations.api.errors import ApiError
from integrations.api.general import coverage
from integrations.connecting import lifecycle
from integrations.ids import TOOL
from integrations.models import FlatchrCredentials, Integration, Trigger
from integrations.models.scopes import Choice, Part, Scopes
from integrations.sync.runs import SyncRefused, request_sync

# A deployment is one environment, and the one customer of itself.
ENVIRONMENT = "relais"


class Enabled(Body):
    """The body of `PUT /integrations/{id}/enabled`."""

    value: bool


class ForceSync(Body):
    """The body of `POST /force-sync`."""

    type: Literal["FULL", "DELTA"] = "FULL"


def check_key(request: Any) -> HttpResponse:  # noqa: ARG001
    """The key works: otherwise the request would not have come here."""
    return success({"environment_id": ENVIRONMENT, "customer_id": ENVIRONMENT})


def details(request: Any, integration_id: str) -> HttpResponse:
    integration = caller(request).find(integration_id)
    connected = FlatchrCredentials.objects.filter(pk=integration.pk).exists()
    scopes = integration.flatchr_settings.scopes
    hidden = set() if integration.flatchr_settings.api_remote_data else {"remote_data"}
    return success(
        {
            "id": integration.pk,
            "tool": {
                "id": TOOL,
                "label": coverage.LABEL,
                "internal_label": None,
                "logo_url": coverage.asset("flatchr-logo.svg"),
                "icon_url": coverage.asset("flatchr-icon.svg"),
            },
            "category": "ATS",
            "status": _status(integration, connected),
            "setup_status": setup_status(integration, connected),
            "end_user": {
                "organization_name": integration.organization,
                "creator_email": integration.contact_email or None,
                "origin_id": integration.origin_id or None,
            },
            "scope_config": scoping.configs_of(scopes)[0],
            "data_expired_at": moment(integration.scopes_changed_at),
            "created_at": moment(integration.created_at),
            "beta": False,
            "read_models": [_read_model(model, hidden, scopes) for model in coverage.READ_MODELS],
            "write_actions": [_write_action(action, scopes) for action in coverage.WRITE_ACTIONS],
        }
    )


def _status(integration: Integration, connected: bool) -> str:
    """INVALID: a person has to enter a key before anything can be read (`§12.4`)."""
    if not integration.enabled:
        return "INACTIVE"
    if not connected or integration.credentials_invalid_at is not None:
        return "INVALID"
    return "ACTIVE"


def setup_status(integration: Integration, connected: bool) -> str:
    """As `docs/unified-api.md §10.2` names it."""
    if not connected:
        return "INCOMPLETE"
    return "COMPLETED" if integration.applicants_read_at else "FINAL_SYNC_PENDING"


def _scoped(
    supported: bool, scopes: Scopes, part: Part | None = None, *, hidden: bool = False
) -> dict[str, Any]:
    """`part` is what it belongs to; what is of none cannot be left out."""
    choice = Choice.ON if part is None else scopes.choice(part)
    reads = part is None or scopes.reads(part)
    return {
        "is_available": supported and reads and not hidden,
        "coverage_status": coverage.status(supported),
        "scope_config_setting": "DISABLED" if hidden else scoping.SETTINGS[choice],
        "opted_out_by_customer": part is not None and scopes.declined(part),
    }


def _read_model(model: coverage.Covered, hidden: set[str], scopes: Scopes) -> dict[str, Any]:
    whole = scoping.WHOLE.get(model.id)
    parts = scoping.FIELDS.get(model.id, {})
    return {
        "id": model.id,
        "label": model.label,
        **_scoped(model.supported, scopes, whole),
        "fields": [
            {
                "id": name,
                **_scoped(supported, scopes, parts.get(name, whole), hidden=name in hidden),
            }
            for name, supported in model.fields
        ],
    }


def _write_action(action: coverage.Covered, scopes: Scopes) -> dict[str, Any]:
    return {
        "id": action.id,
        "label": action.label,
        **_scoped(action.supported, scopes, scoping.WHOLE.get(action.id)),
        "fields": [
            {"id": name, "is_available": supported, "coverage_status": coverage.status(supported)}
            for name, supported in action.fields
        ],
    }


def delete(request: Any, integration_id: str) -> HttpResponse:
    """Delete it for good: unknown from the next request on, its data removed 14 days later."""
    lifecycle.delete(caller(request).find(integration_id))
    return success({})


def set_enabled(request: Any, integration_id: str) -> HttpResponse:
    integration = caller(request).find(integration_id)
    lifecycle.set_enabled(integration, body_of(request, Enabled).value)
    return success({})


def force_sync(request: Any) -> HttpResponse:
    """Queue a sync, or tell of the one that is live already, whose type may be another."""
    integration = tenant(request)
    asked = body_of(request, ForceSync)
    try:
        run, new = request_sync(integration.pk, type=asked.type, trigger=Trigger.API)
    except SyncRefused as refused:
        raise ApiError("PLATFORM.INPUT_INVALID", str(refused), status=409) from refused
    return success({"already_queued": not new, "sync_id": str(run.pk), "type": run.type})
