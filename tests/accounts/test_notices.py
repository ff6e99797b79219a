"""Users are told of changes that open their account, whatever the mail server does meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.accounts import notices, users
from integrations.accounts.notices import ACCOUNT_NOTICES, BACKOFF
from integrations.models import AccountChange, AccountNotice, AuthenticatorApp
from tests.accounts.test_login import code_of, enrol, sign_in
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
NEW = "a new pass phrase for 2027"


@pytest.fixture(autouse=True)
def mail_server(settings: Any, alice: User) -> None:
    settings.EMAIL_ENABLED = True
    settings.EMAIL_BACKEND = LOCMEM
    alice.email = "alice@atelier.example"
    alice.save()


@pytest.fixture
def gone(settings: Any, mail_server: None) -> Any:
    """Nothing listens where the mail server was; called, it is back."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    return lambda: setattr(settings, "EMAIL_BACKEND", LOCMEM)


def later(by: timedelta) -> None:
    """As if so much time had passed."""
    for notice in AccountNotice.objects.all():
        AccountNotice.objects.filter(pk=notice.pk).update(due_at=notice.due_at - by)


def told() -> list[tuple[list[str], str]]:
    return [(one.to, one.body.splitlines()[2]) for one in mail.outbox]


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_of_each_change_at_once(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    factor = reverse("admin:second_factor")
    client.post(factor, {"password": PASSWORD, "code": code_of(alice), "do": "codes"})
    AuthenticatorApp.objects.update(last_t=-1)
    client.post(factor, {"password": PASSWORD, "code": code_of(alice), "do": "off"})
    given = {"password": PASSWORD, "first": NEW, "second": NEW}
    client.post(reverse("admin:password_change"), given)
    users.change(User.objects.get(pk=alice.pk), email="new@atelier.example", first_name="Al")

    mine = ["alice@atelier.example"]
    assert told() == [
        (mine, "The second factor of your account was switched on."),
        (mine, "New recovery codes were made for your account."),
        (mine, "The second factor of your account was switched off."),
        (mine, "The password of your account was changed."),
        (mine, "The e-mail address of your account was changed."),
        (["new@atelier.example"], "The e-mail address of your account was changed."),
    ]
    assert "From: 127.0.0.1" in mail.outbox[0].body
    assert NEW not in "".join(one.body for one in mail.outbox)
    assert not AccountNotice.objects.exists()


def test_a_mail_server_that_is_gone_is_tried_again_until_it_is_back(
    alice: User, gone: Callable[[], None], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        users.set_password(alice, NEW)
    assert alice.check_password(NEW)
    begun = timezone.localtime(AccountNotice.objects.get().happened_at)

    assert not ACCOUNT_NOTICES.work_on_next(notices.send)
    later(BACKOFF[0])
    assert ACCOUNT_NOTICES.work_on_next(notices.send)
    assert AccountNotice.objects.get().attempts == 2
    gone()
    assert not ACCOUNT_NOTICES.work_on_next(notices.send)
    later(BACKOFF[1])
    assert ACCOUNT_NOTICES.work_on_next(notices.send)

    [message] = mail.outbox
    assert f"{begun:%H:%M}" in message.body
    assert not AccountNotice.objects.exists()


def test_one_whose_sender_ended_before_it_was_sent_is_sent_by_a_worker(alice: User) -> None:
    # No test commits here, so nothing that waits for the commit is called.
    users.set_password(alice, NEW)
    assert not mail.outbox

    assert ACCOUNT_NOTICES.work_on_next(notices.send)
    assert told() == [(["alice@atelier.example"], "The password of your account was changed.")]
    assert not ACCOUNT_NOTICES.work_on_next(notices.send)


def test_what_is_rolled_back_is_not_told(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        users.set_password(alice, NEW)
        transaction.set_rollback(True)

    assert not AccountNotice.objects.exists()
    assert not mail.outbox


def test_it_is_given_up_in_the_end_and_the_log_names_no_address(
    alice: User, gone: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    users.set_password(alice, NEW)
    for pause in (timedelta(), *BACKOFF):
        later(pause)
        assert ACCOUNT_NOTICES.work_on_next(notices.send)

    assert not AccountNotice.objects.exists()
    assert caplog.records[-1].levelno == logging.ERROR
    assert "given up" in caplog.records[-1].getMessage()
    assert "atelier.example" not in caplog.text


def test_two_senders_send_one(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    users.set_password(alice, NEW)
    [pk] = AccountNotice.objects.values_list("pk", flat=True)
    inner = []

    def send(*_: Any, **__: Any) -> None:
        # The second comes while the first one talks to the server.
        inner.append(notices.send(pk))

    monkeypatch.setattr("integrations.accounts.mails.send", send)
    assert notices.send(pk)
    assert inner == [False]


def test_a_dead_server_is_tried_for_one_of_many(alice: User, bob: User, gone: Any) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@atelier.example")
    bob.refresh_from_db()
    for user in (alice, bob):
        users.set_password(user, NEW)

    assert ACCOUNT_NOTICES.work_on_next(notices.send)
    assert not ACCOUNT_NOTICES.work_on_next(notices.send)
    assert sorted(AccountNotice.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_user_without_an_address_and_one_whose_address_is_none(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="")
    bob.refresh_from_db()
    users.set_password(bob, NEW)
    assert not AccountNotice.objects.exists()

    notices.tell(alice, AccountChange.ADDRESS, addresses=["", "a\nb@atelier.example"])
    assert ACCOUNT_NOTICES.work_on_next(notices.send)
    assert not AccountNotice.objects.exists()
    assert not mail.outbox
