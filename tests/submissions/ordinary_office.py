"""Word, OpenDocument, RTF, text and picture files as people's programs write them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

from PIL import Image

from tests.submissions import cv_files as files

MICROSOFT = "http://schemas.microsoft.com/office"
SETTINGS = "word/_rels/settings.xml.rels"
DOCUMENT = "word/_rels/document.xml.rels"

# Where Word, on whichever machine, says that a document's template was.
TEMPLATES = (
    "file:////Users/lea/Downloads/modele.dotx",
    "file:////Volumes/Cle%20USB/modele.dotx",
    "file:///Users/lea/Library/Group%20Containers/UBF8T346G9.Office/CV.dotx",
    "file://localhost/Users/lea/modele.dotx",
    "file:///C:\\Users\\L%C3%A9a\\AppData\\Roaming\\Microsoft\\Templates\\CV.dotx",
    "file:///C:/Users/lea/modele.dotx",
    "file:///D:\\modele.dotx",
    "C:\\Users\\lea\\modele.dotx",
    "/Users/lea/modele.dotx",
    "Macintosh%20HD:Users:lea:modele.dotx",
    "Normal.dotm",
    "modele.dotx",
)
LINKS = (
    "https://www.linkedin.com/in/lea-orval",
    "http://lea.example",
    "mailto:lea.orval@mail.example?subject=CV",
    "tel:+33612345678",
    "www.lea.example/cv",
    "lea.orval@mail.example",
    "https://lea.example/?q=file:///c:/x",
    "#experience",
    "",
)
FIELDS = (
    "PAGE \\* MERGEFORMAT",
    ' HYPERLINK "https://lea.example/INCLUDEPICTURE" \\o "site" ',
    ' HYPERLINK \\l "_Toc1" ',
    'DATE \\@ "dd/MM/yyyy"',
    'TOC \\o "1-3" \\h \\z \\u',
    "MERGEFIELD Prénom",
    "MACROBUTTON NoMacro [Cliquez ici]",
    'ADDIN ZOTERO_ITEM CSL_CITATION {"uri":["http://zotero.example/1"]}',
    "SYMBOL 40 \\f Wingdings",
    "FORMTEXT",
)


def text(*runs: str) -> str:
    """A document whose paragraph holds these runs."""
    return (
        '<w:document xmlns:w="w" xmlns:r="r" xmlns:v="v" xmlns:mc="mc" xmlns:o="o"><w:body><w:p>'
        + "".join(f"<w:r>{run}</w:r>" for run in runs)
        + "</w:p></w:body></w:document>"
    )


def field(*pieces: str) -> str:
    """A field whose instruction is spread over runs."""
    begin, separate, end = (
        f'<w:fldChar w:fldCharType="{kind}"/>' for kind in ("begin", "separate", "end")
    )
    parts = [f"<w:instrText>{_escaped(piece)}</w:instrText>" for piece in pieces]
    return text(begin, *parts, separate, "<w:t>x</w:t>", end)


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def relationship(kind: str, target: str, *, external: bool = False) -> str:
    """A `.rels` part with one relationship of any publisher's."""
    if "://" not in kind:
        kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
    mode = ' TargetMode="External"' if external else ""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{kind}" Target="{_escaped(target)}"{mode}/></Relationships>'
    )


def docx(more: Mapping[str, bytes | str] | None = None, *runs: str) -> bytes:
    return files.docx({"word/document.xml": text(*runs or ("<w:t>Orval</w:t>",)), **(more or {})})


def workbook(more: Mapping[str, bytes | str] | None = None, kind: str = "sheet") -> bytes:
    main = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}.main+xml"
    return files.archive(
        {
            "[Content_Types].xml": files.content_types(("xl/workbook.xml", main)),
            "xl/workbook.xml": "<workbook/>",
            "xl/_rels/workbook.xml.rels": relationship("worksheet", "worksheets/sheet1.xml"),
            **(more or {}),
        }
    )


# Internal parts: the relationship's type, and where it leads.
PARTS = {
    "styles": "styles.xml",
    "numbering": "numbering.xml",
    "footnotes": "footnotes.xml",
    "header": "header1.xml",
    "theme": "theme/theme1.xml",
    "fontTable": "fontTable.xml",
    "font": "fonts/font1.odttf",
    "image": "media/image1.png",
    "comments": "comments.xml",
    "customXml": "../customXml/item1.xml",
    "glossaryDocument": "glossary/document.xml",
    "chart": "charts/chart1.xml",
    "diagramData": "diagrams/data1.xml",
    "hyperlink": "#bookmark",
    f"{MICROSOFT}/2011/relationships/commentsExtended": "commentsExtended.xml",
    f"{MICROSOFT}/2011/relationships/people": "people.xml",
    f"{MICROSOFT}/2007/relationships/hdphoto": "media/hdphoto1.wdp",
    f"{MICROSOFT}/2007/relationships/stylesWithEffects": "stylesWithEffects.xml",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/image": "media/image2.png",
    "http://customschemas.google.com/relationships/docsMetadata": "docsMetadata",
    "http://www.wps.cn/officeDocument/2013/wpsCustomData": "customData",
}
VML = (
    '<w:pict><v:shape id="_x0000_s1" style="width:9pt" href="https://lea.example"'
    ' o:gfxdata="UEsDBBQ"><v:imagedata r:id="rId4" o:title="photo"/></v:shape></w:pict>'
)
BOX = (
    "<mc:AlternateContent><mc:Choice Requires='wps'><w:p><w:r><w:t>a</w:t></w:r></w:p></mc:Choice>"
    "<mc:Fallback><w:p><w:r><w:t>a</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>"
)

RTF_HEAD = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}"
RTF = {
    "Word": RTF_HEAD + b"{\\*\\generator Riched20;}{\\*\\template C:\\\\lea\\\\CV.dotx}\\par a}",
    "WordPad": RTF_HEAD
    + b"\\viewkind4\\uc1\\pard\\lang1036\\f0\\fs20 L\\'e9a Orval\\par\r\n}\r\n\0",
    "TextEdit": b"{\\rtf1\\ansi\\cocoartf2822{\\*\\expandedcolortbl;;}\\f0 L\\'e9a \\u8211? Orval}",
    "link": RTF_HEAD + b'{\\field{\\*\\fldinst{HYPERLINK "https://lea.example"}}{\\fldrslt a}}}',
    "page number": RTF_HEAD + b"{\\field{\\*\\fldinst PAGE}{\\fldrslt 1}}}",
    "picture": RTF_HEAD + b"{\\pict\\pngblip\\picw1\\pich1 89504e470d0a1a0a}}",
    "shape": RTF_HEAD
    + b"{\\shp{\\*\\shpinst{\\sp{\\sn wzDescription}{\\sv Photo: https://lea.example}}"
    + b"{\\sp{\\sn pibName}{\\sv photo.png}}}}}",
    "citation": RTF_HEAD + b'{\\field{\\*\\fldinst ADDIN ZOTERO \\{"a":1\\}}{\\fldrslt a}}}',
}

ODT_TEXT = (
    '<office:document-content xmlns:office="o" xmlns:text="t" xmlns:xlink="x" xmlns:draw="d" '
    'xmlns:script="s" xmlns:form="f" xmlns:meta="m" xmlns:style="st">%s'
    "</office:document-content>"
)
ODT = {
    "link": '<text:a xlink:href="https://lea.example/">a</text:a>',
    "mail": '<text:a xlink:href="mailto:lea@mail.example">a</text:a>',
    "bookmark": '<text:a xlink:href="#a|outline">a</text:a>',
    "picture": '<draw:image xlink:href="Pictures/1.png"/>',
    "chart": '<draw:object xlink:href="./Object 1"/><draw:image xlink:href="./Replaced/1"/>',
    "no scripts": "<office:scripts/>",
    "libraries": '<office:scripts><office:script script:language="ooo:Basic"><a/></office:script>'
    "</office:scripts>",
    "empty forms": '<office:forms form:automatic-focus="false"/>',
    "local template": '<meta:template xlink:href="file:///C:/Users/lea/modele.ott"/>',
    "template on a Mac": '<meta:template xlink:href="/Users/lea/modele.ott"/>',
}


def _picture(mode: str, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (62, 87)).save(file, kind, **how)
    return file.getvalue()


def ordinary() -> Iterator[tuple[str, str, bytes]]:
    """(what it is, the file's name, its content)."""
    for target in TEMPLATES:
        part = relationship("attachedTemplate", target, external=True)
        yield f"template {target}", "cv.docx", docx({SETTINGS: part})
    for target in LINKS:
        part = relationship("hyperlink", target, external=True)
        yield f"link {target}", "cv.docx", docx({DOCUMENT: part})
    for instruction in FIELDS:
        yield f"field {instruction}", "cv.docx", docx({"word/header1.xml": field(instruction)})
        half = len(instruction) // 2
        parts = {"word/document.xml": field(instruction[:half], instruction[half:])}
        yield f"field in two runs {instruction}", "cv.docx", docx(parts)
    for kind, target in PARTS.items():
        yield f"part {kind}", "cv.docx", docx({DOCUMENT: relationship(kind, target)})
    chart = {
        "word/charts/_rels/chart1.xml.rels": relationship("package", "../embeddings/a.xlsx"),
        "word/embeddings/a.xlsx": workbook(),
    }
    yield "chart with its data", "cv.docx", docx(chart)
    yield "drawing of old", "cv.docx", docx({}, VML)
    yield "text box", "cv.docx", docx({}, BOX)
    yield "SVG picture", "cv.docx", docx({"word/media/a.svg": "<!DOCTYPE svg><svg/>"})
    yield "data of a company", "cv.docx", docx({"customXml/item1.xml": "<a src='//x' href='f:a'/>"})
    yield "web edition", "cv.docx", files.archive(files.docx_parts("word/document2.xml"))
    for title, content in RTF.items():
        yield f"RTF, {title}", "cv.rtf", content
    for title, element in ODT.items():
        yield f"ODT, {title}", "cv.odt", files.odt({"content.xml": ODT_TEXT % element})
    toolbar = "<toolbar:item xmlns:toolbar='t' xmlns:xlink='x' xlink:href='.uno:Bold'/>"
    yield "ODT, own toolbar", "cv.odt", files.odt({"Configurations2/toolbar/a.xml": toolbar})
    yield "ODT, font", "cv.odt", files.odt({"Fonts/a.ttf": b"\0\1\0\0"})
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        yield f"PNG {mode}", "cv.png", _picture(mode, "PNG")
    for mode in ("L", "RGB", "CMYK"):
        yield f"JPEG {mode}", "cv.jpg", _picture(mode, "JPEG", quality=70)
        yield f"progressive JPEG {mode}", "cv.jpeg", _picture(mode, "JPEG", progressive=True)
    yield "PNG with its resolution", "cv.png", _picture("RGB", "PNG", dpi=(300, 300))
    yield "JPEG with notes", "cv.jpg", _picture("RGB", "JPEG", comment=b"CV", exif=b"Exif\0\0a")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        yield f"text in {encoding}", "cv.txt", "Léa Orval – chargée d’études".encode(encoding)
    linked = files.doc(word=word_text(b'\x13 HYPERLINK "https://lea.example" \x14a\x15'))
    yield "DOC with a link", "cv.doc", linked
    yield "DOC with page numbers", "cv.doc", files.doc(word=word_text(b"\x13PAGE\x14 1\x15"))


def word_text(body: bytes) -> bytes:
    """The main stream of a DOC with this text."""
    return b"\xec\xa5" + bytes(1022) + body + bytes(5000 - len(body))
