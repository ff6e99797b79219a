"""A Flatchr client for a tenant: its endpoints, its key, its rate limit."""

from __future__ import annotations

import math
from functools import partial

from django.conf import settings

from integrations.flatchr.actions import ActionClient
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints, Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import Observer
from integrations.messages import Message
from integrations.models import Integration
from integrations.models.scopes import Scopes
from integrations.tenants import throttle
from integrations.tenants.exchange_recorder import CountingObserver, redacting_observer


def endpoints(environment: str) -> Endpoints:
    """Where a Flatchr environment lives: deployment configuration, never input."""
    return Endpoints(**settings.FLATCHR_ENDPOINTS[environment])


def open_client(
    integration: Integration,
    observer: Observer,
    *,
    longest_pause: float = math.inf,
    scopes: Scopes | None = None,
) -> FlatchrClient:
    """Return a client that signs in as `integration`, for many requests; close it after use.

    A pause of more than `longest_pause` seconds is not waited for (`FlatchrClient`). `scopes` are
    the tenant's, if the caller has just read them. Raises `FlatchrError` when the stored key cannot
    be decrypted.
    """
    return FlatchrClient(
        endpoints(integration.environment),
        _credentials(integration),
        observer=CountingObserver(redacting_observer(observer, integration, scopes=scopes)),
        throttle=throttle.RememberedBucket(integration.pk).take,
        longest_pause=longest_pause,
    )


def open_background_client(
    integration: Integration, observer: Observer, *, scopes: Scopes | None = None
) -> FlatchrClient:
    """As `open_client`, for requests whose tokens were taken by `throttle.take_spare`; it never
    waits.
    """
    return FlatchrClient(
        endpoints(integration.environment),
        _credentials(integration),
        observer=CountingObserver(redacting_observer(observer, integration, scopes=scopes)),
        longest_pause=0.0,
    )


def open_action_client(
    integration: Integration, observer: Observer, policy: Policy
) -> ActionClient:
    """Return a client that may also write, with the timeouts of `policy`. As `open_client`."""
    return ActionClient(
        endpoints(integration.environment),
        _credentials(integration),
        observer=CountingObserver(redacting_observer(observer, integration)),
        throttle=partial(throttle.take, integration.pk),
        policy=policy,
    )


def _credentials(integration: Integration) -> Credentials:
    credentials = integration.credentials
    if not credentials.readable:
        raise FlatchrError(ErrorKind.KEY_UNREADABLE, Message("stored_key_unreadable"))
    return Credentials(credentials.api_key, credentials.company_key, credentials.slug)
