"""Webhooks: endpoints, test events, the log of deliveries and replays."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.http import HttpResponse
from pydantic import AwareDatetime, Field

from integrations.api.bodies import Body, body_of, moment, success
from integrations.api.caller import caller
from integrations.api.errors import ApiError, invalid
from integrations.api.reads import cursors
from integrations.api.reads.listing import MOST, PAGE_SIZE
from integrations.api.reads.parameters import Parameters
from integrations.models import (
    EndpointState,
    Integration,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.webhooks import catalogue, endpoints, replay

DELIVERIES = "webhook-deliveries"


class DeliveryStates(StrEnum):
    """The parameter `state` of the list of deliveries."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class CreateWebhook(Body):
    """The body of `POST /webhooks`."""

    url: str = Field(max_length=endpoints.MOST_CHARACTERS)
    """Where events are sent to."""
    events: list[str] | None = Field(default=None, max_length=100)
    """The names of the types of events; without it, those of the vendor's contract."""
    integration_ids: list[str] | None = Field(default=None, max_length=1000)
    """The integrations it is about; without it, all that the key opens."""
    description: str = Field(default="", max_length=200)


class UpdateWebhook(Body):
    """The body of `PATCH /webhooks/{id}`: what is left out stays."""

    url: str | None = Field(default=None, max_length=endpoints.MOST_CHARACTERS)
    events: list[str] | None = Field(default=None, max_length=100)
    integration_ids: list[str] | None = Field(default=None, max_length=1000)
    description: str | None = Field(default=None, max_length=200)
    active: bool | None = None
    """False pauses it; true goes on, with what has come about meanwhile."""


class SendTestEvent(Body):
    """The body of `POST /webhooks/{id}/test`."""

    type: str = Field(default=catalogue.DATA_CHANGED, max_length=100)


class Replay(Body):
    """The body of `POST /webhooks/{id}/replay`: one of the three."""

    delivery_id: str | None = Field(default=None, max_length=20)
    """One delivery."""
    failed: bool = False
    """All that were given up."""
    since: AwareDatetime | None = Field(default=None)
    """All that came about from then on, up to `until`, those that arrived included."""
    until: AwareDatetime | None = Field(default=None)


def list_all(request: Any) -> HttpResponse:
    found = endpoints.visible_to_key(caller(request).key).prefetch_related(
        "integrations", "secrets"
    )
    return success({"next": None, "results": [_row(one) for one in found]})


def create(request: Any) -> HttpResponse:
    """With the secret, which no other answer has."""
    asked = body_of(request, CreateWebhook)
    who = caller(request)
    tenants = _tenants(request, asked.integration_ids)
    if tenants is None:
        tenants = [] if who.key.every_tenant else list(who.tenants)
        if not tenants and not who.key.every_tenant:
            raise invalid("integration_ids: the API key opens no integration.")
    _storable(asked.url, asked.description)
    try:
        endpoint, secret = endpoints.create_endpoint(
            url=asked.url,
            events=asked.events,
            integrations=tenants,
            description=asked.description,
            key=who.key,
        )
    except endpoints.EndpointRefused as refused:
        raise _refused(refused) from refused
    return success({**_row(endpoint), "secret": secret})


def details(request: Any, webhook_id: str) -> HttpResponse:
    return success(_row(_find(request, webhook_id)))


def update(request: Any, webhook_id: str) -> HttpResponse:
    endpoint = _find(request, webhook_id)
    asked = body_of(request, UpdateWebhook)
    _storable(asked.url, asked.description)
    try:
        endpoints.change_endpoint(
            endpoint,
            url=asked.url,
            events=asked.events,
            integrations=_tenants(request, asked.integration_ids),
            description=asked.description,
        )
    except endpoints.EndpointRefused as refused:
        raise _refused(refused) from refused
    if asked.active is not None:
        (endpoints.resume if asked.active else endpoints.pause)(endpoint)
    return success(_row(_find(request, webhook_id)))


def delete(request: Any, webhook_id: str) -> HttpResponse:
    endpoints.remove(_find(request, webhook_id))
    return success({})


def rotate(request: Any, webhook_id: str) -> HttpResponse:
    """A new secret; the former one is valid for a day beside it."""
    endpoint = _find(request, webhook_id)
    secret = endpoints.rotate_secret(endpoint)
    return success({**_row(_find(request, webhook_id)), "secret": secret})


def send_test_event(request: Any, webhook_id: str) -> HttpResponse:
    endpoint = _find(request, webhook_id)
    asked = body_of(request, SendTestEvent)
    try:
        delivery = replay.send_test(endpoint, asked.type)
    except endpoints.EndpointRefused as refused:
        raise _refused(refused) from refused
    except replay.NothingToReplay as refused:
        raise _conflict(refused) from refused
    return success({"event_id": delivery.event_id, "delivery_id": str(delivery.pk)})


def deliveries(request: Any, webhook_id: str) -> HttpResponse:
    """The newest first."""
    endpoint = _find(request, webhook_id)
    parameters = Parameters(request.GET)
    size = parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
    cursor = parameters.cursor()
    found = _deliveries_of(endpoint).select_related("event")
    if state := parameters.one_of("state", DeliveryStates):
        found = found.filter(state=state)
    if cursor is not None:
        found = found.filter(pk__lt=_number(cursors.position(DELIVERIES, cursor)))
    rows = list(found.order_by("-pk").prefetch_related("tries")[: size + 1])
    following = None
    if len(rows) > size:
        following = cursors.cursor(DELIVERIES, str(rows[size - 1].pk))
    return success({"next": following, "results": [_delivery(row) for row in rows[:size]]})


def send_again(request: Any, webhook_id: str) -> HttpResponse:
    endpoint = _find(request, webhook_id)
    asked = body_of(request, Replay)
    period = asked.since is not None
    if [asked.delivery_id is not None, asked.failed, period].count(True) != 1:
        raise invalid("Send one of delivery_id, failed and since.")
    try:
        if asked.delivery_id is not None:
            found = _deliveries_of(endpoint).filter(pk=_number(asked.delivery_id))
            delivery = found.select_related("event", "endpoint").first()
            if delivery is None:
                raise invalid("delivery_id: this webhook has no such delivery.")
            replayed = int(replay.replay_one(delivery))
        elif asked.since is not None:
            until = asked.until or datetime.max.replace(tzinfo=asked.since.tzinfo, year=9000)
            replayed = replay.replay_period(endpoint, since=asked.since, until=until)
        else:
            replayed = replay.replay_failed(endpoint)
    except replay.NothingToReplay as refused:
        raise _conflict(refused) from refused
    return success({"replayed": replayed})


def _find(request: Any, webhook_id: str) -> WebhookEndpoint:
    """One that the key sees. Another's is as unknown as one that never was."""
    found: WebhookEndpoint | None = (
        endpoints.visible_to_key(caller(request).key).filter(pk=webhook_id).first()
    )
    if found is None:
        raise ApiError(
            "PLATFORM.INPUT_INVALID",
            "There is no webhook with this id, or the API key is not for all of its integrations.",
            status=404,
        )
    return found


def _deliveries_of(endpoint: WebhookEndpoint) -> Any:
    return WebhookDelivery.objects.filter(endpoints.is_about_its_tenants(), endpoint=endpoint)


def _tenants(request: Any, ids: list[str] | None) -> list[Integration] | None:
    if ids is None:
        return None
    if not ids:
        raise invalid("integration_ids: name at least one, or leave it out.")
    if any("\0" in one for one in ids):
        raise invalid("integration_ids: there is no such id.")
    return [caller(request).find(one) for one in dict.fromkeys(ids)]


def _storable(*texts: str | None) -> None:
    if any("\0" in text for text in texts if text):
        raise invalid("The request holds a NUL character.")


def _number(text: str) -> int:
    """The key of a row; -1, which is none, for a text that cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _refused(refused: endpoints.EndpointRefused) -> ApiError:
    return invalid(f"{refused.field}: {refused.message}")


def _conflict(refused: replay.NothingToReplay) -> ApiError:
    return ApiError("PLATFORM.INPUT_INVALID", str(refused), status=409)


def _row(endpoint: WebhookEndpoint) -> dict[str, Any]:
    ends = [row.ends_at for row in endpoint.secrets.all() if row.ends_at]
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "integration_ids": None
        if endpoint.every_tenant
        else [tenant.pk for tenant in endpoint.integrations.all()],
        "state": str(EndpointState(endpoint.state)),
        "switched_off_because": endpoint.off_reason or None,
        "created_at": moment(endpoint.created_at),
        "failing_since": moment(endpoint.failing_since),
        "last_success_at": moment(endpoint.succeeded_at),
        "former_secret_ends_at": moment(max(ends)) if ends else None,
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": str(delivery.pk),
        "event_id": delivery.event_id,
        "type": delivery.event.type,
        "is_test": delivery.event.is_test,
        "integration_id": delivery.event.integration_id,
        "state": delivery.state,
        "created_at": moment(delivery.created_at),
        "next_attempt_at": moment(delivery.next_attempt_at),
        "ended_at": moment(delivery.ended_at),
        "body": delivery.event.body or None,
        "attempts": [_attempt(one) for one in delivery.tries.all()],
    }


def _attempt(attempt: WebhookAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": moment(attempt.started_at),
        "duration_seconds": round(attempt.duration, 3),
        "status": attempt.status,
        "error": attempt.error or None,
        "response_body": attempt.response_body,
    }
