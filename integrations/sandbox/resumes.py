"""CVs: generated ones of seeded applicants, and those submitted. `docs/flatchr-api.md` §7, §11."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.http import ErrorAnswer, Upload, missing
from integrations.sandbox.seed.tables import slugify

LARGEST = 10 * 1024 * 1024
"""The real limit is not known; this one is ample for a CV."""

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "jpg": "image/jpeg",
    "png": "image/png",
}


@dataclass(frozen=True)
class StoredResume:
    """A CV; `data` is None for a seeded one, whose page is generated on download."""

    extension: str = "pdf"
    data: bytes | None = None


def seeded_pdf(name: str) -> bytes:
    """A valid one-page PDF with the name in ASCII letters."""
    text = f"BT /F1 18 Tf 72 720 Td (CV {slugify(name)}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    page = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(page))
        page += b"%d 0 obj%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(page)
    page += b"xref\n0 6\n0000000000 65535 f \n" + table
    page += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(page)


def submitted(kind: str, resume: Any) -> StoredResume:
    """The CV of a candidate that is being created. Raises ErrorAnswer 400."""
    if not resume:
        raise missing("resume")
    if isinstance(resume, Upload):
        return _stored(resume.data, resume.content_type, resume.name)
    if kind == "link":
        if not isinstance(resume, str):
            raise ErrorAnswer(400, '"resume" must be a string')
        # Flatchr would fetch the link; nothing but loopback is reached from here.
        return StoredResume()
    if kind != "document":
        raise ErrorAnswer(400, '"type" must be one of [link, document]')
    if not isinstance(resume, dict) or not isinstance(resume.get("data"), str):
        raise missing("resume.data")
    for name in ("fileName", "contentType"):
        if not resume.get(name):
            raise missing(f"resume.{name}")
    try:
        data = base64.b64decode(resume["data"], validate=True)
    except (binascii.Error, ValueError):
        raise ErrorAnswer(400, '"resume.data" must be a valid base64 string') from None
    return _stored(data, str(resume["contentType"]), str(resume["fileName"]))


def _stored(data: bytes, content_type: str, name: str) -> StoredResume:
    if not data:
        raise missing("resume.data")
    if len(data) > LARGEST:
        raise ErrorAnswer(413, "Payload content length greater than maximum allowed: 10485760")
    by_type = {kind: extension for extension, kind in CONTENT_TYPES.items()}
    extension = by_type.get(content_type) or name.rpartition(".")[2].lower()
    if extension not in CONTENT_TYPES:
        raise ErrorAnswer(400, '"resume.contentType" is not supported')
    return StoredResume(extension, data)
