"""Who is calling, and on which tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.api.errors import ApiError, invalid
from integrations.models import ApiKey, FlatchrSettings, Integration

HEADER = "X-Integration-Id"


@dataclass(frozen=True, slots=True)
class Caller:
    """The key of a request. `general`: whether its route may send the general codes alone."""

    key: ApiKey
    general: bool = False

    @property
    def tenants(self) -> Any:
        """The tenants that the key opens, as a query."""
        opened: Any = Integration.objects if self.key.every_tenant else self.key.integrations
        return opened.present()

    def find(self, integration_id: str) -> Integration:
        """One of them, with its settings. Another's is as unknown as one that never was."""
        try:
            found: Integration = self.tenants.select_related("flatchr_settings").get(
                pk=integration_id
            )
        except Integration.DoesNotExist:
            raise ApiError(
                "PLATFORM.INTEGRATION_NOT_FOUND",
                "There is no integration with this id, or the API key is not for it.",
            ) from None
        if not hasattr(found, "flatchr_settings"):
            found.flatchr_settings, _ = FlatchrSettings.objects.get_or_create(integration=found)
        return found


def caller(request: Any) -> Caller:
    """Who sent the request; the dispatcher has seen to it that there is one."""
    known: Caller = request.api_caller
    return known


def tenant(request: Any, *, for_action: bool = False) -> Integration:
    """The tenant that `X-Integration-Id` names, among those of the key.

    Raises `ApiError`: PLATFORM.INPUT_INVALID without the header, PLATFORM.INTEGRATION_NOT_FOUND,
    INTEGRATION.INACTIVE for an action on a disabled tenant (its data can still be read), and
    INTEGRATION.SETUP_SYNC_PENDING while nothing was ever read. The last is for models and actions:
    general endpoints work from the moment of connection.
    """
    who = caller(request)
    found: Integration | None = getattr(request, "api_tenant", None)
    if found is None:
        integration_id = request.headers.get(HEADER, "").strip()
        if not integration_id:
            raise invalid(f"Send the id of an integration in the header `{HEADER}`.")
        found = who.find(integration_id)
        request.api_tenant = found
    if for_action and not found.enabled:
        raise ApiError("INTEGRATION.INACTIVE", "This integration is disabled. Enable it first.")
    if not who.general and found.applicants_read_at is None:
        raise ApiError(
            "INTEGRATION.SETUP_SYNC_PENDING",
            "The first sync of this integration didn't finish successfully yet! You can keep "
            "polling this until you get a successful response.",
        )
    return found
