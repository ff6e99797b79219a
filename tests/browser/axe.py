"""axe-core, which finds what keeps people from using a page, run inside the open page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

# WCAG 2.2 AA and what it builds on, and axe's own advice.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another colour scheme can change.
COLOURS = ["color-contrast"]


def install(context: BrowserContext) -> None:
    """Every page of this context has axe-core."""
    context.add_init_script(AXE_SCRIPT)


def findings(page: Page, *rules: str, inside: str | None = None) -> list[str]:
    """What is wrong with the page as it is now, a line each: rule, weight, where, why.

    With `rules`, only those are run; with `inside`, only in that part of the page.
    """
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
    # Target size is of WCAG 2.2, and axe leaves it out unless asked.
    # Frames of ours are sandboxed, and take no messages of a page's own origin.
    options = {"runOnly": only, "resultTypes": ["violations"], "iframes": False}
    if not rules:
        options["rules"] = {"target-size": {"enabled": True}}
    found: dict[str, Any] = page.evaluate(
        "([inside, options]) => axe.run(inside ?? document, options)", [inside, options]
    )
    return [
        f"{violation['id']} ({violation['impact']}) {' '.join(map(str, node['target']))}: "
        f"{node['html'][:160]} {_why(node)}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return " / ".join(check["message"] for check in checks)
