"""A Flatchr client for a tenant: its endpoints, its key, its rate limit, its redacted log."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.conf import settings

from integrations.flatchr.actions import ActingClient
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import Credentials, Endpoints, Exchange, Observer
from integrations.flatchr.policy import Policy
from integrations.models import Integration
from integrations.tenants import throttle
from integrations.tenants.scopes import redacts_people, scopes_of

# Parts of the paths whose answers tell of people (`docs/flatchr-api.md §5, §6, §8, §10`).
ABOUT_APPLICANTS = ("/search/", "/applicant/")
WITHHELD = "Not kept, as this tenant leaves out some of what Flatchr knows of candidates."


def endpoints(environment: str) -> Endpoints:
    """Where a Flatchr environment lives: deployment configuration, never input."""
    return Endpoints(**settings.FLATCHR_ENDPOINTS[environment])


def open_client(integration: Integration, observer: Observer) -> FlatchrClient:
    """Return a client that signs in as `integration`; close it after use.

    Raises `FlatchrError` when the stored key cannot be decrypted.
    """
    return FlatchrClient(
        endpoints(integration.environment),
        _credentials(integration),
        observer=redacting_observer(observer, integration),
        throttle=partial(throttle.take, integration.pk),
    )


def open_acting_client(
    integration: Integration, observer: Observer, policy: Policy
) -> ActingClient:
    """Return a client that may also write, with the timeouts of `policy`. As `open_client`."""
    return ActingClient(
        endpoints(integration.environment),
        _credentials(integration),
        observer=redacting_observer(observer, integration),
        throttle=partial(throttle.take, integration.pk),
        policy=policy,
    )


def _credentials(integration: Integration) -> Credentials:
    credentials = integration.credentials
    if not credentials.readable:
        raise FlatchrError(
            ErrorKind.WRONG_KEY,
            "The stored API key cannot be decrypted: the server's CREDENTIALS_KEYS have changed. "
            "Restore the earlier keys, or enter the API key again.",
        )
    return Credentials(credentials.api_key, credentials.company_key, credentials.slug)


def redacting_observer(observer: Observer, integration: Integration) -> Observer:
    """Return `observer`, behind a filter if the tenant's scopes leave out anything of people.

    The log of requests keeps the beginning of each answer, and the beginning of a list of
    applicants is the first of them with all its fields. Such answers are then not kept.
    """
    if not redacts_people(scopes_of(integration.pk)):
        return observer
    return RedactingObserver(observer)


class RedactingObserver:
    """Passes everything on, answers about people without their bodies."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def exchange(self, exchange: Exchange) -> None:
        if exchange.response_body and any(part in exchange.path for part in ABOUT_APPLICANTS):
            exchange = replace(exchange, response_body=WITHHELD)
        self._observer.exchange(exchange)

    def waiting(self, seconds: float, reason: str) -> None:
        self._observer.waiting(seconds, reason)

    def tick(self) -> None:
        self._observer.tick()
