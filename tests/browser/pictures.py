"""Screenshots that a run leaves behind for people to look at: `screenshots/`, which git ignores.

One folder for each database, as both are tested at once; a run begins by emptying its own.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2] / "screenshots"


class Pictures:
    """Takes screenshots into one folder, numbered in the order of their taking."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """The page as it is now; `whole`, below the fold too, which takes as long as its tests."""
        self._count += 1
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80]
        # What stays in the window would else lie in the middle of the picture.
        page.evaluate("window.scrollTo({top: 0, behavior: 'instant'})")
        page.screenshot(path=self._folder / f"{self._count:02}-{readable}.jpg", full_page=whole)


def emptied(database: str) -> Path:
    """The folder of this run, with nothing in it."""
    folder = ROOT / database
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def pictures_in(folder: Path, series: str) -> Pictures:
    """A series of a run, in a folder of its own."""
    (folder / series).mkdir(exist_ok=True)
    return Pictures(folder / series)
