"""The passthrough: any request to Flatchr, signed in by us, and to nobody but Flatchr."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo
from kombo.errors import KomboGeneralError

from integrations.models import (
    PASSTHROUGH_METHODS,
    HttpExchange,
    Integration,
    Job,
    PassthroughCall,
)
from integrations.passthrough import sending
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.creating import PDF
from tests.flatchr.scripted_server import ScriptedServer, raw, reply, reset, stall
from tests.support.file_host import FileHost, answer

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = "/company/{company}/columns"


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=3)


@pytest.fixture
def kombo(sdk: Callable[..., Kombo], make_key: MakeKey, connected_tenant: Integration) -> Kombo:
    """The SDK with a key that may send every method."""
    return sdk(
        make_key(connected_tenant, passthrough_methods=PASSTHROUGH_METHODS), connected_tenant
    )


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


def test_a_read_is_signed_in_and_its_answer_is_data(kombo: Kombo, sandbox: Sandbox) -> None:
    found = passed(kombo, columns(sandbox), params={"fields": "a b"})

    assert found.data.url == f"{sandbox.url}{columns(sandbox)}?fields=a+b"
    assert found.data.status == 200
    assert found.data.headers["content-type"].startswith("application/json")
    assert found.data.data == sandbox.columns()
    assert found.warnings == []


def test_a_path_needs_no_slash_and_may_hold_a_query(kombo: Kombo, sandbox: Sandbox) -> None:
    path = f"company/{sandbox.company_key}/vacancies?fields=tags"
    found = passed(kombo, path, params={"status": "1"})
    assert found.data.status == 200
    (request,) = sandbox.requests.matching("GET", "/vacancies$")
    assert request.query == {"fields": "tags", "status": "1"}


@pytest.mark.parametrize("api", ["career", "careers"])
def test_the_career_site_is_reached_by_either_name(
    api: str, kombo: Kombo, sandbox: Sandbox
) -> None:
    found = passed(kombo, f"/company/{sandbox.slug}.json", api=api)
    assert found.data.status == 200
    assert found.data.data


@pytest.mark.parametrize(("path", "status"), [("/nothing/there", 404), (COLUMNS, 403)])
def test_what_flatchr_refuses_is_an_answer_like_any_other(
    path: str, status: int, kombo: Kombo, sandbox: Sandbox
) -> None:
    found = passed(kombo, path.format(company="Yy7LmQ2zKx5RpV9t"))
    assert found.data.status == status
    assert found.data.data["statusCode"] == status


def test_an_error_of_flatchrs_is_data_too(kombo: Kombo, sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/columns$", status=500)
    assert passed(kombo, columns(sandbox)).data.status == 500
    assert len(sandbox.requests.matching("GET", "/columns$")) == 1


def test_a_write_sends_json(kombo: Kombo, sandbox: Sandbox) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    found = passed(kombo, path, "POST", data={"hired": "true"})
    assert found.data.status == 200
    (request,) = sandbox.requests.matching("POST", "/search/applicants$")
    assert json.loads(request.body) == {"hired": "true"}
    assert request.headers["Content-Type"] == "application/json"


def test_a_text_is_sent_as_it_is(kombo: Kombo, sandbox: Sandbox) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    text = '{"hired":  "true"}'
    passed(kombo, path, "POST", data=text, headers={"Content-Type": "application/json"})
    (request,) = sandbox.requests.matching("POST", "/search/applicants$")
    assert request.body == text
    assert request.headers["Content-Type"] == "application/json"


def test_a_candidate_is_created_without_the_caller_knowing_the_key(
    kombo: Kombo, sandbox: Sandbox
) -> None:
    body = {
        "vacancy": sandbox.vacancies()[0]["slug"],
        "firstname": "Nadia",
        "lastname": "Perrot",
        "type": "document",
        "resume": {
            "data": base64.b64encode(PDF).decode(),
            "fileName": "cv.pdf",
            "contentType": "application/pdf",
        },
    }
    found = passed(kombo, "/vacancy/candidate/json", "POST", "career", data=body)
    assert found.data.status == 200
    assert len(sandbox.added_applicants()) == 1
    assert sandbox.api_key not in HttpExchange.objects.get().request_body


def test_a_form_is_sent_with_its_files(kombo: Kombo, sandbox: Sandbox, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    slug = sandbox.vacancies()[0]["slug"]
    fields: list[Any] = [
        {"name": "vacancy", "value": slug},
        {"name": "firstname", "value": "Élodie"},
        {"name": "lastname", "value": "Perrot"},
    ]
    data = base64.b64encode(PDF).decode()
    with FileHost({"/cv.pdf": answer(PDF, "Content-Type: application/pdf")}) as host:
        for file in (
            {"name": "cv.pdf", "content_type": "application/pdf", "data": data},
            {"name": "cv.pdf", "data_url": host.url("/cv.pdf")},
        ):
            form = [*fields, {"name": "resume", "value": file}]
            path = "/vacancy/candidate/custom"
            found = passed(kombo, path, "POST", "career", multipart_form_data=form)
            assert found.data.status == 200, found.data.data
    added = sandbox.world.company.applicants.added()
    assert [(one.firstname, one.resume.data) for one in added] == [("Élodie", PDF)] * 2


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


def test_a_file_comes_back_as_base64(kombo: Kombo, sandbox: Sandbox) -> None:
    row = sandbox.world.company
    applicant = next(one for n in range(9) if (one := row.applicants.get(n)) and one.resume)
    found = passed(
        kombo,
        f"/company/{sandbox.company_key}/files/expire",
        params={"key": row.records.resume_key(applicant), "extension": "pdf"},
        response_as_base64=True,
    )
    assert base64.b64decode(found.data.data).startswith(b"%PDF")


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


def test_other_headers_are_sent_and_cannot_replace_the_key(kombo: Kombo, sandbox: Sandbox) -> None:
    passed(kombo, columns(sandbox), headers={"X-Trace": "a1"})
    (request,) = sandbox.requests
    assert request.headers["X-Trace"] == "a1"
    assert request.headers["Authorization"].endswith(sandbox.api_key[-4:])


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


def test_each_request_is_in_the_history_with_the_key_that_sent_it(
    kombo: Kombo, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants?a=1"
    passed(
        kombo, path, "POST", params={"b": "2"}, headers={"X-Trace": "t"},
        data={"token": "a secret of somebody's", "email": "x" * 3_000},
    )  # fmt: skip
    call = PassthroughCall.objects.get()
    assert (call.integration, call.user) == (connected_tenant, None)
    assert call.api_key is not None
    assert call.api_key.prefix.startswith("relais_")
    assert (call.method, call.host, call.path, call.status) == ("POST", "api", path, 200)
    assert (call.params, call.headers["X-Trace"]) == ({"b": "2"}, "t")
    assert (call.body_kind, call.body_cut, call.error) == ("JSON", True, "")
    assert call.duration is not None
    assert "a secret" not in call.body
    assert len(call.body) < 2_100


def test_a_request_without_an_answer_is_in_the_history_with_the_reason(
    behind: Callable[..., Kombo],
) -> None:
    with ScriptedServer(reset()) as server:
        refused(behind(server), "/x", "DELETE")
    call = PassthroughCall.objects.get()
    assert (call.method, call.status) == ("DELETE", None)
    assert "may have done it or not" in call.error


def test_what_flatchr_answered_is_not_kept(kombo: Kombo, sandbox: Sandbox) -> None:
    passed(kombo, columns(sandbox))
    assert HttpExchange.objects.get().response_body == ""
    assert PassthroughCall.objects.get().bytes_received > 0


def test_each_request_is_logged_with_its_secrets_masked(kombo: Kombo, sandbox: Sandbox) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    passed(kombo, path, "POST", data={"token": "a secret of somebody's", "email": "a@b.example"})
    row = HttpExchange.objects.get()
    assert (row.method, row.path, row.status) == ("POST", path, 200)
    assert "a@b.example" in row.request_body
    kept = f"{row.request_headers} {row.request_body} {row.response_headers} {row.response_body}"
    assert "a secret" not in kept
    assert sandbox.api_key not in kept


def test_the_same_idempotency_key_writes_once(
    kombo: Kombo, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    for _ in range(2):
        headers = {"Idempotency-Key": "a1b2-c3d4"}
        assert passed(kombo, path, "POST", data={}, http_headers=headers).data.status == 200
    assert len(sandbox.requests.matching("POST", "/search/applicants$")) == 1


# What another Flatchr than the sandbox might do


@pytest.fixture
def behind(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration, settings: Any
) -> Callable[..., Kombo]:
    """The SDK for a tenant whose Flatchr is a scripted server."""

    def make(server: ScriptedServer) -> Kombo:
        settings.FLATCHR_ENDPOINTS = {
            **settings.FLATCHR_ENDPOINTS,
            "sandbox": {"api_url": server.url, "careers_url": server.url},
        }
        return sdk(make_key(tenant, passthrough_methods=PASSTHROUGH_METHODS), tenant)

    return make


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    behind: Callable[..., Kombo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MAX_ANSWER", 10_000)
    with ScriptedServer(reply(b"x" * 20_000)) as server:
        error = refused(behind(server), "/big")
    assert told(error) == (None, 424)
    assert "larger" in error.data.error.message


@pytest.mark.parametrize("fault", [{"reset": True, "handled": True}, {"cut": 0}])
def test_what_may_have_been_done_is_not_done_again_under_its_idempotency_key(
    fault: dict[str, Any], kombo: Kombo, sandbox: Sandbox
) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    sandbox.faults.add(path="/search/applicants$", **fault)
    for _ in range(2):
        headers = {"Idempotency-Key": "a1b2-c3d4"}
        error = refused(kombo, path, "POST", data={}, http_headers=headers)
        assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)
    assert len(sandbox.requests.matching("POST", "/search/applicants$")) <= 1


def test_a_redirect_is_told_and_not_followed(behind: Callable[..., Kombo]) -> None:
    with ScriptedServer(raw(
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/x\r\n"
        b"Set-Cookie: session=1\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 0\r\n\r\n"
    )) as server:  # fmt: skip
        found = passed(behind(server), "/x")
        assert len(server.requests) == 1
    assert found.data.status == 302
    assert found.data.headers["location"] == "https://elsewhere.example/x"
    assert found.data.headers["x-two"] == ["a", "b"]
    assert "set-cookie" not in found.data.headers


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"", ""),
        (b"caf\xe9", "caf\ufffd"),
        (b"12345678901234567890123", 12345678901234567890123),
        (b'{"a": NaN}', '{"a": NaN}'),
        (b"null", None),
    ],
)
def test_an_answer_that_is_no_json_is_a_text(
    body: bytes, data: Any, behind: Callable[..., Kombo]
) -> None:
    with ScriptedServer(reply(body)) as server:
        assert passed(behind(server), "/x").data.data == data


@pytest.mark.parametrize(
    ("method", "code", "status"),
    [
        ("GET", None, 503),
        ("POST", "PLATFORM.TASK_TIMED_OUT", 424),
        ("DELETE", "PLATFORM.TASK_TIMED_OUT", 424),
    ],
)
def test_an_answer_that_was_lost_is_repeated_by_no_client_unless_it_was_a_read(
    method: str, code: str | None, status: int, behind: Callable[..., Kombo]
) -> None:
    with ScriptedServer(reset()) as server:
        data = {} if method == "DELETE" else {"data": {"a": 1}}
        error = refused(behind(server), "/x", method, **data)
        assert len(server.requests) == 1
    assert told(error) == (code, status)


def test_a_write_that_never_left_may_be_repeated(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration
) -> None:
    kombo = sdk(make_key(tenant, passthrough_methods=["POST"]), tenant)
    assert told(refused(kombo, "/x", "POST", data={"a": 1})) == (None, 503)


def test_patience_has_an_end(behind: Callable[..., Kombo], monkeypatch: pytest.MonkeyPatch) -> None:
    patience = sending.Policy(read_timeout=5, write_deadline=1.0, attempts=1, beat=0.05)
    monkeypatch.setattr(sending, "PATIENCE", patience)
    with ScriptedServer(stall()) as server:
        assert told(refused(behind(server), "/x")) == ("PLATFORM.TASK_TIMED_OUT", 504)
        error = refused(behind(server), "/x", "POST", data={"a": 1})
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)


def test_a_tenant_without_credentials_is_told_so_in_a_code_that_the_sdk_knows(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration
) -> None:
    tenant.credentials.delete()
    assert told(refused(sdk(make_key(tenant), tenant), "/x")) == (None, 409)


def test_a_tenant_that_was_never_synchronised_can_be_asked(kombo: Kombo, sandbox: Sandbox) -> None:
    assert not Job.objects.exists()
    assert passed(kombo, columns(sandbox)).data.status == 200


def test_a_disabled_tenant_is_left_alone(
    kombo: Kombo, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    Integration.objects.filter(pk=connected_tenant.pk).update(enabled=False)
    error = refused(kombo, columns(sandbox))
    assert told(error) == (None, 409)
    assert "disabled" in error.data.error.message
    assert len(sandbox.requests) == 0
