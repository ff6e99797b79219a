"""The house: which room stands on which floor. An import that goes up fails here.

`docs/architecture.md` says what lives in each room.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "integrations"

# From the ground up: a room imports from the floors below its own.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        *("records", "field_catalogue", "ids", "messages", "jobs", "egress", "egress_targets"),
        *("archives", "spreadsheets", "client_address"),
    ),
    ("flatchr", "models", "migrations"),
    ("tenants", "search", "accounts", "audit"),
    ("sync",),
    ("connecting", "submissions", "exports", "passthrough"),
    ("admin", "api", "management", "tasks", "templatetags", "apps"),
)
# Neighbours on one floor, the one that is used second. They form no circle.
BESIDE = {
    ("accounts", "audit"),
    ("tenants", "audit"),
    ("egress", "egress_targets"),
    ("records", "field_catalogue"),
    ("migrations", "models"),
    ("spreadsheets", "archives"),
    ("templatetags", "admin"),
}
# Outside the floors: used by commands and tests alone.
APART = ("sandbox", "demo")
# What needs no database: plain values, and all that knows Flatchr.
WITHOUT_DJANGO = (
    *("records", "field_catalogue", "ids", "egress", "egress_targets", "flatchr", "sandbox"),
)

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


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


def is_allowed(room: str, used: str) -> bool:
    if used in APART:
        return room in (*APART, "management")
    if room in APART:
        return True
    return FLOOR_OF[used] < FLOOR_OF[room] or (room, used) in BESIDE


def test_every_import_goes_down() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {room_of(file)} may not use {used}"
        for file in files()
        for line, name in imports(file)
        if name.startswith("integrations.")
        and (used := name.split(".")[1]) != room_of(file)
        and not is_allowed(room_of(file), used)
    ]
    assert not wrong, "\n".join(wrong)


def test_neighbours_form_no_circle() -> None:
    uses = {room: {used for user, used in BESIDE if user == room} for room, _ in BESIDE}
    while uses:
        free = {room for room, used in uses.items() if not used & uses.keys()}
        assert free, f"A circle among {sorted(uses)}"
        uses = {room: used for room, used in uses.items() if room not in free}


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(file) for file in files()}
    assert rooms <= {*FLOOR_OF, *APART}


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
