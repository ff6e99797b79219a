"""The house: floors of the rooms, size of the folders, names of the classes.

An import that goes up fails here.

`docs/architecture.md` says what lives in each room.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "integrations"

# From the ground up: a room imports from the floors below its own.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        *("records", "enumerations", "field_catalogue", "ids", "messages", "jobs", "lanes"),
        *("egress", "egress_targets", "archives", "spreadsheets", "client_address", "telemetry"),
        *("invisible_characters", "text_encodings"),
        "database",
        "encryption",
    ),
    ("flatchr", "models", "migrations"),
    ("tenants", "search", "accounts", "audit", "changes"),
    ("sync",),
    (
        *("connecting", "submissions", "actions", "exports", "passthrough", "operations"),
        *("webhooks", "alerts", "privacy"),
    ),
    ("admin", "api", "management", "tasks", "scheduler", "templatetags", "apps"),
)
# Neighbours on one floor, the one that is used second. They form no circle.
BESIDE = {
    ("jobs", "lanes"),
    ("accounts", "audit"),
    ("tenants", "audit"),
    ("egress", "egress_targets"),
    ("records", "field_catalogue"),
    ("records", "enumerations"),
    ("egress_targets", "messages"),
    ("records", "messages"),
    ("spreadsheets", "messages"),
    ("migrations", "models"),
    ("spreadsheets", "archives"),
    ("spreadsheets", "text_encodings"),
    ("archives", "text_encodings"),
    ("actions", "submissions"),
    ("connecting", "webhooks"),
    # Erasing a person touches whatever can hold one.
    *(("privacy", room) for room in ("submissions", "exports", "webhooks", "actions")),
    ("alerts", "operations"),
    ("alerts", "webhooks"),
    ("templatetags", "admin"),
    # Events with content have records as the API shows them.
    ("tasks", "api"),
    # `export_records` writes records as the API shows them.
    ("management", "api"),
}
# Outside the floors: used by commands and tests alone.
APART = ("sandbox", "demo")
# What needs no database: plain values, and all that knows Flatchr.
WITHOUT_DJANGO = (
    *("records", "enumerations", "field_catalogue", "ids", "egress", "egress_targets"),
    *("flatchr", "sandbox", "invisible_characters"),
)

MOST_MODULES = 15

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


# Of the dashboard's sub-rooms: what one uses of another but `base`, and why.
BETWEEN_SUB_ROOMS = {
    ("tenants", "issues"),  # a tenant's page shows its open issues with their buttons
    ("tenants", "home"),  # a tenant's page shows the same state, figures and charts
    ("records", "exports"),  # lists of records have an export button
    ("records", "actions"),  # records' pages and lists act on what they show
    ("records", "submissions"),  # a job says why nobody can be submitted for it
    ("accounts", "tenants"),  # a user's page changes memberships as a tenant's does
}


def test_sub_rooms_of_the_dashboard_share_only_their_base() -> None:
    admin = PACKAGE / "admin"
    rooms = {folder.name for folder in admin.iterdir() if folder.is_dir()}
    wrong = []
    for file in sorted(admin.rglob("*.py")):
        room = file.relative_to(admin).parts[0]
        for line, name in imports(file):
            parts = name.split(".")
            used = parts[2] if parts[:2] == ["integrations", "admin"] else ""
            allowed = used in (room, "base") or (room, used) in BETWEEN_SUB_ROOMS
            if room in rooms and used in rooms and not allowed:
                wrong.append(f"{file.relative_to(PACKAGE.parent)}:{line}: uses {used}")
    tags = [name for file in (PACKAGE / "templatetags").glob("*.py") for _, name in imports(file)]
    wrong += [
        f"templatetags use {name}"
        for name in tags
        if name.startswith("integrations.admin.")
        and not name.startswith("integrations.admin.base.")
    ]
    assert not wrong, "\n".join(wrong)


def test_no_folder_holds_too_many_modules() -> None:
    modules = [file for file in files() if file.name != "__init__.py"]
    sizes = Counter(str(file.parent.relative_to(ROOT)) for file in modules)
    large = {folder for folder, size in sizes.items() if size > MOST_MODULES}
    # Where Django looks for them.
    assert large == {"integrations/migrations", "integrations/management/commands"}


def test_class_names_are_unique() -> None:
    """Those at the top of a module; Django finds its commands by the name `Command`."""
    found = defaultdict(list)
    for file in [*files(), *sorted((ROOT / "config").rglob("*.py"))]:
        if "migrations" in file.parts or "commands" in file.parts:
            continue
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(str(file.relative_to(ROOT)))
    assert not {name: places for name, places in found.items() if len(places) > 1}
