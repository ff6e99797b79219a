"""The package: built from this checkout, installed elsewhere, and run from any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.commands import ROOT, environment

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def run(*command: str | Path, cwd: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=given or None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, as building leaves files beside the source.
    source = folder / "source"
    for name in ("config", "integrations", "templates", "static"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "requirements.txt", "README.md"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    done = run(*pip, "wheel", "--quiet", "--no-deps", "-w", folder, source, cwd=folder)
    if "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("The build needs setuptools from a package index, which does not answer.")
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def relais(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program `relais` in a virtual environment that borrows this one's libraries."""
    folder = tmp_path_factory.mktemp("installed")
    done = run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    assert done.returncode == 0, done.stderr
    python = folder / "venv" / "bin" / "python"
    [place] = (folder / "venv" / "lib").glob("*/site-packages")
    (place / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    done = run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    return python.with_name("relais")


def test_the_package_has_all_that_is_no_code_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = run("git", "ls-files", "templates", "static", cwd=ROOT).stdout.split()

    assert len(kept) > 100
    assert {f"config/{name}" for name in kept} <= names
    assert "integrations/locale/fr/LC_MESSAGES/django.mo" in names
    code = run("git", "ls-files", "config/*.py", "integrations/*.py", cwd=ROOT).stdout.split()
    assert set(code) <= names
    assert not [name for name in names if name.startswith(("tests/", "manage.py"))]


def test_the_version_has_its_section_in_the_changelog() -> None:
    assert f"## [{VERSION}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_it_needs_exactly_what_is_pinned(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(f"relais-{VERSION}.dist-info/METADATA").decode()
    needed = {
        line.removeprefix("Requires-Dist: ").replace(" ", "")
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist")
    }
    lines = (ROOT / "requirements.txt").read_text().splitlines()

    assert needed == {line for line in lines if line and not line.startswith("#")}


def test_it_works_from_any_folder_with_its_data_in_one_place(relais: Path, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / ".env").write_text("TIME_ZONE=Europe/Brussels\n")
    variables = {**environment(tmp_path), "RELAIS_HOME": str(home)}
    del variables["DATA_DIR"]

    # Asking for the version makes nothing.
    assert run(relais, "--version", cwd=elsewhere, **variables).returncode == 0
    assert [path.name for path in home.iterdir()] == [".env"]

    def command(*arguments: str) -> str:
        done = run(relais, *arguments, cwd=elsewhere, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert command("--version").splitlines() == [
        f"Relais {VERSION}",
        f"settings: {home}/.env",
        f"data: {home}/var",
        f"database: {home}/var/relais.sqlite3",
    ]
    command("check")
    assert "Static files: collected" in command("upgrade")
    assert (home / "var" / "relais.sqlite3").exists()
    program = (
        "from django.conf import settings; print(settings.TIME_ZONE); "
        "from django.template.loader import get_template; get_template('relais/overview.html'); "
        "from django.utils import translation; translation.activate('fr'); "
        "print(translation.gettext('Not found'))"
    )
    said = command("shell", "--no-imports", "--command", program)
    assert said.splitlines() == ["Europe/Brussels", "Introuvable"]
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can be refused for being root.")
def test_root_leaves_no_files_in_the_folder_of_another_user(relais: Path, tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, -1)
    variables = {**environment(tmp_path / "data"), "RELAIS_HOME": str(tmp_path)}

    done = run(relais, "migrate", cwd=tmp_path, **variables)

    assert done.returncode == 1
    assert f"{tmp_path} belongs to nobody. Run: runuser -u nobody -- " in done.stderr
    assert list(tmp_path.iterdir()) == []
