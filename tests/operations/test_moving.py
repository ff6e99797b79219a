"""An installation is moved in one file, to any database, with everything that it has."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from integrations.models import FlatchrCredentials, FlatchrSettings, Integration, Submission
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.exporting import export_installation
from integrations.operations.moving.importing import import_installation
from integrations.operations.moving.tables import LEFT_BEHIND, moved_tables
from tests.operations.every_table import ROWS, fill_every_table
from tests.operations.places import Place, new_place, this_place
from tests.support import commands, emptying
from tests.sync.terminal import command_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return tmp_path / "data"


@pytest.fixture
def full(own_data_dir: Path) -> Path:
    """An installation with everything; its data directory."""
    fill_every_table()
    for name in ("submissions/ab/abcdef", "exports/1-abc"):
        path = own_data_dir / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode() * 1000)
    (own_data_dir / "exports" / "unfinished-x").mkdir()
    (own_data_dir / "exports" / "unfinished-x" / "part").write_bytes(b"x")
    return own_data_dir


@pytest.fixture
def exported(full: Path, tmp_path: Path) -> Path:
    path = tmp_path / "installation.zip"
    export_installation(path)
    return path


@pytest.fixture
def elsewhere(settings: Any, tmp_path: Path, exported: Path) -> Path:
    """As if the test's installation were a new one now; its data directory."""
    emptying.empty("default")
    settings.DATA_DIR = tmp_path / "elsewhere"
    settings.DATA_DIR.mkdir()
    return tmp_path / "elsewhere"


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sqlite3")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def rewritten(path: Path, **said: Any) -> Path:
    """A copy whose manifest says something else."""
    copy = path.with_name("rewritten.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), **said}).encode()
            new.writestr(name, content)
    return copy


def refusal(path: Path) -> str:
    """Why an import is refused; it must have left nothing."""
    before = this_place().tables()
    with pytest.raises(OperationRefused) as refused:
        import_installation(path)
    assert this_place().tables() == before
    return str(refused.value)


def next_user(place: Place) -> int:
    """The number that the next user gets."""
    return place.number_of(
        "INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser, "
        "is_staff, is_active, date_joined) "
        "VALUES ('next', '', '', '', '', FALSE, FALSE, TRUE, '2026-01-01') RETURNING id"
    )


def test_every_table_is_moved_or_said_to_be_left_behind(full: Path) -> None:
    moved = {table.name for table in moved_tables()}

    known = moved | LEFT_BEHIND | {"django_migrations"}
    assert set(connection.introspection.table_names()) <= known
    assert all(len(rows) >= ROWS - 1 for rows in this_place().tables().values())


def test_through_the_other_database_and_back_every_row_is_the_same(
    full: Path, tmp_path: Path
) -> None:
    here = this_place()
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"

    said = command_line("export_installation", str(first), "--json")
    assert said.returncode == 0, said.stderr
    with (
        new_place(tmp_path / "other", "sqlite") as other,
        new_place(tmp_path / "same", connection.vendor) as same,
    ):
        for place, path in ((other, first), (same, second)):
            done = place.manage("import_installation", str(path))
            assert done.returncode == 0, done.stderr
            if place is other:
                done = place.manage("export_installation", str(second))
                assert done.returncode == 0, done.stderr
        assert same.tables() == here.tables()
        if connection.vendor == "sqlite":
            assert other.tables() == here.tables()
        for place in (other, same):
            assert files_of(place.data_dir) == {
                name: content
                for name, content in files_of(full).items()
                if "unfinished" not in name
            }
            assert not (place.data_dir / "exports" / "unfinished-x").exists()
        # The number of the user who was deleted is not given again, anywhere.
        assert len({next_user(place) for place in (here, other, same)}) == 1
    assert json.loads(said.stdout)["files"] == 2


def test_credentials_can_be_read_and_files_are_their_owners_alone(
    elsewhere: Path, exported: Path
) -> None:
    import_installation(exported)

    assert FlatchrCredentials.objects.get(company_key__startswith="1").api_key == "secret 1"
    assert (elsewhere / "submissions/ab/abcdef").stat().st_mode & 0o777 == 0o600


@pytest.mark.any_database
def test_the_file_is_its_owners_alone_and_holds_no_secret_in_the_clear(exported: Path) -> None:
    assert exported.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(exported) as file:
        everything = b"".join(file.read(name) for name in file.namelist())
    assert b"secret 1" not in everything
    assert b"unfinished" not in everything


@pytest.mark.any_database
def test_a_file_that_is_there_is_not_written_over(exported: Path) -> None:
    before = exported.read_bytes()

    with pytest.raises(OperationRefused, match="is there already"):
        export_installation(exported)
    assert exported.read_bytes() == before


def test_an_import_into_an_installation_that_has_rows_is_refused(exported: Path) -> None:
    assert "The database is not empty" in refusal(exported)


@pytest.mark.any_database
def test_a_file_that_was_cut_off_is_refused(elsewhere: Path, exported: Path) -> None:
    whole = exported.read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 1):
        exported.write_bytes(whole[:size])

        assert "cut off" in refusal(exported)


@pytest.mark.any_database
def test_damage_anywhere_is_refused_in_words(elsewhere: Path, exported: Path) -> None:
    whole = exported.read_bytes()
    with zipfile.ZipFile(exported) as file:
        # Of a very short entry the place would be its last byte, which only says that it ends.
        entries = [info for info in file.infolist() if info.compress_size > 60]
        places = [info.header_offset + 30 + len(info.filename) + 40 for info in entries]
    before = this_place().tables()
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        exported.write_bytes(bytes(damaged))

        with pytest.raises(OperationRefused, match="damaged"):
            import_installation(exported)
    assert this_place().tables() == before


def test_rows_that_are_not_those_of_the_manifest_are_refused(
    elsewhere: Path, exported: Path
) -> None:
    with zipfile.ZipFile(exported) as file:
        tables = json.loads(file.read("manifest.json"))["tables"]
    users = next(table for table in tables if table["name"] == "auth_user")
    users["rows"] += 1

    assert "auth_user in the file is not what was exported: 2 rows of 3" in refusal(
        rewritten(exported, tables=tables)
    )


@pytest.mark.any_database
def test_a_file_of_another_release_is_refused_with_both_named(
    elsewhere: Path, exported: Path
) -> None:
    with zipfile.ZipFile(exported) as file:
        migrations = json.loads(file.read("manifest.json"))["migrations"]
    migrations["integrations"] = ["0021_search_lease_owner"]

    said = refusal(rewritten(exported, migrations=migrations))

    assert re.search(r"another release.*0021_search_lease_owner \(here 0", said)


@pytest.mark.any_database
def test_a_file_of_a_later_format_is_refused(elsewhere: Path, exported: Path) -> None:
    assert "has the format 2" in refusal(rewritten(exported, format=2))


@pytest.mark.any_database
def test_a_zip_of_something_else_is_refused(elsewhere: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("photo.jpg", b"x")

    assert "is no export of an installation" in refusal(other)
    assert "cannot be read" in refusal(tmp_path / "missing.zip")


@pytest.mark.any_database
def test_paths_that_lead_out_of_the_data_directory_are_refused(
    elsewhere: Path, exported: Path
) -> None:
    for name in ("files/../x", "files//x", "files/submissions/../../x", "files/secret_key"):
        shutil.copy(exported, copy := exported.with_name("copy.zip"))
        with zipfile.ZipFile(copy, "a") as file:
            file.writestr(name, b"x")

        assert "unsafe name" in refusal(copy)


def test_other_credentials_keys_are_refused_before_anything_is_written(
    elsewhere: Path, exported: Path, settings: Any
) -> None:
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    assert re.search(
        r"\b(\d+) of the \1 credentials in the file cannot be decrypted", refusal(exported)
    )
    assert files_of(elsewhere) == {}


def test_credentials_that_were_unreadable_before_are_no_reason_to_refuse(
    full: Path, tmp_path: Path, settings: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_flatchrcredentials SET api_key = 'lost' WHERE company_key LIKE %s",
            ["1%"],
        )
    path = tmp_path / "installation.zip"
    assert export_installation(path).manifest.unreadable == 1
    emptying.empty("default")

    import_installation(path)

    assert FlatchrCredentials.objects.count() == 3


@pytest.mark.any_database
def test_another_secret_key_is_told(elsewhere: Path, exported: Path, settings: Any) -> None:
    settings.SECRET_KEY = "another key, as long as the first one, of no value to anybody"

    assert import_installation(exported).other_secret_key


@pytest.fixture
def large(own_data_dir: Path, make_tenant: Any, tmp_path: Path) -> Path:
    """An export that takes a while to import."""
    tenant = make_tenant()
    Submission.objects.bulk_create(
        Submission(integration=tenant, first_name=f"Nadia {number}", cover_letter="x" * 500)
        for number in range(5_000)
    )
    path = tmp_path / "large.zip"
    export_installation(path)
    return path


@pytest.fixture
def new_one(tmp_path: Path) -> Iterator[Place]:
    with new_place(tmp_path / "new", connection.vendor) as place:
        yield place


def test_an_import_that_was_killed_leaves_an_empty_database_that_takes_it_again(
    large: Path, new_one: Place
) -> None:
    # Whoever kills it is to be there before it ends.
    command = ["nice", "-n", "19", sys.executable, "manage.py", "import_installation", str(large)]
    environment = commands.environment(
        new_one.data_dir,
        DATABASE_URL=new_one.url,
        CREDENTIALS_KEYS="tbzEmN4KFQYY1vcYhhNTk7Pk3Du4oVYpgMMVTSlYgeU=",
    )
    with subprocess.Popen(
        command, cwd=commands.ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            # Its rows are written, and are not committed before they were compared.
            if line.startswith("comparing"):
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not any(
        rows
        for name, rows in new_one.tables().items()
        if name not in ("auth_permission", "django_content_type")
    )

    done = new_one.manage("import_installation", str(large))

    assert done.returncode == 0, done.stderr
    assert len(new_one.tables()["integrations_submission"]) == 5_000


def test_what_is_written_during_an_export_is_in_it_whole_or_not_at_all(
    full: Path, tmp_path: Path
) -> None:
    before = this_place().tables()

    def write_beside() -> None:
        """On another connection: a row in a table that comes first, and one in a later one."""
        try:
            tenant = Integration.objects.create(organization="Beside")
            FlatchrSettings.objects.create(integration=tenant)
        finally:
            connection.close()

    def say(text: str) -> None:
        if text == "files":
            with ThreadPoolExecutor(1) as other:
                other.submit(write_beside).result()

    path = tmp_path / "installation.zip"
    export_installation(path, say=say)

    assert Integration.objects.filter(organization="Beside").exists()
    emptying.empty("default")
    import_installation(path)
    assert this_place().tables() == before


def test_commands_say_what_was_done_and_exit_with_1_when_refused(
    full: Path, tmp_path: Path
) -> None:
    path = tmp_path / "installation.zip"

    done = command_line("export_installation", str(path))
    again = command_line("export_installation", str(path))
    wrong = command_line("export_installation")
    refused = command_line("import_installation", str(path))

    assert (done.returncode, again.returncode, wrong.returncode, refused.returncode) == (0, 1, 2, 1)
    assert re.search(r"installation.zip: [\d,]+ rows and 2 files in 0.\d MB", done.stdout)
    assert "stop this one before the new one is started" in done.stderr
    assert "is there already" in again.stderr
    assert "The database is not empty" in refused.stderr
