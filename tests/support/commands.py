"""Runs Relais' own commands as a user does: in a process with none of the tests' settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def documented_names() -> set[str]:
    """The variables of `.env.example`."""
    return set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def environment(data_dir: Path, **given: str) -> dict[str, str]:
    """This process's environment without Relais' variables, then `given`."""
    kept = {name: value for name, value in os.environ.items() if name not in documented_names()}
    return {**kept, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(data_dir), **given}


def manage(*arguments: str, data_dir: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """`python manage.py ARGUMENTS`, to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=ROOT,
        env=environment(data_dir, **given),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
