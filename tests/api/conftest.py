"""What the API's tests share: a running server, keys, the official SDK, synchronised tenants."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import requests
from kombo import Kombo

from integrations.accounts.api_keys import create_key
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Policy
from integrations.models import ApiKey, Integration
from integrations.tenants import clients


class MakeKey(Protocol):
    def __call__(self, *tenants: Integration, **options: Any) -> str: ...


class Call(Protocol):
    def __call__(
        self, method: str, path: str, *, key: str = ..., tenant: Integration | None = ..., **k: Any
    ) -> requests.Response: ...


@pytest.fixture(autouse=True)
def no_limits(settings: Any, tmp_path: Path) -> None:
    """Limits are the subject of a few tests alone, and files of a test are that test's."""
    settings.FLATCHR_BURST = 100_000
    settings.API_RATE_LIMIT = 100_000
    settings.DATA_DIR = tmp_path


@pytest.fixture
def api_site(live_server: Any) -> str:
    """The address of a running server, without `/v1`."""
    return str(live_server.url)


@pytest.fixture
def make_key(db: None) -> MakeKey:
    """Makes a key of the given tenants, of all of them when none is given; the key itself.
    `options` are those of `create_key`.
    """

    def make(*tenants: Integration, **options: Any) -> str:
        _, key = create_key(**{"name": "Tests", "integrations": tenants, **options})
        return key

    return make


@pytest.fixture(scope="session")
def certificates() -> ssl.SSLContext:
    """The world's certificates, read once: the SDK reads them twice for each client that it makes,
    which took longer than most calls, and nothing on loopback needs them.
    """
    return ssl.create_default_context()


@pytest.fixture
def sdk(api_site: str, certificates: ssl.SSLContext) -> Iterator[Callable[..., Kombo]]:
    """The official SDK on the running server: `sdk(key, tenant)`; more is the SDK's own."""
    with ExitStack() as stack:

        def make(key: str, tenant: Integration | None = None, **options: Any) -> Kombo:
            # As the SDK makes them itself.
            wire = httpx.Client(follow_redirects=True, verify=certificates)
            given = {
                "server_url": f"{api_site}/v1",
                "timeout_ms": 30_000,
                "client": stack.enter_context(wire),
                "async_client": httpx.AsyncClient(follow_redirects=True, verify=certificates),
                **options,
            }
            integration_id = tenant.pk if tenant is not None else None
            return stack.enter_context(Kombo(api_key=key, integration_id=integration_id, **given))

        yield make


@pytest.fixture
def call(api_site: str) -> Iterator[Call]:
    """Plain requests to the running server: `call("GET", "/v1/ats/jobs", key=..., tenant=...)`."""
    with requests.Session() as session:

        def send(
            method: str, path: str, *, key: str = "", tenant: Integration | None = None, **more: Any
        ) -> requests.Response:
            headers = {**({"Authorization": f"Bearer {key}"} if key else {})}
            if tenant is not None:
                headers["X-Integration-Id"] = tenant.pk
            headers.update(more.pop("headers", {}))
            return session.request(
                method, api_site + path, headers=headers, **{"timeout": 30, **more}
            )

        yield send


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same client of Flatchr's with short pauses between its attempts at reads."""
    policy = Policy(attempts=2, backoff_base=0.001, backoff_cap=0.001)
    monkeypatch.setattr(clients, "FlatchrClient", partial(FlatchrClient, policy=policy))


@pytest.fixture
def synced_tenant(impatient: None, first_synced: Integration) -> Integration:
    """Alice's and bob's tenant, connected to `sandbox`, after its first full sync."""
    return first_synced


@pytest.fixture
def key_row() -> Callable[[str], ApiKey]:
    """The row of a key."""
    return lambda key: ApiKey.objects.get(prefix=key[:13])
