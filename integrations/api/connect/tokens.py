"""From the token of a link to the tenant that came of it (`docs/unified-api.md §10.8`)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from integrations.api.answers import success
from integrations.api.bodies import Body, body_of
from integrations.api.caller import caller
from integrations.api.errors import ApiError
from integrations.api.general.integrations import setup_status
from integrations.connecting.links import connected_by
from integrations.ids import TOOL
from integrations.models import FlatchrCredentials


class Activation(Body):
    """The body of `POST /connect/activate-integration`."""

    token: str


def by_token(request: Any, token: str) -> HttpResponse:
    """The tenant, for a key that opens it. May be asked again: an answer can be lost."""
    return _told(request, token)


def activate(request: Any) -> HttpResponse:
    """The same under its earlier name; there is nothing left to activate."""
    return _told(request, body_of(request, Activation).token)


def _told(request: Any, token: str) -> HttpResponse:
    found = connected_by(token)
    if found is None or not caller(request).tenants.filter(pk=found.pk).exists():
        raise ApiError(
            "PLATFORM.INTEGRATION_NOT_FOUND",
            "No integration has been connected with this token, or the token has expired, or the "
            "API key is not for the integration.",
        )
    connected = FlatchrCredentials.objects.filter(pk=found.pk).exists()
    return success(
        {
            "tool": TOOL,
            "id": found.pk,
            "end_user_origin_id": found.origin_id or None,
            "end_user_organization_name": found.organization,
            "end_user_email": found.contact_email or None,
            "setup_status": setup_status(found, connected),
        }
    )
