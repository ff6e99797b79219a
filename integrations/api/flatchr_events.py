"""The address to which a tenant's Flatchr sends its events (`docs/flatchr-api.md §26`).

Answered at once, whatever was sent: nothing is known of what Flatchr does about another answer.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.webhooks.incoming.receiving import LARGEST, receive

logger = logging.getLogger(__name__)


@csrf_exempt
def take_event(request: HttpRequest, token: str) -> HttpResponse:
    """Store the event in the body; 200, 404 for an unknown address, 413, 429."""
    if request.method != "POST":
        return _answer(405, "Events are sent by POST.", {"Allow": "POST"})
    # From the stream: `request.body` has the limit that is meant for forms.
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _answer(413, f"An event has at most {LARGEST} bytes.")
    receipt = receive(token, body)
    if not receipt.known:
        return _answer(404, "There is no such address.")
    if receipt.retry_after:
        headers = {"Retry-After": str(receipt.retry_after)}
        return _answer(429, "Too many events in this minute.", headers)
    return JsonResponse({"status": "success"}, headers={"Cache-Control": "no-store"})


def _answer(status: int, message: str, headers: dict[str, str] | None = None) -> JsonResponse:
    response = JsonResponse(
        {"status": "error", "error": {"message": message}},
        status=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
    # Django logs the address of what fails, and this one is a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    logger.info("A request to an address for events was answered with %s", status)
    return response
