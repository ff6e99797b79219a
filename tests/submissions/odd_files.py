"""One ordinary candidate and one odd, in sheets and ZIPs built byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.submissions.bulk.columns import NAMES

ORDINARY = {
    "first_name": "Nadia",
    "last_name": "Perrot",
    "email_address": "nadia@mail.example",
    "phone_number": "+33612345678",
    "job": "REF-1",
    "cover_letter": "",
    "cv": "nadia.pdf",
}
ZOE = {
    "first_name": "Zoé",
    "last_name": "Müller",
    "email_address": "zoe@mail.example",
    "phone_number": "+33698765432",
    "job": "REF-2",
    "cover_letter": "",
    "cv": "zoe.pdf",
}


def zoe(**cells: str) -> dict[str, str]:
    return {**ZOE, **cells}


def csv_text(*rows: Mapping[str, str], header: Sequence[str] = NAMES, separator: str = ";") -> str:
    lines = [separator.join(header)]
    lines += [separator.join(row[name] for name in NAMES) for row in rows]
    return "\r\n".join(lines) + "\r\n"


# XLSX

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATED = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def letters(column: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[column]


def text(value: str) -> str:
    """The inside of a cell that holds a text in place."""
    shown = value.replace("&", "&amp;").replace("<", "&lt;")
    return f't="inlineStr"><is><t xml:space="preserve">{shown}</t></is>'


@dataclass(frozen=True)
class Cell:
    """A cell as it is written, from its attributes on: `t="b"><v>1</v>`."""

    xml: str


def row_xml(number: int, cells: Iterable[str | Cell | None], attributes: str = "") -> str:
    inner = "".join(
        f'<c r="{letters(column)}{number}" '
        f"{cell.xml if isinstance(cell, Cell) else '>' + '' if cell == '' else text(cell)}</c>"
        for column, cell in enumerate(cells)
        if cell is not None
    )
    return f'<row r="{number}"{" " + attributes if attributes else ""}>{inner}</row>'


def people_xml(odd: Mapping[str, str | Cell], attributes: str = "") -> str:
    """Header, the ordinary candidate in row 2 and the odd one in row 3."""
    return (
        row_xml(1, NAMES)
        + row_xml(2, ORDINARY.values())
        + row_xml(3, [odd[name] for name in NAMES], attributes)
    )


def worksheet(rows: str, *, before: str = "", after: str = "", main: str = MAIN) -> str:
    return f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def xlsx(
    *sheets: str,
    titles: Sequence[str] = ("Feuil1", "Feuil2", "Feuil3"),
    states: Mapping[int, str] | None = None,
    shared: str = "",
    styles: str = "",
    properties: str = "",
    main: str = MAIN,
    related: str = RELATED,
) -> bytes:
    """A workbook of worksheets given as XML."""
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    listed, relations, types = "", "", ""
    parts: dict[str, str] = {}
    for number, (sheet, title) in enumerate(zip(sheets, titles, strict=False), start=1):
        state = (states or {}).get(number, "visible")
        listed += f'<sheet name="{title}" sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        relations += (
            f'<Relationship Id="rId{number}" Type="{related}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
        name = f"xl/worksheets/sheet{number}.xml"
        types += f'<Override PartName="/{name}" ContentType="{kinds}.worksheet+xml"/>'
        parts[name] = sheet
    for name, kind, content in (
        ("sharedStrings", "sharedStrings", shared),
        ("styles", "styles", styles),
    ):
        if content:
            relations += f'<Relationship Id="{name}" Type="{related}/{kind}" Target="{name}.xml"/>'
            types += f'<Override PartName="/xl/{name}.xml" ContentType="{kinds}.{kind}+xml"/>'
            parts[f"xl/{name}.xml"] = content
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{main}" xmlns:r="{related}">{properties}<sheets>{listed}</sheets>'
        "</workbook>"
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
    )
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{related}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="x"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>{types}'
        "</Types>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, XML + content)
    return out.getvalue()


# ZIP


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A stored file of a ZIP; `name` as its bytes, `flags` 0x800 where they are marked as UTF-8.

    `made_by` is the system: 0 DOS and Windows, 3 Unix and macOS, 10 NTFS.
    """

    name: bytes
    content: bytes = b"%PDF"
    flags: int = 0
    made_by: int = 0
    extra: bytes = b""
    method: int = 0
    attributes: int = 0


def zip_of_entries(*entries: Entry, comment: bytes = b"", before: bytes = b"") -> bytes:
    body, directory = before, b""
    for entry in entries:
        checksum, size = zlib.crc32(entry.content), len(entry.content)
        common = struct.pack(
            "<HHHHIIIHH",
            entry.flags,
            entry.method,
            0x6000,
            0x5D7E,
            checksum,
            size,
            size,
            len(entry.name),
            len(entry.extra),
        )
        directory += (
            b"PK\x01\x02"
            + struct.pack("<BBH", 20, entry.made_by, 20)
            + common
            + struct.pack("<HHHII", 0, 0, 0, entry.attributes, len(body))
            + entry.name
            + entry.extra
        )
        body += b"PK\x03\x04" + struct.pack("<H", 20) + common + entry.name + entry.extra
        body += entry.content
    count = len(entries)
    end = struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(body), len(comment))
    return body + directory + b"PK\x05\x06" + end + comment


def unicode_path(raw: bytes, name: str) -> bytes:
    """Info-ZIP's extra field with the name in UTF-8, for an entry that is called `raw`."""
    field = b"\x01" + struct.pack("<I", zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field
