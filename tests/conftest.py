"""What every test can ask for: the cast, tenants, a running Flatchr, a running worker.

The cast: alice and bob are Managers of one tenant, charlie is of another and must never see
theirs, admin is a superuser. All log in with the password `PASSWORD`.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from django.contrib.auth.models import User
from django.core.servers.basehttp import WSGIServer
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config.celery import app
from integrations import ids
from integrations.models import (
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Membership,
    Role,
)
from tests.support import emptying
from tests.support.cast import PASSWORD
from tests.support.examples import examples
from tests.support.passes import PARTS, SENDING, is_of
from tests.support.worker import Worker, publishing_to
from tests.sync import first_sync

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part",
        choices=[*PARTS],
        help="The tests of one pass, of those that are for its database.",
    )


def pytest_configure() -> None:
    emptying.install()
    # How long an example takes says nothing while other passes run beside this one.
    hypothesis_settings.register_profile(
        "relais",
        deadline=None,
        max_examples=examples(20),
        suppress_health_check=[HealthCheck.too_slow],
    )
    hypothesis_settings.load_profile("relais")
    # Django and the tests themselves are a million objects that stay; with Python's own thresholds,
    # walking them takes a tenth of the time.
    gc.set_threshold(2_000, 20, 50)
    # Of a hundred requests that come at once, the kernel would reset some.
    WSGIServer.request_queue_size = 128


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A pass does not read the files of which it runs none, which would take it seconds."""
    part = config.getoption("--part")
    if not part or collection_path.parent != TESTS:
        return None
    name = collection_path.name
    return None if name in NO_TESTS or is_of(part, name) else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if part := config.getoption("--part"):
        on_its_database = _on_sqlite if part.startswith("sqlite") else _on_postgresql
        wanted = [item for item in items if on_its_database(item) and is_of(part, _folder(item))]
        chosen = {*wanted}
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = wanted


def _uses_database(item: pytest.Item) -> bool:
    wanted = {"db", "transactional_db", "live_server"}
    return bool(item.get_closest_marker("django_db") or wanted.intersection(_fixtures(item)))


def _only_shows_pages(item: pytest.Item) -> bool:
    """Whether it is about what Chromium does with a page. Marked `every_database`, it is about
    what a database does as well.
    """
    return "open_page" in _fixtures(item) and not item.get_closest_marker("every_database")


def _fixtures(item: pytest.Item) -> set[str]:
    """All that it asks for, directly or through others."""
    return set(getattr(item, "fixturenames", ()))


def _on_postgresql(item: pytest.Item) -> bool:
    if not _uses_database(item) or _only_shows_pages(item):
        return False
    return _sends(item) or not item.get_closest_marker("any_database")


def _on_sqlite(item: pytest.Item) -> bool:
    """Of what is on PostgreSQL not what any database would do for. Pages run there unless they are
    marked `every_database`, as it takes less; of what is marked `any_database`, what sends.
    """
    if not _on_postgresql(item):
        return True
    if item.get_closest_marker("any_database"):
        return False
    return _folder(item) not in PAGES or bool(item.get_closest_marker("every_database"))


def _sends(item: pytest.Item) -> bool:
    """Whether it is about what comes over the API or goes to Flatchr. Some of these open a hundred
    connections at once, and no two such must meet on one server.
    """
    return _folder(item) in SENDING


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


TESTS = Path(__file__).parent
# What pages show, and to whom: of a database they need that it is there.
PAGES = {"accounts", "admin", "connecting", "passthrough", "translating"}
# What the tests of every pass use.
NO_TESTS = {"__init__.py", "conftest.py"}


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> Iterator[bool]:
    """Whether pytest-django takes a database that is there already: the copy of a migrated one."""
    migrated = os.environ.get("TEST_MIGRATED_SQLITE")
    if migrated is None or connection.vendor != "sqlite":
        yield django_db_keepdb
        return
    shutil.copy(migrated, connection.settings_dict["TEST"]["NAME"])
    yield True
    connection.close()


class MakeTenant(Protocol):
    def __call__(
        self,
        organization: str = ...,
        *,
        sandbox: Sandbox | None = ...,
        members: Iterable[User] = ...,
        **fields: Any,
    ) -> Integration: ...


@pytest.fixture(autouse=True)
def ids_of_this_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tenants' ids, and so those of all that is read from them and the order it is listed in, are
    the same each time a test runs. `TEST_SEED` (any text) draws others.
    """
    drawn = Random(f"{os.environ.get('TEST_SEED', '')}:{request.node.nodeid}")
    monkeypatch.setattr(
        "integrations.ids.random_id",
        lambda: "".join(drawn.choices(ids.ALPHABET, k=ids.LENGTH)),
    )


@pytest.fixture
def make_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes with what `Sandbox` takes; each is stopped after the test."""
    from integrations.sandbox import Sandbox

    running: list[Sandbox] = []

    def make(**options: Any) -> Sandbox:
        given = {"vacancies": 4, "applicants": 30, "seed": 1, **options}
        try:
            server = Sandbox(**{"port": next(first_sync.PORTS), **given})
        except OSError:
            server = Sandbox(**given)
        server.start()
        running.append(server)
        return server

    yield make
    for server in running:
        server.stop()


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A small Flatchr on loopback, this test's alone."""
    return make_sandbox()


@pytest.fixture
def make_tenant(db: None, settings: Any) -> MakeTenant:
    """Makes a tenant with credentials and settings, and its members, who are Managers.

    With `sandbox`, it is connected to that one, and so is every other tenant of the "sandbox"
    environment in this test. Without, its Flatchr is a port on which nothing listens. `fields`
    are those of `Integration`.
    """

    def make(
        organization: str = "Atelier Nord",
        *,
        sandbox: Sandbox | None = None,
        members: Iterable[User] = (),
        **fields: Any,
    ) -> Integration:
        if sandbox is not None:
            settings.FLATCHR_ENDPOINTS = {
                **settings.FLATCHR_ENDPOINTS,
                "sandbox": {"api_url": sandbox.url, "careers_url": sandbox.url},
            }
        tenant = Integration.objects.create(
            **{"organization": organization, "environment": "sandbox", **fields}
        )
        FlatchrCredentials.objects.create(
            integration=tenant,
            api_key=sandbox.api_key if sandbox else "no-key",
            company_key=sandbox.company_key if sandbox else "no-company",
            slug=sandbox.slug if sandbox else "no-slug",
        )
        FlatchrSettings.objects.create(integration=tenant)
        for member in members:
            Membership.objects.create(user=member, integration=tenant, role=Role.MANAGER)
        return tenant

    return make


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@nord.example", PASSWORD, is_staff=True)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", "bob@nord.example", PASSWORD, is_staff=True)


@pytest.fixture
def charlie(db: None) -> User:
    return User.objects.create_user("charlie", "charlie@sud.example", PASSWORD, is_staff=True)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", "admin@relais.example", PASSWORD)


@pytest.fixture
def tenant(make_tenant: MakeTenant, alice: User, bob: User) -> Integration:
    """Alice's and bob's tenant, with no Flatchr behind it."""
    return make_tenant("Atelier Nord", members=[alice, bob])


@pytest.fixture
def other_tenant(make_tenant: MakeTenant, charlie: User) -> Integration:
    """Charlie's tenant, with no Flatchr behind it."""
    return make_tenant("Maison Sud", members=[charlie])


@pytest.fixture
def connected_tenant(
    make_tenant: MakeTenant, sandbox: Sandbox, alice: User, bob: User
) -> Integration:
    """Alice's and bob's tenant, connected to the `sandbox` of this test."""
    return make_tenant("Atelier Nord", sandbox=sandbox, members=[alice, bob])


@pytest.fixture
def first_synced(make_tenant: MakeTenant, sandbox: Sandbox, alice: User, bob: User) -> Integration:
    """Alice's and bob's tenant, connected to `sandbox`, after its first full sync."""
    tenant = make_tenant(
        "Atelier Nord", sandbox=sandbox, members=[alice, bob], id=first_sync.tenant_id()
    )
    first_sync.synchronise(tenant, sandbox)
    return tenant


@pytest.fixture
def logged_in() -> Callable[[User], Client]:
    """A test client in which the given user has logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis for tests: the one that `make test` provides, else one found or started here."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    from tests.support.redis_server import provide

    with provide() as found:
        yield found.url


@pytest.fixture
def make_worker(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Starts a real worker process on the test database; returns it when it is ready for work.

    `make_worker(broker="filesystem://", *options)`; the broker is that or `redis_url`'s. Tasks
    that the test sends go to it. One worker a test; `kill()` and `start()` it at will.
    """
    with ExitStack() as stack:

        def make(broker: str = "filesystem://", *options: str) -> Worker:
            stack.enter_context(publishing_to(broker, tmp_path))
            app.control.purge()  # what an earlier run may have left in a Redis that stays
            worker = Worker(broker, tmp_path, *options)
            # Shown beside a test that failed.
            stack.callback(lambda: sys.stdout.write(worker.log))
            stack.callback(worker.kill)
            worker.start()
            return worker

        yield make


@pytest.fixture
def worker(make_worker: Callable[..., Worker]) -> Worker:
    """A worker on the embedded broker."""
    return make_worker()
