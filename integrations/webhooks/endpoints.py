"""Endpoints: making, changing and removing them, their secrets, and what switches them off."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations import egress, jobs
from integrations.accounts.permissions import Permission, tenants_where
from integrations.audit.trail import record
from integrations.egress import EgressError
from integrations.messages import Message
from integrations.models import (
    ApiKey,
    DeliveryState,
    EndpointState,
    Event,
    Integration,
    OffReason,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from integrations.webhooks import catalogue, signing, telling
from integrations.webhooks.outcome import DeliveryOutcome
from integrations.webhooks.queue import DELIVERIES

logger = logging.getLogger(__name__)

# How long the former secret is valid beside the new one, unless it is ended before.
OVERLAP = timedelta(hours=24)
# Nothing but failures for so long switches an endpoint off.
PATIENCE = timedelta(days=5)
# Deliveries were given up with these: the endpoint was switched off, or is for other tenants now.
SWITCHED_OFF = "endpoint_off"
OTHER_TENANT = "other_tenant"
MOST_CHARACTERS = 2_000
BATCH = 2000


class EndpointRefused(Exception):
    """An endpoint cannot be so; the message is for the user. `field` is url, events or tenants."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


# Who sees which


def visible_to_user(user: Any) -> QuerySet[WebhookEndpoint]:
    """Those whose tenants are all among those in which the user manages webhooks."""
    endpoints = WebhookEndpoint.objects.all()
    if user.is_superuser and user.is_active:
        return endpoints
    return _within(endpoints, tenants_where(user, Permission.WEBHOOKS))


def visible_to_key(key: ApiKey) -> QuerySet[WebhookEndpoint]:
    """Those whose tenants the key all opens."""
    endpoints = WebhookEndpoint.objects.all()
    return endpoints if key.every_tenant else _within(endpoints, key.integrations.all())


def _within(endpoints: Any, tenants: Any) -> QuerySet[WebhookEndpoint]:
    """Endpoints for some tenants, all of which are among `tenants`."""
    links = WebhookEndpoint.integrations.through.objects
    others = links.exclude(integration_id__in=tenants.values("pk"))
    found: QuerySet[WebhookEndpoint] = endpoints.filter(
        every_tenant=False, pk__in=links.values("webhookendpoint_id")
    ).exclude(pk__in=others.values("webhookendpoint_id"))
    return found


def is_about_its_tenants() -> Q:
    """Deliveries about tenants that their endpoint is for, and of tests: not those about tenants
    that it was for before, of which whoever manages it now may not be allowed to see anything.
    """
    links = WebhookEndpoint.integrations.through.objects.filter(
        webhookendpoint_id=OuterRef("endpoint_id"), integration_id=OuterRef("event__integration_id")
    )
    return Q(endpoint__every_tenant=True) | Q(event__is_test=True) | Q(Exists(links))


# Making and changing


def create_endpoint(
    *,
    url: str,
    events: Iterable[str] | None = None,
    integrations: Iterable[Integration] = (),
    description: str = "",
    user: Any = None,
    key: ApiKey | None = None,
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; (its row, its secret, which is not shown again).

    Without `integrations` it is for every tenant, those to come included. Without `events` it gets
    those of the vendor's contract. Raises `EndpointRefused`.
    """
    tenants = list(integrations)
    endpoint = WebhookEndpoint(
        url=checked_url(url),
        events=checked_events(catalogue.DEFAULT if events is None else events),
        description=description.strip(),
        every_tenant=not tenants,
        created_by=user,
        created_by_key=key,
    )
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint.save(force_insert=True)
        endpoint.integrations.set(tenants)
        telling.begin(endpoint)
        WebhookSecret.objects.create(endpoint=endpoint, secret=secret)
        _record(Event.WEBHOOK_MADE, endpoint, events=endpoint.events)
    return endpoint, secret


def change_endpoint(
    endpoint: WebhookEndpoint,
    *,
    url: str | None = None,
    events: Iterable[str] | None = None,
    integrations: Iterable[Integration] | None = None,
    every_tenant: bool | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """Change what is given. What is under way goes to the new address, unless it is about a tenant
    that the endpoint is no longer for. Raises `EndpointRefused`.
    """
    heard_of_all = endpoint.every_tenant
    known = list(endpoint.integrations.values_list("pk", flat=True))
    if url is not None:
        endpoint.url = checked_url(url)
    if events is not None:
        endpoint.events = checked_events(events)
    if description is not None:
        endpoint.description = description.strip()
    tenants = None if integrations is None else list(integrations)
    if every_tenant:
        endpoint.every_tenant, tenants = True, []
    elif tenants is not None:
        if not tenants:
            raise EndpointRefused("tenants", Message("webhook_no_tenants"))
        endpoint.every_tenant = False
    with transaction.atomic():
        endpoint.save(update_fields=["url", "events", "description", "every_tenant"])
        if tenants is not None:
            endpoint.integrations.set(tenants)
            waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
            _give_up(waiting.exclude(is_about_its_tenants()), OTHER_TENANT, now=jobs.now())
        if not heard_of_all and endpoint.state != EndpointState.OFF:
            telling.begin(endpoint, known=known)
        _record(Event.WEBHOOK_CHANGED, endpoint, events=endpoint.events)
    return endpoint


def checked_url(url: str) -> str:
    """The address without blanks around it; raises `EndpointRefused` for one not to be reached."""
    url = url.strip()
    try:
        egress.check(url, allowed_networks=settings.EGRESS_ALLOWED_NETWORKS)
    except EgressError as error:
        raise EndpointRefused("url", Message(f"webhook_{error.code}")) from error
    if len(url) > MOST_CHARACTERS:
        raise EndpointRefused("url", Message("webhook_invalid_url"))
    return url


def checked_events(events: Iterable[str]) -> list[str]:
    """The names, each once, in the order of the catalogue. Raises `EndpointRefused`."""
    given = [name.strip() for name in events]
    if unknown := [name for name in given if name not in catalogue.TYPES]:
        raise EndpointRefused(
            "events",
            Message(
                "webhook_event_unknown",
                unknown=unknown[0][:60],
                known=", ".join(catalogue.TYPES),
            ),
        )
    if not given:
        raise EndpointRefused("events", Message("webhook_no_events"))
    return [name for name in catalogue.TYPES if name in given]


def pause(endpoint: WebhookEndpoint) -> None:
    """Deliver nothing until `resume`; what comes about meanwhile is queued. Idempotent."""
    _set_state(endpoint, EndpointState.PAUSED)


def resume(endpoint: WebhookEndpoint) -> None:
    """Deliver again, what waits included: after a pause, or after it was switched off.

    Idempotent.
    """
    _set_state(endpoint, EndpointState.ACTIVE)
    DELIVERIES.enqueue(endpoint.pk)


def _set_state(endpoint: WebhookEndpoint, state: EndpointState) -> None:
    with transaction.atomic():
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(state=state)
        if rows.update(state=state, off_reason="", failing_since=None, held_until=None):
            if endpoint.state == EndpointState.OFF:
                telling.begin(endpoint)
            _record(Event.WEBHOOK_CHANGED, endpoint, state=str(state))
    endpoint.refresh_from_db()


def remove(endpoint: WebhookEndpoint) -> None:
    """Remove it with its deliveries. Idempotent."""
    with transaction.atomic():
        # Whoever delivers to it loses it, so that nothing is written to what is being removed.
        if not WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            state=EndpointState.OFF, lease_owner="", lease_expires_at=None
        ):
            return
        _record(Event.WEBHOOK_DELETED, endpoint)
    mine = WebhookDelivery.objects.filter(endpoint_id=endpoint.pk).order_by()
    while batch := list(mine.values_list("pk", flat=True)[:BATCH]):
        WebhookDelivery.objects.filter(pk__in=batch).delete()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()


# Secrets


def valid_secrets(endpoint: WebhookEndpoint, now: datetime) -> Sequence[str]:
    """The secrets that its requests are signed with, the newest first."""
    valid = endpoint.secrets.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("-pk")
    return [row.secret for row in valid]


def rotate_secret(endpoint: WebhookEndpoint, *, overlap: timedelta = OVERLAP) -> str:
    """Make a new secret, which is not shown again. The former one is valid for `overlap` longer.

    One that was on its way out ends at once, so that there are never more than two.
    """
    secret = signing.new_secret()
    now = jobs.now()
    with transaction.atomic():
        # A second click at the same moment waits, and ends the secret of the first.
        WebhookEndpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
        endpoint.secrets.exclude(ends_at=None).delete()
        endpoint.secrets.update(ends_at=now + overlap)
        WebhookSecret.objects.create(endpoint=endpoint, secret=secret)
        _record(Event.WEBHOOK_SECRET_ROTATED, endpoint)
    return secret


def end_rotation(endpoint: WebhookEndpoint) -> bool:
    """End the former secret now; whether there was one. Idempotent."""
    with transaction.atomic():
        ended, _ = endpoint.secrets.exclude(ends_at=None).delete()
        if ended:
            _record(Event.WEBHOOK_SECRET_ROTATED, endpoint, former="ended")
    return bool(ended)


# What attempts make of an endpoint


def note_outcomes(
    endpoint: WebhookEndpoint, outcomes: Sequence[DeliveryOutcome], *, now: datetime
) -> None:
    """Note in the endpoint's row whether it works, and switch it off where nothing has for
    `PATIENCE` or where its receiver says that it is gone. Inside the transaction that writes the
    outcomes.
    """
    if not outcomes:
        return
    held = [outcome.held_until for outcome in outcomes if outcome.held_until]
    if any(outcome.sent.succeeded for outcome in outcomes):
        endpoint.failing_since, endpoint.succeeded_at = None, now
    else:
        endpoint.failing_since = endpoint.failing_since or now
    endpoint.held_until = max(held) if held else endpoint.held_until
    endpoint.save(update_fields=["failing_since", "succeeded_at", "held_until"])
    if any(outcome.sent.is_gone for outcome in outcomes):
        _switch_off(endpoint, OffReason.GONE, now=now)
    elif endpoint.failing_since is not None and endpoint.failing_since <= now - PATIENCE:
        _switch_off(endpoint, OffReason.FAILING, now=now)


def _switch_off(endpoint: WebhookEndpoint, reason: OffReason, *, now: datetime) -> None:
    """Deliver nothing any more, and give up what waits: it can be replayed."""
    endpoint.state, endpoint.off_reason = EndpointState.OFF, reason
    endpoint.save(update_fields=["state", "off_reason"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
    _give_up(waiting, SWITCHED_OFF, now=now)
    _record(Event.WEBHOOK_SWITCHED_OFF, endpoint, reason=str(reason))
    logger.warning("Webhook endpoint %s was switched off: %s", endpoint.pk, reason)


def _give_up(waiting: QuerySet[WebhookDelivery], error: str, *, now: datetime) -> None:
    waiting.update(state=DeliveryState.FAILED, next_attempt_at=None, ended_at=now, last_error=error)


def _record(event: Event, endpoint: WebhookEndpoint, **details: Any) -> None:
    """With the endpoint's tenant, where it is for one alone."""
    tenants = [] if endpoint.every_tenant else list(endpoint.integrations.all()[:2])
    record(
        event,
        tenant=tenants[0] if len(tenants) == 1 else None,
        about=endpoint,
        name=shown_url(endpoint),
        user=endpoint.created_by if event is Event.WEBHOOK_MADE else None,
        **details,
    )


def shown_url(endpoint: WebhookEndpoint) -> str:
    """The address without its query, which may hold a token of the receiver's."""
    url: str = endpoint.url
    address, mark, _query = url.partition("?")
    return f"{address}?…" if mark else address
