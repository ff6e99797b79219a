"""Generated secrets: created once in the data directory, readable by their owner only."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """The text of the file `path`, created with the text of `make()` and mode 0600 if missing.

    Safe when several processes start at once: one of them links the complete file into place,
    and the others read that one.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(make())
    try:
        os.link(draft, path)
    except FileExistsError:
        # Another process was first; its secret is the one in use.
        return path.read_text().strip()
    finally:
        draft.unlink()
    return path.read_text().strip()


def keys_in(text: str) -> list[str]:
    """The keys of a list that is separated by commas or lines."""
    return [key.strip() for key in text.replace("\n", ",").split(",") if key.strip()]


def keys_in_file(path: Path) -> list[str]:
    """The keys of a file; none if there is no such file."""
    try:
        return keys_in(path.read_text())
    except FileNotFoundError:
        return []
