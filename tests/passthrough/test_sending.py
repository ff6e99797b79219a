"""Sending through the passthrough: what a request that brought no answer says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flatchr.errors import ErrorKind
from integrations.models import FlatchrCredentials, Integration, PassthroughCall
from integrations.passthrough.history import Sender
from integrations.passthrough.request import PassthroughRequest, check_request
from integrations.passthrough.sending import NoResponse, send
from integrations.sandbox import Sandbox
from tests.flatchr.scripted_server import ScriptedServer, reset

pytestmark = pytest.mark.django_db(transaction=True)


def unanswered(tenant: Integration, method: str, data: Any = None) -> NoResponse:
    with pytest.raises(NoResponse) as error:
        send(tenant, check_request(PassthroughRequest("api", method, "/x", data=data)), Sender())
    return error.value


@pytest.mark.parametrize(("method", "data"), [("DELETE", None), ("POST", None), ("POST", {"a": 1})])
def test_a_key_that_is_refused_while_sending_leaves_no_doubt_that_nothing_was_done(
    method: str, data: Any, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    credentials = FlatchrCredentials.objects.get(integration=connected_tenant)
    credentials.api_key = "clé\nd'ailleurs"
    credentials.save()
    connected_tenant.refresh_from_db()

    error = unanswered(connected_tenant, method, data)

    assert (error.kind, error.may_be_done) == (ErrorKind.WRONG_KEY, False)
    assert "look before you send it again" not in error.message
    assert PassthroughCall.objects.get().error == error.message
    assert len(sandbox.requests.matching(method, "/x$")) == 0


@pytest.mark.parametrize(("method", "may_be_done"), [("GET", False), ("DELETE", True)])
def test_a_lost_answer_leaves_doubt_unless_it_was_to_a_read(
    method: str, may_be_done: bool, connected_tenant: Integration, settings: Any
) -> None:
    with ScriptedServer(reset()) as server:
        here = {"api_url": server.url, "careers_url": server.url}
        settings.FLATCHR_ENDPOINTS = {**settings.FLATCHR_ENDPOINTS, "sandbox": here}
        error = unanswered(connected_tenant, method)

    assert error.may_be_done is may_be_done
    assert ("look before you send it again" in error.message) is may_be_done
