"""Whatever comes, the answer is a document or a refusal, within bounded time and memory."""

from __future__ import annotations

import logging
import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.submissions.documents import DocumentRefused, inspect
from tests.submissions import cv_files as files
from tests.support.examples import examples

MANY = 200_000
GOOD = {
    "cv.pdf": files.pdf(
        rb"<< /Title (L\351a \(Orval\)) /UF <FEFF0061> /EmbeddedFiles 9 0 R >>",
        files.packed_objects(b"9 0 << /Type /Filespec /F (a.xml) >>"),
    ),
    "cv.docx": files.docx(
        {"word/_rels/document.xml.rels": files.relationships(("hyperlink", "https://lea.example/"))}
    ),
    "cv.odt": files.odt({"Pictures/1.png": files.png()}),
    "cv.doc": files.doc(("1Table", 2), ("ObjectPool", 1)),
    "cv.rtf": files.RTF[:-1] + b"{\\pict\\bin4 }{\\}{\\*\\template cv.dot}}",
    "cv.txt": "Léa – “chef”\r\n".encode("utf-16"),
    "cv.png": files.png(1, 1, files.chunk(b"tEXt", b"Author\0Lea")),
    "cv.jpg": files.jpeg(frame=0xC2, scans=2, more=files.segment(0xE1, b"Exif\0\0")),
}


class Unexpected(logging.Handler):
    """Fails the test for an exception that no check expects, which is logged and refused."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage()) from (record.exc_info or (None, None))[1]


@pytest.fixture(autouse=True, scope="module")
def unexpected() -> Iterator[None]:
    logger = logging.getLogger("integrations.submissions.documents")
    handler = Unexpected()
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def settled(name: str, content: bytes) -> str:
    """The kind, or the code of the refusal; any other exception fails the test."""
    try:
        return inspect(name, content).kind
    except DocumentRefused as refused:
        return refused.code


@settings(max_examples=examples(60))
@given(name=st.sampled_from(sorted(GOOD)), content=st.binary(max_size=300))
def test_random_bytes_behind_every_beginning(name: str, content: bytes) -> None:
    assert settled(name, content)
    assert settled(name, GOOD[name][:12] + content)
    assert settled(name, GOOD[name] + content)


@settings(max_examples=examples(80))
@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_good_files_cut_off_anywhere(name: str, data: st.DataObject) -> None:
    content = GOOD[name]
    end = data.draw(st.integers(0, len(content)))
    assert settled(name, content[:end])
    assert settled(name, content[end:])


@settings(max_examples=examples(160))
@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_good_files_with_flipped_bits(name: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[name])
    for bit in data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=8)):
        content[bit // 8] ^= 1 << bit % 8
    assert settled(name, bytes(content))


@settings(max_examples=examples(80))
@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_good_files_with_other_numbers_in_them(name: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[name])
    number = st.sampled_from([0, 1, 2, 0x7FFFFFFF, 0xFFFFFFF9, 0xFFFFFFFE, 0xFFFFFFFF])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 4))
        struct.pack_into("<I", content, at, data.draw(number))
    assert settled(name, bytes(content))


@settings(max_examples=examples(60))
@given(stem=st.text(max_size=210), content_type=st.text(max_size=30))
def test_any_name_and_any_declared_type(stem: str, content_type: str) -> None:
    try:
        document = inspect(stem + ".pdf", GOOD["cv.pdf"], content_type=content_type)
    except DocumentRefused:
        return
    assert document.name.endswith(".pdf")
    assert len(document.name) <= 100
    assert not set("/\\:\0\r\n\u202e") & set(document.name)
    assert not document.name.startswith(".")


REPEATED = {
    "brackets": ("cv.pdf", files.pdf(b"(" * MANY + b"/JS (")),
    "empty strings": ("cv.pdf", files.pdf(b"()" * MANY + b"/JS (")),
    "comments": ("cv.pdf", files.pdf(b"%" * MANY + b"/JS (")),
    "objects": ("cv.pdf", files.pdf(b"1 0 obj " * MANY)),
    "object streams": ("cv.pdf", files.pdf(b"1 0 obj /ObjStm stream\n" * MANY)),
    "digits": ("cv.pdf", files.pdf(b"1" * MANY)),
    "blanks": ("cv.pdf", files.pdf(b"1 " + b" " * MANY)),
    "file names": ("cv.pdf", files.pdf(b"/EmbeddedFiles " + b"/F (\\" * MANY)),
    "archive ends": (
        "cv.pdf",
        files.pdf(bytes(5_000_000)) + (b"PK\5\6" + bytes(8) + b"\0\0\x40\0") * 4_000,
    ),
    "ends": ("cv.pdf", files.pdf(after=b"startxref " * MANY)),
    "groups": ("cv.rtf", b"{\\rtf1" + b"{" * MANY),
    "words": ("cv.rtf", b"{\\rtf1" + b"\\fldinst{" * MANY),
    "escapes": ("cv.rtf", b"{\\rtf1" + b"\\" * MANY),
    "binary": ("cv.rtf", b"{\\rtf1" + b"\\bin0 " * MANY),
    "fill bytes": ("cv.jpg", files.jpeg()[:-2] + b"\xff" * MANY),
    "restarts": ("cv.jpg", files.jpeg()[:-2] + b"\xff\xd0" * MANY),
    "segments": ("cv.jpg", b"\xff\xd8" + b"\xff\xe0\0\2" * MANY),
    "pictures": ("cv.jpg", files.jpeg() * 2_000),
    "directory ends": ("cv.docx", files.docx() + b"PK\5\6" * MANY),
    "elements": ("cv.docx", files.docx({"a.rels": "<a>" * MANY})),
    "tags": ("cv.txt", b"<" * MANY),
}


@pytest.mark.parametrize("case", REPEATED)
def test_what_is_repeated_endlessly_is_walked_once(case: str) -> None:
    """Anything that is not linear takes minutes here."""
    assert settled(*REPEATED[case])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cv.docx", files.docx({"word/media/a.bmp": bytes(100 * 1024**2)})),
        ("cv.docx", files.docx({"word/_rels/a.rels": bytes(60 * 1024**2)})),
        ("cv.odt", files.odt({"Pictures/a.bmp": bytes(100 * 1024**2)})),
        ("cv.pdf", files.pdf(*[files.packed_objects(bytes(20 * 1024**2))] * 2)),
    ],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str, content: bytes) -> None:
    tracemalloc.start()
    try:
        assert settled(name, content) == "bomb"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * 1024**2


def test_a_compressed_part_that_lies_about_its_size_is_not_believed() -> None:
    content = bytearray(files.docx({"word/media/a.bmp": bytes(60 * 1024**2)}))
    place = content.rindex(b"PK\x01\x02") + 16
    struct.pack_into("<3I", content, place, zlib.crc32(b""), 60_000, 0)
    assert settled("cv.docx", bytes(content)) == "bomb"
