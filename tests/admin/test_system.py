"""The page on how the installation is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from integrations.models import ProcessHeartbeat, ProcessKind
from integrations.operations.health import Status, health, lanes

pytestmark = pytest.mark.django_db


def process(kind: ProcessKind, pid: int, silent_seconds: int) -> None:
    ProcessHeartbeat.objects.create(
        id=f"{kind}{pid}",
        kind=kind,
        host="first.example",
        pid=pid,
        queues=lanes() if kind is ProcessKind.WORKER else [],
        version="9.8.7",
        started_at=Now() - timedelta(hours=3),
        seen_at=Now() - timedelta(seconds=silent_seconds),
        clock_ahead=-0.25,
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_check_is_shown_with_what_to_do(
    language: str, admin: User, logged_in: Callable[[User], Client]
) -> None:
    answer = logged_in(admin).get(reverse("admin:system"), headers={"Accept-Language": language})

    page = answer.content.decode()
    failed = [check for check in health() if check.status is Status.FAILED]
    assert failed
    for check in health():
        assert escape(check.text.render(language)) in page
    for check in failed:
        assert escape(check.what_to_do.render(language)) in page  # type: ignore[attr-defined]
    # The worst first.
    assert page.index(failed[-1].text.render(language)) < page.index(
        health()[0].text.render(language)
    )


def test_the_processes_are_listed_with_their_last_sign(
    admin: User, logged_in: Callable[[User], Client]
) -> None:
    process(ProcessKind.WORKER, 41, 5)
    process(ProcessKind.SCHEDULER, 42, 300)

    page = logged_in(admin).get(reverse("admin:system")).content.decode()

    worker, scheduler = page.index("process 41"), page.index("process 42")
    for words, process_at in (("Alive", worker), ("Silent", scheduler)):
        row = page[page.rindex("<tr>", 0, process_at) : page.index("</tr>", process_at)]
        assert words in row
        assert "first.example" in row
        assert "9.8.7" in row
        assert "-0.2" in row


def test_a_manager_is_shown_neither_the_page_nor_its_entry(
    alice: User, tenant: object, logged_in: Callable[[User], Client]
) -> None:
    client = logged_in(alice)

    assert client.get(reverse("admin:system")).status_code == 403
    assert reverse("admin:system") not in client.get(reverse("admin:index")).content.decode()
