"""Requests to Flatchr's own API."""

from __future__ import annotations

from integrations.api.openapi.operations import Failure, Operation, OperationGroup
from integrations.api.openapi.shapes import Schema, integer, record, string
from integrations.api.passthrough import PassthroughInput

_ANSWER: Schema = record(
    {
        "url": string("The whole address that was asked.", example="https://api.flatchr.example/"),
        "status": integer("Flatchr's own HTTP status.", example=200),
        "headers": {
            "type": "object",
            "description": "Flatchr's headers.",
            "additionalProperties": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
            "examples": [{"content-type": "application/json"}],
        },
        "data": {
            "description": "The body: JSON as it came, else text; base64 when asked for.",
            "examples": [{"data": []}],
        },
    }
)

PASSTHROUGH = OperationGroup(
    "Passthrough",
    "Any request to Flatchr, with the integration's key added here. A key made with "
    "`create_api_key` may read only, until it is given more methods.",
    (
        Operation(
            "POST passthrough/{tool}/{api}",
            "Send a request to Flatchr",
            "`tool` is `flatchr`. `api` is `api` for Flatchr's API, or `career` (also `careers`) "
            "for its career sites. An error status of Flatchr is data, and not an error: look at "
            "`data.status`.",
            data=_ANSWER,
            warnings=True,
            body=PassthroughInput,
            sample={"method": "GET", "path": "/company/{company}/vacancies"},
            sdk="general.send_passthrough_request",
            repeats=True,
            failures=(
                Failure(403, "PLATFORM.INPUT_INVALID", "The key may not send this method."),
                Failure(409, None, "The integration is disabled, or has no Flatchr key."),
                Failure(
                    424,
                    None,
                    "Flatchr refuses the stored key, or answered with more than can be passed on.",
                ),
                Failure(
                    424,
                    "PLATFORM.TASK_TIMED_OUT",
                    "Flatchr's answer was lost, so it may have been done or not.",
                ),
                Failure(503, None, "Flatchr cannot be reached. Nothing was sent."),
                Failure(504, "PLATFORM.TASK_TIMED_OUT", "Flatchr did not answer in time."),
                Failure(429, "PLATFORM.RATE_LIMIT_EXCEEDED", "Too many requests to Flatchr."),
            ),
        ),
    ),
)
