"""The official SDK with a key for every method: on the local Flatchr, or on a scripted server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import PASSTHROUGH_METHODS, Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.flatchr.scripted_server import ScriptedServer


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=3)


@pytest.fixture
def kombo(sdk: Callable[..., Kombo], make_key: MakeKey, connected_tenant: Integration) -> Kombo:
    """The SDK with a key that may send every method."""
    return sdk(
        make_key(connected_tenant, passthrough_methods=PASSTHROUGH_METHODS), connected_tenant
    )


@pytest.fixture
def behind(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration, settings: Any
) -> Callable[..., Kombo]:
    """The SDK for a tenant whose Flatchr is a scripted server."""

    def make(server: ScriptedServer) -> Kombo:
        settings.FLATCHR_ENDPOINTS = {
            **settings.FLATCHR_ENDPOINTS,
            "sandbox": {"api_url": server.url, "careers_url": server.url},
        }
        return sdk(make_key(tenant, passthrough_methods=PASSTHROUGH_METHODS), tenant)

    return make
