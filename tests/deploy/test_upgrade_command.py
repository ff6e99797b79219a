"""`upgrade`: a copy of the database, migrations, static files; and nothing that is done already."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.deploy.sites import Site
from tests.support.commands import manage
from tests.support.provided import free_port
from tests.support.worker import database_url
from tests.sync.terminal import command_line


def upgrade(data_dir: Path, *options: str, **given: str) -> subprocess.CompletedProcess[str]:
    return manage("upgrade", *options, data_dir=data_dir, **given)


@pytest.fixture
def installed(made: Site, tmp_path: Path) -> Path:
    """An installation of this version on SQLite."""
    return made.copy(tmp_path / "data").data_dir


def change(data_dir: Path, statement: str) -> None:
    database = sqlite3.connect(data_dir / "relais.sqlite3")
    with database:
        database.execute(statement)
    database.close()


def forget_newest_migration(data_dir: Path) -> None:
    """As an earlier version left it, but for what that migration does: the table of sessions."""
    change(data_dir, "DELETE FROM django_migrations WHERE app = 'sessions'")
    change(data_dir, "DROP TABLE django_session")


def test_before_migrations_the_database_is_copied_as_it_was_and_done_it_is_left_alone(
    installed: Path,
) -> None:
    forget_newest_migration(installed)
    change(installed, "CREATE TABLE ours (note TEXT)")
    change(installed, "INSERT INTO ours VALUES ('kept')")

    done = upgrade(installed)

    assert done.returncode == 0, done.stderr
    [copy] = (installed / "backups").iterdir()
    assert f"Backup: {copy}" in done.stdout
    assert copy.stat().st_mode & 0o777 == 0o600
    backup = sqlite3.connect(copy)
    assert backup.execute("SELECT note FROM ours").fetchall() == [("kept",)]
    names = "SELECT name FROM sqlite_master WHERE name = 'django_session'"
    assert backup.execute(names).fetchall() == []
    backup.close()
    now = sqlite3.connect(installed / "relais.sqlite3")
    assert now.execute(names).fetchall() == [("django_session",)]
    now.close()

    again = upgrade(installed)

    assert again.returncode == 0, again.stderr
    assert "every migration was applied already" in again.stdout
    assert "were collected already" in again.stdout
    assert list((installed / "backups").iterdir()) == [copy]


def test_a_backup_may_be_left_out_or_go_elsewhere_and_changed_static_files_are_collected(
    installed: Path, tmp_path: Path
) -> None:
    copy = installed / "static" / "relais" / "relais.css"
    right = copy.read_bytes()
    copy.write_bytes(b"/* of yesterday */")
    forget_newest_migration(installed)
    said = upgrade(installed, "--no-backup").stdout
    assert "Backup: none, as you asked." in said
    assert not (installed / "backups").exists()
    assert "Static files: collected" in said
    assert copy.read_bytes() == right

    forget_newest_migration(installed)
    assert upgrade(installed, "--backups", str(tmp_path / "else")).returncode == 0
    assert len(list((tmp_path / "else").iterdir())) == 1

    assert command_line("upgrade", "--no-backup", "--backups", "any").returncode == 2


def test_without_a_backup_nothing_is_changed(installed: Path) -> None:
    forget_newest_migration(installed)
    (installed / "backups").write_text("not a folder")

    done = upgrade(installed)

    assert done.returncode == 1
    assert "The backup failed" in done.stderr
    database = sqlite3.connect(installed / "relais.sqlite3")
    tables = "SELECT name FROM sqlite_master WHERE name = 'django_session'"
    assert database.execute(tables).fetchall() == []
    database.close()


@pytest.mark.django_db
def test_a_database_of_a_newer_version_is_left_alone(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('integrations', '9999_of_tomorrow', '2030-01-01')"
        )

    done = command_line("upgrade")

    assert done.returncode == 1
    assert "is of a newer version: it has the migration 9999_of_tomorrow" in done.stderr


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    done = upgrade(tmp_path, DATABASE_URL=f"postgres://relais:none@127.0.0.1:{free_port()}/relais")

    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_at_once_do_not_meet(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    with (tmp_path / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        done = command_line("upgrade")

    assert done.returncode == 1
    assert "Another upgrade is under way." in done.stderr


def test_the_version_and_the_places_of_an_installation_are_said(installed: Path) -> None:
    done = manage("--version", data_dir=installed)

    first, *places = done.stdout.splitlines()
    assert first.startswith("Relais ")
    assert f"data: {installed}" in places
    assert f"database: {installed}/relais.sqlite3" in places


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is copied otherwise.")
@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="There is no pg_dump here.")
def test_postgresql_is_dumped_before_its_migrations(installed: Path, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        cursor.execute("DROP TABLE django_session")

    without = upgrade(installed, DATABASE_URL=database_url(), PATH=str(tmp_path))
    assert without.returncode == 1
    assert "There is no pg_dump here" in without.stderr

    done = upgrade(installed, DATABASE_URL=database_url())

    assert done.returncode == 0, done.stderr
    [dump] = (installed / "backups").iterdir()
    assert dump.stat().st_mode & 0o777 == 0o600
    listed = subprocess.run(
        ["pg_restore", "--list", str(dump)], capture_output=True, text=True, check=True
    )
    assert "TABLE DATA public integrations_integration" in listed.stdout
    assert "django_session" not in listed.stdout
    assert "django_session" in connection.introspection.table_names()
