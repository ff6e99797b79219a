"""Refusals, in the shape that Flatchr's framework gives them. `docs/flatchr-api.md` §H.1."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """An answer other than 2xx, raised by a handler."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = body or {
            "statusCode": status,
            "error": HTTPStatus(status).phrase,
            "message": message,
        }


def missing(name: str) -> Problem:
    """A required field is absent."""
    return Problem(400, f'"{name}" is required')


def not_found(what: str) -> Problem:
    """No record has this id."""
    return Problem(404, f"{what} not found")
