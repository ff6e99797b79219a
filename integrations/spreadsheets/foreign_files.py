"""Spreadsheets and other files that are neither CSV nor XLSX, told by their content."""

from __future__ import annotations

from collections.abc import Container

from integrations.archives import Archive
from integrations.messages import Message

_ODS = Message("sheet_open_document")
_NUMBERS = Message("sheet_numbers")
_XLSB = Message("sheet_binary_excel")
_WRONG_KIND = Message("sheet_wrong_kind")

_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", Message("sheet_old_excel")),
    (b"%PDF", _WRONG_KIND),
    (b"{\\rtf", _WRONG_KIND),
    (b"Rar!", _WRONG_KIND),
    (b"7z\xbc\xaf\x27\x1c", _WRONG_KIND),
    (b"\x1f\x8b", _WRONG_KIND),
    (b"\x89PNG", _WRONG_KIND),
    (b"\xff\xd8\xff", _WRONG_KIND),
    # Excel before 1997: the beginning of a sheet in BIFF 2, 3 and 4.
    (b"\x09\x00\x04\x00", Message("sheet_old_excel")),
    (b"\x09\x02\x06\x00", Message("sheet_old_excel")),
    (b"\x09\x04\x06\x00", Message("sheet_old_excel")),
)
_BEGINNING = 2048


def kind_of_package(package: Archive, names: Container[str]) -> Message | None:
    """What to do with a ZIP that is a document of another kind, if it is one."""
    if "mimetype" in names:
        part = next(part for part in package.entries if part.filename == "mimetype")
        if part.file_size < _BEGINNING and b"opendocument.spreadsheet" in package.read(part):
            return _ODS
    if "Index/Document.iwa" in names or "Index.zip" in names or "index.apxl" in names:
        return _NUMBERS
    if "xl/workbook.bin" in names:
        return _XLSB
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return _WRONG_KIND
    return None


def kind_of_file(content: bytes) -> Message | None:
    """What to do with a file that is no ZIP and no text of cells, if it is one."""
    for signature, message in _SIGNATURES:
        if content.startswith(signature):
            return message
    beginning = content[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lower()
    beginning = beginning.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()
    if beginning.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return Message("sheet_web_page")
    if beginning.startswith(b"<?xml"):
        excel = b"urn:schemas-microsoft-com:office:spreadsheet" in beginning
        return Message("sheet_xml_excel") if excel else _WRONG_KIND
    if beginning.startswith(b"mime-version:"):
        return Message("sheet_web_page")
    return None
