"""A tenant after its first sync with a small Flatchr, and the official SDK on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kombo import Kombo

from integrations.models import Integration, Job
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture
def key(make_key: MakeKey, synced_tenant: Integration) -> str:
    return make_key(synced_tenant)


@pytest.fixture
def kombo(sdk: Callable[..., Kombo], key: str, synced_tenant: Integration) -> Kombo:
    return sdk(key, synced_tenant)


@pytest.fixture
def job(synced_tenant: Integration) -> Job:
    found: Job = Job.objects.filter(integration=synced_tenant, status="OPEN").order_by("pk")[0]
    return found
