"""Requests through the passthrough by the official SDK, and what it raises."""

from __future__ import annotations

from typing import Any

import pytest
from kombo import Kombo
from kombo.errors import KomboGeneralError

from integrations.sandbox import Sandbox

COLUMNS = "/company/{company}/columns"


def passed(kombo: Kombo, path: str, method: str = "GET", api: str = "api", **more: Any) -> Any:
    """What the SDK makes of the answer."""
    return kombo.general.send_passthrough_request(
        tool="flatchr", api=api, method=method, path=path, **more
    )


def refused(kombo: Kombo, path: str, method: str = "GET", **more: Any) -> KomboGeneralError:
    with pytest.raises(KomboGeneralError) as error:
        passed(kombo, path, method, **more)
    return error.value


def told(error: KomboGeneralError) -> tuple[str | None, int]:
    return error.data.error.code, error.status_code


def columns(sandbox: Sandbox) -> str:
    return COLUMNS.format(company=sandbox.company_key)
