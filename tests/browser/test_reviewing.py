"""What a sync leaves to be decided, as somebody without a mouse decides it, the focus in sight."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import Integration, Job, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync import engine
from tests.support.cast import PASSWORD
from tests.sync.running import queue

# Whether the focus can be seen: it is in the window with nothing over it, and drawn, on itself or
# on the box around a field.
SEEN = """() => {
  const one = document.activeElement;
  // The first, as a link may go on in another line.
  const { x, y, width, height } = one.getClientRects()[0];
  const top = document.elementFromPoint(x + width / 2, y + height / 2);
  const drawn = [one, one.parentElement, ...(one.labels ?? [])].some((box) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(box);
    const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    return outlined || boxShadow.includes("0px 0px 0px 4px");
  });
  const shown = one.contains(top) || [...(one.labels ?? [])].some((label) => label.contains(top));
  return drawn && shown;
}"""
NAMED = """() => {
  const one = document.activeElement;
  return one.placeholder || (one.labels?.[0] ?? one).textContent.trim();
}"""


class Keys:
    """A person with no pointer."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def to(self, name: str, most: int = 45) -> None:
        """With the Tab key to what ends in `name` (an icon may stand before it); each stop on the
        way can be seen.
        """
        for _step in range(most):
            self.press("Tab")
            named = str(self._page.evaluate(NAMED))
            assert self._page.evaluate(SEEN), f"The focus on “{named}” cannot be seen."
            if named.endswith(name):
                return
        raise AssertionError(f"“{name}” cannot be reached with the Tab key.")

    def skip(self) -> None:
        """Past the navigation of a page that has just been opened."""
        self.to("Skip to the content", 1)
        self.press("Enter")
        expect(self._page.locator("#content")).to_be_focused()

    def open(self, name: str) -> None:
        self.to(name)
        with self._page.expect_navigation():
            self.press("Enter")


def test_held_deletions_a_value_map_and_an_export_need_no_mouse(
    page: Page, alice: User, connected_tenant: Integration, sandbox: Sandbox, tmp_path: Path
) -> None:
    odd = _leave_something_to_decide(connected_tenant, sandbox)
    keys = Keys(page)
    page.goto("/admin/login/?next=/admin/")
    page.locator("input[name=username]").focus()
    page.keyboard.type(alice.get_username())
    keys.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation(url="**/admin/"):
        keys.press("Enter")
    keys.skip()
    keys.open("Review them")

    _confirm_the_deletions(page, keys)
    _decide_the_value(page, keys)
    assert Job.objects.get(remote_id=odd).employment_type == "CONTRACT"
    _take_away(page, keys, tmp_path / "candidates.csv")


def _confirm_the_deletions(page: Page, keys: Keys) -> None:
    expect(page.get_by_role("heading", name="25 records held for review")).to_be_visible()
    keys.skip()
    keys.open("See the whole list, and decide row by row")
    keys.skip()
    keys.to("Name, e-mail, Flatchr ID")
    page.keyboard.type("Poste 24")
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    # A search leads back to the content, where the navigation has been skipped already.
    keys.open("Confirm all deletions…")
    expect(page.get_by_role("heading", name="Mark 25 records as deleted?")).to_be_visible()
    keys.skip()
    keys.open("Mark 25 records as deleted")
    expect(page.get_by_text("25 records are marked as deleted.")).to_be_visible()
    expect(page.locator("#decision")).to_contain_text("confirmed by alice")
    assert Job.objects.live().count() == 4


def _decide_the_value(page: Page, keys: Keys) -> None:
    """From the warning to the sync that applies it; and that it can be undone."""
    expect(page.locator("#warnings")).to_contain_text("Unknown contract type")
    keys.skip()
    keys.open("Say what these values mean")
    values = page.url.partition("#")[0]
    keys.skip()
    keys.to("VIE")
    page.keyboard.type("Contract")
    expect(page.get_by_label("VIE", exact=True)).to_have_value("CONTRACT")
    keys.open("Save and sync now")
    expect(page.locator("#run-live")).to_contain_text("Queued")
    engine.execute(SyncRun.objects.latest("pk").pk)
    expect(page.locator("#run-live")).to_contain_text("Succeeded")
    expect(page.get_by_text("Unknown contract type")).to_have_count(0)

    page.goto(values)
    expect(page.locator("#contract")).to_contain_text(re.compile(r"In effect\.\s*alice"))
    keys.skip()
    keys.open("Undo VIE")
    expect(page.get_by_text("is left as Flatchr names it")).to_be_visible()


def _take_away(page: Page, keys: Keys, saved: Path) -> None:
    page.goto("/admin/integrations/candidate/")
    keys.skip()
    keys.open("Export")
    keys.skip()
    keys.to("Download")
    with page.expect_download() as file:
        keys.press("Enter")
    file.value.save_as(saved)
    assert saved.read_text("utf-8-sig").count("\n") > 1


def _leave_something_to_decide(tenant: Integration, sandbox: Any) -> str:
    """25 vacancies that vanish at once, and a value that nobody knows: the id of its vacancy."""
    tenant.flatchr_settings.trait_budget = 0
    tenant.flatchr_settings.save()
    odd = str(sandbox.vacancies()[0]["id"])
    sandbox.edit_vacancy(odd, contract_type_id=9, partial=False)
    extra = [sandbox.add_vacancy(title=f"Poste {n}", slug=f"poste-{n}") for n in range(25)]
    engine.execute(queue(tenant).pk)
    for vacancy in extra:
        sandbox.remove_vacancy(vacancy)
    engine.execute(queue(tenant).pk)
    return odd
