"""Forms that begin with a template, or with a call that was sent before."""

from __future__ import annotations

import json

import pytest

from integrations.models import PassthroughCall
from integrations.passthrough.endpoints import ENDPOINTS
from integrations.sandbox import Sandbox
from tests.admin.console.calling import Console


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
        "POST",
        path,
        params="a=1",
        headers="Accept-Language: fr",
        body_kind="JSON",
        body='{"hired": "true"}',
    )
    console.confirm(asked)

    page = console.open(again=str(PassthroughCall.objects.get().pk))

    values = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    assert values["method"] == "POST"
    assert (values["path"], values["params"], values["headers"]) == (
        path,
        "a=1",
        "Accept-Language: fr",
    )
    assert json.loads(values["body"]) == {"hired": "true"}
    assert "does not keep" not in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"body_kind": "JSON", "body": json.dumps({"a": "x" * 3_000})}, ""),
        ({"body_kind": "JSON", "body": '{"token": "abc"}'}, '{"token":"***"}'),
        ({"headers": "X-Trace: t", "body_kind": "JSON", "body": '{"a":1}'}, '{"a":1}'),
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
