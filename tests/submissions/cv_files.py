"""Files of every accepted kind, small and built from scratch."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

_NAMESPACE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODF = "application/vnd.oasis.opendocument."


def pdf(
    *objects: bytes,
    before: bytes = b"",
    after: bytes = b"",
    trailer: bytes = b"",
    offset: int = 0,
    before_table: bytes = b"",
) -> bytes:
    """A PDF of one empty page and `objects`, with a correct table unless `offset` shifts it."""
    all_objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        *objects,
    )
    content, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(all_objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    content += before_table
    table = len(content) + offset
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(places) + 1, trailer)
    return before + content + b"startxref\n%d\n%%%%EOF\n" % table + after


def pdf_stream(dictionary: bytes, body: bytes) -> bytes:
    """A stream object's content."""
    head = b"<< %s /Length %d >>" % (dictionary, len(body))
    return head + b"\nstream\n" + body + b"\nendstream"


def packed_objects(text: bytes) -> bytes:
    """An object stream that holds `text`, deflated."""
    return pdf_stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", zlib.compress(text))


def archive(
    parts: Mapping[str, bytes | str], *, stored: tuple[str, ...] = (), comment: bytes = b""
) -> bytes:
    """A ZIP archive; the parts named in `stored` are not compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, part in parts.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            writer.writestr(name, part, compress_type=how)
        writer.comment = comment
    return file.getvalue()


def content_types(*overrides: tuple[str, str], defaults: Mapping[str, str] | None = None) -> str:
    """`[Content_Types].xml` with these parts' types."""
    items = "".join(f'<Override PartName="/{n}" ContentType="{t}"/>' for n, t in overrides)
    items += "".join(
        f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in (defaults or {}).items()
    )
    return f'<?xml version="1.0"?><Types xmlns="{_NAMESPACE}/content-types">{items}</Types>'


def relationships(*targets: tuple[str, str]) -> str:
    """A `.rels` part with external relationships: (the type's last word, the target)."""
    items = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{to}" TargetMode="External"/>'
        for n, (kind, to) in enumerate(targets)
    )
    return f'<Relationships xmlns="{_NAMESPACE}/relationships">{items}</Relationships>'


def docx_parts(main: str = "word/document.xml", kind: str = MAIN) -> dict[str, bytes | str]:
    """The parts of a small Word document, for tests to change."""
    return {
        "[Content_Types].xml": content_types((main, kind)),
        "_rels/.rels": relationships(),
        main: "<w:document>Camille Orval, conductrice de travaux</w:document>",
    }


def docx(more: Mapping[str, bytes | str] | None = None) -> bytes:
    return archive({**docx_parts(), **(more or {})})


def odt(
    more: Mapping[str, bytes | str] | None = None,
    *,
    kind: str = ODF + "text",
    manifest: str = "<manifest:manifest/>",
) -> bytes:
    parts = {"mimetype": kind, "content.xml": "<office/>", "META-INF/manifest.xml": manifest}
    return archive({**parts, **(more or {})}, stored=("mimetype",))


def doc(
    *names: tuple[str, int],
    word: bytes | None = b"",
    stream: str = "WordDocument",
    flags: int = 0,
    children: Mapping[str, str] | None = None,
) -> bytes:
    """An OLE2 file whose root holds `stream` and storages (type 1) or streams (type 2) `names`.

    The chain of siblings runs to the right; all streams but the first are empty. `children` says
    for a storage which of them it holds, too.
    """
    numbers = {name: at for at, (name, _) in enumerate(names, start=2)}
    body = struct.pack("<H8xH", 0xA5EC, flags) + bytes(4084) if word == b"" else word or b""
    entries = [(stream, 2), *names]
    directory = _directory_entry("Root Entry", 5, child=1)
    for number, (name, kind) in enumerate(entries, start=1):
        following = number + 1 if number < len(entries) else 0xFFFFFFFF
        size = len(body) if number == 1 else 0
        start = 2 if size else 0xFFFFFFFE
        child = numbers[children[name]] if children and name in children else 0xFFFFFFFF
        directory += _directory_entry(
            name, kind, right=following, child=child, start=start, size=size
        )
    # One sector of table, then the first stream's sectors, then the directory.
    directory += bytes(-len(directory) % 512)
    body += bytes(-len(body) % 512)
    count, folders = len(body) // 512, len(directory) // 512
    first = 2 + count
    table = [0xFFFFFFFD, 0xFFFFFFFE]
    table += [n + 1 for n in range(2, first - 1)] + [0xFFFFFFFE] * bool(count)
    table += [n + 1 for n in range(first, first + folders - 1)] + [0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<6H", 62, 3, 0xFFFE, 9, 6, 0) + bytes(8)
    header += struct.pack("<3I", 1, first, 0)
    header += struct.pack("<I", 4096) + struct.pack("<4I", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + struct.pack("<128I", *table) + bytes(512) + body + directory


def _directory_entry(
    name: str,
    kind: int,
    *,
    right: int = 0xFFFFFFFF,
    child: int = 0xFFFFFFFF,
    start: int = 0,
    size: int = 0,
) -> bytes:
    spelled = name.encode("utf-16-le") + b"\0\0"
    entry = spelled.ljust(64, b"\0") + struct.pack("<HBB", len(spelled), kind, 1)
    entry += struct.pack("<3I", 0xFFFFFFFF, right, child) + bytes(36)
    return entry + struct.pack("<2I", start, size) + bytes(4)


RTF = rb"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0\fs24 Curriculum vit\'e6 de L\'e9a Orval\par}"


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(width: int = 1, height: int = 1, *more: bytes, end: bytes = b"") -> bytes:
    head = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    drawing = chunk(b"IDAT", zlib.compress(b"\0\0"))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + b"".join(more) + drawing + chunk(b"IEND") + end


def segment(mark: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content


def jpeg(
    width: int = 8, height: int = 8, *, frame: int = 0xC0, scans: int = 1, more: bytes = b""
) -> bytes:
    """What a JPEG consists of, with scans of a few bytes, stuffed and with restart marks."""
    jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    shape = segment(frame, struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0))
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + jfif + more + shape + scan * scans + b"\xff\xd9"
