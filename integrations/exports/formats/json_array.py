"""JSON: one array of objects, a line each, with moments in ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from integrations.exports.columns import Cells, Heading, Type
from integrations.exports.formats.style import Style
from integrations.exports.values import moments


def write(
    headings: Sequence[Heading],
    chunks: Iterable[Sequence[Cells]],
    style: Style,  # noqa: ARG001 - there is nothing to choose
) -> Iterator[bytes]:
    names = [heading.name for heading in headings]
    yield b"["
    before = b"\n"
    for columns in chunks:
        values = [
            _values(heading.type, cells) for heading, cells in zip(headings, columns, strict=True)
        ]
        objects = [
            orjson.dumps(dict(zip(names, row, strict=True))) for row in zip(*values, strict=True)
        ]
        yield before + b",\n".join(objects)
        before = b",\n"
    yield b"\n]\n"


def _values(type: Type, cells: Cells) -> Cells:
    if type is Type.MOMENT:
        return [text or None for text in moments(cells)]
    return cells
