"""What a browser is told about our pages: the content policy of each answer, and its cookies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from config import content_policy
from integrations.admin.accounts import cookies
from tests.support.cast import PASSWORD

ROOT = Path(__file__).parents[2]
PREFIXED = "__Host-sessionid"


@pytest.fixture
def prefixed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that settings choose with an https address."""
    settings.SESSION_COOKIE_NAME = PREFIXED
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    monkeypatch.setattr(cookies.MessageCookie, "cookie_name", "__Host-messages")


def test_pages_of_people_who_are_not_signed_in(client: Client, db: None) -> None:
    login = client.get(reverse("admin:login"))
    assert login.headers[content_policy.HEADER] == content_policy.THEME_PAGE
    for address, policy in (
        ("/admin/welcome/MQ/none/", content_policy.PAGE),
        ("/livez", content_policy.NO_PAGE),
        ("/v1/integrations", content_policy.NO_PAGE),
        ("/openapi.json", content_policy.NO_PAGE),
    ):
        assert client.get(address).headers[content_policy.HEADER] == policy, address
    # Pages with a policy of their own keep it.
    assert "form-action 'none'" in client.get("/docs").headers[content_policy.HEADER]


def test_a_policy_lets_no_script_and_no_style_be_in_a_page() -> None:
    for policy in (content_policy.PAGE, content_policy.THEME_PAGE):
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert "unsafe-inline" not in rules["script-src"] + rules["style-src"]
        assert (rules["object-src"], rules["base-uri"]) == ("'none'", "'none'")
    inline = re.compile(
        r"<script(?![^>]*\b(src|type=\"application/json\")\b)|<style|\son[a-z]{3,}="
    )
    written = [*(ROOT / "templates").rglob("*.html")]
    assert [str(file) for file in written if inline.search(file.read_text())] == []


@pytest.mark.usefixtures("prefixed")
def test_sign_in_under_https_sets_cookies_for_this_host_alone(client: Client, alice: User) -> None:
    answer = client.post(
        reverse("admin:login"), {"username": alice.username, "password": PASSWORD}, secure=True
    )
    cookie = answer.cookies[PREFIXED]
    assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "__Host-csrftoken" in answer.cookies
    assert "sessionid" not in answer.cookies


@pytest.mark.usefixtures("prefixed")
def test_a_session_from_before_goes_on_under_the_new_name_once(
    client: Client, logged_in: Any, alice: User, settings: Any
) -> None:
    settings.SESSION_COOKIE_NAME = "sessionid"
    earlier = logged_in(alice).cookies["sessionid"].value
    session = SessionStore(earlier)
    session.pop(cookies.CALLED, None)
    session.save()
    settings.SESSION_COOKIE_NAME = PREFIXED
    client.cookies["sessionid"] = earlier

    answer = client.get(reverse("admin:sessions"), secure=True)

    assert answer.status_code == 200
    assert answer.cookies["sessionid"].value == ""
    moved = answer.cookies[PREFIXED].value
    assert moved
    assert moved != earlier
    assert not SessionStore().exists(earlier)
    assert client.get(reverse("admin:sessions"), secure=True).status_code == 200


@pytest.mark.usefixtures("prefixed")
def test_another_host_cannot_slip_a_session_in_under_the_earlier_name(
    logged_in: Any, alice: User
) -> None:
    """One that was begun under the prefix: what a neighbouring host could have got itself."""
    theirs = logged_in(alice).cookies[PREFIXED].value
    victim = Client()
    victim.cookies["sessionid"] = theirs
    answer = victim.get(reverse("admin:index"), secure=True)
    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]


def test_a_message_is_kept_under_our_name() -> None:
    storage = cookies.MessageCookie(RequestFactory().get("/"))
    storage.add(20, "Saved.")
    answer = HttpResponse()
    storage.update(answer)
    assert list(answer.cookies) == [cookies.MessageCookie.cookie_name]
