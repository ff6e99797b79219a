"""The passthrough: requests that are refused here, and what a key may send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.passthrough.passing import columns, passed, refused, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/x",
        "//elsewhere.example/x",
        "/a/../../x",
        "/a/%2e%2e/x",
        "/a\\..\\x",
        "/a\r\nX-Injected: 1",
        "/a?token=mine",
    ],
)
def test_a_path_that_could_leave_the_host_is_refused(
    path: str, kombo: Kombo, sandbox: Sandbox
) -> None:
    error = refused(kombo, path)
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize("name", ["Authorization", "Host", "Cookie", "Transfer-Encoding"])
def test_a_header_that_says_who_asks_cannot_be_set(
    name: str, kombo: Kombo, sandbox: Sandbox
) -> None:
    error = refused(kombo, columns(sandbox), headers={name: "x"})
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert name.lower() in error.data.error.message
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"name": "cv.pdf"}, "either data or data_url"),
        ({"name": "cv.pdf", "data": "%"}, "base64"),
        ({"name": "cv.pdf", "data_url": "http://127.0.0.1/cv.pdf"}, "private network"),
        ({"name": "cv.pdf", "data": "", "content_type": "a\r\nb"}, "content type"),
    ],
)
def test_a_file_of_a_form_that_cannot_be_had_is_refused(
    file: dict[str, Any], words: str, kombo: Kombo, sandbox: Sandbox
) -> None:
    form = [{"name": "resume", "value": file}]
    error = refused(kombo, "/vacancy/candidate/custom", "POST", multipart_form_data=form)
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert words in error.data.error.message
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("tool", "api"), [("flatchr", "nothing"), ("greenhouse", "api"), ("flatchr", "API")]
)
def test_an_unknown_api_is_refused(
    tool: str, api: str, call: Call, make_key: MakeKey, connected_tenant: Integration
) -> None:
    found = call(
        "POST",
        f"/v1/passthrough/{tool}/{api}",
        key=make_key(connected_tenant),
        tenant=connected_tenant,
        json={"method": "GET", "path": "/"},
    )
    assert found.status_code == 400
    assert found.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("options", [{"read_only": True}, {"passthrough_methods": ["GET"]}])
def test_a_key_may_send_what_it_was_given_leave_to(
    method: str,
    options: dict[str, Any],
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    connected_tenant: Integration,
    sandbox: Sandbox,
) -> None:
    kombo = sdk(make_key(connected_tenant, **options), connected_tenant)
    assert passed(kombo, columns(sandbox)).data.status == 200
    sandbox.requests.clear()
    error = refused(kombo, columns(sandbox), method)
    assert told(error) == ("PLATFORM.INPUT_INVALID", 403)
    assert method in error.data.error.message
    assert len(sandbox.requests) == 0


def test_a_key_without_the_passthrough_sends_nothing(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    connected_tenant: Integration,
    sandbox: Sandbox,
) -> None:
    kombo = sdk(make_key(connected_tenant, passthrough_methods=[]), connected_tenant)
    assert told(refused(kombo, columns(sandbox))) == ("PLATFORM.INPUT_INVALID", 403)
    assert len(sandbox.requests) == 0


def test_a_new_key_reads_and_changes_nothing_until_it_is_allowed_to(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    connected_tenant: Integration,
    sandbox: Sandbox,
) -> None:
    kombo = sdk(make_key(connected_tenant), connected_tenant)
    assert passed(kombo, columns(sandbox)).data.status == 200
    # Flatchr takes its search by POST; it only reads.
    search = f"company/{sandbox.company_key}/search/applicants"
    assert passed(kombo, search, "POST", data={}).data.status == 200
    sandbox.requests.clear()

    for method, path in (
        ("POST", "/vacancy/candidate/json"),
        ("PUT", search),
        ("POST", f"{search}/x"),
        ("POST", "/company/a%2F..%2Fb/search/applicants"),
        ("DELETE", columns(sandbox)),
    ):
        error = refused(kombo, path, method, data={})
        assert told(error) == ("PLATFORM.INPUT_INVALID", 403), path
        assert "--passthrough" in error.data.error.message
    # The career site has no search: the same path is something else there.
    error = refused(kombo, search, "POST", api="career", data={})
    assert told(error) == ("PLATFORM.INPUT_INVALID", 403)
    override = refused(kombo, columns(sandbox), headers={"X-HTTP-Method-Override": "DELETE"})
    assert told(override) == ("PLATFORM.INPUT_INVALID", 400)
    assert len(sandbox.requests) == 0


def test_a_tenant_without_credentials_is_told_so_in_a_code_that_the_sdk_knows(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration
) -> None:
    tenant.credentials.delete()
    assert told(refused(sdk(make_key(tenant), tenant), "/x")) == (None, 409)


def test_a_disabled_tenant_is_left_alone(
    kombo: Kombo, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    Integration.objects.filter(pk=connected_tenant.pk).update(enabled=False)
    error = refused(kombo, columns(sandbox))
    assert told(error) == (None, 409)
    assert "disabled" in error.data.error.message
    assert len(sandbox.requests) == 0
