"""The systemd units, as systemd reads them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="There is no systemd-analyze here.")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gunicorn", "celery"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    # As it is installed, but for the programs.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/relais/bin", str(programs)))
    instance = tmp_path / unit.name.replace("@.", "@now.")

    done = analyze("verify", "--man=no", str(instance))

    said = done.stdout + done.stderr
    # Of other units of this machine, it may say something too.
    assert not [line for line in said.splitlines() if "relais" in line]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_process_may_do_is_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=25", str(unit))

    assert done.returncode == 0, done.stdout[-600:] + done.stderr


def test_each_process_starts_again_and_has_time_to_stop() -> None:
    assert len(UNITS) == 4
    for path in UNITS:
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path)
        service = unit["Service"]
        assert service["Restart"] == "always", path
        assert unit["Unit"]["StartLimitIntervalSec"] == "0", path
        assert int(service["TimeoutStopSec"]) >= 10, path
        assert service["User"] == "relais", path


def test_units_and_containers_run_what_the_manual_says() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    for path in UNITS:
        [command] = re.findall(r"^ExecStart=/opt/relais/bin/(.*)$", path.read_text(), re.M)
        if "@" not in path.name:
            assert f"`{command}`" in manual or f"/{command}`" in manual, path
    compose = (ROOT / "deploy" / "container" / "compose.yaml").read_text()
    assert '[celery, -A, config, worker, --concurrency, "2",' in compose
