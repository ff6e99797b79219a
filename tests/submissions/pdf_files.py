"""PDFs as people's programs lay them out and save them, built by pikepdf and Pillow."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, String
from PIL import Image

from tests.submissions import cv_files as files

Build = Callable[[], Pdf]


def blank(pages: int = 1) -> Pdf:
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[-1].obj
        page.Contents = pdf.make_stream(b"BT /F1 11 Tf 50 780 Td (L\\351a Orval) Tj ET")
        page.Resources = Dictionary(Font=Dictionary(F1=_font()))
    return pdf


def _font() -> Dictionary:
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


def link(target: str) -> Dictionary:
    action = Dictionary(S=Name.URI, URI=String(target))
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)


def word() -> Pdf:
    """Tagged, with a language, and links that people have typed."""
    pdf = blank(2)
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    root.RoleMap = Dictionary({"/JavaScript": Name.Span, "/Launch": Name.P})
    root.K = Array(
        pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, P=root, K=n))
        for n in range(40)
    )
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String("fr-FR")
    pdf.pages[0].obj.Annots = Array(
        pdf.make_indirect(link(target))
        for target in (
            "https://www.linkedin.com/in/lea-orval/",
            "mailto:lea.orval@mail.example?subject=CV",
            "tel:+33612345678",
            "www.lea.example",
            "lea.example:8443/cv",
            " http://lea.example/Launch/JavaScript#a",
        )
    )
    pdf.docinfo[Name.Title] = String("Développeuse React/JS (Node/JavaScript), /Launch")
    return pdf


def google_docs() -> Pdf:
    pdf = blank(3)
    state = Dictionary({"/ca": 1, "/BM": Name.Normal})
    for page in pdf.pages:
        page.obj.Resources.ExtGState = Dictionary(G3=state)
        page.obj.StructParents = 0
    return pdf


def canva() -> Pdf:
    """Pictures all over the page, with masks, and a named form."""
    pdf = blank()
    mask = pdf.make_stream(bytes(16), Subtype=Name.Image, Width=4, Height=4)
    picture = pdf.make_stream(
        bytes(48), Subtype=Name.Image, Width=4, Height=4, SMask=mask, BitsPerComponent=8
    )
    drawing = pdf.make_stream(b"", Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    drawing.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
    pdf.pages[0].obj.Resources.XObject = Dictionary(Im0=picture, JS=drawing)
    return pdf


def latex() -> Pdf:
    """Outlines, named places, a link to a file beside it."""
    pdf = blank(2)
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Expérience", 0))
        outline.root.append(pikepdf.OutlineItem("Formation", 1))
    place = Array([pdf.pages[0].obj, Name.XYZ, 0, 0, 0])
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String("cv"), place])))
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=place)
    other = Dictionary(S=Name.GoToR, F=String("annexe.pdf"), D=Array([0, Name.Fit]))
    pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, A=other)])
    return pdf


def form() -> Pdf:
    """Fields, with a button that empties them, and one that goes to the next page."""
    pdf = blank()
    fields = [
        Dictionary(Subtype=Name.Widget, FT=Name.Tx, T=String("nom"), V=String("Orval"), F=4),
        Dictionary(Subtype=Name.Widget, FT=Name.Btn, T=String("b"), A=Dictionary(S=Name.ResetForm)),
        Dictionary(
            Subtype=Name.Widget,
            FT=Name.Btn,
            T=String("n"),
            A=Dictionary(S=Name.Named, N=Name.NextPage),
        ),
    ]
    held = Array(pdf.make_indirect(field) for field in fields)
    pdf.Root.AcroForm = Dictionary(Fields=held, DR=Dictionary(Font=Dictionary(Helv=_font())))
    pdf.pages[0].obj.Annots = held
    return pdf


def static_xfa() -> Pdf:
    pdf = form()
    pdf.Root.AcroForm.XFA = Array(
        [
            String("preamble"),
            pdf.make_stream(b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">'),
            String("template"),
            pdf.make_stream(b"<template><subform><field name='nom'/></subform></template>"),
            String("postamble"),
            pdf.make_stream(b"</xdp:xdp>"),
        ]
    )
    return pdf


def archive() -> Pdf:
    """PDF/A: a colour profile and metadata in XML."""
    pdf = blank()
    profile = pdf.make_stream(bytes(64), N=3)
    intent = Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1, DestOutputProfile=profile)
    pdf.Root.OutputIntents = Array([intent])
    with pdf.open_metadata() as metadata:
        metadata["pdfaid:part"] = "2"
        metadata["dc:title"] = "CV Léa Orval"
    return pdf


def europass() -> Pdf:
    pdf = blank()
    pdf.attachments["attachment.xml"] = b'<?xml version="1.0"?><Candidate>Orval</Candidate>'
    return pdf


def hybrid() -> Pdf:
    """LibreOffice's, which keeps the document for editing."""
    pdf = blank()
    pdf.attachments["Original.odt"] = files.odt()
    return pdf


def signed() -> Pdf:
    pdf = form()
    value = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=String("x" * 200))
    signature = Dictionary(FT=Name.Sig, T=String("s"), V=pdf.make_indirect(value))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(signature))
    pdf.Root.AcroForm.SigFlags = 3
    return pdf


def illustrator() -> Pdf:
    """Layers, page labels, a transition, and the program's own data."""
    pdf = blank(2)
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Fond")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(Order=Array([layer])))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D)]))
    pdf.pages[0].obj.Trans = Dictionary(S=Name.Dissolve)
    private = Dictionary(Private=pdf.make_stream(b"%!PS-Adobe /JS /Launch"))
    pdf.pages[0].obj.PieceInfo = Dictionary(Illustrator=private)
    return pdf


def scanner() -> Pdf:
    file = io.BytesIO()
    Image.new("L", (620, 877), 200).save(file, "PDF", resolution=75)
    return Pdf.open(io.BytesIO(file.getvalue()))


LAYOUTS: dict[str, Build] = {
    build.__name__: build
    for build in (
        *(word, google_docs, canva, latex, form, static_xfa, archive),
        *(europass, hybrid, signed, illustrator, scanner),
    )
}


def saved(pdf: Pdf, **how: object) -> bytes:
    file = io.BytesIO()
    pdf.save(file, **how)  # type: ignore[arg-type]
    return file.getvalue()


def plain(pdf: Pdf) -> bytes:
    return saved(pdf, object_stream_mode=ObjectStreamMode.disable)


def packed(pdf: Pdf) -> bytes:
    return saved(pdf, object_stream_mode=ObjectStreamMode.generate)


def encrypted(pdf: Pdf, version: int, user: str = "") -> bytes:
    """Not to be printed or changed; opened without a password unless `user` is one."""
    how = pikepdf.Encryption(
        owner="owner",
        user=user,
        R=version,  # type: ignore[arg-type]
        aes=version >= 4,
        metadata=version >= 4,
        allow=pikepdf.Permissions(extract=False, print_highres=False),
    )
    return saved(pdf, encryption=how)


def revised(pdf: Pdf) -> bytes:
    """Saved a second time: each object once more behind the end, with a table of its own."""
    content = plain(pdf)
    [*_, table] = re.findall(rb"startxref\s+(\d+)", content)
    with Pdf.open(io.BytesIO(content)) as again:
        root = again.trailer.get_raw("/Root").objgen[0]
        size = len(again.objects) + 1
        bodies = {
            held.objgen[0]: held.unparse(resolved=True)
            for held in again.objects
            if isinstance(held, pikepdf.Dictionary)
        }
    entries = b""
    for number, body in bodies.items():
        entries += b"%d 1\n%010d 00000 n \n" % (number, len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return content + (
        b"xref\n%strailer\n<< /Size %d /Root %d 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
        % (entries, size, root, table, len(content))
    )


def without(content: bytes, mark: bytes) -> bytes:
    return content[: content.rindex(mark)]


SAVED: dict[str, Callable[[Pdf], bytes]] = {
    "plain": plain,
    "object streams": packed,
    "linearised": lambda pdf: saved(pdf, linearize=True),
    "uncompressed": lambda pdf: saved(pdf, qdf=True),
    "no printing, RC4": lambda pdf: encrypted(pdf, 3),
    "no printing, AES-128": lambda pdf: encrypted(pdf, 4),
    "no printing, AES-256": lambda pdf: encrypted(pdf, 6),
    "saved twice": revised,
    "no end mark": lambda pdf: without(plain(pdf), b"%%EOF"),
    "cut at the table's place": lambda pdf: without(plain(pdf), b"startxref") + b"startx",
    "object streams, cut": lambda pdf: without(packed(pdf), b"%%EOF")[:-2],
    "object streams, no end": lambda pdf: without(packed(pdf), b"startxref"),
    "table elsewhere": lambda pdf: re.sub(rb"startxref\s+\d+", b"startxref\n7", plain(pdf)),
    "table damaged": lambda pdf: plain(pdf).replace(b"0000000015", b"0000000099", 1),
    "behind a mark": lambda pdf: b"\xef\xbb\xbf\r\n" + plain(pdf),
    "behind a printer's words": lambda pdf: b"\x1b%-12345X@PJL JOB\r\n" + plain(pdf),
    "padded": lambda pdf: packed(pdf) + bytes(4096),
}


# By hand, for what no program writes
def escaped(name: str) -> bytes:
    """A name with every second letter as a number."""
    return b"/" + b"".join(
        b"#%02x" % ord(letter) if at % 2 else letter.encode() for at, letter in enumerate(name)
    )


def with_objects_in_stream(
    objects: list[bytes], *, filters: bytes, encode: Callable[[bytes], bytes], more: bytes = b""
) -> bytes:
    """A document whose catalog and other objects are in one object stream, encoded.

    `objects` are bodies, of which the first is the catalog (1); pages are 2 and 3.
    """
    bodies = [
        objects[0],
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Annots 4 0 R >>",
        *(objects[1:] or [b"[]"]),
    ]
    head, body = b"", b""
    for number, text in enumerate(bodies, start=1):
        head += b"%d %d " % (number, len(body))
        body += text + b"\n"
    stream = len(bodies) + 1
    dictionary = b"/Type /ObjStm /N %d /First %d /Filter %s %s" % (
        *(len(bodies), len(head), filters, more),
    )
    content = b"%PDF-1.7\n"
    place = len(content)
    content += b"%d 0 obj\n%s\nendobj\n" % (
        stream,
        files.pdf_stream(dictionary, encode(head + body)),
    )
    table = len(content)
    entries = b"\0" + bytes(6)
    for index in range(len(bodies)):
        entries += b"\2" + stream.to_bytes(4, "big") + index.to_bytes(2, "big")
    entries += b"\1" + place.to_bytes(4, "big") + b"\0\0"
    entries += b"\1" + table.to_bytes(4, "big") + b"\0\0"
    described = b"/Type /XRef /W [1 4 2] /Size %d /Root 1 0 R" % (stream + 2)
    content += b"%d 0 obj\n%s\nendobj\n" % (stream + 1, files.pdf_stream(described, entries))
    return content + b"startxref\n%d\n%%%%EOF\n" % table


def hexadecimal(content: bytes) -> bytes:
    return content.hex().encode() + b">"


def base85(content: bytes) -> bytes:
    import base64

    return base64.a85encode(content) + b"~>"


def lzw(content: bytes) -> bytes:
    """Each byte behind a mark that empties the table, so that codes stay 9 bits long."""
    bits = "".join(f"{256:09b}{byte:09b}" for byte in content) + f"{257:09b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def run_length(content: bytes) -> bytes:
    runs = (content[at : at + 128] for at in range(0, len(content), 128))
    return b"".join(bytes([len(run) - 1]) + run for run in runs) + b"\x80"


def predicted(content: bytes) -> bytes:
    """Rows of 16 bytes, each as the difference from the one above."""
    content += b" " * (-len(content) % 16)
    above, rows = bytes(16), b""
    for at in range(0, len(content), 16):
        row = content[at : at + 16]
        rows += b"\2" + bytes((a - b) % 256 for a, b in zip(row, above, strict=True))
        above = row
    return zlib.compress(rows)


# How an object stream may be encoded: filters, the encoding, parameters.
PACKINGS: dict[str, tuple[bytes, Callable[[bytes], bytes], bytes]] = {
    "nothing": (b"[]", bytes, b""),
    "Flate": (b"/FlateDecode", zlib.compress, b""),
    "ASCIIHex": (b"/ASCIIHexDecode", hexadecimal, b""),
    "ASCII85 and Flate": (
        b"[/ASCII85Decode /FlateDecode]",
        lambda content: base85(zlib.compress(content)),
        b"",
    ),
    "Flate and Hex": (
        b"[/FlateDecode /ASCIIHexDecode]",
        lambda content: zlib.compress(hexadecimal(content)),
        b"",
    ),
    "short names": (b"[/AHx /Fl]", lambda content: hexadecimal(zlib.compress(content)), b""),
    "escaped filter": (escaped("FlateDecode"), zlib.compress, b""),
    "PNG predictor": (
        b"/FlateDecode",
        predicted,
        b"/DecodeParms << /Predictor 12 /Columns 16 >>",
    ),
    "LZW": (b"/LZWDecode", lzw, b""),
    "run lengths": (b"/RunLengthDecode", run_length, b""),
}
