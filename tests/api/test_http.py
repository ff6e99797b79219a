"""What HTTP has beside the contract: HEAD, `ETag`, gzip, other origins, and what is no request."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.accounts import failed_calls
from integrations.api import urls
from integrations.models import FailedCall, Integration, Membership, Role, Tag
from tests.api.conftest import MakeKey
from tests.api.making import Maker
from tests.api.test_errors import error_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TAGS = "/v1/ats/tags"


@pytest.fixture
def read(client: Client, make_key: MakeKey, tenant: Integration) -> Any:
    """Ask for an address; more is headers."""
    Integration.objects.update(applicants_read_at=tenant.created_at)
    headers = {"Authorization": f"Bearer {make_key(tenant)}", "X-Integration-Id": tenant.pk}

    def ask(path: str = TAGS, method: str = "GET", **more: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return client.generic(method, path, headers={**headers, **named})

    return ask


def test_what_has_not_changed_is_not_sent_again(read: Any, tenant: Integration) -> None:
    tag = Maker(tenant).tag()
    first = read()
    etag = first.headers["ETag"]
    assert first.json()["data"]["results"][0]["id"] == tag.pk

    for named in (etag, f'"another", {etag}', etag.removeprefix("W/"), "*"):
        again = read(If_None_Match=named)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert again.headers["Cache-Control"] == "no-store"
        assert "X-Server-Time" in again.headers
        assert "Content-Type" not in again.headers

    Tag.objects.update(name="Langue: espagnol")
    changed = read(If_None_Match=etag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
    # A record has a tag of its own as well, and a refusal has none.
    assert "ETag" in read(f"/v1/integrations/{tenant.pk}")
    assert "ETag" not in read("/v1/ats/tags?page_size=0")


def test_head_is_get_without_its_body(read: Any, tenant: Integration) -> None:
    Maker(tenant).tag()
    for path in (TAGS, f"/v1/integrations/{tenant.pk}", "/v1/none", "/v1/ats/tags?page_size=0"):
        got, told = read(path), read(path, "HEAD")
        assert (told.status_code, told.content) == (got.status_code, b"")
        for name in ("Content-Type", "Content-Length", "ETag", "Vary"):
            assert told.headers.get(name) == got.headers.get(name)
    refused = read("/v1/force-sync", "HEAD")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("asked", "packed"),
    [
        ("gzip, deflate", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("", False),
        ("gzip;q=x", False),
    ],
)
def test_records_are_compressed_for_those_who_ask(
    asked: str, packed: bool, read: Any, tenant: Integration
) -> None:
    make = Maker(tenant)
    for number in range(20):
        make.tag(name=f"Langue: {number}")
    plain, answer = read(), read(Accept_Encoding=asked)

    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    content = gzip.decompress(answer.content) if packed else answer.content
    assert content == plain.content
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert answer.headers["ETag"] == plain.headers["ETag"]


def test_what_holds_a_secret_is_never_compressed(read: Any) -> None:
    """Its size, beside a text of the caller's, would tell of it (BREACH)."""
    made = read("/v1/webhooks", "POST", Accept_Encoding="gzip")
    assert "Content-Encoding" not in made.headers
    compressed = {
        route.path
        for route in urls.router.routes
        if route.records and (route.method != "GET" or "attachments" in route.path)
    }
    assert compressed == set()
    with_secrets = ("connect/", "webhooks", "link", "integrations/", "passthrough", "attachments")
    assert not [
        route.path
        for route in urls.router.routes
        if route.records and any(part in route.path for part in with_secrets)
    ]


def test_pages_of_other_sites_may_not_call_it_unless_they_are_named(
    read: Any, client: Client, settings: Any
) -> None:
    here, there = "https://app.example", "https://other.example"
    asking = {"Origin": here, "Access-Control-Request-Method": "GET"}
    # A browser asks without the key.
    refused = client.options(TAGS, headers=asking)
    assert refused.status_code == 401
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert "Access-Control-Allow-Origin" not in read(Origin=here).headers

    settings.API_CORS_ORIGINS = [here]
    allowed = client.options(TAGS, headers=asking)
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert allowed.headers["Access-Control-Allow-Origin"] == here
    for header in ("Authorization", "X-Integration-Id", "Idempotency-Key"):
        assert header in allowed.headers["Access-Control-Allow-Headers"]
    for path in (TAGS, "/v1/none"):
        shared = read(path, Origin=here)
        assert shared.headers["Access-Control-Allow-Origin"] == here
        assert "X-Server-Time" in shared.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in shared.headers
        assert "Origin" in shared.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in read(Origin=there).headers
    assert client.options(TAGS, headers={**asking, "Origin": there}).status_code == 401


def test_what_is_not_there_is_told_in_the_envelope_to_programs(client: Client) -> None:
    for accept in ("application/json", "*/*", ""):
        answer: Any = client.get("/api/v1/ats/jobs", headers={"Accept": accept})
        error = error_of(answer)
        assert (error["http"], error["code"]) == (404, "PLATFORM.INPUT_INVALID")
    page = client.get("/api/v1/ats/jobs", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_an_error_leads_to_the_page_of_its_call(
    read: Any, client: Client, tenant: Integration, other_tenant: Integration, alice: User
) -> None:
    Integration.objects.update(applicants_read_at=tenant.created_at)
    urls_ = {read("/v1/ats/tags?page_size=0").json()["error"]["log_url"] for _ in range(2)}
    [call] = FailedCall.objects.order_by("at")[:1]
    assert f"http://127.0.0.1:8000/admin/integrations/failedcall/{call.pk}/change/" in urls_
    assert (call.integration, call.method, call.route, call.status) == (
        tenant,
        "GET",
        "ats/tags",
        400,
    )
    # The address names people at times, and is not kept; nor is who asks without a key.
    assert "page_size=0" not in str(FailedCall.objects.values())
    anybody = client.get("/v1/ats/tags", headers={"Authorization": "Bearer relais_none"})
    assert anybody.json()["error"]["log_url"] is None

    client.force_login(alice)
    address = urlsplit(urls_.pop()).path
    page = client.get(address)
    assert page.status_code == 200
    assert "whole number from 1 to 250" in page.content.decode()
    Membership.objects.filter(user=alice).delete()
    Membership.objects.create(user=alice, integration=other_tenant, role=Role.MANAGER)
    assert "whole number from 1 to 250" not in client.get(address).content.decode()

    FailedCall.objects.update(at=timezone.now() - timedelta(days=40))
    failed_calls.retain()
    assert not FailedCall.objects.exists()
