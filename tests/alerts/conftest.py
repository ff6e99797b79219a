"""A mail server, and alerts that are due at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from integrations.alerts import delivery, issues
from integrations.alerts.outbox import NOTICES
from integrations.models import (
    Application,
    Candidate,
    Integration,
    Issue,
    IssueEvent,
    Notice,
    RunState,
    SyncRun,
)
from tests.support.mail_server import MailServer


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    """The server that Relais sends its e-mails to."""
    with MailServer() as server:
        settings.EMAIL_ENABLED = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.PUBLIC_URL = "https://relais.example"
        yield server


@pytest.fixture
def later() -> Callable[..., None]:
    """Lets time pass: everything that is stored of issues and alerts was so long ago."""

    def pass_time(**length: int) -> None:
        ago = timedelta(**length)
        for model, fields in (
            (Issue, ("first_seen_at", "last_seen_at", "resolved_at", "snoozed_until")),
            (IssueEvent, ("at",)),
            (Notice, ("due_at", "sent_at")),
        ):
            model._default_manager.update(**{name: F(name) - ago for name in fields})

    return pass_time


def deliver() -> None:
    """Do what a worker does with what is due."""
    while NOTICES.work_on_next(delivery.send):
        pass


def ended(tenant: Integration, state: RunState) -> None:
    now = timezone.now()
    SyncRun.objects.create(integration=tenant, state=state, started_at=now, ended_at=now)
    issues.look_at([tenant])
    deliver()


def refused(tenant: Integration) -> None:
    ended(tenant, RunState.AUTHENTICATION_FAILED)


def well(tenant: Integration) -> None:
    ended(tenant, RunState.SUCCEEDED)


def sent_to(mails: MailServer) -> list[str]:
    return sorted(mail["To"] for mail in mails.mails)


@pytest.fixture
def make_application() -> Callable[..., Any]:
    """An application with that id at Flatchr, which has changed just now."""

    def make(tenant: Integration, remote_id: str) -> Application:
        person, _new = Candidate.objects.get_or_create(
            integration=tenant,
            remote_id=remote_id,
            defaults={"pk": f"candidate-{remote_id}", "changed_at": timezone.now()},
        )
        found, _new = Application.objects.update_or_create(
            integration=tenant,
            remote_id=remote_id,
            defaults={"changed_at": timezone.now(), "candidate": person},
            create_defaults={"pk": remote_id, "changed_at": timezone.now(), "candidate": person},
        )
        return found

    return make
