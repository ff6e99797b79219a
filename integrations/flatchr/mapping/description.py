"""A vacancy's three texts as one HTML description (`mapping.md`, Job)."""

from __future__ import annotations

import html
import re
from typing import Any

from integrations.flatchr.mapping.notes import Notes
from integrations.flatchr.mapping.values import text

SECTIONS = ("description", "mission", "profile")

# No "<" inside a tag, so that text full of them is still read in one pass.
_TAG = re.compile(r"<[^<>]*>")
_MEDIA = re.compile(r"<(?:img|iframe|video|audio|object|embed)\b", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def description(data: dict[str, Any], notes: Notes) -> str | None:
    """The texts that are not empty, each in a `<section>`, unsanitised; null when all are."""
    sections = []
    for key in SECTIONS:
        section = text(data.get(key), "description", notes)
        if section and not _is_empty(section):
            sections.append(f"<section>{section}</section>")
    return "\n".join(sections) or None


def _is_empty(markup: str) -> bool:
    """Whether nothing would show: editors leave `<p></p>` or `<p>&nbsp;</p>` behind."""
    shown = html.unescape(_TAG.sub("", markup))
    return not shown.strip().strip(_INVISIBLE).strip() and not _MEDIA.search(markup)
