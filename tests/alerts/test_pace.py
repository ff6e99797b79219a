"""When alerts are told: at once, after a snooze, once a day, and not at all if it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.alerts import audience, issues
from integrations.alerts.audience import next_digest
from integrations.models import (
    AlertLevel,
    AlertPreference,
    Integration,
    Issue,
    Notice,
    RunState,
    SyncRun,
)
from tests.alerts.conftest import deliver, refused, sent_to, well
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

Later = Callable[..., None]


def test_what_ends_before_it_is_told_is_not_told(
    tenant: Integration, mails: MailServer, settings: Any, later: Later
) -> None:
    settings.EMAIL_PORT = 9
    refused(tenant)
    settings.EMAIL_PORT = mails.port
    well(tenant)
    later(hours=1)
    deliver()
    assert mails.mails == []


def test_what_flaps_costs_one_mail(
    tenant: Integration, alice: User, bob: User, mails: MailServer, later: Later
) -> None:
    for _time in range(3):
        refused(tenant)
        later(minutes=5)
        well(tenant)
        later(minutes=5)
    assert sent_to(mails) == ["alice@nord.example", "bob@nord.example"]
    later(minutes=16)
    deliver()
    assert len(mails.mails) == 4


def test_a_snoozed_issue_is_not_told_before_its_time(
    tenant: Integration, alice: User, mails: MailServer, later: Later
) -> None:
    now = timezone.now()
    SyncRun.objects.create(
        integration=tenant, state=RunState.AUTHENTICATION_FAILED, started_at=now, ended_at=now
    )
    issues.look_at([tenant])
    issues.snooze(Issue.objects.get(), issues.SNOOZES["hour"], user=alice)
    deliver()
    assert mails.mails == []
    later(minutes=61)
    deliver()
    assert sent_to(mails) == ["alice@nord.example", "bob@nord.example"]


def test_what_a_snooze_puts_off_is_told_at_its_end_or_when_it_is_ended_by_hand(
    tenant: Integration, alice: User, bob: User, mails: MailServer, later: Later
) -> None:
    audience.choose(bob, AlertPreference(pace="daily", digest_hour=7), {})
    now = timezone.now()
    SyncRun.objects.create(
        integration=tenant, state=RunState.AUTHENTICATION_FAILED, started_at=now, ended_at=now
    )
    issues.look_at([tenant])
    issue = Issue.objects.get()
    assert issues.snooze(issue, issues.SNOOZES["week"], user=alice)
    deliver()
    later(days=1)
    deliver()
    put_off = Notice.objects.get(user=bob).due_at
    assert put_off > timezone.now() + timedelta(days=5)
    assert timezone.localtime(put_off).hour == 7, "The day's e-mail after it."
    issue.refresh_from_db()
    assert issues.wake(issue, user=alice)
    deliver()
    assert sent_to(mails) == ["alice@nord.example"]
    later(days=1)
    deliver()
    assert sent_to(mails) == ["alice@nord.example", "bob@nord.example"]


def test_the_number_of_queries_does_not_grow_with_what_is_told(
    admin: User, mails: MailServer, later: Later, make_tenant: Callable[..., Integration]
) -> None:
    audience.choose(admin, AlertPreference(pace="daily", digest_hour=7), {})
    counts = []
    for number in (2, 9):
        for _tenant in range(number):
            refused(make_tenant(f"Company of {number}"))
        later(days=1)
        with CaptureQueriesContext(connection) as queries:
            deliver()
        counts.append(len(queries))
    assert [mail["Subject"] for mail in mails.mails] == ["[Relais] 2 alerts", "[Relais] 9 alerts"]
    assert counts[0] == counts[1]


def test_the_daily_mail_tells_all_that_is_still_so(
    tenant: Integration,
    alice: User,
    bob: User,
    mails: MailServer,
    later: Later,
    make_tenant: Callable[..., Integration],
) -> None:
    tenants = [tenant, *(make_tenant(f"Company {n}", members=[alice]) for n in range(3))]
    audience.choose(alice, AlertPreference(pace="daily", digest_hour=7), {})
    audience.choose(bob, AlertPreference(level=AlertLevel.NOTHING), {})
    for each in tenants:
        refused(each)
    well(tenants[1])
    assert mails.mails == []
    later(days=1)
    deliver()
    (mail,) = mails.mails
    assert mail["Subject"] == "[Relais] 3 alerts"
    assert "Atelier Nord" in mail.get_content()
    assert "Company 0" not in mail.get_content()


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("hour", "now", "expected"),
    [
        (7, "2026-03-10 06:59", "2026-03-10 07:00"),
        (7, "2026-03-10 07:00", "2026-03-11 07:00"),
        # The clocks go forward in the night to Sunday.
        (7, "2026-03-28 12:00", "2026-03-29 07:00"),
    ],
)
def test_the_daily_mail_comes_at_that_hour_of_the_installation(
    hour: int, now: str, expected: str
) -> None:
    def local(text: str) -> datetime:
        return timezone.make_aware(datetime.fromisoformat(text))

    assert next_digest(hour, local(now)) == local(expected)


def test_much_at_once_is_one_mail_a_minute(
    admin: User, mails: MailServer, make_tenant: Callable[..., Integration], later: Later
) -> None:
    tenants = [make_tenant(f"Company {number}") for number in range(5)]
    refused(tenants[0])
    for each in tenants[1:]:
        refused(each)
    assert [mail["Subject"] for mail in mails.mails] == [
        "[Relais] Company 0: The Flatchr key does not work (critical)"
    ]
    later(seconds=61)
    deliver()
    assert mails.mails[1]["Subject"] == "[Relais] 4 alerts"
