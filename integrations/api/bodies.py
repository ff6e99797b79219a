"""The bodies of requests: read within a limit, checked against a declared model."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError

from integrations.api.errors import ApiError, invalid

B = TypeVar("B", bound="Body")
# Reasons that are told at once; more would bury the first.
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
        raise invalid(told(error)) from None


def told(error: ValidationError) -> str:
    """What is wrong with an input, field by field, without repeating what was given."""
    reasons = [
        f"{'.'.join(str(part) for part in reason['loc']) or 'body'}: {reason['msg']}"
        for reason in error.errors(include_input=False, include_url=False)
    ]
    rest = len(reasons) - MOST_REASONS
    more = [f"and {rest} more"] if rest > 0 else []
    return "; ".join([*reasons[:MOST_REASONS], *more])
