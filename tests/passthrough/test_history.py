"""What the history of the passthrough keeps: the request, and none of the tenant's secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from integrations.models import HttpExchange, Integration, PassthroughCall
from integrations.passthrough import sending
from integrations.passthrough.history import Sender
from integrations.passthrough.request import PassthroughRequest, check_request
from integrations.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def send(tenant: Integration, user: User, **fields: Any) -> PassthroughCall:
    """Send a request; its row in the history."""
    given: dict[str, Any] = {"host": "api", "method": "GET", "path": "/contracts", **fields}
    sending.send(tenant, check_request(PassthroughRequest(**given)), Sender(user=user))
    return PassthroughCall.objects.get()


@pytest.mark.parametrize(
    "place",
    [
        {"params": {"lang": "fr", "note": "KEY"}},
        {"path": "/contracts?note=KEY"},
        {"path": "/contracts/KEY"},
        {"headers": {"X-Note": "KEY"}},
        {"method": "POST", "data": {"note": "KEY"}},
        {"method": "POST", "data": "note KEY"},
        {"method": "POST", "form": (("note", "KEY"),)},
    ],
    ids=["parameter", "query", "path", "header", "JSON", "text", "form"],
)
def test_the_key_is_masked_wherever_it_was_put(
    place: dict[str, Any], connected_tenant: Integration, alice: User, sandbox: Sandbox
) -> None:
    def put(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("KEY", sandbox.api_key)
        if isinstance(value, dict):
            return {name: put(one) for name, one in value.items()}
        return tuple(put(one) for one in value) if isinstance(value, tuple) else value

    call = send(connected_tenant, alice, **put(place))

    kept = str([PassthroughCall.objects.values(), HttpExchange.objects.values()])
    assert sandbox.api_key not in kept
    assert "***" in str([call.path, call.params, call.headers, call.body])


def test_the_other_parameters_are_kept_as_they_were(
    connected_tenant: Integration, alice: User
) -> None:
    call = send(connected_tenant, alice, params={"lang": "fr", "x": "a\0b"})

    assert call.params == {"lang": "fr", "x": "a\N{REPLACEMENT CHARACTER}b"}
    assert (call.user, call.status) == (alice, 200)
