"""Hostile, broken and mistaken files are refused, each with its code and its words."""

from __future__ import annotations

import io
import zipfile

import pytest

from integrations.messages.documents import REFUSALS
from integrations.submissions.documents import DocumentRefused, inspect
from tests.submissions import cv_files as files
from tests.submissions.hostile_files import CONTENTS, HTML, NAMES, PDF


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_a_name_that_disguises_or_misleads_is_refused(name: str, code: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        inspect(name, PDF)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "content", "code"), [row[1:] for row in CONTENTS], ids=[row[0] for row in CONTENTS]
)
def test_a_hostile_or_broken_file_is_refused(name: str, content: bytes, code: str) -> None:
    limit = 1024 if code == "too_large" else 10 * 1024**2
    with pytest.raises(DocumentRefused) as refused:
        inspect(name, content, max_bytes=limit)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "declared", ["text/html", "image/svg+xml", "image/png", "application/javascript; charset=utf-8"]
)
def test_a_declared_type_that_contradicts_is_refused(declared: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        inspect("cv.pdf", PDF, content_type=declared)
    assert refused.value.code == "content_type_mismatch"


def test_no_code_is_without_a_file_that_is_refused_with_it() -> None:
    tried = {code for _, code in NAMES} | {row[3] for row in CONTENTS}
    assert {code.removeprefix("document_") for code in REFUSALS} - tried == {
        "content_type_mismatch"
    }


def test_the_words_say_exactly_what_to_do() -> None:
    def words(name: str, content: bytes) -> str:
        with pytest.raises(DocumentRefused) as refused:
            inspect(name, content)
        return refused.value.message

    assert words("cv.doc", files.RTF) == (
        "The file is named .doc, but its content is RTF. "
        "Rename the file so that it ends in .rtf and attach it again."
    )
    assert words("cv.pdf", HTML) == (
        "The file is a web page, a drawing or other markup (HTML, SVG, XML). "
        "Open it, save or print it as a PDF, and attach that instead."
    )
    assert words("../cv.pdf", PDF) == (
        "The file's name holds a slash, a backslash or a colon, or is a path. "
        "Rename the file without them and attach it again."
    )


def test_two_parts_of_one_name_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        for name, part in files.docx_parts().items():
            writer.writestr(name, part)
        with pytest.warns(UserWarning, match="Duplicate name"):
            writer.writestr("word/document.xml", "another")
    with pytest.raises(DocumentRefused) as refused:
        inspect("cv.docx", file.getvalue())
    assert refused.value.code == "broken"
