"""A forgotten password, the user's own page, and invitations by e-mail."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.accounts import members, recovery, users
from integrations.models import (
    AccountChange,
    AccountNotice,
    AuditEntry,
    AuthenticatorApp,
    CheckCount,
    Event,
    Integration,
    Role,
)
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db

FORGOTTEN = "/admin/forgotten/"
NEW = {"first": "quiet harbour lamp", "second": "quiet harbour lamp"}


@pytest.fixture(autouse=True)
def mails(settings: Any, alice: User) -> list[Any]:
    settings.EMAIL_ENABLED = True
    User.objects.filter(pk=alice.pk).update(email="alice@nord.example")
    alice.refresh_from_db()
    return mail.outbox  # type: ignore[no-any-return]


def ask(client: Client, name: str) -> Any:
    answer = client.post(FORGOTTEN, {"name": name})
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
    return answer


def link_in(message: Any) -> str:
    [found] = re.findall(r"http://\S+(/admin/password-reset/\S+)", message.body)
    return str(found)


def sign_in(client: Client, password: str) -> Any:
    return client.post("/admin/login/", {"username": "alice", "password": password})


def test_the_link_sets_a_password_once_and_ends_every_session(
    alice: User, client: Client, mails: list[Any]
) -> None:
    there = Client()
    sign_in(there, PASSWORD)
    AuthenticatorApp.objects.create(user=alice, confirmed=True)

    ask(client, "ALICE@nord.example")
    [message] = mails
    assert message.to == ["alice@nord.example"]
    link = link_in(message)
    assert "alice" in client.get(link).content.decode()
    assert "is set" in client.post(link, NEW).content.decode()

    assert client.get(link).status_code == client.post(link, NEW).status_code == 404
    assert there.get(reverse("admin:index")).status_code == 302
    # The link is no second factor.
    assert reverse("admin:index") not in client.session
    assert sign_in(client, NEW["first"]).headers["Location"] == reverse("admin:login_code")
    what = list(AuditEntry.objects.values_list("what", flat=True))
    assert {Event.PASSWORD_LINK_SENT, Event.PASSWORD_CHANGED} <= set(what)
    assert AccountNotice.objects.get().change == AccountChange.PASSWORD


def test_the_answer_says_nothing_of_whom_there_is(
    alice: User, bob: User, client: Client, mails: list[Any]
) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@nord.example", is_active=False)
    strip = re.compile(r'value="[^"]*"|nonce-[\w-]+|nonce="[^"]*"')
    answers = {
        (answer.status_code, strip.sub("", answer.content.decode()))
        for answer in (ask(client, name) for name in (alice.username, "bob", "nobody", "o'hara"))
    }

    assert len(answers) == 1
    assert [message.to for message in mails] == [["alice@nord.example"]]


def test_links_are_few_and_short_lived(
    alice: User, client: Client, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [ask(client, "alice").status_code for _ in range(recovery.MOST_ASKED)]
    assert asked == [200] * recovery.MOST_ASKED
    assert len(mails) == recovery.MOST_LINKS
    assert ask(client, "alice").status_code == 429
    # From elsewhere the account still has had its links; an hour later all may ask again.
    CheckCount.objects.update(blocked_until=timezone.now())
    assert ask(client, "alice").status_code == 200
    assert len(mails) == recovery.MOST_LINKS + 1

    link = link_in(mails[-1])
    assert client.get(link).status_code == 200
    sign_in(Client(), PASSWORD)
    assert client.get(link).status_code == 404
    alice.refresh_from_db()
    token = recovery.token_of(alice)
    assert recovery.user_of(token) == alice
    assert recovery.user_of(token[:-1]) is None
    monkeypatch.setattr(recovery, "LINK_LASTS", timedelta(seconds=-1))
    assert recovery.user_of(token) is None


def test_without_a_mail_server_the_page_says_whom_to_ask(client: Client, settings: Any) -> None:
    assert FORGOTTEN in client.get("/admin/login/").content.decode()
    settings.EMAIL_ENABLED = False

    assert FORGOTTEN not in client.get("/admin/login/").content.decode()
    assert "sends no e-mails" in client.post(FORGOTTEN, {"name": "alice"}).content.decode()


def test_a_user_sees_their_roles_and_changes_their_name_alone(
    alice: User, tenant: Integration, logged_in: Any
) -> None:
    client = logged_in(alice)
    page = client.get(reverse("admin:account")).content.decode()
    assert tenant.organization in page
    assert "Manager" in page

    given = {"first_name": "Alix", "last_name": "Nord", "email": "x@nord.example"}
    given |= {"is_superuser": "on", "username": "root"}
    assert client.post(reverse("admin:account"), given).status_code == 302
    alice.refresh_from_db()
    assert (alice.get_full_name(), alice.username) == ("Alix Nord", "alice")
    assert (alice.email, alice.is_superuser) == ("alice@nord.example", False)


def test_an_invitation_goes_by_e_mail_to_several_tenants_as_viewer(
    admin: User, tenant: Integration, other_tenant: Integration, logged_in: Any, mails: list[Any]
) -> None:
    client = logged_in(admin)
    page = reverse("admin:auth_user_add")
    form = client.get(page).context["form"]
    assert form["role"].initial == Role.VIEWER
    given = {"username": "dora", "by_email": "on", "tenant": [tenant.pk, other_tenant.pk]}
    assert "address that the link is sent to" in client.post(page, given).content.decode()
    assert not User.objects.filter(username="dora").exists()

    made = client.post(page, {**given, "email": "dora@nord.example"}).content.decode()

    assert "on its way to dora@nord.example" in made
    [message] = mails
    [link] = re.findall(r"http://\S+(/admin/welcome/\S+)", message.body)
    assert "is set" in Client().post(link, NEW).content.decode()
    dora = User.objects.get(username="dora")
    assert set(dora.tenant_memberships.values_list("integration_id", "role")) == {
        (tenant.pk, Role.VIEWER),
        (other_tenant.pk, Role.VIEWER),
    }


def test_whom_a_manager_invites_is_told_by_e_mail_and_once(
    alice: User, charlie: User, tenant: Integration, mails: list[Any]
) -> None:
    User.objects.filter(pk=charlie.pk).update(email="charlie@sud.example")
    for name in ("charlie@sud.example", "charlie@sud.example", "nobody@sud.example"):
        members.invite(tenant, name, Role.VIEWER, by=alice)
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()

    [message] = mails
    assert message.to == ["charlie@sud.example"]
    assert reverse("admin:invitations") in message.body


@pytest.mark.parametrize("page", ["forgotten", "welcome"])
def test_of_two_who_use_one_link_at_once_the_first_sets_the_password(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    uid, token = users.password_link(alice)
    address = {
        "forgotten": reverse("admin:password_reset", args=[recovery.token_of(alice)]),
        "welcome": reverse("admin:welcome", args=[uid, token]),
    }[page]
    module, name = (recovery, "user_of") if page == "forgotten" else (users, "invited")
    read = getattr(module, name)

    def read_before_the_other(*given: Any) -> Any:
        found = read(*given)
        other = User.objects.get(pk=alice.pk)
        assert users.set_password(other, "the first of two lamps")
        return found

    monkeypatch.setattr(module, name, read_before_the_other)
    assert client.post(address, NEW).status_code == 404
    alice.refresh_from_db()
    assert alice.check_password("the first of two lamps")
