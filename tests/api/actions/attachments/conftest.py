"""An application with a CV, and the link by which it opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import Application, Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey

FILES = "/files/expire$"


@pytest.fixture
def kombo(sdk: Callable[..., Kombo], make_key: MakeKey, synced_tenant: Integration) -> Kombo:
    return sdk(make_key(synced_tenant, read_only=True), synced_tenant)


@pytest.fixture
def application(synced_tenant: Integration, sandbox: Sandbox) -> Application:
    """An application with a CV."""
    rows = Application.objects.live().filter(integration=synced_tenant, outcome="PENDING")
    found: Application = next(
        one
        for one in rows.select_related("candidate").order_by("pk")
        if sandbox.world.applicant(one.remote_id).resume
    )
    return found


@pytest.fixture
def link(kombo: Kombo, application: Application) -> str:
    return listed(kombo, application)[0].data_url


def listed(kombo: Kombo, application: Application) -> list[Any]:
    found = kombo.ats.get_application_attachments(application_id=application.pk)
    return list(found.data.results)


def name_of(application: Application) -> str:
    return f"{application.candidate.first_name} {application.candidate.last_name}"
