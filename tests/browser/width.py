"""Whether a page must be scrolled sideways to be read."""

from __future__ import annotations

from playwright.sync_api import Page


def beyond_the_edge(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window."""
    # A click that opens a page returns when its answer begins: there is no document yet.
    page.wait_for_load_state()
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
