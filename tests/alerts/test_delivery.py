"""Alerts: who gets which, through a real mail server and a real chat, and nobody twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations import tasks
from integrations.alerts import audience, chat, delivery, issues
from integrations.lanes import Lane
from integrations.models import (
    AlertLevel,
    AlertPreference,
    Export,
    ExportState,
    FlatchrCredentials,
    Integration,
    Issue,
    LanguageChoice,
    Membership,
    Notice,
    NoticeState,
    RunState,
    SyncRun,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.sandbox import Sandbox
from integrations.sync.runs import queue_run
from tests.alerts.conftest import deliver, ended, refused, sent_to, well
from tests.support.file_host import FileHost, answer
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

Later = Callable[..., None]


def synchronise(tenant: Integration) -> SyncRun:
    run, _new = queue_run(tenant.pk, type="FULL", trigger="MANUAL")
    while tasks.work_on_next(Lane.SYNCS):
        pass
    run.refresh_from_db()
    return run


def test_a_refused_key_is_told_once_and_its_end_in_the_readers_language(
    connected_tenant: Integration,
    sandbox: Sandbox,
    alice: User,
    bob: User,
    mails: MailServer,
    later: Later,
) -> None:
    """Alice reads French, bob English; both are Managers."""
    tenant = connected_tenant
    LanguageChoice.objects.create(user=alice, language="fr")
    endpoint = WebhookEndpoint.objects.create(
        url="http://127.0.0.1:9/", events=["issue-status-changed"], every_tenant=True
    )
    good = FlatchrCredentials.objects.get(pk=tenant.pk).api_key
    for _again in range(2):
        FlatchrCredentials.objects.filter(pk=tenant.pk).update(api_key="wrong")
        assert synchronise(tenant).state == RunState.AUTHENTICATION_FAILED
        deliver()
    (issue,) = Issue.objects.all()
    assert issue.times == 2
    by_reader = {mail["To"]: mail for mail in mails.mails}
    assert len(mails.mails) == 2
    french, english = by_reader["alice@nord.example"], by_reader["bob@nord.example"]
    assert english["Subject"] == "[Relais] Atelier Nord: The Flatchr key does not work (critical)"
    assert french["Subject"].strip() == (
        "[Relais] Atelier Nord\xa0: La clé Flatchr ne fonctionne pas (critique)"
    )
    body = english.get_content()
    assert f"https://relais.example/admin/integrations/issue/{issue.pk}/change/" in body
    assert "https://relais.example/admin/alerts/" in body
    assert "Flatchr a refusé la clé d’API" in french.get_content()
    assert english["List-Unsubscribe"] == "<https://relais.example/admin/alerts/>"

    FlatchrCredentials.objects.filter(pk=tenant.pk).update(api_key=good)
    assert synchronise(tenant).state == RunState.SUCCEEDED
    deliver()
    issue.refresh_from_db()
    assert issue.resolved_at is not None
    assert len(mails.mails) == 2, "It may come again at once."
    later(minutes=16)
    deliver()
    ends = {mail["To"]: mail["Subject"] for mail in mails.mails[2:]}
    assert ends["bob@nord.example"] == (
        "[Relais] Atelier Nord: The Flatchr key does not work (over)"
    )
    assert ends["alice@nord.example"].endswith("(terminé)")
    later(days=1)
    deliver()
    assert len(mails.mails) == 4

    told = [json.loads(event.body) for event in WebhookEvent.objects.order_by("created_at")]
    told = [event["data"] for event in told if event["data"]["issue"]["type"] == "key_refused"]
    assert [one["change"] for one in told] == ["raised", "resolved"]
    assert told[1]["issue"]["status"] == "RESOLVED"
    assert told[1]["integration"]["id"] == tenant.pk
    endpoint.delete()


def test_without_a_choice_administrators_get_warnings_and_managers_what_is_critical(
    tenant: Integration, admin: User, charlie: User, mails: MailServer
) -> None:
    dora = User.objects.create_user("dora", "dora@nord.example", is_staff=True)
    Membership.objects.create(user=dora, integration=tenant, role="operator")
    ended(tenant, RunState.FAILED)
    assert sent_to(mails) == ["admin@relais.example"]
    ended(tenant, RunState.FAILED)
    ended(tenant, RunState.FAILED)
    everybody = ["admin@relais.example", "alice@nord.example", "bob@nord.example"]
    assert sent_to(mails) == everybody, "It has become critical; the administrator knows."


def test_everybody_gets_what_they_have_chosen(
    tenant: Integration,
    alice: User,
    bob: User,
    admin: User,
    mails: MailServer,
    make_tenant: Callable[..., Integration],
) -> None:
    other = make_tenant("Atelier Sud", members=[alice, bob])
    audience.choose(alice, AlertPreference(level=AlertLevel.NOTHING), {other.pk: "warning"})
    audience.choose(bob, AlertPreference(level=AlertLevel.WARNING), {other.pk: "nothing"})
    audience.choose(admin, AlertPreference(level=AlertLevel.NOTHING), {})
    ended(tenant, RunState.FAILED)
    ended(other, RunState.FAILED)
    assert sent_to(mails) == ["alice@nord.example", "bob@nord.example"]
    words = {mail["To"]: mail["Subject"] for mail in mails.mails}
    assert "Atelier Sud" in words["alice@nord.example"]
    assert "Atelier Nord" in words["bob@nord.example"]


def test_who_has_lost_the_tenant_or_is_switched_off_is_told_nothing(
    tenant: Integration, alice: User, bob: User, mails: MailServer, settings: Any
) -> None:
    settings.EMAIL_PORT = 9
    refused(tenant)
    assert Notice.objects.filter(state=NoticeState.WAITING, attempts=1).count() == 1
    settings.EMAIL_PORT = mails.port
    Membership.objects.filter(user=alice).delete()
    User.objects.filter(pk=bob.pk).update(is_active=False)
    Notice.objects.update(due_at=timezone.now())
    deliver()
    assert mails.mails == []
    assert set(Notice.objects.values_list("state", flat=True)) == {NoticeState.DROPPED}


@pytest.mark.any_database
@pytest.mark.parametrize("trouble", ["dead", "full"])
def test_a_mail_server_in_trouble_is_tried_once_for_all_and_again_later(
    trouble: str,
    tenant: Integration,
    alice: User,
    bob: User,
    admin: User,
    mails: MailServer,
    settings: Any,
) -> None:
    if trouble == "dead":
        settings.EMAIL_PORT = 9
    mails.full = trouble == "full"
    refused(tenant)
    attempts = sorted(Notice.objects.values_list("attempts", flat=True))
    assert attempts == [0, 0, 1]
    assert not Notice.objects.filter(due_at__lte=timezone.now()).exists()
    settings.EMAIL_PORT = mails.port
    mails.full = False
    Notice.objects.update(due_at=timezone.now())
    deliver()
    assert len(mails.mails) == 3


def test_an_alert_does_not_wait_for_the_exports_before_it(
    tenant: Integration, alice: User, bob: User, mails: MailServer
) -> None:
    now = timezone.now()
    export = Export.objects.create(integration=tenant, state=ExportState.QUEUED)
    SyncRun.objects.create(
        integration=tenant, state=RunState.AUTHENTICATION_FAILED, started_at=now, ended_at=now
    )
    issues.look_at([tenant])
    for _reader in (alice, bob):
        assert tasks.work_on_next(Lane.SOON)
    assert sent_to(mails) == ["alice@nord.example", "bob@nord.example"]
    export.refresh_from_db()
    assert export.state == ExportState.QUEUED


@pytest.mark.any_database
def test_no_address_is_written_to_the_log(
    tenant: Integration,
    admin: User,
    alice: User,
    bob: User,
    mails: MailServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@nord.example\nBcc: eve@evil.example")
    mails.refusing = True
    refused(tenant)
    assert delivery.send_test(alice) == "The mail server did not take the e-mail."
    assert Notice.objects.get(user=bob).state == NoticeState.FAILED
    assert "not sent" in caplog.text
    assert "could not be written" in caplog.text
    assert "nord.example" not in caplog.text


@pytest.mark.any_database
def test_the_chat_gets_text_and_its_address_is_guarded_and_secret(
    tenant: Integration, settings: Any, later: Later
) -> None:
    with FileHost({"/hook/secret": answer(b"ok")}) as host:
        with pytest.raises(chat.ChatRefused, match="public"):
            chat.choose(url=host.url("/hook/secret"), level="warning", language="fr")
        settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        chat.choose(url=host.url("/hook/secret"), level="warning", language="fr")
        refused(tenant)
        refused(tenant)
        (request,) = host.requests
        assert request.startswith("POST /hook/secret ")
    assert host.url("/hook/secret") not in str(Notice.objects.values_list("error", flat=True))
    # The host is gone.
    well(tenant)
    later(minutes=20)
    deliver()
    end = Notice.objects.get(is_end=True)
    assert (end.state, end.attempts) == (NoticeState.WAITING, 1)
    assert "secret" not in end.error


def test_a_mail_that_nobody_takes_is_given_up_after_a_day(
    tenant: Integration, admin: User, alice: User, bob: User, mails: MailServer
) -> None:
    mails.refusing = True
    refused(tenant)
    for _attempt in range(12):
        Notice.objects.filter(state=NoticeState.WAITING).update(
            due_at=timezone.now() - timedelta(seconds=1)
        )
        deliver()
    assert {notice.state for notice in Notice.objects.all()} == {NoticeState.FAILED}
    assert {str(notice.error) for notice in Notice.objects.all()} == {
        "The mail server did not take the e-mail."
    }
