"""Pages of issues and alerts, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.alerts import audience, issues
from integrations.models import ChatTarget, Integration, Issue, Membership, RunState, SyncRun
from tests.support.file_host import FileHost, answer
from tests.support.mail_server import MailServer

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = reverse("admin:integrations_issue_changelist")
ALERTS = reverse("admin:alerts")
LogIn = Callable[[User], Client]


@pytest.fixture
def issue(tenant: Integration) -> Issue:
    now = timezone.now()
    SyncRun.objects.create(integration=tenant, state=RunState.FAILED, started_at=now, ended_at=now)
    issues.look_at([tenant])
    return Issue.objects.get()


def listed(client: Client, **query: str) -> list[Issue]:
    return list(client.get(LIST, query).context["cl"].result_list)


def test_an_issue_has_its_button_and_is_snoozed_and_woken_by_operators(
    issue: Issue, tenant: Integration, alice: User, charlie: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    page = reverse("admin:integrations_issue_change", args=[issue.pk])
    run = reverse("admin:integrations_syncrun_change", args=[issue.run_id])
    tenant_page = reverse("admin:integrations_integration_change", args=[tenant.pk])
    for where in (LIST, page, tenant_page):
        assert f'href="{run}"' in client.get(where).content.decode()
    snooze = reverse("admin:integrations_issue_snooze", args=[issue.pk])
    assert client.post(snooze, {"length": "for ever"}).status_code == 302
    assert listed(client) == [issue]
    client.post(snooze, {"length": "day"})
    assert listed(client) == []
    assert listed(client, state="snoozed") == [issue]
    assert "Snoozed" in client.get(page).content.decode()
    client.post(reverse("admin:integrations_issue_wake", args=[issue.pk]))
    assert listed(client) == [issue]
    assert issue.history.filter(user=alice).count() == 2
    assert listed(logged_in(charlie)) == []
    Membership.objects.filter(user=alice).update(role="viewer")
    assert client.post(snooze, {"length": "day"}).status_code == 403


def test_issues_of_the_installation_are_for_administrators(
    tenant: Integration, alice: User, admin: User, logged_in: LogIn
) -> None:
    issues.look_at_installation()
    assert listed(logged_in(alice)) == []
    shown = logged_in(admin).get(LIST)
    assert reverse("admin:system") in shown.content.decode()
    assert {one.kind for one in shown.context["cl"].result_list} >= {"scheduler_silent"}


def test_everybody_chooses_what_they_are_told_of(
    tenant: Integration, alice: User, logged_in: LogIn, mails: MailServer
) -> None:
    client = logged_in(alice)
    given = {"do": "choose", "pace": "daily", "digest_hour": "18", "level": "", tenant.pk: "notice"}
    assert client.post(ALERTS, given).status_code == 302
    preference, chosen = audience.choices_of(alice)
    assert (preference.pace, preference.digest_hour, preference.level) == ("daily", 18, "")
    assert chosen == {tenant.pk: "notice"}
    again = client.post(ALERTS, {**given, "digest_hour": "25"})
    assert again.context["form"].errors.keys() == {"digest_hour"}
    client.post(ALERTS, {"do": "test"})
    assert [mail["To"] for mail in mails.mails] == ["alice@nord.example"]


def test_only_administrators_set_the_chat_whose_address_is_not_shown(
    alice: User, tenant: Integration, admin: User, logged_in: LogIn, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with FileHost({"/hook/secret": answer(b"ok")}) as host:
        given = {
            "do": "chat",
            "url": host.url("/hook/secret"),
            "chat_level": "critical",
            "language": "fr",
        }
        logged_in(alice).post(ALERTS, given)
        assert not ChatTarget.objects.exists()
        client = logged_in(admin)
        client.post(ALERTS, given)
        stored = ChatTarget.objects.get()
        assert (stored.url, stored.level) == (host.url("/hook/secret"), "critical")
        client.post(ALERTS, {"do": "chat_test"})
        assert len(host.requests) == 1
    assert "hook/secret" not in client.get(ALERTS).content.decode()
    refused = client.post(ALERTS, {**given, "url": "ftp://chat.example/"})
    assert refused.context["chat_form"].errors.keys() == {"url"}
    # Its key was lost: it can be replaced or removed, and the rest chosen.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_chattarget SET url = 'of another key'")
    client.post(ALERTS, {**given, "url": "", "chat_level": "warning"})
    assert ChatTarget.objects.get().level == "warning"
    client.post(ALERTS, {"do": "chat_remove"})
    assert ChatTarget.objects.get().url == ""


def test_the_command_lists_what_is_open(issue: Issue) -> None:
    out = StringIO()
    with pytest.raises(SystemExit, match="3"):
        call_command("alerts", "--json", stdout=out)
    (told,) = json.loads(out.getvalue())["issues"]
    assert (told["id"], told["kind"], told["severity"]) == (issue.pk, "syncs_failing", "warning")
    Issue.objects.update(resolved_at=timezone.now())
    out = StringIO()
    call_command("alerts", stdout=out)
    assert out.getvalue() == "Nothing is wrong.\n"
