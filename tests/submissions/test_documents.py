"""Ordinary CVs are taken, whatever program, language and machine they come from."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest

from integrations.messages.catalogue import TEXTS
from integrations.messages.documents import REFUSALS
from integrations.submissions.documents import ACCEPTED, DocumentRefused, inspect
from tests.submissions import cv_files as files
from tests.submissions.ordinary_office import workbook

FORM = (
    b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (nom) /V (Orval) /F 4 >>",
    b"<< /Fields [4 0 R] /DA (/Helv 0 Tf) >>",
)
LINK = b"<< /Subtype /Link /A << /S /URI /URI (https://site.example/JS/Launch) >> >>"
TITLE = rb"<< /Title (D\351veloppeur React/JS \(ou Node/JavaScript\), /Launch) >>"
EUROPASS = (
    b"<< /Type /Filespec /F (attachment.xml) /EF << /F 5 0 R >> >>",
    files.pdf_stream(b"/Type /EmbeddedFile", b"<x/>"),
    b"<< /EmbeddedFiles 4 0 R >>",
)
NOISE = b"%% /JavaScript % ( \n endobj 9 0 x << /JS (x) >> /Launch "
TEMPLATE = "file:///C:\\Users\\Lea\\AppData\\Roaming\\Microsoft\\Templates\\CV.dotx"
SETTINGS = "word/_rels/settings.xml.rels"
CHART = {
    "word/media/image1.png": files.png(),
    "word/embeddings/Microsoft_Excel_Sheet1.xlsx": workbook(),
    "word/charts/chart1.xml": "<c:chart/>",
}
SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000SEFHk\0\0\0\1\0\0\0SEFT"
LIBRARIES = {"Basic/Standard/script-lb.xml": "<library/>", "Basic/script-lc.xml": "<libraries/>"}

ORDINARY = [
    ("PDF", "CV Léa Orval.pdf", files.pdf()),
    ("PDF", "السيرة الذاتية.pdf", files.pdf()),
    ("PDF", "简历：王伟（2026）.pdf", files.pdf()),
    ("PDF", "Резюме.PDF", files.pdf()),
    ("PDF", "cv.docx.pdf", files.pdf()),
    ("PDF", "Orval - node.js.pdf", files.pdf()),
    ("PDF", "Marie Orval, MSc. (v2) [final]'s CV & lettre +33.pdf", files.pdf()),
    ("PDF", "with form fields.pdf", files.pdf(*FORM, trailer=b"/AcroForm 5 0 R")),
    ("PDF", "with a link and a title.pdf", files.pdf(LINK, TITLE)),
    ("PDF", "noise in a stream.pdf", files.pdf(files.pdf_stream(b"", NOISE))),
    ("PDF", "noise in a string.pdf", files.pdf(b"<< /Title (stream endobj \\) /JS (1) /JS) >>")),
    ("PDF", "without its end.pdf", files.pdf()[:-60]),
    ("PDF", "opens on page 1.pdf", files.pdf(b"<< /OpenAction [3 0 R /Fit] /Lang (fr) >>")),
    ("PDF", "europass.pdf", files.pdf(*EUROPASS)),
    ("PDF", "packed objects.pdf", files.pdf(files.packed_objects(b"4 0 << /Title (/JS) >>"))),
    ("PDF", "wrong table offset.pdf", files.pdf(offset=77)),
    ("PDF", "byte order mark.pdf", files.pdf(before=b"\xef\xbb\xbf\r\n")),
    ("PDF", "printer.pdf", files.pdf(before=b'\x1b%-12345X@PJL SET NAME = "cv"\r\n')),
    ("PDF", "padded.pdf", files.pdf(after=bytes(4096))),
    ("PDF", "revised.pdf", files.pdf() + files.pdf()[9:]),
    ("DOCX", "cv.docx", files.docx()),
    ("DOCX", "images and a chart.docx", files.docx(CHART)),
    (
        "DOCX",
        "own template.docx",
        files.docx({SETTINGS: files.relationships(("attachedTemplate", TEMPLATE))}),
    ),
    (
        "DOCX",
        "links.docx",
        files.docx(
            {
                "word/_rels/document.xml.rels": files.relationships(
                    ("hyperlink", "https://lea.example/"), ("hyperlink", "tel:+33612345678")
                )
            }
        ),
    ),
    ("DOCX", "from the web edition.docx", files.archive(files.docx_parts("word/document2.xml"))),
    ("DOCX", "repetitive.docx", files.docx({"word/media/big.bmp": bytes(8 * 1024**2)})),
    ("ODT", "cv.odt", files.odt()),
    ("ODT", "macro window seen.odt", files.odt(LIBRARIES)),
    ("DOC", "cv.doc", files.doc()),
    ("DOC", "pictures.doc", files.doc(("1Table", 2), ("Data", 2), ("ObjectPool", 1))),
    ("RTF", "cv.rtf", files.RTF),
    ("RTF", "from an old program.rtf", files.RTF + b"}\r\n\0"),
    ("RTF", "picture.rtf", files.RTF[:-1] + b"{\\pict\\wmetafile8\\bin4 }{\\}}}"),
    ("TXT", "cv.txt", "Léa Orval – conductrice de travaux\r\n".encode()),
    ("TXT", "mark.txt", "Léa Orval".encode("utf-8-sig")),
    ("TXT", "utf-16.txt", "Леа, 王伟, ليا".encode("utf-16")),
    ("TXT", "windows.txt", "Léa – “chef d’équipe”, 3 000 €".encode("cp1252")),
    ("TXT", "dos.txt", b"Lea Orval\r\n\x1a"),
    ("TXT", "brackets.txt", b"Lea <lea.orval@mail.example>\na < b, 3 <5, C++ <vector>"),
    ("TXT", "short.txt", b"MZ Conseil"),
    ("PNG", "scan.png", files.png(2480, 3508)),
    ("PNG", "with notes.png", files.png(1, 1, files.chunk(b"tEXt", b"Author\0Lea"))),
    ("JPEG", "baseline.jpg", files.jpeg()),
    ("JPEG", "progressive.jpeg", files.jpeg(frame=0xC2, scans=6)),
    ("JPEG", "200 megapixels.JPG", files.jpeg(16320, 12240)),
    (
        "JPEG",
        "with a preview.jpg",
        files.jpeg(more=files.segment(0xE1, b"Exif\0\0" + files.jpeg())),
    ),
    ("JPEG", "fill bytes.jpg", files.jpeg(more=b"\xff\xff\xff" + files.segment(0xFE, b"x"))),
    ("JPEG", "samsung.jpg", files.jpeg() + SAMSUNG),
    ("JPEG", "brightness map.jpg", files.jpeg() + files.jpeg()),
    ("JPEG", "live.jpg", files.jpeg() + b"\0\0\0\x18ftypmp42" + bytes(range(256))),
]


@pytest.mark.parametrize(("kind", "name", "content"), ORDINARY, ids=[row[1] for row in ORDINARY])
def test_an_ordinary_file_is_taken(kind: str, name: str, content: bytes) -> None:
    document = inspect(name, content)
    assert (document.kind, document.name, document.size) == (kind, name, len(content))
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.content_type == next(types[0] for k, _, types in ACCEPTED if k == kind)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (unicodedata.normalize("NFD", "Éloïse.pdf"), "Éloïse.pdf"),
        ("\u200eWhatsApp cv\u200f.pdf", "WhatsApp cv.pdf"),
        ("Capture\u202f10.00\u00a0h.pdf", "Capture 10.00 h.pdf"),
        (" cv.pdf ", "cv.pdf"),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
        ("a" * 190 + ".pdf", "a" * 96 + ".pdf"),
        ("a" * 99 + ". " + "b" * 60 + ".PDF", "a" * 96 + ".pdf"),
    ],
)
def test_a_name_is_made_safe_without_losing_its_letters(given: str, kept: str) -> None:
    assert inspect(given, files.pdf()).name == kept


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("cv.pdf", files.pdf(), "application/octet-stream"),
        ("cv.pdf", files.pdf(), "Application/PDF; charset=binary"),
        ("cv.pdf", files.pdf(), "application/force-download"),
        ("cv.rtf", files.RTF, "application/msword"),
        ("cv.docx", files.docx(), "application/msword"),
        ("cv.docx", files.docx(), "application/zip"),
        ("cv.jpg", files.jpeg(), "image/pjpeg"),
        ("cv.txt", b"Lea", ""),
    ],
)
def test_a_declared_type_that_says_nothing_else_is_no_reason(
    name: str, content: bytes, declared: str
) -> None:
    assert inspect(name, content, content_type=declared).name == name


def test_the_limit_is_the_setting_unless_one_is_given(settings: object) -> None:
    settings.SUBMISSION_MAX_BYTES = len(files.pdf())  # type: ignore[attr-defined]
    assert inspect("cv.pdf", files.pdf()).kind == "PDF"
    with pytest.raises(DocumentRefused, match="larger than"):
        inspect("cv.pdf", files.pdf() + b"\n")
    assert inspect("cv.pdf", files.pdf() + b"\n", max_bytes=10_000).kind == "PDF"


def test_every_refusal_is_whole_sentences() -> None:
    for code in REFUSALS:
        params = dict.fromkeys(TEXTS[code].places, "x")
        message = DocumentRefused(code.removeprefix("document_"), **params).message
        assert message[0].isupper()
        assert message.endswith(".")
        assert "{" not in message
