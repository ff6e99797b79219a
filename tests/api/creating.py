"""Creating candidates through the official SDK, and what it raises."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from kombo.errors import KomboAtsError

from integrations.sandbox.resumes import seeded_pdf

EMAIL = "nadia.perrot@courrier.example"
PDF = seeded_pdf("Nadia Perrot")
# Of requests that Flatchr receives.
CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"


def person(**fields: Any) -> dict[str, Any]:
    given = {
        "first_name": "Nadia",
        "last_name": "Perrot",
        "email_address": EMAIL,
        "phone_number": "+33 6 39 98 00 01",
    }
    return {**given, **fields}


def cv(**fields: Any) -> dict[str, Any]:
    given = {
        "name": "cv.pdf",
        "type": "CV",
        "content_type": "application/pdf",
        "data": base64.b64encode(PDF).decode(),
    }
    return {name: value for name, value in {**given, **fields}.items() if value is not None}


def refused(call: Callable[..., Any], **arguments: Any) -> KomboAtsError:
    with pytest.raises(KomboAtsError) as error:
        call(**arguments)
    return error.value


def told(error: KomboAtsError) -> tuple[str | None, int]:
    """Code and status of an error, as the SDK understood it."""
    return error.data.error.code, error.status_code


def messages(response: Any) -> list[str]:
    return [warning.message for warning in response.warnings]
