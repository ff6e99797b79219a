"""`export_records`: records as the API shows them, whole and then what has changed."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.api.reads.scope import ReadScope
from integrations.models import Application, AuditEntry, Event, Integration, Tag
from integrations.sandbox import Sandbox
from integrations.spreadsheets.escaping import guard
from tests.api.reading import LISTINGS, everything
from tests.sync.running import sync

pytestmark = pytest.mark.django_db(transaction=True)


def export(tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    said, target = StringIO(), tmp_path / "out"
    given = (*arguments, "--output", str(target), "--json")
    call_command("export_records", *given, stdout=said, stderr=StringIO())
    return json.loads(said.getvalue()), target.read_bytes().decode()


def test_everything_first_then_what_has_changed_since(
    synced_tenant: Integration, sandbox: Sandbox, tmp_path: Path
) -> None:
    report, text = export(tmp_path, synced_tenant.pk, "applications")
    rows = {row["id"]: row for row in map(json.loads, text.splitlines())}
    shown = everything(LISTINGS["applications"], ReadScope(synced_tenant.pk))
    assert rows == {row["id"]: row for row in shown if not row["remote_deleted_at"]}
    assert (report["rows"], report["deleted"]) == (len(rows), 0)
    assert AuditEntry.objects.filter(what=Event.EXPORTED, tenant=synced_tenant).count() == 1
    archived, gone = Application.objects.live().order_by("remote_id")[:2]
    sandbox.archive(archived.remote_id)
    sandbox.remove_applicant(gone.remote_id)
    sync(synced_tenant)
    since = ("--since", report["position"])
    report, text = export(tmp_path, synced_tenant.pk, "ats_applications", *since)
    rows = {row["id"]: row for row in map(json.loads, text.splitlines())}
    assert rows[archived.pk]["outcome"] == "DECLINED"
    assert rows[gone.pk]["remote_deleted_at"]
    assert report["deleted"] == 1
    since = ("--since", report["position"])
    report, text = export(tmp_path, synced_tenant.pk, "applications", *since)
    assert (report["rows"], text) == (0, "")


@pytest.mark.parametrize("name", ["jobs", "application-stages", "candidates", "tags"])
def test_csv_has_a_column_for_each_field_and_no_formula(
    synced_tenant: Integration, tmp_path: Path, name: str
) -> None:
    Tag.objects.update(name='=HYPERLINK("x")')
    model = name.replace("-", "_")
    _, text = export(tmp_path, synced_tenant.pk, model, "--format", "csv")
    found = list(csv.DictReader(StringIO(text, newline="")))
    _, lines = export(tmp_path, synced_tenant.pk, model)
    rows = [json.loads(line) for line in lines.splitlines()]
    assert found
    assert [set(row) for row in found] == [set(row) for row in rows]
    names = [guard(row["name"] or "") for row in rows if "name" in row]
    assert [row["name"] for row in found if "name" in row] == names


def test_what_is_wrong_is_said(synced_tenant: Integration, tmp_path: Path) -> None:
    for given in (
        (synced_tenant.pk, "people"),
        ("nobody", "jobs"),
        (synced_tenant.pk, "jobs", "--since", "yesterday"),
    ):
        with pytest.raises(CommandError) as refused:
            export(tmp_path, *given)
        assert refused.value.returncode == 2
    assert not list(tmp_path.iterdir())
