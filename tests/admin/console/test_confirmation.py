"""Anything but a GET is shown first, and sent once, by a second press."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from integrations.models import Integration, PassthroughCall, PreparedCall
from integrations.passthrough import history
from integrations.sandbox import Sandbox
from tests.admin.console.calling import PDF, Console, columns, errors_of, search


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


def test_nothing_is_sent_to_a_tenant_that_was_disabled_in_between(
    console: Console, sandbox: Sandbox
) -> None:
    asked = console.send("DELETE", "/nothing/there")
    Integration.objects.update(enabled=False)

    page = console.client.post(asked.headers["Location"], follow=True)

    assert "is disabled, so nothing was sent" in page.content.decode()
    assert len(sandbox.requests) == 0
    Integration.objects.update(enabled=True)
    assert console.confirm(asked).context["answer"].status == 404


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


def test_a_process_that_dies_while_it_waits_leaves_a_call_whose_end_is_not_known(
    console: Console, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = console.send("DELETE", "/nothing/there")
    monkeypatch.setattr(history, "end", lambda *_, **__: None)
    console.confirm(asked)

    call = PassthroughCall.objects.get()
    address = reverse("admin:integrations_passthroughcall_change", args=[call.pk])
    assert "it is not known whether Flatchr did it" in console.client.get(address).content.decode()
