"""The house: which room may use which. An import in another direction fails here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "integrations"

# Each room with the rooms it may use, from the ground up; a room stands above all that it uses.
GROUND = ("records", "ids", "requester", "wording", "egress_targets")
TELLING = ("models", "audit", "requester", "wording")
ROOMS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, ()),
    "egress": ("egress_targets",),
    "models": ("records", "ids"),
    "flatchr": ("records", "ids"),
    "migrations": ("models", "records", "ids"),
    "demo": ("models", "flatchr"),
    "audit": ("models", "requester"),
    "search": ("models", "records"),
    "people": TELLING,
    "lists": ("models", "people", "records"),
    "leases": (),
    "sync": (*TELLING, "flatchr", "records", "ids", "search", "leases"),
    "exports": (*TELLING, "people", "lists", "leases"),
    "connecting": (*TELLING, "flatchr", "records", "sync", "people"),
    "submissions": (
        *(*TELLING, "flatchr", "records", "ids", "egress", "search"),
        *("sync", "exports", "leases"),
    ),
    "passthrough": (*TELLING, "flatchr", "people", "sync", "submissions"),
}
# What the world comes in by: these may use every room below, and of each other what is named.
DOORS: dict[str, tuple[str, ...]] = {
    "apps": (),
    "api": (),
    # The keys of the HTTP API are made here, too.
    "admin": ("api",),
    "templatetags": ("admin",),
    "tasks": (),
    "management": ("api",),
}
ALLOWED = {**ROOMS, **{door: (*ROOMS, *others) for door, others in DOORS.items()}}
# What needs no database: plain values, and all that knows Flatchr.
WITHOUT_DJANGO = ("records", "ids", "egress", "egress_targets", "flatchr")


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each module or name that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = file.relative_to(PACKAGE.parent).parts[: -node.level] if node.level else ()
            source = ".".join((*here, node.module or "")).strip(".")
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def files() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    return [file for file in found if file.name != "__init__.py" or file.parent != PACKAGE]


def test_every_import_goes_down() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {room_of(file)} may not use {used}"
        for file in files()
        for line, name in imports(file)
        if name.startswith("integrations.")
        and (used := name.split(".")[1]) != room_of(file)
        and used not in ALLOWED[room_of(file)]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_rooms_stand_above_what_they_use() -> None:
    above: set[str] = set()
    for room, used in ROOMS.items():
        assert set(used) <= above, f"{room} uses {set(used) - above}, which stands above it"
        above.add(room)


def test_every_room_is_known() -> None:
    assert {room_of(file) for file in files()} == set(ALLOWED)


@pytest.mark.parametrize("room", WITHOUT_DJANGO)
def test_what_knows_flatchr_knows_no_database(room: str) -> None:
    wrong = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {name}"
        for file in files()
        if room_of(file) == room
        for line, name in imports(file)
        if name.split(".")[0] == "django"
    ]
    assert not wrong, "\n".join(wrong)
