"""What the API answers with: JSON, and 200 for every success (`docs/unified-api.md §1`, §14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse

from integrations.api.errors import GENERAL_CODES, ApiError

JSON = "application/json"


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


def failure(error: ApiError, *, general: bool) -> HttpResponse:
    """The error envelope; a code that general endpoints may not send is left out there."""
    code = None if general and error.code not in GENERAL_CODES else error.code
    answer = {
        "status": "error",
        "error": {"code": code, "title": error.title, "message": error.message, "log_url": None},
    }
    return HttpResponse(
        orjson.dumps(answer), content_type=JSON, status=error.status, headers=error.headers
    )


def moment(value: datetime | None) -> str | None:
    """YYYY-MM-DDTHH:mm:ss.sssZ, as every timestamp of the API is written."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
