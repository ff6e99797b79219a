"""The console: what is typed is sent to Flatchr and nowhere else, shown, and never sent unasked."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from integrations.models import HttpExchange, Integration, PassthroughCall, PreparedCall
from integrations.passthrough import history
from integrations.passthrough.endpoints import ENDPOINTS
from integrations.sandbox import Sandbox
from tests.admin.calling import CONSOLE, Console, errors_of
from tests.conftest import MakeTenant
from tests.flatchr.scripted_server import ScriptedServer, raw, reply, reset

PDF = b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n%%EOF\n"


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=2, applicants=3)


@pytest.fixture
def console(admin: User, connected_tenant: Integration) -> Console:
    """An administrator's."""
    return Console(admin, connected_tenant)


@pytest.fixture
def members(alice: User, connected_tenant: Integration) -> Console:
    """A member's."""
    return Console(alice, connected_tenant)


@pytest.fixture
def scripted(admin: User, make_tenant: MakeTenant, settings: Any) -> Callable[..., Console]:
    """A console whose Flatchr is a scripted server."""

    def make(server: ScriptedServer) -> Console:
        settings.FLATCHR_ENDPOINTS = {
            **settings.FLATCHR_ENDPOINTS,
            "sandbox": {"api_url": server.url, "careers_url": server.url},
        }
        return Console(admin, make_tenant("Atelier Nord"))

    return make


def columns(sandbox: Sandbox) -> str:
    return f"/company/{sandbox.company_key}/columns"


def search(sandbox: Sandbox) -> str:
    return f"company/{sandbox.company_key}/search/applicants"


# Reading


def test_a_get_is_sent_at_once_and_its_answer_shown(members: Console, sandbox: Sandbox) -> None:
    page = members.send("GET", columns(sandbox), params="fields=a b\n\nx=1")

    answer = page.context["answer"]
    assert (answer.status, answer.kind, answer.words) == (200, "json", "")
    assert answer.url == f"{sandbox.url}{columns(sandbox)}?fields=a+b&x=1"
    shown = page.content.decode()
    assert "rl-json-branch" in shown
    assert sandbox.columns()[0]["title"] in shown
    assert sandbox.api_key not in shown
    saved = base64.b64decode(answer.file.partition("base64,")[2])
    assert json.loads(saved) == sandbox.columns()
    assert page.context["form"]["path"].value() == columns(sandbox)


def test_a_call_is_in_the_history_and_its_answer_is_not(
    members: Console, sandbox: Sandbox, alice: User
) -> None:
    members.send("GET", columns(sandbox))

    call = PassthroughCall.objects.get()
    assert (call.user, call.api_key, call.status) == (alice, None, 200)
    exchange = HttpExchange.objects.get()
    assert (exchange.path, exchange.response_body) == (call.path, "")


def test_the_key_sent_as_a_parameter_is_masked(members: Console, sandbox: Sandbox) -> None:
    key = sandbox.api_key
    page = members.send("GET", columns(sandbox), params=f"q={key}\nnote=before {key} after")

    call = PassthroughCall.objects.get()
    assert call.params == {"q": "***", "note": "before *** after"}
    assert key not in page.context["answer"].url
    record = reverse("admin:integrations_passthroughcall_change", args=[call.pk])
    history = members.client.get(record).content.decode()
    assert "note=before *** after" in history
    assert key not in history
    assert key not in HttpExchange.objects.get().path


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://elsewhere.example/x", "an address of its own"),
        ("//elsewhere.example/x", "an address of its own"),
        ("/a/../b", "dot segment"),
        ("/a/%2e%2e/b", "dot segment"),
        ("/a?token=mine", "signs in"),
        ("/company/{company}/applicant/{applicant}", "{company}, {applicant}"),
        ("", "required"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused_beside_its_field(
    path: str, words: str, members: Console, sandbox: Sandbox
) -> None:
    page = members.send("GET", path)

    assert words in errors_of(page)["path"][0]
    assert page.context["form"]["path"].value() == path
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"headers": "Authorization: x"}, "headers", "is set here"),
        ({"headers": "no colon"}, "headers", "has no :"),
        ({"params": "api_key=mine"}, "params", "signs in"),
        ({"params": "a=1\na=2"}, "params", "twice"),
        ({"body_kind": "JSON", "body": "{'a': 1}"}, "body", "line 1, character 2"),
        ({"body_kind": "JSON", "body": '{"a": "{tag}"}'}, "body", "{tag}"),
        ({"body_kind": "FORM"}, "fields_", "at least one field"),
        ({"body_kind": "FORM", "fields_": "a={b}"}, "fields_", "{b}"),
        ({"tenant": "flatchr:other"}, "tenant", "not one of the available choices"),
        ({"params": "key={cv_key}"}, "params", "{cv_key}"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field(
    fields: dict[str, str], name: str, words: str, console: Console, sandbox: Sandbox
) -> None:
    page = console.send("POST", search(sandbox), **fields)

    assert words in errors_of(page)[name][0]
    assert not PreparedCall.objects.exists()
    assert len(sandbox.requests) == 0


def test_what_flatchr_refuses_is_explained(members: Console, sandbox: Sandbox) -> None:
    answer = members.send("GET", "/company/Yy7LmQ2zKx5RpV9t/columns").context["answer"]

    assert (answer.status, answer.tone) == (403, "warning")
    assert "belongs to another one" in answer.words


def test_an_answer_that_does_not_come_is_explained(scripted: Callable[..., Console]) -> None:
    with ScriptedServer(reset()) as server:
        page = scripted(server).send("GET", "/x")

    assert page.context["answer"] is None
    assert "could not be reached" in page.context["trouble"]["message"]
    assert "could not be reached" in PassthroughCall.objects.get().error


def test_a_tenant_that_is_disabled_or_not_connected_is_left_alone(
    console: Console, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    connected_tenant.credentials.delete()
    assert "no Flatchr credentials" in console.send("GET", "/x").content.decode()
    Integration.objects.update(enabled=False)
    assert "is disabled" in errors_of(console.send("GET", "/x"))["tenant"][0]
    assert len(sandbox.requests) == 0
    assert not PassthroughCall.objects.exists()


# Showing


def test_secrets_in_an_answer_are_masked(scripted: Callable[..., Console]) -> None:
    body = b'{"token": "a.b.c", "token_vyte": "0000", "key": "no-key"}'
    with ScriptedServer(reply(body)) as server:
        page = scripted(server).send("GET", "/x")

    shown = page.content.decode()
    saved = base64.b64decode(page.context["answer"].file.partition("base64,")[2]).decode()
    for text in (shown, saved):
        assert "a.b.c" not in text
        assert "no-key" not in text
    assert json.loads(saved)["token"] == "***"


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "empty"), (PDF, "file"), (b"a\0b", "file"), (b"<b>hi</b>", "text"), (b"[1", "text")],
)
def test_an_answer_that_is_no_json_is_shown_as_text_or_offered_as_a_file(
    body: bytes, kind: str, scripted: Callable[..., Console]
) -> None:
    with ScriptedServer(reply(body)) as server:
        page = scripted(server).send("GET", "/a/cv")

    answer = page.context["answer"]
    assert answer.kind == kind
    assert base64.b64decode(answer.file.partition("base64,")[2]) == body
    assert answer.file.startswith("data:application/octet-stream;")
    assert "<b>hi</b>" not in page.content.decode()
    assert (f'download="{answer.name}"' in page.content.decode()) == (kind != "empty")


@pytest.mark.parametrize("value", ["[" * 200 + "]" * 200, json.dumps([["<i>"] * 10] * 2_000)])
def test_a_deep_or_long_answer_is_drawn_in_part_and_saved_whole(
    value: str, scripted: Callable[..., Console]
) -> None:
    with ScriptedServer(reply(value.encode())) as server:
        page = scripted(server).send("GET", "/x")

    answer = page.context["answer"]
    assert (answer.kind, answer.shortened) == ("json", True)
    assert len(page.content) < len(value) * 4 / 3 + 1_000_000
    assert "<i>" not in page.content.decode()
    assert base64.b64decode(answer.file.partition("base64,")[2]).decode() == value


def test_an_answer_that_is_too_large_is_not_shown_and_that_is_said(
    scripted: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.console.views.MAX_SHOWN", 10_000)
    with ScriptedServer(reply(b"x" * 20_000)) as server:
        page = scripted(server).send("GET", "/x")

    assert page.context["trouble"]["title"] == "The answer is too large."


def test_a_redirect_is_shown_and_not_followed(scripted: Callable[..., Console]) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/x\r\n"
    with ScriptedServer(raw(moved + b"Content-Length: 0\r\n\r\n")) as server:
        answer = scripted(server).send("GET", "/x").context["answer"]
        assert len(server.requests) == 1
    assert ("location", "https://elsewhere.example/x") in answer.headers
    assert "not followed" in answer.words


def test_the_call_is_given_as_curl_for_the_api_without_a_key(
    members: Console, sandbox: Sandbox, connected_tenant: Integration, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://relais.example"
    command = members.send("GET", columns(sandbox), params="q=it's").context["curl"]

    assert command.startswith("curl -X POST https://relais.example/v1/passthrough/flatchr/api")
    assert "Bearer YOUR_API_KEY" in command
    assert connected_tenant.pk in command
    assert """it'"'"'s""" in command
    assert sandbox.api_key not in command


# Anything but a GET


def test_anything_but_a_get_is_shown_first_and_sent_by_a_second_press(
    console: Console, sandbox: Sandbox
) -> None:
    body = '{"email": "nobody@mail.example"}'
    asked = console.send("POST", search(sandbox), body_kind="JSON", body=body)

    assert asked.status_code == 302
    page = console.client.get(asked.headers["Location"]).content.decode()
    for shown in (
        "Atelier Nord",
        sandbox.company_key,
        f"/{search(sandbox)}",
        "nobody@mail.example",
    ):
        assert shown in page
    assert sandbox.api_key not in page
    assert len(sandbox.requests) == 0

    answer = console.confirm(asked).context["answer"]
    assert answer.status == 200
    (request,) = sandbox.requests
    assert (request.method, json.loads(request.body)) == ("POST", json.loads(body))
    assert not PreparedCall.objects.exists()


def test_what_was_confirmed_is_sent_once(console: Console, sandbox: Sandbox) -> None:
    asked = console.send("PUT", "/nothing/there")
    console.confirm(asked)

    again = console.client.post(asked.headers["Location"], follow=True)

    assert "sent before" in again.content.decode()
    assert len(sandbox.requests) == 1
    assert PassthroughCall.objects.count() == 1


def test_a_get_to_the_second_step_sends_nothing(console: Console, sandbox: Sandbox) -> None:
    asked = console.send("DELETE", "/nothing/there")
    for _ in range(2):
        assert console.client.get(asked.headers["Location"]).status_code == 200
    assert len(sandbox.requests) == 0


def test_what_is_not_confirmed_in_time_is_forgotten(console: Console, sandbox: Sandbox) -> None:
    asked = console.send("DELETE", "/nothing/there")
    PreparedCall.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert (
        "ten minutes"
        in console.client.post(asked.headers["Location"], follow=True).content.decode()
    )
    assert len(sandbox.requests) == 0
    console.send("DELETE", "/nothing/else")
    assert PreparedCall.objects.count() == 1


def test_nobody_confirms_what_another_has_prepared(
    console: Console, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    asked = console.send("DELETE", "/nothing/there")
    other = Console(User.objects.create_superuser("zoe", password="x"), connected_tenant)

    assert other.client.get(asked.headers["Location"]).status_code == 302
    assert other.confirm(asked).status_code == 302
    assert len(sandbox.requests) == 0


def test_a_right_that_was_taken_away_in_between_is_missing_at_the_second_step(
    console: Console, sandbox: Sandbox, admin: User, connected_tenant: Integration
) -> None:
    asked = console.send("DELETE", "/nothing/there")
    admin.is_superuser = False
    admin.save()
    assert console.confirm(asked).status_code == 403  # no longer a tenant of theirs
    connected_tenant.memberships.create(user=admin)
    assert console.confirm(asked).status_code == 403
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_members_are_not_offered_what_changes_something(
    method: str, members: Console, sandbox: Sandbox
) -> None:
    assert "method" in errors_of(members.send(method, columns(sandbox)))
    assert len(sandbox.requests) == 0


def test_members_may_search_and_send_no_other_post(members: Console, sandbox: Sandbox) -> None:
    refused = members.send("POST", "/vacancy/candidate/json", host="careers")
    assert "Only administrators" in errors_of(refused)["method"][0]
    assert not PreparedCall.objects.exists()

    asked = members.send("POST", search(sandbox), body_kind="JSON", body="{}")
    assert members.confirm(asked).context["answer"].status == 200


def test_a_candidate_is_created_without_the_key_being_typed(
    console: Console, sandbox: Sandbox
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
    asked = console.send(
        "POST", "/vacancy/candidate/json", host="careers", body_kind="JSON", body=json.dumps(body)
    )
    page = console.client.get(asked.headers["Location"]).content.decode()
    assert "to the body as well" in page

    answer = console.confirm(asked).context["answer"]

    assert answer.status == 200
    assert len(sandbox.added_applicants()) == 1
    assert sandbox.api_key not in PassthroughCall.objects.get().body


def test_a_form_is_sent_with_its_file_which_is_not_kept(console: Console, sandbox: Sandbox) -> None:
    fields = f"vacancy={sandbox.vacancies()[0]['slug']}\nfirstname=Élodie\nlastname=Perrot"
    asked = console.send(
        "POST", "/vacancy/candidate/custom", host="careers", body_kind="FORM", fields_=fields,
        file_field="resume", file=SimpleUploadedFile("cv.pdf", PDF, "application/pdf"),
    )  # fmt: skip
    assert "cv.pdf" in console.client.get(asked.headers["Location"]).content.decode()

    assert console.confirm(asked).context["answer"].status == 200

    (added,) = sandbox.world.company.applicants.added()
    assert (added.firstname, added.resume.data) == ("Élodie", PDF)
    call = PassthroughCall.objects.get()
    assert (call.body_kind, "Élodie" in call.body) == ("FORM", True)
    assert f"[file cv.pdf, {len(PDF)} bytes]" in call.body
    assert not PreparedCall.objects.exists()


def test_a_file_that_is_too_large_is_refused(
    console: Console, sandbox: Sandbox, settings: Any
) -> None:
    settings.SUBMISSION_MAX_BYTES = 10
    page = console.send(
        "POST", "/x", body_kind="FORM", fields_="a=b", file_field="f",
        file=SimpleUploadedFile("cv.pdf", PDF, "application/pdf"),
    )  # fmt: skip
    assert "Choose a smaller one" in errors_of(page)["file"][0]


def test_a_process_that_dies_while_it_waits_leaves_a_call_whose_end_is_not_known(
    console: Console, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = console.send("DELETE", "/nothing/there")
    monkeypatch.setattr(history, "end", lambda *_, **__: None)
    console.confirm(asked)

    call = PassthroughCall.objects.get()
    address = reverse("admin:integrations_passthroughcall_change", args=[call.pk])
    assert "it is not known whether Flatchr did it" in console.client.get(address).content.decode()


# Templates, and what was sent before


def test_every_template_fills_the_form_with_what_the_tenant_is_known_by(
    console: Console, sandbox: Sandbox
) -> None:
    for endpoint in ENDPOINTS:
        form = console.open(template=endpoint.key).context["form"]
        assert form["method"].value() == endpoint.method
        filled = f"{form['path'].value()}"
        assert "{company}" not in filled
        assert "{slug}" not in filled
        if "{company}" in endpoint.path:
            assert sandbox.company_key in filled


def test_a_member_is_offered_the_templates_that_read(members: Console) -> None:
    offered = [one for _, group in members.open().context["groups"] for one in group]

    assert {one.method for one in offered} == {"GET", "POST"}
    assert [one.key for one in offered if one.method == "POST"] == ["search-applicants"]
    assert members.open(template="archive-applicant").context["form"]["path"].value() is None


def test_a_call_of_the_history_is_used_again(console: Console, sandbox: Sandbox) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    asked = console.send(
        "POST", path, params="a=1", headers="X-Trace: t", body_kind="JSON", body='{"hired": "true"}'
    )
    console.confirm(asked)

    page = console.open(again=str(PassthroughCall.objects.get().pk))

    values = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    assert values["method"] == "POST"
    assert (values["path"], values["params"], values["headers"]) == (path, "a=1", "X-Trace: t")
    assert json.loads(values["body"]) == {"hired": "true"}
    assert "does not keep" not in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"body_kind": "JSON", "body": json.dumps({"a": "x" * 3_000})}, ""),
        ({"body_kind": "JSON", "body": '{"token": "abc"}'}, '{"token":"***"}'),
    ],
)
def test_what_the_history_did_not_keep_is_said_when_a_call_is_used_again(
    fields: dict[str, str], kept: str, console: Console, sandbox: Sandbox
) -> None:
    console.confirm(console.send("PUT", "/nothing/there", **fields))

    page = console.open(again=str(PassthroughCall.objects.get().pk))

    assert "does not keep" in page.content.decode()
    assert (page.context["form"]["body"].value() or "") == kept


def test_a_call_that_is_changed_before_it_is_confirmed_keeps_what_was_typed(
    console: Console, sandbox: Sandbox
) -> None:
    asked = console.send("PUT", "/a", body_kind="FORM", fields_="x=1\ny=2")
    pk = asked.headers["Location"].rstrip("/").rpartition("/")[2]

    form = console.open(prepared=pk).context["form"]

    assert (form["path"].value(), form["fields_"].value()) == ("/a", "x=1\ny=2")
    for query in ({"prepared": "gone"}, {"again": "0"}, {"again": "x"}, {"template": "none"}):
        assert console.open(**query).status_code == 200


def test_the_console_needs_the_token_of_its_form(
    admin: User, connected_tenant: Integration
) -> None:
    console = Console(admin, connected_tenant)
    console.client.handler.enforce_csrf_checks = True

    assert console.send("GET", "/x").status_code == 403
    assert reverse(CONSOLE)
