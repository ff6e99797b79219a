"""Asking for a sync (`docs/unified-api.md §10.5`)."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse

from integrations.api.answers import success
from integrations.api.bodies import Body, body_of
from integrations.api.caller import tenant
from integrations.api.errors import ApiError
from integrations.models import Trigger
from integrations.sync.runs import SyncRefused, request_sync


class ForceSync(Body):
    """The body of `POST /force-sync`."""

    type: Literal["FULL", "DELTA"] = "FULL"


def force_sync(request: Any) -> HttpResponse:
    """Queue a sync, or tell of the one that is live already, whose type may be another."""
    integration = tenant(request)
    asked = body_of(request, ForceSync)
    try:
        run, new = request_sync(integration.pk, type=asked.type, trigger=Trigger.API)
    except SyncRefused as refused:
        raise ApiError("PLATFORM.INPUT_INVALID", str(refused), status=409) from refused
    return success({"already_queued": not new, "sync_id": str(run.pk), "type": run.type})
