"""What the submission tests share: a synchronised tenant, and no wait that is not the subject."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Policy
from integrations.models import Integration, Job
from integrations.sandbox import Sandbox
from integrations.tenants import clients


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture(autouse=True)
def no_request_limit(settings: Any) -> None:
    """Our own limit on requests is the subject of a few tests alone."""
    settings.FLATCHR_BURST = 100_000


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Files of a test are that test's alone."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same client with short pauses between its attempts at reads."""
    policy = Policy(attempts=2, backoff_base=0.001, backoff_cap=0.001)
    monkeypatch.setattr(clients, "FlatchrClient", partial(FlatchrClient, policy=policy))


@pytest.fixture
def flatchr_tenant(impatient: None, first_synced: Integration, sandbox: Sandbox) -> Integration:
    """The connected tenant after its first full sync; what Flatchr received for it is forgotten."""
    sandbox.requests.clear()
    return first_synced


@pytest.fixture
def job(flatchr_tenant: Integration) -> Job:
    """An open job of that tenant."""
    found: Job = Job.objects.filter(integration=flatchr_tenant, status="OPEN").order_by("pk")[0]
    return found


@pytest.fixture
def other_job(flatchr_tenant: Integration, job: Job) -> Job:
    """Another open job of that tenant."""
    rest = Job.objects.filter(integration=flatchr_tenant, status="OPEN").exclude(pk=job.pk)
    found: Job = rest.order_by("pk")[0]
    return found
