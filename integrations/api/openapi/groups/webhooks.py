"""Webhooks."""

from __future__ import annotations

from integrations.api.openapi.failures import TENANT
from integrations.api.openapi.operations import Failure, Operation, OperationGroup, listed, nothing
from integrations.api.openapi.queries import page_of, parameter
from integrations.api.openapi.shapes import (
    ID,
    Schema,
    array,
    boolean,
    integer,
    moment,
    number,
    one_of,
    record,
    ref,
    string,
)
from integrations.api.reads.listing import MOST, PAGE_SIZE
from integrations.api.webhooks import (
    CreateWebhook,
    DeliveryStates,
    Replay,
    SendTestEvent,
    UpdateWebhook,
)
from integrations.models import EndpointState, OffReason
from integrations.webhooks import catalogue

_EVENTS = array(one_of(catalogue.TYPES), example=["data-changed", "sync-finished"])
_URL = string("Where events are sent to.", example="https://app.example/relais-hook")
_WEBHOOK: dict[str, Schema] = {
    "id": string(example=ID),
    "url": _URL,
    "description": string(example="Production"),
    "events": _EVENTS,
    "integration_ids": {
        "description": "The integrations it is about; null for all, those to come included.",
        "anyOf": [array(string()), {"type": "null"}],
        "examples": [None],
    },
    "state": one_of(
        EndpointState.values,
        "PAUSED: events are queued. OFF: they are not, until it is switched on again.",
    ),
    "switched_off_because": one_of(
        OffReason.values,
        "gone: the receiver answered 410. failing: nothing arrived for five days.",
        null=True,
    ),
    "created_at": moment(),
    "failing_since": moment("The first failure since the last success.", null=True),
    "last_success_at": moment(null=True),
    "former_secret_ends_at": moment(
        "While the secret is being rotated: until when the former one is valid, too.", null=True
    ),
}
_SECRET = string(
    "The secret that requests are signed with. Keep it: it is not shown again.",
    example="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
)
_DELIVERY = record(
    {
        "id": string(example="1042"),
        "event_id": string(example="FhghqjnCi9WuAoLT8Z75CFcs"),
        "type": one_of(catalogue.TYPES),
        "is_test": boolean(example=False),
        "integration_id": string(null=True, example=f"flatchr:{ID}"),
        "state": one_of(DeliveryStates, example="DELIVERED"),
        "created_at": moment(),
        "next_attempt_at": moment(null=True, example=None),
        "ended_at": moment(null=True),
        "body": string("What was sent; null once it is no longer kept.", null=True),
        "attempts": array(ref("WebhookAttempt")),
    }
)
_ATTEMPT = record(
    {
        "number": integer(example=1),
        "started_at": moment(),
        "duration_seconds": number(example=0.084),
        "status": integer("Of the answer; null without one.", null=True, example=200),
        "error": string("Why there was no answer.", null=True, example="timeout"),
        "response_body": string("The beginning of the answer.", example="ok"),
    }
)
_UNKNOWN = Failure(
    404, "PLATFORM.INPUT_INVALID", "There is no such webhook, or the key is not for it."
)
_OFF = Failure(
    409, "PLATFORM.INPUT_INVALID", "The webhook is switched off, or the content is gone."
)
_WEBHOOK_ID = "webhooks/{webhook_id}"

WEBHOOKS = OperationGroup(
    "Webhooks",
    "Relais posts a JSON object {id, type, data} to your address. Answer with any 2xx within 15 "
    "seconds. Otherwise it is sent again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and "
    "24 h, under the same id: pass over an id that you know. Retry-After is respected, redirects "
    "are not followed, 410 switches the webhook off. Verify X-Kombo-Signature, the unpadded "
    "base64url HMAC-SHA256 of the raw body with the secret as it is; or, better, as it covers the "
    "time, webhook-signature of Standard Webhooks with one of its libraries.",
    (
        Operation(
            "GET webhooks",
            "List webhooks",
            "Those of whose integrations the key opens every one. They come on one page.",
            data=listed("Webhook"),
        ),
        Operation(
            "POST webhooks",
            "Create a webhook",
            "The answer has the secret, which is not shown again.",
            data=record({**_WEBHOOK, "secret": _SECRET}),
            body=CreateWebhook,
            sample={
                "url": "https://app.example/relais-hook",
                "events": ["data-changed", "sync-finished"],
            },
            failures=(TENANT,),
        ),
        Operation(f"GET {_WEBHOOK_ID}", "Get a webhook", data=ref("Webhook"), failures=(_UNKNOWN,)),
        Operation(
            f"PATCH {_WEBHOOK_ID}",
            "Change, pause or resume a webhook",
            data=ref("Webhook"),
            body=UpdateWebhook,
            sample={"active": False},
            failures=(_UNKNOWN, TENANT),
        ),
        Operation(
            f"DELETE {_WEBHOOK_ID}", "Delete a webhook", data=nothing(), failures=(_UNKNOWN,)
        ),
        Operation(
            f"POST {_WEBHOOK_ID}/rotate-secret",
            "Make a new secret",
            "For a day webhook-signature has a signature with each of the two secrets, and "
            "X-Kombo-Signature is made with the former one.",
            data=record({**_WEBHOOK, "secret": _SECRET}),
            failures=(_UNKNOWN,),
        ),
        Operation(
            f"POST {_WEBHOOK_ID}/test",
            "Send a test event",
            "An invented event of any type, whatever the webhook asks for.",
            data=record(
                {
                    "event_id": string(example="FhghqjnCi9WuAoLT8Z75CFcs"),
                    "delivery_id": string(example="1042"),
                }
            ),
            body=SendTestEvent,
            body_optional=True,
            sample={"type": "data-changed"},
            failures=(_UNKNOWN, _OFF),
        ),
        Operation(
            f"GET {_WEBHOOK_ID}/deliveries",
            "List deliveries",
            "The newest first, with every attempt. They are kept for 30 days.",
            data=listed("WebhookDelivery"),
            query=(
                *page_of(MOST, PAGE_SIZE),
                parameter("state", {"type": "string", "enum": list(DeliveryStates)}),
            ),
            failures=(_UNKNOWN,),
        ),
        Operation(
            f"POST {_WEBHOOK_ID}/replay",
            "Send events again",
            "Under the same ids: one delivery, all that were given up, or all of a period.",
            data=record({"replayed": integer("How many.", example=3)}),
            body=Replay,
            sample={"failed": True},
            failures=(_UNKNOWN, _OFF),
        ),
    ),
    {
        "Webhook": record(_WEBHOOK),
        "WebhookDelivery": _DELIVERY,
        "WebhookAttempt": _ATTEMPT,
    },
)
