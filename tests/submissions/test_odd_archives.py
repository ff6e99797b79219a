"""ZIPs of CVs as archivers write them: each file is found by the name that a row gives, and has its
name as it was meant, in NFC.

Each has an ordinary CV beside the odd one.
"""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile

import pytest

from integrations.archives import spellings
from integrations.submissions.bulk.cv_archive import ArchiveRefused, CvArchive, FileRefused
from integrations.submissions.documents.names import safe_name
from tests.submissions.odd_files import Entry, unicode_path, zip_of_entries

UTF8 = 0x800
ORDINARY = Entry(name=b"nadia.pdf", content=b"%PDF ordinary")
NAMES = ["Zoé.pdf", "Hélène Lefèvre.pdf", "François Noël.pdf", "Élodie Çelik.pdf", "cœur d’été.pdf"]


def opened(*entries: Entry, **options: bytes) -> CvArchive:
    return CvArchive(io.BytesIO(zip_of_entries(ORDINARY, *entries, **options)))


def path_of(archive: CvArchive, name: str) -> str:
    """The path of the file that a row means by `name`, which is the odd one."""
    ordinary = archive.find("nadia.pdf")
    assert (ordinary.path, archive.read(ordinary)) == ("nadia.pdf", b"%PDF ordinary")
    found = archive.find(name)
    assert archive.read(found) == b"%PDF"
    return found.path


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


# Each archiver's way of writing a name.
ARCHIVERS = {
    "macos_finder": lambda name: Entry(name=nfd(name).encode(), made_by=3),
    "macos_without_nfd": lambda name: Entry(name=name.encode(), made_by=3),
    "marked_utf8": lambda name: Entry(name=name.encode(), flags=UTF8),
    "marked_utf8_nfd": lambda name: Entry(name=nfd(name).encode(), flags=UTF8, made_by=3),
    "windows_dos_850": lambda name: Entry(name=name.encode("cp850", "replace")),
    "windows_1252": lambda name: Entry(name=name.encode("cp1252"), made_by=10),
    "old_mac": lambda name: Entry(name=name.encode("mac_roman"), made_by=7),
    "info_zip": lambda name: Entry(
        name=name.encode("cp850", "replace"),
        extra=unicode_path(name.encode("cp850", "replace"), name),
        made_by=3,
    ),
    "info_zip_question_marks": lambda name: Entry(
        name=name.encode("ascii", "replace"),
        extra=unicode_path(name.encode("ascii", "replace"), nfd(name)),
        made_by=3,
    ),
    "read_as_437_and_marked": lambda name: Entry(
        name=name.encode().decode("cp437").encode(), flags=UTF8
    ),
    "read_as_1252_and_marked": lambda name: Entry(
        name=name.encode().decode("latin-1").encode(), flags=UTF8
    ),
    "macos_read_as_437_and_marked": lambda name: Entry(
        name=nfd(name).encode().decode("cp437").encode(), flags=UTF8
    ),
}
# What code page 850 has no character for.
NOT_IN_850 = {"cœur d’été.pdf"}
WRITTEN = [
    (archiver, name)
    for archiver in ARCHIVERS
    for name in NAMES
    if archiver != "windows_dos_850" or name not in NOT_IN_850
]


@pytest.mark.parametrize(("archiver", "name"), WRITTEN)
def test_a_file_is_found_and_called_as_it_was_meant(archiver: str, name: str) -> None:
    archive = opened(ARCHIVERS[archiver](name))

    path = path_of(archive, name)

    assert path == unicodedata.normalize("NFC", path) == name
    assert safe_name(archive.find(name).name) == name
    # As somebody types it on another system.
    assert path_of(archive, nfd(name).upper()) == name


# A mark of UTF-8 is believed where no row says otherwise.
UNMARKED = [archiver for archiver in ARCHIVERS if not archiver.endswith("and_marked")]


@pytest.mark.parametrize("archiver", UNMARKED)
def test_a_file_that_no_row_names_is_called_as_it_was_meant(archiver: str) -> None:
    archive = opened(ARCHIVERS[archiver]("Hélène.pdf"))

    assert archive.unnamed(["nadia.pdf"]) == ["Hélène.pdf"]


def test_a_unicode_path_of_another_name_is_not_believed() -> None:
    # As a program leaves it that renames an entry and does not know the field.
    renamed = Entry(name=b"zoe.pdf", extra=unicode_path(b"old.pdf", "Autre.pdf"))
    archive = opened(renamed)

    assert path_of(archive, "zoe.pdf") == "zoe.pdf"
    with pytest.raises(FileRefused, match="no file named “Autre"):
        archive.find("Autre.pdf")


@pytest.mark.parametrize(
    "extra",
    [
        b"\x75\x70",
        b"\x75\x70\xff\xff",
        struct.pack("<HH", 0x7075, 3) + b"\x01ab",
        struct.pack("<HH", 0x5455, 5) + b"\x03abcd" + b"\x00",
    ],
)
def test_extra_fields_that_say_nothing_of_names_are_passed_over(extra: bytes) -> None:
    entry = zipfile.ZipInfo("zoe.pdf")
    entry.extra = extra

    assert spellings(entry) == ["zoe.pdf"]


# Folders and what systems add


@pytest.mark.parametrize(
    ("stored", "named", "path"),
    [
        ("CVs/zoe.pdf", "zoe.pdf", "CVs/zoe.pdf"),
        ("CVs/zoe.pdf", "CVs/zoe.pdf", "CVs/zoe.pdf"),
        ("CVs/zoe.pdf", "CVs\\zoe.pdf", "CVs/zoe.pdf"),
        ("CVs\\zoe.pdf", "zoe.pdf", "CVs/zoe.pdf"),
        ("CVs\\2026\\zoe.pdf", "CVs/2026/zoe.pdf", "CVs/2026/zoe.pdf"),
        ("./zoe.pdf", "zoe.pdf", "./zoe.pdf"),
        ("./CVs/zoe.pdf", "CVs/zoe.pdf", "./CVs/zoe.pdf"),
        ("ZOE.PDF", "zoe.pdf", "ZOE.PDF"),
        ("zoe.pdf", "Zoe.PDF", "zoe.pdf"),
        ("zoe.pdf", "\u200bzoe.pdf ", "zoe.pdf"),
        ("zoe  martin.pdf", "zoe martin.pdf", "zoe  martin.pdf"),
        ("zoe\u00a0martin.pdf", "zoe martin.pdf", "zoe\u00a0martin.pdf"),
        ("l'été.pdf", "l’été.pdf", "l'été.pdf"),
        ("l’été.pdf", "l'été.pdf", "l’été.pdf"),
        ("a/b/c/d/zoe.pdf", "d/zoe.pdf", None),
        ("straße.pdf", "STRASSE.pdf", "straße.pdf"),
    ],
)
def test_a_file_is_found_in_its_folder_and_by_its_name_alone(
    stored: str, named: str, path: str | None
) -> None:
    archive = opened(Entry(name=stored.encode(), flags=UTF8))

    if path is None:
        with pytest.raises(FileRefused):
            archive.find(named)
    else:
        assert path_of(archive, named) == path


@pytest.mark.parametrize(
    "added",
    [
        "__MACOSX/._zoe.pdf",
        "__MACOSX/CVs/._zoe.pdf",
        "__macosx/zoe.pdf",
        "__MACOSX\\._zoe.pdf",
        ".DS_Store",
        "CVs/.DS_Store",
        "CVs\\.DS_Store",
        "._zoe.pdf",
        "CVs/._zoe.pdf",
        "Thumbs.db",
        "CVs/ehthumbs.db",
        "desktop.ini",
        "Desktop.ini",
        "Icon\r",
        ".localized",
        "~$zoe.docx",
        "CVs/.~lock.zoe.odt#",
        ".Spotlight-V100/store.db",
        "@eaDir/zoe.pdf",
        "$RECYCLE.BIN/zoe.pdf",
        "CVs/",
        "CVs\\",
    ],
)
def test_what_systems_add_is_no_cv(added: str) -> None:
    content = b"" if added.endswith(("/", "\\")) else b"%PDF other"
    archive = opened(Entry(name=b"zoe.pdf"), Entry(name=added.encode(), content=content))

    assert path_of(archive, "zoe.pdf") == "zoe.pdf"
    assert [entry.path for entry in archive.entries] == ["nadia.pdf", "zoe.pdf"]
    assert archive.unnamed(["NADIA.PDF", "zoe.pdf"]) == []


@pytest.mark.parametrize(
    ("stored", "named", "near"),
    [
        ("Zoé Müller.pdf", "Zoe Muller.pdf", "Zoé Müller.pdf"),
        ("zoe.docx", "zoe.pdf", "zoe.docx"),
        ("CVs/Hélène.PDF", "helene.doc", "Hélène.PDF"),
    ],
)
def test_a_name_that_is_nearly_right_is_offered_and_not_taken(
    stored: str, named: str, near: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        opened(Entry(name=stored.encode(), flags=UTF8)).find(named)

    assert str(refused.value) == f"The ZIP holds no file named “{named}”. Is it “{near}”?"


def test_one_name_in_two_spellings_is_no_choice_of_ours() -> None:
    archive = opened(
        Entry(name="Zoé.pdf".encode(), flags=UTF8, content=b"A"),
        Entry(name=nfd("Zoé.pdf").encode(), flags=UTF8, content=b"B"),
    )

    with pytest.raises(FileRefused, match="several files named “Zoé"):
        archive.find("Zoé.pdf")


# What is not read


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 98])
def test_a_file_that_is_packed_in_another_way_is_refused_alone(method: int) -> None:
    archive = opened(Entry(name=b"zoe.pdf", method=method))
    assert archive.read(archive.find("nadia.pdf")) == b"%PDF ordinary"

    with pytest.raises(FileRefused) as refused:
        archive.read(archive.find("zoe.pdf"))

    assert str(refused.value).startswith("“zoe.pdf” is packed in a way that is not read here.")


@pytest.mark.parametrize(
    "name",
    [
        *("../zoe.pdf", "..\\zoe.pdf", "/zoe.pdf", "\\zoe.pdf", "C:\\zoe.pdf", "C:zoe.pdf"),
        *("a/../../zoe.pdf", "zoe.pdf\0.exe"),
    ],
)
@pytest.mark.parametrize("in_extra_field", [False, True])
def test_a_name_that_leads_out_is_refused_wherever_it_stands(
    name: str, in_extra_field: bool
) -> None:
    extra = unicode_path(b"zoe.pdf", name) if in_extra_field else b""
    entry = Entry(name=b"zoe.pdf" if in_extra_field else name.encode(), extra=extra)

    with pytest.raises(ArchiveRefused, match="leads out of its folder"):
        opened(entry)


def lying_end(content: bytes, *, size: int | None = None, count: int | None = None) -> bytes:
    """The ZIP with another size of its directory, or number of its entries, at its end."""
    changed = bytearray(content)
    end = content.rfind(b"PK\x05\x06")
    if size is not None:
        struct.pack_into("<I", changed, end + 12, size)
    if count is not None:
        struct.pack_into("<HH", changed, end + 8, count, count)
    return bytes(changed)


def many(count: int) -> bytes:
    """A directory of so many entries without names, and nothing else."""
    entry = b"PK\x01\x02" + bytes(42)
    end = struct.pack("<4H2IH", 0, 0, count & 0xFFFF, count & 0xFFFF, count * 46, 0, 0)
    return entry * count + b"PK\x05\x06" + end


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (many(20_001), "The ZIP holds more than 10,000 files."),
        (many(400_000), "The ZIP holds more than 10,000 files."),
        (lying_end(many(400_000), count=1), "The ZIP holds more than 10,000 files."),
        (lying_end(zip_of_entries(ORDINARY), size=0xFFFFFFF0), "more than 10,000 files"),
        (lying_end(zip_of_entries(ORDINARY), size=5_000), "not a ZIP, or is damaged"),
        (lying_end(zip_of_entries(ORDINARY), size=20), "not a ZIP, or is damaged"),
        (b"PK\x05\x06", "not a ZIP, or is damaged"),
        (b"PK\x05\x06" + bytes(18), "The ZIP holds no files."),
        (b"Rar!\x1a\x07\x00" + bytes(100), "not a ZIP, or is damaged"),
    ],
)
def test_a_directory_is_bounded_before_anything_is_made_of_it(content: bytes, words: str) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        CvArchive(io.BytesIO(content))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "options",
    [
        {"comment": b"Made by somebody"},
        {"comment": b"x" * 60_000},
        {"before": b"MZ a program that unpacks itself"},
        {"comment": b"\0\0"},
    ],
)
def test_what_stands_around_an_archive_is_no_harm(options: dict[str, bytes]) -> None:
    assert path_of(opened(Entry(name=b"zoe.pdf"), **options), "zoe.pdf") == "zoe.pdf"


def test_an_archive_of_the_large_kind_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("nadia.pdf", "Zoé.pdf"):
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(b"%PDF ordinary" if name == "nadia.pdf" else b"%PDF")
    content = out.getvalue()
    end = content.rfind(b"PK\x05\x06")
    size, offset = struct.unpack_from("<II", content, end + 12)
    record = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 2, 2, size, offset)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    archive_64 = CvArchive(io.BytesIO(content[:end] + record + locator + last))

    assert path_of(archive_64, "Zoé.pdf") == "Zoé.pdf"
