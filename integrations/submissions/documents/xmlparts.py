"""The few XML parts of a document that have to be understood, read without any of XML's traps."""

from __future__ import annotations

from xml.parsers import expat

# Attribute and element names come without their namespaces' addresses and prefixes.
Element = tuple[str, dict[str, str]]
_MOST_ELEMENTS = 20_000


class XmlUnreadable(Exception):
    """Not well-formed, with a document type of its own, or endless."""


def elements(part: bytes) -> list[Element]:
    """The elements in document order. Raises XmlUnreadable.

    A document type is refused, because entities come with it: the formats that are read here have
    none.
    """
    found: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(found) >= _MOST_ELEMENTS:
            raise XmlUnreadable("too many elements")
        found.append((_local(name), {_local(key): value for key, value in attributes.items()}))

    def doctype(*_: object) -> None:
        raise XmlUnreadable("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise XmlUnreadable(str(error)) from error
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]
