"""`export_candidates` from the command line: what it writes where, and what it ends with."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.models import Export
from tests.exports.conftest import Rows, table
from tests.support.worker import ROOT, database_url

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """What the command says on standard output."""
    said = StringIO()
    call_command("export_candidates", *arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


def process(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The command as a process of its own, on the test database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "export_candidates", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_a_file_is_written_whole_and_for_its_owner_only(rows: Rows, tmp_path: Path) -> None:
    rows.candidates({} for _ in range(3))
    target = tmp_path / "out.csv"
    assert run(rows.tenant.pk, "--output", str(target)) == ""
    assert len(table([target.read_bytes()])) == 3
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_json_is_one_object_and_says_how_many(rows: Rows, tmp_path: Path) -> None:
    rows.candidates({} for _ in range(3))
    target = str(tmp_path / "out.csv")
    said = run(rows.tenant.pk, "--format", "csv", "--output", target, "--json")
    assert said.count("\n") == 1
    assert json.loads(said) == {
        "integration": rows.tenant.pk,
        "format": "csv",
        "output": target,
        "rows": 3,
    }


def test_only_the_tenants_own_live_candidates_unless_asked(
    rows: Rows, other_rows: Rows, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    rows.candidate(remote_id="live")
    rows.candidate(remote_id="gone", remote_deleted_at=timezone.now())
    other_rows.candidate(remote_id="theirs")
    run(rows.tenant.pk, "--output", str(target))
    assert [row["remote_id"] for row in table([target.read_bytes()])] == ["live"]
    run(rows.tenant.pk, "--output", str(target), "--include-deleted", "--bom")
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert {row["remote_id"] for row in table([target.read_bytes()])} == {"live", "gone"}
    assert [(export.rows, export.filters) for export in Export.objects.order_by("pk")] == [
        (1, ""),
        (2, "--include-deleted"),
    ]


def test_a_read_that_fails_leaves_the_old_file_and_nothing_else(
    rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("the old one")

    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("the database went away")

    monkeypatch.setattr("integrations.exports.resources.read_chunks", broken)
    with pytest.raises(CommandError, match="the database went away"):
        run(rows.tenant.pk, "--output", str(target))
    assert target.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [target]
    assert Export.objects.get().rows is None


def test_a_link_goes_on_pointing_to_the_file(rows: Rows, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.touch()
    link.symlink_to(real)
    run(rows.tenant.pk, "--output", str(link))
    assert link.is_symlink()
    assert real.read_bytes().startswith(b"id,")


def test_a_device_is_written_to_and_not_replaced(rows: Rows) -> None:
    before = Path(os.devnull).stat()
    run(rows.tenant.pk, "--output", os.devnull)
    assert Path(os.devnull).stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json"], "--json and the export cannot share standard output"),
        (["--json", "--output", "-"], "--json and the export cannot share standard output"),
    ],
)
def test_json_needs_a_file(rows: Rows, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        run(rows.tenant.pk, *arguments)
    assert refused.value.returncode == 2
    assert not Export.objects.exists()


def test_an_unknown_tenant_is_wrong_usage(db: None, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with pytest.raises(CommandError, match="There is no tenant flatchr:nobody") as refused:
        run("flatchr:nobody", "--output", str(target))
    assert refused.value.returncode == 2
    assert not target.exists()


@pytest.mark.parametrize("output", ["no/such/folder/out.csv", "."])
def test_a_place_that_cannot_be_written_is_a_failure(
    rows: Rows, tmp_path: Path, output: str
) -> None:
    with pytest.raises(CommandError, match="Cannot write") as failed:
        run(rows.tenant.pk, "--output", str(tmp_path / output))
    assert failed.value.returncode == 1


@pytest.mark.django_db(transaction=True)
def test_standard_output_carries_the_csv_and_nothing_else(rows: Rows) -> None:
    rows.candidates({"first_name": "Élise"} for _ in range(3))
    with process(rows.tenant.pk) as running:
        output, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert [row["first_name"] for row in table([output])] == ["Élise"] * 3
    assert b"Exported 3 candidates of Atelier Nord." in errors


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_a_reader_who_has_had_enough_ends_it_quietly(rows: Rows) -> None:
    # More than a pipe holds.
    rows.candidates({"first_name": "x" * 1000} for _ in range(1000))
    with process(rows.tenant.pk, "--output", "-") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"id,")
        running.stdout.close()
        assert (running.stderr.read(), running.wait(60)) == (b"", 0)
    assert Export.objects.get().rows is None


def test_a_bad_option_is_wrong_usage() -> None:
    with process("flatchr:any", "--format", "xml") as running:
        output, errors = running.communicate(timeout=60)
    assert (running.returncode, output) == (2, b"")
    assert b"invalid choice: 'xml'" in errors


def test_columns_separator_and_dates_are_as_asked_for(rows: Rows, tmp_path: Path) -> None:
    rows.candidate(first_name="Élise", last_name="a;=1")
    target = tmp_path / "out.csv"
    run(
        *(rows.tenant.pk, "--output", str(target), "--columns", "last_name, first_name,changed_at"),
        *("--delimiter", "semicolon", "--dates", "dmy"),
    )
    assert target.read_text("utf-8").splitlines() == [
        "first_name;last_name;changed_at",
        'Élise;"a;\'=1";09/03/2026 09:30:00',
    ]
    assert Export.objects.get().columns == ["first_name", "last_name", "changed_at"]


@pytest.mark.parametrize("format", ["xlsx", "json"])
def test_other_formats_are_told_in_the_report(rows: Rows, tmp_path: Path, format: str) -> None:
    rows.candidates({} for _ in range(3))
    target = tmp_path / f"out.{format}"
    said = run(rows.tenant.pk, "--format", format, "--output", str(target), "--json")
    assert (json.loads(said)["format"], json.loads(said)["rows"]) == (format, 3)
    assert target.read_bytes()[:2] == {"xlsx": b"PK", "json": b"[\n"}[format]


def test_an_unknown_column_is_wrong_usage_and_the_known_ones_are_listed(rows: Rows) -> None:
    with pytest.raises(CommandError, match=r"no column salary.*remote_id, first_name") as refused:
        run(rows.tenant.pk, "--columns", "first_name,salary")
    assert refused.value.returncode == 2
    assert not Export.objects.exists()
