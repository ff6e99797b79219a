"""Instructions of fields in Word's documents, in whichever format they are stored."""

from __future__ import annotations

import re

from integrations.submissions.documents.links import check_link
from integrations.submissions.documents.refusals import DocumentRefused

# Fields that fetch or start something when they are updated (ECMA-376 part 1, §17.16.5), with those
# of older versions.
_FETCHING_WORDS = (
    "DATABASE DDE DDEAUTO HTMLCONTROL IMPORT INCLUDE INCLUDEPICTURE INCLUDETEXT LINK RD"
)
FETCHING = frozenset(_FETCHING_WORDS.split())
_WORD = re.compile(r"[\s\x00-\x20\"“”]*([A-Za-z]+)")
_TARGET = re.compile(r"\s*(?:\\[a-z]\s+)*[\"“]?((?:\\\\|[^\"”])*)")


def check_field(instruction: str, *, kind: str) -> None:
    """Raise DocumentRefused for a field that fetches or starts something, or links to a program."""
    found = _WORD.match(instruction)
    word = found[1].upper() if found else ""
    if word in FETCHING:
        raise DocumentRefused("remote", kind=kind)
    if word == "HYPERLINK" and found:
        target = _TARGET.match(instruction, found.end())
        if target:
            check_link(target[1], kind=kind)
