"""A synchronised tenant with few records, and no wait that is not the subject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from integrations import tasks
from integrations.actions.inputs import Actor
from integrations.models import Action, Application, ApplicationStage, Integration
from integrations.sandbox import Sandbox


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=8)


@pytest.fixture(autouse=True)
def no_request_limit(settings: Any) -> None:
    settings.FLATCHR_BURST = 100_000


@pytest.fixture
def flatchr_tenant(first_synced: Integration, sandbox: Sandbox) -> Integration:
    sandbox.requests.clear()
    return first_synced


@pytest.fixture
def alices(alice: User) -> Actor:
    return Actor(user=alice)


@pytest.fixture
def application(flatchr_tenant: Integration) -> Application:
    """An active application with an e-mail."""
    rows = Application.objects.live().filter(integration=flatchr_tenant, outcome="PENDING")
    found: Application = rows.exclude(person_key="").order_by("pk")[0]
    return found


@pytest.fixture
def stages(application: Application) -> list[ApplicationStage]:
    """Two stages that the application is not in, whose titles no other has."""
    found = list(ApplicationStage.objects.filter(integration=application.integration_id))
    titles = [one.name for one in found]
    own = application.current_stage_id
    return [
        one
        for one in found
        if titles.count(one.name) == 1 and one.pk != own and not one.hired and one.visible
    ][:2]


def now(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def work(action: Action) -> Action:
    """Do for the action what a worker that is woken does; the row afterwards."""
    tasks.run_action(action.pk)
    found: Action = now(action)
    return found


def later(action: Action, seconds: float = 400) -> Action:
    """As if it had been asked for so much earlier, its next attempt had come, and its worker were
    long gone.
    """
    rows = Action.objects.filter(pk=action.pk)
    names = ("sent_at", "next_attempt_at", "lease_expires_at")
    rows.update(**{name: F(name) - timedelta(seconds=seconds) for name in names})
    past = timezone.now() - timedelta(seconds=1)
    rows.filter(next_attempt_at__gt=past).update(next_attempt_at=past)
    found: Action = now(action)
    return found
