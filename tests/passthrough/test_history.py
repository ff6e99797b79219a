"""What the history of the passthrough keeps: the request, and none of the tenant's secrets."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User

from integrations.models import AuditEntry, Event, HttpExchange, Integration, PassthroughCall
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


def named(value: Any, word: str, by: str) -> Any:
    """`value` with `word` replaced in every text of it, names included."""
    if isinstance(value, str):
        return value.replace(word, by)
    if isinstance(value, dict):
        return {named(name, word, by): named(one, word, by) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(named(one, word, by) for one in value)
    return value


@pytest.mark.parametrize(
    "place",
    [
        {"params": {"lang": "fr", "note": "KEY"}},
        {"params": {"KEY": "fr"}},
        {"path": "/contracts?note=KEY"},
        {"path": "/contracts/KEY"},
        {"headers": {"X-Note": "KEY"}},
        {"method": "POST", "data": {"note": "KEY"}},
        {"method": "POST", "data": "note KEY"},
        {"method": "POST", "form": (("note", "KEY"),)},
    ],
    ids=["parameter", "its name", "query", "path", "header", "JSON", "text", "form"],
)
def test_the_key_is_masked_wherever_it_was_put(
    place: dict[str, Any], connected_tenant: Integration, alice: User, sandbox: Sandbox
) -> None:
    call = send(connected_tenant, alice, **named(place, "KEY", sandbox.api_key))

    kept = str([PassthroughCall.objects.values(), HttpExchange.objects.values()])
    assert sandbox.api_key not in kept
    assert "***" in str([call.path, call.params, call.headers, call.body])


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Client_Secret",
        "access-token",
        "user[password]",
        "authorization",
        "apikey",
        "X-Api-Key",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        {"params": {"lang": "fr", "NAME": "open sesame"}},
        {"path": "/contracts?lang=fr&NAME=sesame"},
        {"path": "/contracts?NAME=sesame"},
        {"method": "POST", "data": {"user": {"NAME": "open sesame"}}},
        {"method": "POST", "data": {"user": [{"NAME": 537053705370537, "a": "sesam"}]}},
        {"method": "POST", "data": "NAME=sesame&b=1"},
        {"method": "POST", "form": (("a", "b"), ("NAME", "open sesame"))},
    ],
    ids=["parameter", "query", "query begins", "JSON", "number", "text", "form"],
)
def test_a_value_under_the_name_of_a_secret_is_masked(
    place: dict[str, Any], name: str, connected_tenant: Integration, alice: User
) -> None:
    call = send(connected_tenant, alice, **named(place, "NAME", name))

    kept = str([PassthroughCall.objects.values(), HttpExchange.objects.values()])
    assert "sesame" not in kept
    assert "537053705370537" not in kept
    assert "***" in str([call.path, call.params, call.body])
    assert call.body_kind != "JSON" or orjson.loads(call.body)


@pytest.mark.parametrize(
    "name", ["X-Api-Key", "X-Auth-Token", "X-Note", "x-amazing", "X_Signature"]
)
def test_of_a_header_that_may_be_a_secret_the_name_alone_is_kept(
    name: str, connected_tenant: Integration, alice: User
) -> None:
    call = send(connected_tenant, alice, headers={name: "open sesame", "Accept-Language": "fr"})

    kept = str([PassthroughCall.objects.values(), HttpExchange.objects.values()])
    assert "sesame" not in kept
    assert call.headers == {name: "***", "Accept-Language": "fr"}


def test_the_other_parameters_are_kept_as_they_were(
    connected_tenant: Integration, alice: User
) -> None:
    given = {"lang": "fr", "tokens": "3", "secretary": "Nadia", "x": "a\0b"}

    call = send(connected_tenant, alice, params=given)

    assert call.params == {**given, "x": "a\N{REPLACEMENT CHARACTER}b"}
    assert (call.user, call.status) == (alice, 200)


@pytest.mark.parametrize(
    ("method", "what"), [("GET", "console_read"), ("POST", "passthrough_write")]
)
def test_what_a_user_reads_or_changes_is_in_the_audit_trail(
    method: str, what: str, connected_tenant: Integration, alice: User
) -> None:
    call = send(connected_tenant, alice, method=method)
    entry = AuditEntry.objects.get(what=Event(what))
    assert (entry.who, entry.object_id) == ("alice", str(call.pk))
    assert entry.details == {"method": method, "host": "api"}
