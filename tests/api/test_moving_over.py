"""Moving over, step by step as `docs/moving-over.md` has it, with the official SDK.

What the hosted API is there is a tenant of another id here, which is gone before the account is
connected under its own.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from kombo import Kombo

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    Tag,
)
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.api.reading import by_sdk
from tests.sync.running import read_tags, sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

MINE = "flatchr:DWKqYmRUvcX9bWVRYmVQZk2v"


def lists(sdk: Kombo) -> dict[str, Callable[..., Any]]:
    return {
        "jobs": sdk.ats.get_jobs,
        "application_stages": sdk.ats.get_application_stages,
        "candidates": sdk.ats.get_candidates,
        "applications": sdk.ats.get_applications,
        "tags": sdk.ats.get_tags,
    }


def written_down(sdk: Kombo) -> list[list[str]]:
    """Step 1: a line for each record."""
    rows = []
    for model, read in lists(sdk).items():
        found = by_sdk(read(page_size=250, include_deleted=True))
        rows += [[model, record.id, record.remote_id] for record in found]
    return rows


def test_stored_ids_go_on_working(
    synced_tenant: Integration,
    sandbox: Sandbox,
    make_key: MakeKey,
    sdk: Callable[..., Kombo],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    read_tags(synced_tenant)
    stored = written_down(sdk(make_key(), synced_tenant))
    assert {model for model, *_ in stored} == {*lists(sdk(make_key(), synced_tenant))}
    shown = by_sdk(sdk(make_key(), synced_tenant).ats.get_applications(page_size=250))
    whole = {one.id: (one.candidate.id, one.job.id if one.job else None) for one in shown}
    file = tmp_path / "ids.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([["model", "id", "remote_id"], *stored])
    for table in (CandidateTag, JobStage, Application, Candidate, Job, ApplicationStage, Tag):
        table.objects.filter(integration=synced_tenant).delete()
    synced_tenant.delete()

    monkeypatch.setenv("FLATCHR_API_KEY", sandbox.api_key)
    out = StringIO()
    call_command(
        "connect_flatchr",
        *("--organization", "Atelier Nord", "--environment", "sandbox"),
        *("--company-key", sandbox.company_key, "--slug", sandbox.slug, "--id", MINE, "--json"),
        stdout=out,
    )
    assert json.loads(out.getvalue())["integration"] == MINE
    call_command("import_ids", MINE, str(file), stdout=StringIO())
    tenant = Integration.objects.get(pk=MINE)
    sync(tenant)
    read_tags(tenant)

    moved = sdk(make_key(tenant), tenant)
    assert sorted(written_down(moved)) == sorted(stored)
    now = by_sdk(moved.ats.get_applications(page_size=250))
    assert {one.id: (one.candidate.id, one.job.id if one.job else None) for one in now} == whole
    some = next(iter(whole))
    assert [one.id for one in by_sdk(moved.ats.get_applications(ids=[some]))] == [some]
    by_pages = by_sdk(moved.ats.get_applications(page_size=7))
    assert [one.id for one in by_pages] == [one.id for one in now]
