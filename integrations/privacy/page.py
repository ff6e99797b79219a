"""`docs/personal-data.md`, made from the register: `python -m integrations.privacy.page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integrations.privacy.file_places import FILES
from integrations.privacy.register import HOLDINGS, Whose

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"
BEGIN, END = "<!-- register -->", "<!-- end of register -->"
_HEADINGS = {
    Whose.CANDIDATE: "Of candidates",
    Whose.CONTACT: "Of people at customers",
    Whose.USER: "Of users of Relais",
}


def tables() -> str:
    """The tables of the page, as Markdown."""
    return "\n".join(_lines())


def page(before: str) -> str:
    """The page with its tables as the register has them now."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n{END}{tail}"


def _lines() -> Iterator[str]:
    for whose, heading in _HEADINGS.items():
        erased = whose is not Whose.USER
        yield f"## {heading}"
        yield ""
        yield f"| table | columns | kept | step of retention |{' on erasure |' if erased else ''}"
        yield f"|---|---|---|---|{'---|' if erased else ''}"
        for holding in HOLDINGS:
            if holding.whose is whose:
                columns = ", ".join(f"`{column}`" for column in holding.columns)
                steps = ", ".join(f"“{step}”" for step in holding.steps)
                last = f" {holding.on_erasure} |" if erased else ""
                yield f"| `{holding.table}` | {columns} | {holding.period} | {steps} |{last}"
        yield ""
    yield "## Files below `DATA_DIR`"
    yield ""
    yield "| file or folder | holds | kept | step of retention | on erasure |"
    yield "|---|---|---|---|---|"
    for place in FILES:
        steps = ", ".join(f"“{step}”" for step in place.steps)
        yield (
            f"| `{place.path}` | {place.holds} | {place.period} | {steps} | {place.on_erasure} |"
        )
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
