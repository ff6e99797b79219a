"""Whether a key works (`docs/unified-api.md §10.1`)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from integrations.api.answers import success

# A deployment is one environment, and the one customer of itself.
ENVIRONMENT = "relais"


def check(request: Any) -> HttpResponse:  # noqa: ARG001
    """The key works: otherwise the request would not have come here."""
    return success({"environment_id": ENVIRONMENT, "customer_id": ENVIRONMENT})
