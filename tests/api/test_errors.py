"""Whatever is wrong with a request, the answer is the contract's envelope
(`docs/unified-api.md §4`).
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import requests
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from integrations.accounts.api_keys import create_key
from integrations.api import urls
from integrations.api.bodies import failure, success
from integrations.api.errors import ATS_CODES, GENERAL_CODES, STATUSES, ApiError
from integrations.api.routing import ApiRoute, Router
from integrations.models import Integration
from tests.api.conftest import Call, MakeKey

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def error_of(answer: requests.Response | HttpResponse | Any) -> dict[str, Any]:
    """The error of an answer, whose envelope has the contract's shape."""
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["status"] == "error"
    assert sorted(body["error"]) == ["code", "log_url", "message", "title"]
    assert body["error"]["message"]
    return dict(body["error"], http=answer.status_code)


def test_each_code_has_a_status_and_none_is_unknown() -> None:
    assert set(STATUSES) == ATS_CODES
    assert len(GENERAL_CODES) == 8
    assert len(ATS_CODES) == 24
    with pytest.raises(ValueError, match="Not a code"):
        ApiError("PLATFORM.NO_SUCH_CODE", "Never sent.")


def test_general_endpoints_send_no_code_of_the_other_set() -> None:
    error = ApiError("REMOTE.SERVICE_UNAVAILABLE", "Flatchr is down.")
    assert b'"code":null' in failure(error, general=True).content
    assert b'"REMOTE.SERVICE_UNAVAILABLE"' in failure(error, general=False).content


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v1/none", "/ats", "/ats/none", "/v1/ats/jobs/", "/ats/jobs%0A", "/v1/hris/x"],
)
def test_an_unknown_address_is_answered_with_the_envelope(
    path: str, call: Call, make_key: MakeKey
) -> None:
    error = error_of(call("GET", path, key=make_key()))
    assert (error["http"], error["code"]) == (404, "PLATFORM.INPUT_INVALID")
    assert error_of(call("GET", path))["http"] == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_unknown_method_names_those_that_the_address_takes(
    method: str, call: Call, make_key: MakeKey
) -> None:
    answer = call(method, "/v1/check-api-key", key=make_key())
    assert error_of(answer)["http"] == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"value":"true"}', "value"),
        (b'{"value":1}', "value"),
        (b"{}", "value"),
        (b"", "value"),
        (b'{"value":"\xff"}', "body"),
    ],
)
def test_a_body_that_is_not_as_declared_is_refused_by_field(
    body: bytes, told: str, call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    path = f"/v1/integrations/{tenant.pk}/enabled"
    error = error_of(call("PUT", path, key=make_key(tenant), data=body))
    assert (error["http"], error["code"]) == (400, "PLATFORM.INPUT_INVALID")
    assert error["message"].startswith(f"{told}: ")


def test_a_request_with_more_parameters_than_django_reads_is_refused(
    call: Call, make_key: MakeKey
) -> None:
    query = "&".join(["x=1"] * 1001)
    error = error_of(call("GET", f"/v1/check-api-key?{query}", key=make_key()))
    assert (error["http"], error["code"]) == (400, "PLATFORM.INPUT_INVALID")


def test_a_body_that_is_too_large_is_refused(
    call: Call, make_key: MakeKey, tenant: Integration, settings: Any
) -> None:
    settings.API_MAX_BYTES = 1000
    path, key = f"/v1/integrations/{tenant.pk}/enabled", make_key(tenant)
    fits = b'{"value":true, "rest":"' + b"x" * 975 + b'"}'
    assert len(fits) == 1000
    assert call("PUT", path, key=key, data=fits).status_code == 200
    error = error_of(call("PUT", path, key=key, data=fits + b" "))
    assert (error["http"], error["code"]) == (413, "PLATFORM.INPUT_INVALID")


@pytest.mark.parametrize("path", ["/v1/integrations/{}", "/integrations/{}"])
@pytest.mark.parametrize("encoded", [False, True])
def test_an_id_may_be_percent_encoded_or_not(
    path: str, encoded: bool, call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    wanted = tenant.pk.replace(":", "%3A") if encoded else tenant.pk
    answer = call("GET", path.format(wanted), key=make_key(tenant))
    assert answer.json()["data"]["id"] == tenant.pk


def test_a_tenant_that_is_missing_unknown_or_anothers_is_told_as_the_contract_has_it(
    call: Call, make_key: MakeKey, tenant: Integration, other_tenant: Integration
) -> None:
    key = make_key(tenant)
    assert error_of(call("GET", "/ats/jobs", key=key))["code"] == "PLATFORM.INPUT_INVALID"
    unknown = call("GET", "/ats/jobs", key=key, headers={"X-Integration-Id": "flatchr:none"})
    another = call("GET", "/ats/jobs", key=key, tenant=other_tenant)
    assert error_of(unknown) == error_of(another)
    assert error_of(another)["code"] == "PLATFORM.INTEGRATION_NOT_FOUND"
    assert error_of(another)["http"] == 404


def test_a_tenant_that_was_never_read_is_still_being_set_up(
    call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    error = error_of(call("GET", "/ats/jobs", key=make_key(tenant), tenant=tenant))
    assert (error["http"], error["code"]) == (409, "INTEGRATION.SETUP_SYNC_PENDING")


def test_a_disabled_tenant_can_be_read_and_does_nothing(
    call: Call, make_key: MakeKey, synced_tenant: Integration
) -> None:
    Integration.objects.filter(pk=synced_tenant.pk).update(enabled=False)
    key = make_key(synced_tenant)
    assert call("GET", "/ats/jobs", key=key, tenant=synced_tenant).status_code == 200
    answer = call("POST", "/ats/candidates", key=key, tenant=synced_tenant, json={})
    assert error_of(answer)["code"] == "INTEGRATION.INACTIVE"


@pytest.mark.parametrize("where", ["?ids=a%00b", "?cursor=%00"])
def test_a_nul_is_refused_wherever_it_is(
    where: str, call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    error = error_of(call("GET", f"/ats/jobs{where}", key=make_key(tenant), tenant=tenant))
    assert (error["http"], error["code"]) == (400, "PLATFORM.INPUT_INVALID")
    path = "/integrations/flatchr:%00"
    assert error_of(call("GET", path, key=make_key(tenant)))["http"] == 400


def test_a_defect_is_an_envelope_to_the_client_and_a_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(request: Any, who: str) -> HttpResponse:
        raise RuntimeError("defect number one")

    _, key = create_key(name="Any")
    request = RequestFactory().get("/ats/x?email=ada@nord.example", headers=bearer(key))
    answer = Router([ApiRoute("GET", "ats/{who}", broken)])(request, "ats/ada")
    assert answer.status_code == 500
    assert b'"PLATFORM.UNKNOWN_ERROR"' in answer.content
    assert b"defect" not in answer.content
    assert "defect number one" in caplog.text
    assert "ada" not in caplog.text
    assert key not in caplog.text


def test_a_request_is_logged_without_secrets_values_or_ids(
    caplog: pytest.LogCaptureFixture, tenant: Integration
) -> None:
    def told(request: Any, who: str) -> HttpResponse:
        return success({"name": "Ada"})

    row, key = create_key(name="Any", integrations=[tenant])
    router = Router([ApiRoute("GET", "ats/{who}", told)])
    with caplog.at_level("INFO", "relais"):
        router(RequestFactory().get("/ats/x?email=ada", headers=bearer(key)), "ats/ada")
    assert "method=GET route=ats/{who} status=200" in caplog.text
    assert row.prefix in caplog.text
    assert "ada" not in caplog.text.lower()
    assert key not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_write_during_which_the_database_goes_away_is_not_to_be_sent_again(
    tenant: Integration,
) -> None:
    down = False

    def database(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if down:
            raise OperationalError("the connection is closed")
        return execute(sql, params, many, context)

    def written(request: Any, integration_id: str) -> HttpResponse:
        nonlocal down
        down = True
        raise OperationalError("the connection is closed")

    _, key = create_key(name="Any", integrations=[tenant])
    path = "integrations/{integration_id}/enabled"
    router = Router([ApiRoute("PUT", path, written, writes=True, own_idempotency=True)])
    address = f"integrations/{tenant.pk}/enabled"
    with connection.execute_wrapper(database):
        answer = router(RequestFactory().put(f"/{address}", headers=bearer(key)), address)
    assert answer.status_code == 500
    assert orjson.loads(answer.content)["error"]["log_url"] is None


def test_a_request_for_another_host_is_answered_with_the_envelope() -> None:
    answer = Client().get("/v1/ats/jobs", headers={"Host": "elsewhere.example"})
    assert error_of(answer)["http"] == 400
    page = Client().get("/admin/", headers={"Host": "elsewhere.example"})
    assert page.status_code == 400
    assert "text/html" in page.headers["Content-Type"]


def test_no_address_of_the_site_is_taken_by_the_api() -> None:
    assert Client().get("/livez").json() == {"status": "ok"}
    assert Client().get("/nothing").headers["Content-Type"].startswith("text/html")
    assert Client().get("/atsx").headers["Content-Type"].startswith("text/html")


def test_no_two_routes_answer_the_same_request() -> None:
    routes = [(route.method, route.path) for route in urls.router.routes]
    assert len(routes) == len(set(routes))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
