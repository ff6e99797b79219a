"""ZIPs of CVs: files found under the names that people give, and traps refused with exact words."""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from integrations.submissions.bulk import cv_archive
from integrations.submissions.bulk.cv_archive import ArchiveRefused, CvArchive, FileRefused
from tests.submissions.bulk_files import cv, zip_of


def opened(content: bytes) -> CvArchive:
    return CvArchive(io.BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(ArchiveRefused) as refused:
        opened(content)
    return str(refused.value)


def complaint(archive: CvArchive, name: str) -> str:
    with pytest.raises(FileRefused) as refused:
        archive.read(archive.find(name))
    return str(refused.value)


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ("cv.pdf", "cv.pdf"),
        ("cv.pdf", " CV.PDF "),
        ("CVs/Été/Zoé.pdf", "zoé.pdf"),
        ("CVs/Été/Zoé.pdf", "CVs\\Été\\Zoé.pdf"),
        (unicodedata.normalize("NFD", "Zoé.pdf"), unicodedata.normalize("NFC", "Zoé.pdf")),
        ("./cv.pdf", "cv.pdf"),
    ],
)
def test_a_file_is_found_by_the_name_that_a_person_gives(stored: str, named: str) -> None:
    archive = opened(zip_of({stored: cv()}))

    assert archive.read(archive.find(named)) == cv()


@pytest.mark.parametrize("encoding", ["cp850", "cp1252", "utf-8"])
def test_a_name_that_a_zip_tool_wrote_in_its_own_way_is_found(encoding: str) -> None:
    raw = "Zoé Müller.pdf".encode(encoding)
    placeholder = b"#" * len(raw)
    content = zip_of({placeholder.decode(): cv()}).replace(placeholder, raw)

    archive = opened(content)

    assert archive.read(archive.find("Zoé Müller.pdf")) == cv()


def test_what_macos_and_windows_add_is_passed_over() -> None:
    own = {"__MACOSX/._cv.pdf": b"x", ".DS_Store": b"x", "a/Thumbs.db": b"x", "a/._cv.pdf": b"x"}
    archive = opened(zip_of({"a/cv.pdf": cv(), **own}))

    assert [entry.path for entry in archive.entries] == ["a/cv.pdf"]
    assert refusal(zip_of(own)) == "The ZIP holds no files."


def test_two_files_of_one_name_are_told_apart_by_their_folders_or_not_at_all() -> None:
    archive = opened(zip_of({"a/cv.pdf": cv("A"), "b/cv.pdf": cv("B")}))

    assert archive.read(archive.find("b/cv.pdf")) == cv("B")
    assert complaint(archive, "cv.pdf") == (
        "The ZIP holds several files named “cv.pdf”: “a/cv.pdf” and “b/cv.pdf”. "
        "Give each its own name."
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_path_twice_is_no_choice_of_ours() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("cv.pdf", cv("A"))
        archive.writestr("cv.pdf", cv("B"))

    assert "several files named “cv.pdf”" in complaint(opened(out.getvalue()), "cv.pdf")


def test_a_missing_file_is_said_with_what_may_be_meant() -> None:
    archive = opened(zip_of({"cvs/zoe.docx": cv(), "b.pdf": cv()}))

    assert complaint(archive, "zoe.pdf") == (
        "The ZIP holds no file named “zoe.pdf”. Is it “zoe.docx”?"
    )
    assert complaint(archive, "c.pdf") == "The ZIP holds no file named “c.pdf”."
    assert archive.unnamed(["b.pdf"]) == ["cvs/zoe.docx"]


@pytest.mark.parametrize(
    "name",
    ["../cv.pdf", "/etc/passwd", "a/../../cv.pdf", "..\\cv.pdf", "C:\\cv.pdf", "C:cv.pdf", "a/.."],
)
def test_a_name_that_leads_out_of_the_zip_is_refused(name: str) -> None:
    assert "a name that leads out of its folder" in refusal(zip_of({"ok.pdf": cv(), name: cv()}))


def test_a_file_over_the_limit_is_refused_without_being_unpacked(settings: Any) -> None:
    settings.SUBMISSION_MAX_BYTES = 1024**2
    archive = opened(zip_of({"big.pdf": b"x" * (1024**2 + 1)}, packed=False))

    assert complaint(archive, "big.pdf") == "“big.pdf” is larger than 1 MB."


def test_a_zip_bomb_is_refused() -> None:
    assert "unpacks to more than 60 times its size, which no CV does" in refusal(
        zip_of({"bomb.pdf": b"\0" * 5_000_000})
    )


def test_many_small_bombs_are_one_large_one() -> None:
    assert refusal(zip_of({f"{n}.pdf": b"\0" * 1_000_000 for n in range(100)})) == (
        "The ZIP unpacks to more than 60 times its size. Refused."
    )


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv_archive, "ARCHIVE_ENTRIES", 3)

    assert refusal(zip_of({str(n): b"" for n in range(4)})) == "The ZIP holds more than 3 files."


def central(content: bytes, change: Callable[[bytearray, int], None]) -> bytes:
    """The ZIP with `change` made at each entry of its directory."""
    changed = bytearray(content)
    place = changed.find(b"PK\x01\x02")
    while place >= 0:
        change(changed, place)
        place = changed.find(b"PK\x01\x02", place + 4)
    return bytes(changed)


def test_files_that_share_their_bytes_are_refused() -> None:
    def to_the_first(content: bytearray, place: int) -> None:
        struct.pack_into("<L", content, place + 42, 0)

    assert "its files overlap" in refusal(
        central(zip_of({"a.pdf": cv("A"), "b.pdf": cv("B")}), to_the_first)
    )


@pytest.mark.parametrize("said", [3, 5_000])
def test_a_header_that_lies_about_a_size_is_found_out(said: int) -> None:
    def lie(content: bytearray, place: int) -> None:
        struct.pack_into("<L", content, place + 24, said)

    archive = opened(central(zip_of({"cv.pdf": cv()}), lie))

    assert complaint(archive, "cv.pdf") == (
        "“cv.pdf” cannot be unpacked: the ZIP is damaged there."
    )


def test_a_damaged_file_is_refused_alone() -> None:
    content = zip_of({"a.txt": cv("A"), "b.txt": cv("B")}, packed=False)
    archive = opened(content.replace(b"A\nJoiner", b"A\nBroken"))

    assert complaint(archive, "a.txt") == "“a.txt” cannot be unpacked: the ZIP is damaged there."
    assert archive.read(archive.find("b.txt")) == cv("B")


def test_a_password_is_refused() -> None:
    def encrypt(content: bytearray, place: int) -> None:
        content[place + 8] |= 1

    assert refusal(central(zip_of({"a.pdf": cv()}), encrypt)) == (
        "The ZIP asks for a password. Make one without."
    )


def test_a_link_to_another_file_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("cv.pdf")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert "is a link to another file" in refusal(out.getvalue())


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.7", zip_of({"a": b"b"})[:-10]])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    assert refusal(content) == "The second file is not a ZIP, or is damaged. Make the ZIP again."
