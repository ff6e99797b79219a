"""The documents and the code hold each other: what is cited exists, and what is named is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import ROOT, documented_names

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
# In these rooms a § without a document means this one (docs/architecture.md says so).
ROOM_DOCUMENTS = {
    "integrations/flatchr/": "flatchr-api",
    "integrations/sandbox/": "flatchr-api",
    "integrations/api/": "unified-api",
}
# Standards have sections too.
STANDARD = r"(?:RFC \d+|ISO [\d-]+|PNG [\w ]+|\[MS-\w+\]|OpenDocument [\d., \w]+)[,)]? (?=§)"
CITED = re.compile(
    rf"(?P<standard>{STANDARD})?(?:docs/(?P<document>[\w-]+)\.md|§(?P<section>[0-9A-I][\d.-]*))"
)


def sources() -> Iterator[Path]:
    for folder in ("integrations", "config", "tests", "templates", "static"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".js", ".css", ".txt") and path != Path(__file__):
                yield path


def sections(document: str) -> set[str]:
    """The numbers of its headings (`## 7.`), and of numbered facts (`- **D.5**`, `| I.5 |`)."""
    text = (DOCS / f"{document}.md").read_text()
    headings = re.findall(r"^#+ ([0-9A-I](?:[\d.]*\d)?)\.? ", text, re.M)
    facts = re.findall(r"^(?:- \*\*|\| )([A-I]\.\d+)(?:\*\*| \|)", text, re.M)
    return {*headings, *facts}


def numbers_of(cited: str) -> list[str]:
    """`12-14` is 12, 13 and 14."""
    first, _, last = cited.strip(".-").partition("-")
    if not last:
        return [first]
    return [str(number) for number in range(int(first), int(last) + 1)]


def citations(path: Path) -> Iterator[tuple[str, str]]:
    """(document, section) of what a file cites; a document alone has a blank section.

    A section belongs to the document named last in its paragraph, else to its room's.
    """
    name = path.relative_to(ROOT).as_posix()
    own = next((document for room, document in ROOM_DOCUMENTS.items() if name.startswith(room)), "")
    for paragraph in re.split(r"\n\s*\n", path.read_text()):
        document, standard = own, False
        for found in CITED.finditer(paragraph):
            if found["document"]:
                document, standard = found["document"], False
                yield document, ""
                continue
            # "ISO 32000-1 §12.6, §7.11": the second is the standard's as well.
            standard = standard or bool(found["standard"])
            if not standard and document:
                for number in numbers_of(found["section"]):
                    yield document, number


def test_documents_and_sections_that_the_code_cites_exist() -> None:
    known = {page.stem: sections(page.stem) for page in DOCS.glob("*.md")}
    cited = [(path, *citation) for path in sources() for citation in citations(path)]
    wrong = [
        f"{path.relative_to(ROOT)}: docs/{document}.md {section and f'§{section}'}"
        for path, document, section in cited
        if document not in known or (section and section not in known[document])
    ]
    assert wrong == []
    assert len(cited) > 100


def test_every_citation_names_a_document_by_its_path() -> None:
    names = "|".join(page.stem for page in DOCS.glob("*.md"))
    loose = re.compile(rf"(?<![\w/\" -])(?:{names}|design|style|dependencies)\.md")
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in sources()
        for found in loose.finditer(path.read_text())
    ]
    assert wrong == []


def test_decisions_that_the_code_cites_exist() -> None:
    decisions = re.findall(r"^(\d+)\. \*\*", (DOCS / "architecture.md").read_text(), re.M)
    citation = re.compile(r"docs/architecture\.md`,\s+decisions? (\d+)(?: to (\d+))?")
    cited = {
        number
        for path in sources()
        for found in citation.finditer(path.read_text())
        for number in filter(None, found.groups())
    }
    assert cited
    assert sorted(cited.difference(decisions)) == []


def test_parts_of_the_mapping_that_the_code_cites_exist() -> None:
    headings = re.findall(r"^#+ (.+)$", (DOCS / "mapping.md").read_text(), re.M)
    citation = re.compile(r"docs/mapping\.md`,\s+([A-Z][a-z]+(?: [a-z]+)*)")
    cited = {
        " ".join(found[1].split())
        for path in sources()
        for found in citation.finditer(path.read_text())
    }
    assert cited
    assert sorted(cited.difference(headings)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_something(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    relative = [link for link in links if not re.match(r"[a-z]+:|#", link)]
    missing = [link for link in relative if not (page.parent / link.partition("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_document_names_exist(page: Path) -> None:
    """Paths are below the repository or below the app; that of a folder ends in a slash."""
    pattern = r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|md|html|js|css|toml|txt|po))?)`"
    named = set(re.findall(pattern, page.read_text()))
    places = (ROOT, ROOT / "integrations")
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    # Made when Relais runs.
    made = {"var/", "screenshots/"}
    assert sorted(set(missing) - made) == []


def test_every_room_is_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text()
    app = ROOT / "integrations"
    rooms = {f"{path.name}/" for path in app.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in app.glob("*.py")} - {"__init__.py", "apps.py"}
    assert sorted(room for room in rooms if f"`{room}`" not in text) == []


def test_every_variable_that_is_read_is_documented() -> None:
    readers = [ROOT / "config" / f"{name}.py" for name in ("environment", "settings", "gunicorn")]
    pattern = r"""(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)\""""
    read = {name for path in readers for name in re.findall(pattern, path.read_text())}
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", (DOCS / "configuration.md").read_text(), re.M)

    assert read == {name for row in rows for name in re.findall("[A-Z_]+", row)}
    assert read == documented_names()
