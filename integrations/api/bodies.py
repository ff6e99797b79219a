"""The bodies of requests, read within a limit and checked against a declared model, and those of
answers: JSON, and 200 for every success (`docs/unified-api.md §1`, §14).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from integrations.api.errors import GENERAL_CODES, ApiError, invalid

JSON = "application/json"

B = TypeVar("B", bound="Body")
# Reasons in one message; more would bury the first.
MOST_REASONS = 5


class Body(BaseModel):
    """A request's JSON object. Types are not converted and unknown keys are passed over, as the
    hosted API has it. The text below a field tells of it in the API reference.
    """

    model_config = ConfigDict(strict=True, extra="ignore", use_attribute_docstrings=True)


def raw_body(request: Any) -> bytes:
    """The body's bytes. Raises `ApiError` 413 above `API_MAX_BYTES`.

    Read from the stream, since `request.body` has the limit that is meant for forms.
    """
    known: bytes | None = getattr(request, "api_body", None)
    if known is not None:
        return known
    limit: int = settings.API_MAX_BYTES
    body: bytes = request.read(limit + 1)
    if len(body) > limit:
        raise ApiError(
            "PLATFORM.INPUT_INVALID",
            f"The body of the request is larger than {limit} bytes.",
            status=413,
        )
    request.api_body = body
    return body


def body_of(request: Any, model: type[B]) -> B:
    """The body as `model`; an empty one is an empty object. Raises `ApiError`
    PLATFORM.INPUT_INVALID that names the fields.
    """
    try:
        return model.model_validate_json(raw_body(request) or b"{}")
    except ValidationError as error:
        raise invalid(reasons_of(error)) from None


def reasons_of(error: ValidationError) -> str:
    """What is wrong with an input, field by field, without repeating what was given."""
    reasons = [
        f"{'.'.join(str(part) for part in reason['loc']) or 'body'}: {reason['msg']}"
        for reason in error.errors(include_input=False, include_url=False)
    ]
    rest = len(reasons) - MOST_REASONS
    more = [f"and {rest} more"] if rest > 0 else []
    return "; ".join([*reasons[:MOST_REASONS], *more])


def success(data: Any, *, warnings: Sequence[str] | None = None) -> HttpResponse:
    """The envelope around `data`. `warnings` is in it when given, even if empty: actions have
    the key, lists and general endpoints do not.
    """
    answer: dict[str, Any] = {"status": "success", "data": data}
    if warnings is not None:
        answer["warnings"] = [{"message": message} for message in warnings]
    return HttpResponse(orjson.dumps(answer), content_type=JSON)


def page(rows: Sequence[bytes], following: str | None) -> HttpResponse:
    """A page of a list: `rows` are JSON objects as they go out, `following` the next cursor."""
    return HttpResponse(
        b'{"status":"success","data":{"next":%b,"results":[%b]}}'
        % (orjson.dumps(following), b",".join(rows)),
        content_type=JSON,
    )


def failure(error: ApiError, *, general: bool, log_url: str | None = None) -> HttpResponse:
    """The error envelope; a code that general endpoints may not send is left out there. `log_url`
    is the page of the call.
    """
    code = None if general and error.code not in GENERAL_CODES else error.code
    told: dict[str, Any] = {"code": code, "title": error.title, "message": error.message}
    told["log_url"] = log_url
    if error.submission:
        told["submission_id"] = error.submission
    answer = {"status": "error", "error": told}
    return HttpResponse(
        orjson.dumps(answer), content_type=JSON, status=error.status, headers=error.headers
    )


def moment(value: datetime | None) -> str | None:
    """YYYY-MM-DDTHH:mm:ss.sssZ, as every timestamp of the API is written."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
