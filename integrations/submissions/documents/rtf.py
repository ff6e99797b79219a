"""RTF: groups in braces, of which some hold objects, fields and what is fetched (RTF 1.9.1).

Not looked at: what is drawn in its pictures.
"""

from __future__ import annotations

import re

from integrations.submissions.documents.links import check_field, check_link, is_elsewhere
from integrations.submissions.documents.refusals import DocumentRefused

MAGIC = b"{\\rtf"
_KIND = "RTF"
# Runs of braces and of escapes that say nothing are one token each, so that a file of nothing else
# is quick, too.
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,40})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|(?:\\[^a-zA-Z']){1,500}|\\'|\{+|\}+"
)
_OBJECTS = frozenset(
    {b"object", b"objdata", b"objupdate", b"objemb", b"objlink", b"objautlink", b"objocx"}
)
_FETCHED = frozenset({b"mmconnectstr", b"mmdatasource", b"mmheadersource", b"subdocument"})
# Groups whose text is an address or an instruction; `sn` and `sv` are a shape's property.
_READ = frozenset({b"fldinst", b"template", b"sn", b"sv", b"hlsrc", b"nextfile"})
_PICTURES = frozenset({"pibName", "pibPrintName", "fillBlipName", "lineFillBlipName"})
_BINARY = b"bin"
_MOST_PIECES = 100_000  # of one such text


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a whole RTF document that runs and fetches nothing."""
    end = _Reader(content).end()
    # Programs are known to close one group too many, or to end with a zero byte.
    if content[end:].strip(b"}\0\x1a\r\n\t "):
        raise DocumentRefused("polyglot", kind=_KIND)


class _Reader:
    """Walks the groups, and reads the texts of those that say what to fetch."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._depth = 0
        # What is being read, with the depth at which it ends; a field can stand within a field.
        self._reading: list[tuple[bytes, int, list[str]]] = []
        self._property = ""
        # After `\\u` stand so many characters for programs that do not know it.
        self._substitutes = 1
        self._skipped = 0

    def end(self) -> int:
        """Where the outermost group ends. Raises DocumentRefused."""
        at = 0
        while at < len(self._content):
            for found in _TOKEN.finditer(self._content, at):
                if self._reading and found.start() > at:
                    self._add(self._content[at : found.start()].decode("cp1252", "replace"))
                at = found.end()
                first = found[0][:1]
                if first == b"{":
                    self._depth += len(found[0])
                elif first == b"}":
                    if self._depth <= len(found[0]):
                        self._close(0)
                        return found.start() + self._depth
                    self._close(self._depth - len(found[0]))
                elif found[1]:
                    self._word(found[1].lower(), found[2])
                    if found[1].lower() == _BINARY and found[2]:
                        at += max(0, int(found[2]))
                        break
                elif self._reading:
                    self._escape(found)
            else:
                break
        raise DocumentRefused("broken", kind=_KIND)

    def _word(self, word: bytes, number: bytes | None) -> None:
        if word in _OBJECTS:
            raise DocumentRefused("embedded", kind=_KIND)
        if word in _FETCHED:
            raise DocumentRefused("remote", kind=_KIND)
        if word in _READ:
            if word == b"fldinst" and self._reading:
                outer, _, pieces = self._reading[-1]
                # Which field it is would be the result of another one.
                if outer == b"fldinst" and not "".join(pieces).strip():
                    raise DocumentRefused("unreadable", kind=_KIND)
            self._reading.append((word, self._depth, []))
        elif word == b"uc":
            self._substitutes = int(number or 1)
        elif word == b"u" and number and self._reading:
            self._skipped = 0
            self._add(chr(int(number) % 0x10000))
            self._skipped = self._substitutes

    def _escape(self, found: re.Match[bytes]) -> None:
        if found[3]:
            self._add(bytes.fromhex(found[3].decode()).decode("cp1252", "replace"))
        else:
            # Backslashes and braces stand for themselves, all others for marks and hyphens.
            self._add(re.sub(rb"[^\\{}]", b"", found[0][1::2]).decode())

    def _add(self, text: str) -> None:
        text = text.replace("\r", "").replace("\n", "")
        skipped = min(max(0, self._skipped), len(text))
        self._skipped -= skipped
        pieces = self._reading[-1][2]
        pieces.append(text[skipped:])
        if len(pieces) > _MOST_PIECES:
            raise DocumentRefused("too_complex", kind=_KIND)

    def _close(self, depth: int) -> None:
        self._depth = depth
        while self._reading and self._reading[-1][1] > depth:
            word, _, pieces = self._reading.pop()
            text = "".join(pieces)
            if word == b"fldinst":
                check_field(text, kind=_KIND)
            elif word == b"hlsrc":
                check_link(text, kind=_KIND)
            elif word == b"sn":
                self._property = text.strip()
            elif (word != b"sv" or self._property in _PICTURES) and is_elsewhere(text):
                raise DocumentRefused("remote", kind=_KIND)
