"""What the sync tests share: no wait that is not the subject, and a sync in one word."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Policy
from integrations.models import Integration
from integrations.sandbox import Sandbox
from integrations.tenants import clients
from tests.sync.flatchr_says import Flatchr


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: every applicant costs a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture(autouse=True)
def no_request_limit(settings: Any) -> None:
    """Our own limit on requests is the subject of `test_throttle.py` alone."""
    settings.FLATCHR_BURST = 100_000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same client with short pauses between its attempts."""
    policy = Policy(attempts=3, backoff_base=0.001, backoff_cap=0.001)
    monkeypatch.setattr(clients, "FlatchrClient", partial(FlatchrClient, policy=policy))


@pytest.fixture
def flatchr(sandbox: Sandbox) -> Flatchr:
    """The `sandbox` of this test as any HTTP client sees it."""
    return Flatchr(sandbox)


@pytest.fixture
def synced_tenant(first_synced: Integration, sandbox: Sandbox) -> Integration:
    """The connected tenant after its first full sync; what Flatchr received for it is forgotten."""
    sandbox.requests.clear()
    return first_synced
