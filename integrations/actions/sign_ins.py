"""Signing in to Flatchr as oneself, which writing a comment needs (`docs/flatchr-api.md §0.2`).

The password is used once and kept nowhere: not in the row, not in the log of requests. The token is
encrypted, and goes when it ends. Who signs in to Flatchr through SSO has no password there, and
cannot comment from here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations import jobs
from integrations.actions.inputs import ActionNotPossible, NoCredentials
from integrations.actions.lookup import PATIENCE
from integrations.audit import trail
from integrations.flatchr.calls import notes
from integrations.flatchr.configuration import key_expiry
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import NullObserver
from integrations.messages import Message
from integrations.models import Event, FlatchrSignIn, Integration
from integrations.models.fields import UNREADABLE
from integrations.tenants.clients import open_action_client

# How long a token lives that does not say (`docs/flatchr-api.md §0.2`), with a day to spare.
DEFAULT_LIFE = timedelta(days=5)


def sign_in(integration: Integration, *, user: Any, email: str, password: str) -> FlatchrSignIn:
    """Sign the user in to the tenant's Flatchr; the token is kept until it ends.

    Raises `ActionNotPossible` when Flatchr does not take the password, or cannot be asked.
    """
    if not email.strip() or not password:
        raise ActionNotPossible(Message("flatchr_sign_in_incomplete"))
    if not hasattr(integration, "credentials"):
        raise NoCredentials
    try:
        with open_action_client(integration, NullObserver(), PATIENCE) as client:
            token = notes.log_in(client, email.strip(), password)
    except FlatchrError as error:
        if error.kind in (ErrorKind.REFUSED, ErrorKind.NOT_FOUND):
            raise ActionNotPossible(Message("flatchr_sign_in_refused")) from None
        raise ActionNotPossible(error.message) from None
    ends = key_expiry(token) or timezone.now() + DEFAULT_LIFE
    signed_in, _ = FlatchrSignIn.objects.update_or_create(
        user=user, integration=integration, defaults={"token": token, "expires_at": ends}
    )
    trail.record(Event.FLATCHR_SIGNED_IN, tenant=integration, user=user)
    return signed_in


def sign_out(integration: Integration, *, user: Any) -> None:
    """Forget the user's token. Idempotent."""
    deleted, _ = FlatchrSignIn.objects.filter(user=user, integration=integration).delete()
    if deleted:
        trail.record(Event.FLATCHR_SIGNED_OUT, tenant=integration, user=user)


def current(integration: Integration, *, user: Any) -> FlatchrSignIn | None:
    """The user's sign-in, if it has not ended and can be read."""
    if user is None:
        return None
    rows = FlatchrSignIn.objects.filter(user=user, integration=integration)
    found = rows.filter(expires_at__gt=timezone.now()).first()
    return None if found is None or found.token == UNREADABLE else found


@jobs.RETENTION.register("sign-ins to Flatchr")
def retain() -> None:
    """Delete tokens that have ended. Idempotent."""
    FlatchrSignIn.objects.filter(expires_at__lt=timezone.now()).delete()
