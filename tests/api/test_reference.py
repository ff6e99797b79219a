"""The reference at `/docs`, and the examples in it, which are run."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import kombo
import orjson
import pytest
from django.test import Client
from django.urls import reverse
from kombo.errors import KomboAtsError, KomboGeneralError

from integrations.api.openapi.pages import POLICY
from tests.api.documented import operations

OPERATIONS = dict(operations())


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "{token}" not in name])
def test_the_examples_call_the_operation_that_they_stand_beside(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = OPERATIONS[operation]
    method, _, template = operation.partition(" ")
    samples = {sample["lang"]: sample["source"] for sample in entry["x-codeSamples"]}
    path = template
    for parameter in entry["parameters"]:
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])

    words = shlex.split(samples["Shell"])
    address = urlsplit(next(word for word in words if word.startswith("http")))
    assert address.path == f"/v1{path}"
    assert words[words.index("-X") + 1 if "-X" in words else 0] in (method, "curl")
    if "Python" not in samples:
        return

    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        error = {"code": None, "title": None, "message": "Noted.", "log_url": None}
        return httpx.Response(400, json={"status": "error", "error": error})

    official = kombo.Kombo

    def noting(**options: Any) -> kombo.Kombo:
        return official(client=httpx.Client(transport=httpx.MockTransport(note)), **options)

    monkeypatch.setattr(kombo, "Kombo", noting)
    with pytest.raises((KomboAtsError, KomboGeneralError)):
        exec(compile(samples["Python"], operation, "exec"), {})  # noqa: S102
    (request,) = seen
    assert (request.method, unquote(request.url.path)) == (method, f"/v1{path}")
    body = entry.get("requestBody", {}).get("content", {}).get("application/json", {})
    given = orjson.loads(request.content) if request.content else {}
    assert body.get("example", {}).items() <= given.items()
    # Both SDKs are made from one description: what the other one is called like can be told.
    group, _, call = samples["Python"].partition("kombo.")[2].partition("(")[0].partition(".")
    camel = "".join(word.title() if at else word for at, word in enumerate(call.split("_")))
    assert f"kombo.{group}.{camel}(" in samples["TypeScript"]


class Page(HTMLParser):
    """What a page links to, loads, and names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and str(given.get("href", "")).startswith("#"):
            self.anchors.append(str(given["href"])[1:])
        self.loads += [str(given[name]) for name in ("src",) if given.get(name)]
        if tag == "link":
            self.loads.append(str(given["href"]))
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


@pytest.mark.django_db
def test_the_reference_has_every_operation_and_needs_nothing_from_elsewhere(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/docs")
    with django_assert_num_queries(0):
        answer = client.get("/docs")
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert {entry["operationId"] for entry in OPERATIONS.values()} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.anchors) <= set(page.ids)
    assert page.inline == []
    assert page.loads
    assert all(address.startswith("/static/relais/") for address in page.loads)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    again = client.get("/docs", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_the_dashboard_leads_to_the_reference(
    admin: Any, logged_in: Callable[[Any], Client]
) -> None:
    dashboard = logged_in(admin)
    for name in ("index", "integrations_apikey_changelist"):
        page = dashboard.get(reverse(f"admin:{name}")).content.decode()
        assert f'href="{reverse("docs")}"' in page
