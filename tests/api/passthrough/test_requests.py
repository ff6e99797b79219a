"""The passthrough: any request to Flatchr, signed in by us, with its answer as data."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import HttpExchange, Integration, Job, PassthroughCall
from integrations.sandbox import Sandbox
from tests.api.creating import PDF
from tests.api.passthrough.passing import COLUMNS, columns, passed
from tests.flatchr.scripted_server import ScriptedServer, raw, reply
from tests.support.file_host import FileHost, answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


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


def test_other_headers_are_sent_and_cannot_replace_the_key(kombo: Kombo, sandbox: Sandbox) -> None:
    passed(kombo, columns(sandbox), headers={"X-Trace": "a1"})
    (request,) = sandbox.requests
    assert request.headers["X-Trace"] == "a1"
    assert request.headers["Authorization"].endswith(sandbox.api_key[-4:])


def test_each_request_is_in_the_history_with_the_key_that_sent_it(
    kombo: Kombo, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants?a=1"
    passed(
        kombo, path, "POST", params={"b": "2"}, headers={"X-Request-Id": "t"},
        data={"token": "a secret of somebody's", "email": "x" * 3_000},
    )  # fmt: skip
    call = PassthroughCall.objects.get()
    assert (call.integration, call.user) == (connected_tenant, None)
    assert call.api_key is not None
    assert call.api_key.prefix.startswith("relais_")
    assert (call.method, call.host, call.path, call.status) == ("POST", "api", path, 200)
    assert (call.params, call.headers["X-Request-Id"]) == ({"b": "2"}, "t")
    assert (call.body_kind, call.body_cut, call.error) == ("JSON", True, "")
    assert call.duration is not None
    assert "a secret" not in call.body
    assert len(call.body) < 2_100


def test_an_answer_tells_an_application_no_more_secrets_than_the_console_does(
    kombo: Kombo, sandbox: Sandbox
) -> None:
    """The tenant's key wherever Flatchr says it, and what its JSON calls a secret; the rest as it
    came, addresses with their signatures included."""
    key, path = sandbox.api_key, columns(sandbox)
    said = (
        b'{"a": 12345678901234567890123, "api_key": "open", "user": {"token_vyte": "ses\\"ame"}, '
        b'"password": 537, "say": "%s", "cv": "https://files.example/a?X-Amz-Security-Token=b"}'
    )
    headers = {"X-Api-Key": "open"}
    raw = base64.b64encode(said % key.encode()).decode()
    sandbox.faults.add(path="/columns$", raw=raw, headers=headers)
    answer = passed(kombo, path).data
    assert answer.data == {
        "a": 12345678901234567890123,
        "api_key": "***",
        "user": {"token_vyte": "***"},
        "password": "***",
        "say": "***",
        "cv": "https://files.example/a?X-Amz-Security-Token=b",
    }
    assert {name.lower(): value for name, value in answer.headers.items()}["x-api-key"] == "***"


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


def test_a_tenant_that_was_never_synchronised_can_be_asked(kombo: Kombo, sandbox: Sandbox) -> None:
    assert not Job.objects.exists()
    assert passed(kombo, columns(sandbox)).data.status == 200
