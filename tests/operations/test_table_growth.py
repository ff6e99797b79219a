"""Every table is in `docs/scaling.md`: what bounds it, or that it does not grow with time."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

from integrations import jobs, scheduler

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
GROWING = "Tables that grow with time"
OTHERS = "Tables that do not"
# A table's name in the first column, or in the list.
NAME = re.compile(r"`([a-z]\w+)`")


def section(heading: str) -> str:
    [found] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    return str(found)


def rows() -> list[list[str]]:
    lines = [line for line in section(GROWING).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_table_is_in_one_of_the_two_lists() -> None:
    """A new table belongs into `docs/scaling.md`: with what bounds it, or into the other list."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    growing = [name for row in rows() for name in NAME.findall(row[0])]
    others = NAME.findall(section(OTHERS))

    assert set(growing) | set(others) == tables
    assert len(growing) + len(others) == len(tables)


def test_what_bounds_a_table_is_done_every_hour() -> None:
    """The third column names steps of retention in double quotes, as they are registered."""
    assert scheduler.REGISTERED
    named = {name for row in rows() for name in re.findall(r"“([^”]+)”", row[2])}

    assert named
    assert named <= set(jobs.RETENTION)
