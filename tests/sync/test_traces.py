"""What a run sets for its own speed is as it was once the run has ended, however it ended."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from integrations.models import Application, Integration
from integrations.sandbox import Sandbox
from integrations.sync import phases
from integrations.sync.applicants.writer import ApplicantWriter
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.tables import APPLICATIONS
from tests.sync.running import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def interpreter() -> tuple[Any, ...]:
    return sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()


def set_in_session() -> list[str]:
    """What this connection has set for itself; SQLite's own settings concern memory alone."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE source = 'session' ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def nothing(_: Sandbox) -> None:
    """Flatchr answers as it should."""


def cut_short(sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/search/applicants$", cut=1500)


@pytest.mark.parametrize(
    ("happens", "state"), [(nothing, "SUCCEEDED"), (cut_short, "PARTIALLY_FAILED")]
)
def test_a_run_leaves_no_setting_behind(
    happens: Callable[[Sandbox], None],
    state: str,
    connected_tenant: Integration,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(phases, "BATCH", 2)
    meanwhile: list[tuple[Any, ...]] = []
    write = ApplicantWriter.write

    def watched(self: ApplicantWriter, batch: Any) -> None:
        meanwhile.append((*interpreter(), *set_in_session()))
        write(self, batch)

    monkeypatch.setattr(ApplicantWriter, "write", watched)
    happens(sandbox)
    before = (*interpreter(), *set_in_session())

    assert sync(connected_tenant).state == state

    assert meanwhile
    assert before not in meanwhile
    assert (*interpreter(), *set_in_session()) == before
    if connection.vendor == "postgresql":
        assert {"synchronous_commit" in settings for settings in meanwhile} == {True}


def test_a_look_up_finds_what_it_is_asked_for_and_leaves_no_setting_behind(
    synced_tenant: Integration,
) -> None:
    known = list(Application.objects.values_list("remote_id", flat=True)[:3])

    with connection.cursor() as cursor:
        dialect().find(
            cursor,
            "remote_id",
            APPLICATIONS.name,
            "remote_id",
            [*known, "nobody"],
            "integration_id = %s",
            synced_tenant.pk,
        )
        found = [remote_id for (remote_id,) in cursor]

    assert sorted(found) == sorted(known)
    assert len(known) == 3
    assert "enable_seqscan" not in set_in_session()
