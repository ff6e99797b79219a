"""CSV files: read as spreadsheets write them, and written as RFC 4180 says.

Read are commas, semicolons, tabs or vertical bars, in UTF-8, UTF-16, Windows-1252, Mac Roman or
code page 850.
"""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterable, Iterator, Sequence

from integrations.messages import Message
from integrations.spreadsheets import HEADER_WITHIN, CountKnown, Grid, Line, SheetRefused
from integrations.spreadsheets.escaping import guard_column
from integrations.text_encodings.single_byte import decoded, fit, has_utf8, likeliest

SEPARATORS = {
    ";": Message("semicolons"),
    ",": Message("commas"),
    "\t": Message("tabs"),
    "|": Message("vertical_bars"),
}
_SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
_NAMES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850"}
_ACCENTED = re.compile(r"[\w’'-]*[^\W\d_a-zA-Z][\w’'-]*")
_FIRST_LINE = re.compile(r"\A[^\r\n]*(?:\r\n|\r|\n)?")
# Words that a note quotes, so that a reader sees whether the accents are right.
_QUOTED = 3
# `="0612345678"` is how other programs make Excel keep a zero.
_AS_TEXT = re.compile(r'="([^"]*)"')
# Control characters in the escapes of XLSX, which some programs copy into a CSV as they are.
_ESCAPED_CONTROL = re.compile(r"_x00(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[fF])_")


def read_csv(content: bytes, count_known: CountKnown) -> Grid:
    """The file as lines of cells. Raises `SheetRefused`.

    A French Excel writes semicolons and, unless asked for UTF-8, Windows-1252 or on a Mac Mac
    Roman. The separator is the one by which one of the first lines has the most names of columns.
    """
    text, encoding, notes = _decoded(content)
    # Ctrl-Z ends a text of DOS.
    text = text.removesuffix("\x1a")
    separator = _declared(text)
    if separator:
        # The line tells Excel what separates the cells, and is not one of the rows to it.
        text = _FIRST_LINE.sub("", text, count=1)
    separator = separator or max(SEPARATORS, key=lambda mark: _fit(text, mark, count_known))
    if quoted := _whole_lines_quoted(text, separator, count_known):
        text, separator = quoted
    read_as = Message("read_as_csv", separator=SEPARATORS[separator], encoding=encoding)
    return Grid(_lines(text, separator), read_as, notes, is_separated=True)


def _declared(text: str) -> str:
    """The separator that a first line `sep=;` names, or nothing."""
    first = text[:10].splitlines()[:1]
    # A file saved once more by Excel has the line as a cell of a row: `"sep=;"`, `sep=;;;;`.
    named = re.match(r'"?sep=([;,|\t])"?\1*\s*\Z', first[0], re.IGNORECASE) if first else None
    return named[1] if named else ""


def _decoded(content: bytes) -> tuple[str, str, list[Message]]:
    """The text, the name of its encoding, and what there is to say of that."""
    if content.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        return _strictly(content, "utf-32"), "UTF-32", []
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _strictly(content, "utf-16"), "UTF-16", []
    if b"\0" in content:
        return _strictly(content, _unmarked_utf16(content)), "UTF-16", []
    if content.startswith(BOM_UTF8) and (text := decoded(content, "utf-8-sig")) is not None:
        return text, "UTF-8", []
    if (text := decoded(content, "utf-8")) is not None:
        return text, "UTF-8", []
    lines = content.removeprefix(BOM_UTF8).splitlines(keepends=True)
    in_utf8 = [_is_utf8(line) for line in lines]
    if any(in_utf8):
        return _decoded_by_line(lines, in_utf8)
    encoding = likeliest(content, _SINGLE_BYTE)
    if not encoding:
        raise SheetRefused(Message("sheet_encoding_unreadable"))
    text = content.decode(encoding)
    doubtful = encoding != _SINGLE_BYTE[0] or fit(text) < 0
    words = list(dict.fromkeys(_ACCENTED.findall(text)))[:_QUOTED] if doubtful else []
    name = _NAMES[encoding]
    notes = [Message("csv_encoding_guessed", encoding=name, words=_named(words))] if words else []
    return text, name, notes


def _unmarked_utf16(content: bytes) -> str:
    """The byte order of UTF-16 that does not state it. Raises `SheetRefused` for what is no text.

    Most characters of a sheet are ASCII, whose other byte is zero.
    """
    even, odd = content[::2].count(0), content[1::2].count(0)
    zeros, others = max(even, odd), min(even, odd)
    if others or len(content) % 2 or zeros * 5 < len(content) * 2:
        raise SheetRefused(Message("sheet_not_text"))
    return "utf-16-be" if even else "utf-16-le"


def _is_utf8(line: bytes) -> bool:
    """Whether a line holds characters in UTF-8, and makes more sense so."""
    text = decoded(line, "utf-8") if has_utf8(line) else None
    return text is not None and fit(text) > fit(line.decode(_SINGLE_BYTE[0], "replace"))


def _decoded_by_line(lines: list[bytes], in_utf8: list[bool]) -> tuple[str, str, list[Message]]:
    """A file put together from pieces of different encodings."""
    rest = b"".join(line for line, utf8 in zip(lines, in_utf8, strict=True) if not utf8)
    encoding = likeliest(rest, _SINGLE_BYTE)
    if not encoding:
        raise SheetRefused(Message("sheet_encoding_unreadable"))
    texts = [
        line.decode("utf-8" if utf8 else encoding)
        for line, utf8 in zip(lines, in_utf8, strict=True)
    ]
    words = [word for text in texts for word in _ACCENTED.findall(text)]
    notes = [
        Message(
            "csv_encodings_mixed",
            encoding=_NAMES[encoding],
            words=_named(list(dict.fromkeys(words))[:_QUOTED]),
        )
    ]
    return "".join(texts), f"UTF-8 + {_NAMES[encoding]}", notes


def _named(words: Sequence[str]) -> str:
    return ", ".join(f"“{word[:40]}”" for word in words)


def _strictly(content: bytes, encoding: str) -> str:
    text = decoded(content, encoding)
    if text is None:
        raise SheetRefused(Message("sheet_encoding_unreadable"))
    return text


def _fit(text: str, separator: str, count_known: CountKnown) -> tuple[int, int]:
    """How well one of the first lines, cut by `separator`, reads as a header."""
    lines = _first_lines(text, separator)
    known = max((count_known(line) for line in lines), default=0)
    return known, len(lines[0]) if lines else 0


def _first_lines(text: str, separator: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if any(cells):
                found.append(cells)
            if len(found) == HEADER_WITHIN:
                break
    except csv.Error:
        # Said with its line when the rows are read.
        return found
    return found


def _whole_lines_quoted(
    text: str, separator: str, count_known: CountKnown
) -> tuple[str, str] | None:
    """The text and its separator if each line is one cell, as a CSV that is saved as CSV again."""
    lines = _first_lines(text, separator)
    if not lines or any(len(cells) > 1 for cells in lines) or max(map(count_known, lines)) > 1:
        return None
    unquoted = "\n".join(line.cells[0] if line.cells else "" for line in _lines(text, separator))
    best = max(SEPARATORS, key=lambda mark: _fit(unquoted, mark, count_known))
    return (unquoted, best) if _fit(unquoted, best, count_known)[0] > 1 else None


def _lines(text: str, separator: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield Line(number, [_cell(cell) for cell in cells])
    except csv.Error as error:
        raise SheetRefused(
            Message("csv_line_unreadable", line=reader.line_num, error=_words(str(error)))
        ) from None


def _cell(text: str) -> str:
    if text.startswith("=") and (kept := _AS_TEXT.fullmatch(text)):
        return kept[1]
    return _ESCAPED_CONTROL.sub(" ", text) if "_x" in text else text


def _words(error: str) -> str:
    if "unexpected end" in error:
        return Message("csv_quote_never_closed")
    if "expected after" in error:
        return Message("csv_text_after_quote")
    if "field larger" in error:
        return Message("csv_cell_too_long")
    return error


# Writing
def editable_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """A file to be edited and uploaded again: UTF-8 with a byte order mark and semicolons, which
    is what Excel opens properly in French, and formulas made harmless.
    """
    columns = [guard_column(cells) for cells in zip(*rows, strict=True)]
    return BOM_UTF8 + csv_lines(columns, ";").encode()


def csv_lines(columns: Iterable[Sequence[str | None]], separator: str = ",") -> str:
    """The rows of a table given by columns, each ended by CRLF; null is an empty cell.

    What `csv.writer` writes, in less than a third of its time: that looks at every character,
    this asks first whether a column has anything to quote at all.
    """
    quoted = [_quoted(cells, separator) for cells in columns]
    rows = list(map(separator.join, zip(*quoted, strict=True)))
    # So that the last line is ended, too.
    return "\r\n".join([*rows, ""])


def _quoted(cells: Sequence[str | None], separator: str) -> Sequence[str]:
    filled = list(filter(None, cells))
    texts = filled if len(filled) == len(cells) else [cell or "" for cell in cells]
    if not _needs_quotes("".join(filled), separator):
        return texts
    return [_in_quotes(text) if _needs_quotes(text, separator) else text for text in texts]


def _needs_quotes(text: str, separator: str) -> bool:
    return separator in text or '"' in text or "\n" in text or "\r" in text


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
