"""The drill: back up while a sync writes, restore elsewhere, and the next sync changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from integrations.models import FlatchrSettings, Integration, ModelResult
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.backups import backup, restore
from integrations.sandbox import Sandbox
from integrations.sync import engine
from tests.operations.places import Place, new_place
from tests.support import commands, emptying
from tests.sync.people import LATER, add, change
from tests.sync.rows import Rows, every_row
from tests.sync.running import let_lease_run_out, now, queue, run_in_background, sync, wait_until
from tests.sync.running import written as did

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_data_dir(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=600)


@pytest.fixture
def tenant(connected_tenant: Integration, settings: Any) -> Integration:
    settings.FLATCHR_BURST = 100_000
    FlatchrSettings.objects.update(trait_budget=0)
    return connected_tenant


def without_times(rows: Rows) -> Rows:
    return {key: row | {"changed_at": None, "arrival": None} for key, row in rows.items()}


def test_a_backup_taken_while_a_sync_writes_is_restored_and_goes_on(
    tenant: Integration,
    sandbox: Sandbox,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.sync.phases.BATCH", 250)
    someone = add(sandbox, "Ines")
    sync(tenant)
    for number in range(200):
        add(sandbox, "Nadia", f"nadia{number}@mail.example")
    change(sandbox, someone, firstname="Inès", updated=LATER)
    sandbox.faults.add(path="/search/applicants$", slow=1)
    run = queue(tenant)
    going_on = run_in_background(run)
    wait_until(
        lambda: ModelResult.objects.filter(run=run, model="applications", seen__gt=0).exists()
    )

    taken = backup(tmp_path)

    going_on.end()
    sandbox.faults.clear()
    expected = without_times(every_row(tenant))
    emptying.empty("default")
    settings.DATA_DIR = tmp_path / "elsewhere"
    settings.DATA_DIR.mkdir()

    restore(taken.path)

    restored = Integration.objects.get()
    assert now(run).state == "RUNNING"
    let_lease_run_out(run)
    assert engine.execute(run.pk)
    assert without_times(every_row(restored)) == expected
    assert did(sync(restored)) == {}


@pytest.fixture
def old_place(tmp_path: Path) -> Iterator[Place]:
    """One that has made its own keys, and encrypted something with them."""
    with new_place(tmp_path / "old", "sqlite") as place:
        run(
            place,
            *("shell", "--no-imports", "--command"),
            "from integrations.models import *; "
            "t = Integration.objects.create(organization='Atelier Nord'); FlatchrCredentials"
            ".objects.create(integration=t, api_key='k', company_key='c', slug='s')",
        )
        yield place


def run(place: Place, *arguments: str, code: int = 0, **given: str) -> str:
    """A command without keys in variables, as nobody sets them; what it prints."""
    done = commands.manage(*arguments, data_dir=place.data_dir, DATABASE_URL=place.url, **given)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.mark.any_database
def test_with_its_keys_a_backup_is_all_that_a_new_machine_needs(
    old_place: Place, tmp_path: Path
) -> None:
    (tmp_path / "backups").mkdir()
    told = json.loads(run(old_place, "backup", str(tmp_path / "backups"), "--with-keys", "--json"))
    new = Place(tmp_path / "new", f"sqlite:///{tmp_path}/new.sqlite3")

    assert Path(told["keys"]).stat().st_mode & 0o777 == 0o600
    said = run(new, "restore", told["file"], code=1)
    assert "cannot be decrypted with the CREDENTIALS_KEYS of this installation" in said
    said = run(new, "restore", told["file"], "--keys", told["keys"])

    assert "Restored as of" in said
    with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as database:
        [[token]] = database.execute("SELECT api_key FROM integrations_flatchrcredentials")
    assert Fernet((new.data_dir / "credentials_keys").read_text().strip()).decrypt(token) == b"k"
    for name in ("secret_key", "credentials_keys"):
        kept = new.data_dir / name
        assert kept.read_text() == (old_place.data_dir / name).read_text()
        assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.any_database
def test_keys_of_a_backup_replace_none_that_are_in_use(
    tenant: Integration, settings: Any, tmp_path: Path
) -> None:
    taken = backup(tmp_path, with_keys=True)
    assert taken.keys
    kept = settings.DATA_DIR / "secret_key"
    kept.write_text(settings.SECRET_KEY)
    keys = tmp_path / "other.keys"
    keys.write_text("SECRET_KEY=x\nCREDENTIALS_KEYS=y\n")

    def refused(file: Path) -> str:
        with pytest.raises(OperationRefused) as told:
            restore(taken.path, keys=file)
        return str(told.value)

    assert "The database is not empty" in refused(keys)
    assert kept.read_text() == settings.SECRET_KEY
    emptying.empty("default")
    keys.write_text("nothing")
    assert "does not hold the keys" in refused(keys)
    # As a variable would give it.
    settings.SECRET_KEY = "z" * 60
    before = kept.read_text()
    assert "SECRET_KEY is set to something else" in refused(taken.keys)
    assert kept.read_text() == before


def test_without_being_asked_no_key_is_written(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()

    done = backup(tmp_path / "backups")

    assert done.keys is None
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [done.path.name]


def test_only_so_many_backups_are_kept(tmp_path: Path) -> None:
    for name in ("relais-20260101T000000Z.zip", "relais-20260102T000000Z.zip", "other.zip"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "relais-20260101T000000Z.zip.keys").write_bytes(b"")

    done = backup(tmp_path, keep=2)

    left = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert left == {"relais-20260102T000000Z.zip", "other.zip", done.path.name}
    with pytest.raises(OperationRefused, match="is no folder"):
        backup(tmp_path / "one.zip", keep=2)
