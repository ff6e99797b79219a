"""Addresses at which one CV can be fetched for a while, by whoever has been given them."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.utils import timezone

from integrations.api.caller import Caller
from integrations.api.errors import ApiError
from integrations.api.scoping import ACTION, refuse
from integrations.models import ApiKey, Application, Integration, KeyState
from integrations.models.scopes import Part

PATH = "/v1/attachments/"
LASTS = 15 * 60  # seconds
_SALT = "integrations.api.attachment"


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link leads to."""

    integration: Integration
    application: Application


def link_to(application: Application, key: ApiKey) -> str:
    """The path of a link to the application's CV, which ends with the key it was made for."""
    names = [application.integration_id, application.pk, key.pk]
    return PATH + signing.dumps(names, salt=_SALT)


def linked(token: str) -> Linked:
    """What the token of a link leads to. Raises `ApiError` when it leads nowhere (any more)."""
    try:
        integration_id, application_id, key_id = signing.loads(token, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        raise _over() from None
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None or key.state_at(timezone.now()) is not KeyState.ACTIVE:
        raise _over()
    integration = Caller(key).find(integration_id)
    if not integration.enabled:
        raise ApiError("INTEGRATION.INACTIVE", "This integration is disabled.")
    refuse(integration.flatchr_settings.scopes, Part.FILES, ACTION)
    live = Application.objects.live().select_related("job", "candidate")
    application = live.filter(integration=integration, pk=application_id).first()
    if application is None:
        raise _over()
    return Linked(integration, application)


def _over() -> ApiError:
    return ApiError(
        "PLATFORM.INPUT_INVALID",
        f"This address leads nowhere: it is wrong, or older than {LASTS // 60} minutes. "
        "Ask for the attachments once more.",
        status=404,
    )
