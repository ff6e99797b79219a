"""Somebody at the console, of the sandbox or of a scripted Flatchr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from integrations.models import Integration
from integrations.sandbox import Sandbox
from tests.admin.console.calling import Console
from tests.conftest import MakeTenant
from tests.flatchr.scripted_server import ScriptedServer


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=2, applicants=3)


@pytest.fixture
def console(admin: User, connected_tenant: Integration) -> Console:
    """An administrator's."""
    return Console(admin, connected_tenant)


@pytest.fixture
def members(alice: User, connected_tenant: Integration) -> Console:
    """A member's."""
    return Console(alice, connected_tenant)


@pytest.fixture
def scripted(admin: User, make_tenant: MakeTenant, settings: Any) -> Callable[..., Console]:
    """A console whose Flatchr is a scripted server."""

    def make(server: ScriptedServer) -> Console:
        settings.FLATCHR_ENDPOINTS = {
            **settings.FLATCHR_ENDPOINTS,
            "sandbox": {"api_url": server.url, "careers_url": server.url},
        }
        return Console(admin, make_tenant("Atelier Nord"))

    return make
