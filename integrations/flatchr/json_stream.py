"""A streaming parser of a JSON array: element by element, in bounded memory, with source texts.

Consecutive objects are decoded many at a time by msgspec; the standard library's decoder takes the
last one of each chunk and anything unusual. Nothing here runs per character. Errors:

* A web page, an object, an empty body, text after the array: not understood.
* An array that ends too early: cut short, after the complete elements before the cut.
* An element larger than the cap: too large. One nested too deeply or with a number of thousands
  of digits: not understood.
* An element with `NaN` or `Infinity`, which are not JSON, or with bytes that are not UTF-8:
  yielded as `Unreadable`, so that one bad record does not stop the rest. In its text the bad
  bytes are U+FFFD.
* An element that is no object, duplicate keys (the last one counts), escaped lone surrogates and
  NUL: yielded as they are, for the reader to decide. A leading byte order mark is skipped.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from integrations.flatchr.errors import ErrorKind, FlatchrError, failure
from integrations.messages import Message

MAX_ELEMENT = 8 * 1024**2  # characters

# Both patterns match anywhere, so there always is a match.
_Skip = Callable[[str, int], re.Match[str]]
_space = cast(_Skip, re.compile(r"[ \t\n\r]*").match)
_before_array = cast(_Skip, re.compile(r"\ufeff?[ \t\n\r]*").match)
_AFTER_ELEMENT = frozenset(",]")
_BLANK = frozenset(" \t\n\r")
_UTF8 = codecs.getincrementaldecoder("utf-8")

_values = msgspec.json.Decoder(list[Any]).decode
_pieces = msgspec.json.Decoder(list[msgspec.Raw]).decode

# An error this close to the end of the text so far may be an incomplete token: `-Infinity` or a
# pair of \u escapes are the longest.
_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an element that is not proper JSON; `reason` says what it does."""

    reason: Message


def elements(chunks: Iterable[bytes], max_element: int = MAX_ELEMENT) -> Iterator[tuple[Any, str]]:
    """The elements of a top-level JSON array as (value, exact source text).

    Raises FlatchrError: NOT_UNDERSTOOD, CUT_SHORT or TOO_LARGE, and whatever `chunks` raises.
    """
    source = _Source(chunks)
    text, pos = _enter(source)
    if text[pos] == "]":
        _finish(source, text[pos + 1 :])
        return
    constants: list[str] = []
    decode = json.JSONDecoder(parse_constant=constants.append).raw_decode
    fresh = True
    while True:
        if fresh:
            found, pos = _decode_many(text, pos, max_element)
            yield from found
            fresh = False
        # Flatchr's arrays hold no white space; looking first is cheaper than a pattern.
        start = _space(text, pos).end() if text[pos : pos + 1] in _BLANK else pos
        try:
            value, end = decode(text, start)
            stop = _space(text, end).end() if text[end : end + 1] in _BLANK else end
            mark = text[stop : stop + 1]
        except (ValueError, RecursionError) as error:
            problem = _verdict(error, text, source.ended)
            if problem is not None:
                raise problem from None
            value, end, stop, mark = None, len(text), len(text), ""
        if stop - start > max_element:
            raise failure(ErrorKind.TOO_LARGE, f"an element is over {max_element} characters long")
        if mark in _AFTER_ELEMENT:
            if constants or source.damaged:
                yield _examined(value, text[start:end], constants)
                constants.clear()
            else:
                yield value, text[start:end]
            if mark == "]":
                _finish(source, text[stop + 1 :])
                return
            pos = stop + 1
        elif source.ended or len(text) - stop > _TOKEN:
            if not mark:
                raise failure(ErrorKind.CUT_SHORT, "the array ends before its closing bracket")
            raise failure(ErrorKind.NOT_UNDERSTOOD, f"{mark!a} follows an element of the array")
        else:
            # Doubling keeps the work on one huge element linear: it is decoded anew each time.
            text, pos = source.more(text[start:], min(2 * (len(text) - start), max_element + 1)), 0
            constants.clear()
            fresh = True


def whole(body: bytes) -> Any:
    """The value of a small JSON document. Raises FlatchrError: NOT_UNDERSTOOD or CUT_SHORT."""
    try:
        text = body.decode("utf-8-sig")
        if not text.strip():
            raise ValueError("the body is empty")
        return json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        problem = failure(ErrorKind.NOT_UNDERSTOOD, f"not UTF-8: {error.reason}")
    except (ValueError, RecursionError) as error:
        problem = _verdict(error, text, ended=True) or failure(
            ErrorKind.CUT_SHORT, "the JSON document ends too early"
        )
    raise problem


class _Source:
    """The body as text, read on demand."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decoder = _UTF8("strict")
        self.ended = False
        self.damaged = False

    def more(self, kept: str, wanted: int) -> str:
        """`kept` and at least one more chunk, up to `wanted` characters in all, until the end."""
        pieces = [kept]
        size = len(kept)
        while not self.ended and (size < wanted or size == len(kept)):
            chunk = next(self._chunks, None)
            self.ended = chunk is None
            piece = self._decode(chunk or b"")
            pieces.append(piece)
            size += len(piece)
        return "".join(pieces)

    def _decode(self, chunk: bytes) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(chunk, self.ended)
        except UnicodeDecodeError:
            # From here on bad bytes become lone surrogates, by which their element is found.
            self.damaged = True
            self._decoder = _UTF8("surrogateescape")
            self._decoder.setstate(state)
            return self._decoder.decode(chunk, self.ended)


def _enter(source: _Source) -> tuple[str, int]:
    """The text, and the position after the opening bracket and white space."""
    text = source.more("", 1)
    while (pos := _before_array(text, 0).end()) == len(text):
        if source.ended:
            raise failure(ErrorKind.NOT_UNDERSTOOD, "the body is empty")
        text = source.more(text[:1], 0)
    if text[pos] != "[":
        found = {"{": "an object", "<": "a web page"}.get(text[pos], f"{text[pos]!a}")
        raise failure(ErrorKind.NOT_UNDERSTOOD, f"the body is {found} instead of an array")
    pos += 1
    while (pos := _space(text, pos).end()) == len(text):
        if source.ended:
            raise failure(ErrorKind.CUT_SHORT, "the array ends after its opening bracket")
        text, pos = source.more("", 1), 0
    return text, pos


def _decode_many(text: str, pos: int, limit: int) -> tuple[Iterable[tuple[Any, str]], int]:
    """The elements from `pos` up to the last `},{`, and the position after them.

    No element if the text between is not valid JSON, or longer than one element may be.
    """
    end = text.rfind("},{", pos) + 1
    if not pos < end <= pos + limit:
        return (), pos
    try:
        slab = f"[{text[pos:end]}]".encode()
        values, pieces = _values(slab), _pieces(slab)
    except (ValueError, RecursionError):
        # Damaged, with a constant, or cut inside a nested list: left to the other decoder.
        return (), pos
    return zip(values, [str(piece, "utf-8") for piece in pieces], strict=True), end + 1


def _finish(source: _Source, rest: str) -> None:
    """Raise unless only white space follows the array."""
    while not rest.strip(" \t\n\r"):
        if source.ended:
            return
        rest = source.more("", 1)
    raise failure(ErrorKind.NOT_UNDERSTOOD, "there is text after the end of the array")


def _examined(value: Any, piece: str, constants: list[str]) -> tuple[Any, str]:
    """An element after a constant or bytes that are not UTF-8: its value, or `Unreadable`."""
    if constants:
        return Unreadable(Message("record_with_constant", constant=constants[0])), _repaired(piece)
    repaired = _repaired(piece)
    return (value if repaired == piece else Unreadable(Message("record_not_utf8"))), repaired


def _repaired(piece: str) -> str:
    return piece.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _verdict(error: Exception, text: str, ended: bool) -> FlatchrError | None:
    """The error in `text`; None if it is only incomplete."""
    if not isinstance(error, json.JSONDecodeError):
        return failure(ErrorKind.NOT_UNDERSTOOD, f"{type(error).__name__}: {error}")
    unfinished = error.msg.startswith("Unterminated string") or error.pos >= len(text)
    if ended and not unfinished:
        # A complete answer ends with a bracket.
        unfinished = len(text) - error.pos <= _TOKEN and text.rstrip()[-1:] not in ("]", "}")
    if unfinished or (not ended and len(text) - error.pos <= _TOKEN):
        return None
    return failure(ErrorKind.NOT_UNDERSTOOD, f"invalid JSON: {error.msg}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
