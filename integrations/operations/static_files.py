"""Whether the static files that pages ask for are collected, and are those of this version."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command


def problem() -> str:
    """What is wrong and what to do, in words; blank when pages will find their files.

    Without it, each page would answer 500 for the first file that it cannot name.
    """
    # In debug mode there is no manifest.
    manifest = getattr(staticfiles_storage, "hashed_files", None)
    if manifest is None:
        return ""
    if not manifest:
        return _do(f"The static files have not been collected in {settings.STATIC_ROOT}.")
    sources: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            # Of two files with one name, the first is collected.
            sources.setdefault(name, Path(storage.path(name)))
    for name, source in sources.items():
        if name not in manifest or not _same(source, Path(settings.STATIC_ROOT) / name):
            return _do(
                f"The static files in {settings.STATIC_ROOT} are those of another version "
                f"({name} differs)."
            )
    return ""


def collect() -> bool:
    """Collect them where that is needed; whether it was."""
    if not problem():
        return False
    # A copy that is newer than its source would be left as it is.
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    return True


def _do(what: str) -> str:
    return f"{what} Run the command `collectstatic --clear --no-input`, then start again."


def _same(source: Path, copy: Path) -> bool:
    return (
        copy.exists()
        and source.stat().st_size == copy.stat().st_size
        and source.read_bytes() == copy.read_bytes()
    )
