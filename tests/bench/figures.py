"""Measured figures, and the table they are printed in."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

HEADINGS = ("work", "on", "goal", "limit", "median", "min–max", "runs", "note")


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, where, and each run's value in `unit`."""

    work: str
    on: str
    unit: str
    values: Sequence[float]
    goal: str = ""
    limit: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    def cells(self) -> tuple[str, ...]:
        spread = f"{_number(min(self.values))}–{_number(max(self.values))}"
        return (
            self.work,
            self.on,
            self.goal,
            self.limit,
            f"{_number(self.median)} {self.unit}".rstrip(),
            spread if len(self.values) > 1 else "",
            str(len(self.values)),
            self.note,
        )


def ratio(work: str, ours: Figure, theirs: Figure, note: str = "") -> Figure:
    """How many times as long (or large) `theirs` is as `ours`, median to median."""
    return Figure(work, theirs.on, "×", [theirs.median / ours.median], note=note)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(figure.cells() for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def line(figure: Figure) -> str:
    """A figure as it comes in, for whoever is watching."""
    work, on, goal, limit, value, spread, _, note = figure.cells()
    aims = f" (goal {goal}, limit {limit})" if goal else ""
    return (
        f"{work}, {on}: {value}"
        + (f" [{spread}]" if spread else "")
        + aims
        + (f" — {note}" if note else "")
    )


def surroundings(postgresql: str | None) -> str:
    """The versions and the machine that the figures were taken on."""
    parts = {
        "Python": platform.python_version(),
        "Django": version("django"),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgresql or "not used",
        "psycopg": version("psycopg"),
        "Celery": version("celery"),
        "CPUs": str(os.cpu_count()),
        "load average at the end": f"{os.getloadavg()[0]:.1f}",
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items())


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
