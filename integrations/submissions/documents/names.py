"""The name of a file that somebody attaches: refused, or made safe to show and to send."""

from __future__ import annotations

import re
import unicodedata

from integrations.submissions.documents.kinds import PROGRAMS, PROGRAMS_AT_THE_END
from integrations.submissions.documents.refusals import DocumentRefused

_LONGEST = 200  # characters that are looked at
_KEPT = 100  # characters of the name that is kept
_PATH = re.compile(r"[/\\:]")
# Embeddings, overrides and isolates.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Marks that systems and messengers put into names by themselves and that cannot disguise anything.
_DROPPED = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff\ufe0e\ufe0f]")
_JOINERS = "\u200c\u200d"  # Persian and Indian scripts are spelled with them
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)


def safe_name(name: str) -> str:
    """The name in NFC, of at most 100 characters, its extension kept.

    It has no path, no control characters and nothing that turns the direction of reading. Raises
    DocumentRefused.
    """
    if len(name) > _LONGEST:
        raise DocumentRefused("name_too_long")
    if _DIRECTION.search(name):
        raise DocumentRefused("name_direction")
    name = _DROPPED.sub("", unicodedata.normalize("NFC", name))
    name = "".join(" " if unicodedata.category(char) == "Zs" else char for char in name).strip()
    if any(unicodedata.category(c) in _UNSHOWABLE and c not in _JOINERS for c in name):
        raise DocumentRefused("name_characters")
    if not name:
        raise DocumentRefused("name_missing")
    if _PATH.search(name) or name in {".", ".."}:
        raise DocumentRefused("name_path")
    if name.startswith("."):
        raise DocumentRefused("name_hidden")
    if name.split(".")[0].strip().lower() in _RESERVED:
        raise DocumentRefused("name_reserved")
    _refuse_programs(name)
    return _shortened(name)


def extension(name: str) -> str:
    """The extension in lower case without the dot; empty when there is none."""
    stem, dot, last = name.rpartition(".")
    return last.strip().lower() if stem and dot else ""


def _refuse_programs(name: str) -> None:
    parts = [part.strip().lower() for part in name.rstrip(". ").split(".")[1:]]
    for number, part in enumerate(parts, start=1):
        if part in (PROGRAMS_AT_THE_END if number == len(parts) else PROGRAMS):
            raise DocumentRefused("name_program", extension=part)


def _shortened(name: str) -> str:
    if len(name) <= _KEPT:
        return name
    ending = extension(name)
    # What is longer than this is not an extension, but a name with a dot in it.
    suffix = f".{ending}" if 0 < len(ending) <= 10 else ""
    stem = name[: len(name) - len(suffix)][: _KEPT - len(suffix)].rstrip(". ")
    return stem + suffix
