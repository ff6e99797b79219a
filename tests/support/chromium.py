"""A Chromium for the browser tests: from PATH, from Debian, or Playwright's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.provided import MissingError, Provided, install_debian_package, say

# The headless shell draws the same pages for about two thirds of the processor time.
NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
# Older versions of Debian have no package of the shell alone.
PACKAGES = ("chromium-headless-shell", "chromium")


def on_path() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


def of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str:
    """A browser that is already here; raises `MissingError` when there is none."""
    if path := on_path() or of_playwright():
        return path
    raise MissingError(
        "The browser tests need Chromium: install `chromium`, or run `make test`, which gets one."
    )


def provide() -> Provided:
    """A browser, installed if need be; raises `MissingError` when none can be had."""
    if path := on_path():
        return Provided(path, "from PATH")
    for package in PACKAGES:
        if install_debian_package(package) and (path := on_path()):
            return Provided(path, f"the Debian package {package}, installed just now")
    if path := of_playwright() or _downloaded():
        return Provided(path, "Playwright's own")
    raise MissingError(
        "Chromium: none on PATH, the Debian package `chromium` could not be installed, and "
        "neither could Playwright's own. Install Chromium and put it on PATH."
    )


def _downloaded() -> str | None:
    say("Playwright downloads its Chromium")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    return of_playwright() if done.returncode == 0 else None
