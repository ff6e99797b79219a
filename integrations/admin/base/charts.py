"""Charts drawn on the server as SVG, each with a table of the same numbers.

Positions along the width are percentages and those along the height are pixels, so a chart is as
wide as its card without its letters being stretched. Everything is text with a decimal point, in
any language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.text import Truncator

# Width that the numbers of the scale take, in per cent.
LEFT = 11.0
TOP = 16
PLOT = 132
FOOT = 22
ROW = 38
LONGEST = 38
# Fewer columns are not drawn wider, but leave the rest of the width free.
FEWEST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """One value; `label` is its name, `shown` the formatted number, `title` the full text."""

    label: str
    value: float
    shown: str
    title: str = ""
    tone: str = "accent"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, and where it is drawn."""

    point: Point
    x: str
    y: str
    width: str
    height: str
    text_y: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart, or a word under it."""

    at: str
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """A question and its answer: a drawing, one sentence, and a table.

    `kind` is `columns` or `bars`. Without a point that is more than nothing there is no drawing,
    and `empty` says why.
    """

    key: str
    kind: str
    question: str
    summary: str
    headings: tuple[str, str]
    points: list[Point]
    empty: str
    height: int = 0
    marks: list[Mark] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    labels: list[Tick] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)

    @property
    def drawn(self) -> bool:
        return any(point.value for point in self.points)


@dataclass(frozen=True, slots=True)
class ChartTexts:
    """The words of a chart; `headings` are those of its table."""

    question: str
    summary: str
    headings: tuple[str, str]
    empty: str
    legend: list[tuple[str, str]] = field(default_factory=list)


def columns(
    key: str,
    texts: ChartTexts,
    points: Sequence[Point],
    scale: Sequence[tuple[float, str]],
    named: Sequence[int],
) -> Chart:
    """Upright bars side by side; `named` are the numbers of those with their label below.

    `scale` is what the lines across stand for, the greatest last.
    """
    most = scale[-1][0] or 1
    places = max(FEWEST_COLUMNS, len(points))
    band = (100 - LEFT) / places
    marks = []
    for number, point in enumerate(points):
        tall = PLOT * min(1.0, point.value / most)
        # Small values stay visible.
        tall = max(tall, 2.0) if point.value else 0.0
        marks.append(
            Mark(
                point,
                x=f"{LEFT + band * (number + 0.14):.2f}%",
                y=f"{TOP + PLOT - tall:.1f}",
                width=f"{band * 0.72:.2f}%",
                height=f"{tall:.1f}",
            )
        )
    return Chart(
        key,
        "columns",
        texts.question,
        texts.summary,
        texts.headings,
        list(points),
        texts.empty,
        height=TOP + PLOT + FOOT,
        marks=marks,
        ticks=[Tick(f"{TOP + PLOT - PLOT * value / most:.1f}", text) for value, text in scale],
        labels=[_below(number, points, places, band) for number in named],
        legend=texts.legend,
    )


def _below(number: int, points: Sequence[Point], places: int, band: float) -> Tick:
    if number == places - 1:
        return Tick("100%", points[number].label, "end")
    if number == 0:
        return Tick(f"{LEFT:.2f}%", points[number].label, "start")
    return Tick(f"{LEFT + band * (number + 0.5):.2f}%", points[number].label, "middle")


def bars(key: str, texts: ChartTexts, points: Sequence[Point]) -> Chart:
    """Horizontal bars, each with its name above and its number at the end."""
    most = max((point.value for point in points), default=0) or 1
    marks = [
        Mark(
            point,
            x="0",
            y=str(number * ROW + 21),
            width=f"{max(0.8, 100 * point.value / most) if point.value else 0:.2f}%",
            height="9",
            text_y=str(number * ROW + 14),
            label=Truncator(point.label).chars(LONGEST),
        )
        for number, point in enumerate(points)
    ]
    return Chart(
        key,
        "bars",
        texts.question,
        texts.summary,
        texts.headings,
        list(points),
        texts.empty,
        height=len(points) * ROW,
        marks=marks,
        legend=texts.legend,
    )


def ceiling(most: float) -> float:
    """The end of a scale: the next 1, 2, 4 or 5 times a power of ten at or above `most`."""
    if most <= 2:
        return 2.0
    size: float = 10 ** math.floor(math.log10(most))
    return next(float(step * size) for step in (1, 2, 4, 5, 10) if step * size >= most)
