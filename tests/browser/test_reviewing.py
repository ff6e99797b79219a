"""What a sync leaves to be decided, as somebody at a screen decides it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.flatchr.sandbox import Sandbox
from integrations.models import Integration, Job, SyncRun
from integrations.sync import engine
from tests.sync.running import queue

LogIn = Callable[[Page, User], None]


def synchronise(tenant: Integration) -> SyncRun:
    run = queue(tenant)
    engine.execute(run.pk)
    return run


def test_a_held_deletion_is_confirmed_and_a_value_map_decided_which_the_next_sync_applies(
    page: Page, log_in: LogIn, alice: User, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    connected_tenant.flatchr_settings.trait_budget = 0
    connected_tenant.flatchr_settings.save()
    odd = sandbox.vacancies()[0]["id"]
    sandbox.edit_vacancy(odd, contract_type_id=9, partial=False)
    extra = [sandbox.add_vacancy(title=f"Poste {n}", slug=f"poste-{n}") for n in range(25)]
    synchronise(connected_tenant)
    for vacancy in extra:
        sandbox.remove_vacancy(vacancy)
    run = synchronise(connected_tenant)
    log_in(page, alice)
    page.goto(f"/admin/integrations/syncrun/{run.pk}/change/")

    expect(page.get_by_role("heading", name="25 records held for review")).to_be_visible()
    page.get_by_role("link", name="See and search the whole list").click()
    page.get_by_placeholder("Name, e-mail, Flatchr ID").fill("Poste 24")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Confirm all deletions").click()
    expect(page.get_by_text("25 records are marked as deleted.")).to_be_visible()
    expect(page.locator("#decision")).to_contain_text("confirmed by alice")
    assert Job.objects.live().count() == 4

    expect(page.locator("#warnings")).to_contain_text("Unknown contract type")
    page.get_by_role("link", name="Say what these values mean").click()
    select = page.get_by_label("VIE", exact=True)
    select.select_option(label="Contract")
    page.get_by_role("button", name="Save and sync now").click()
    expect(page.locator("#run-live")).to_contain_text("Queued")
    engine.execute(SyncRun.objects.latest("pk").pk)

    expect(page.locator("#run-live")).to_contain_text("Succeeded")
    expect(page.get_by_text("Unknown contract type")).to_have_count(0)
    assert Job.objects.get(remote_id=odd).employment_type == "CONTRACT"
    page.get_by_role("link", name="Tenant", exact=True).click()
    page.get_by_role("link", name="Value maps").first.click()
    expect(page.locator("#contract")).to_contain_text(re.compile(r"In effect\.\s*alice"))
    page.get_by_role("button", name="Undo VIE").click()
    expect(page.get_by_text("is left as Flatchr names it")).to_be_visible()
