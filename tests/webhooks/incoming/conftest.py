"""A tenant that was read once, its address for events, and sending to it as Flatchr does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import (
    Application,
    EventAddress,
    IncomingEvent,
    Integration,
)
from integrations.sandbox import Sandbox
from integrations.sandbox.events.bodies import (
    DRAG_APPLICANT,
    NEW_APPLICANT,
    NEW_MESSAGE,
    about_applicant,
    about_vacancy,
)
from integrations.webhooks.incoming import addresses, working


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture(autouse=True)
def no_request_limit(settings: Any) -> None:
    settings.FLATCHR_BURST = 100_000
    settings.FLATCHR_RATE = 100_000


class Hook:
    """A tenant's address, what Flatchr would send to it, and a worker in this process."""

    def __init__(self, tenant: Integration, sandbox: Sandbox) -> None:
        self.tenant = tenant
        self.sandbox = sandbox
        # So that the first request need not read the addresses of the site, which takes seconds.
        reverse("home")
        addresses.make(tenant)

    @property
    def address(self) -> EventAddress:
        return EventAddress.objects.get(pk=self.tenant.pk)

    @property
    def path(self) -> str:
        return f"/hooks/flatchr/{self.address.token}"

    def post(self, content: Any, path: str | None = None) -> Any:
        return Client().post(path or self.path, content, content_type="application/json")

    def about(self, applicant: str, kind: str = NEW_APPLICANT) -> dict[str, Any]:
        world = self.sandbox.world
        return about_applicant(world.company, kind, world.applicant(applicant))

    def added(self, applicant: str) -> None:
        assert self.post(self.about(applicant)).status_code == 200

    def moved(self, applicant: str) -> None:
        assert self.post(self.about(applicant, DRAG_APPLICANT)).status_code == 200

    def written_to(self, applicant: str) -> None:
        assert self.post(self.about(applicant, NEW_MESSAGE)).status_code == 200

    def opened(self, vacancy: str) -> None:
        company = self.sandbox.world.company
        assert (
            self.post(about_vacancy(company, company.vacancies.by_id[vacancy])).status_code == 200
        )

    def work(self) -> bool:
        """One turn of a worker, as if all that waits were due."""
        IncomingEvent.objects.filter(outcome="").update(due_at=self.address.made_at)
        EventAddress.objects.exclude(next_attempt_at=None).update(
            next_attempt_at=self.address.made_at, jobs_read_at=None
        )
        return working.work_on(self.tenant.pk)

    def outcomes(self) -> list[str]:
        """Of all events in the order in which they first came; blank for one that waits."""
        return list(IncomingEvent.objects.order_by("pk").values_list("outcome", flat=True))

    def work_off(self) -> list[str]:
        for _ in range(20):
            if "" not in self.outcomes():
                break
            self.work()
        return self.outcomes()

    def application(self, applicant: str) -> Application | None:
        found: Application | None = Application.objects.filter(remote_id=applicant).first()
        return found


@pytest.fixture
def hook(first_synced: Integration, sandbox: Sandbox) -> Hook:
    sandbox.requests.clear()
    return Hook(first_synced, sandbox)
