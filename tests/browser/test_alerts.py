"""Issues and alerts in the dashboard: an issue is looked into, snoozed and woken; who is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.alerts import audience, issues
from integrations.models import Integration, Issue, RunState, SyncRun

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_issue_is_snoozed_and_woken_and_its_alerts_are_chosen(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    tenant: Integration,
) -> None:
    now = timezone.now()
    SyncRun.objects.create(integration=tenant, state=RunState.FAILED, started_at=now, ended_at=now)
    issues.look_at([tenant])
    issue = Issue.objects.get()
    page = open_page(viewport={"width": 1440, "height": 900})
    log_in(page, alice)

    page.get_by_role("link", name="Issues").first.click()
    page.locator(f'#result_list a[href*="/issue/{issue.pk}/"]').first.click()
    page.get_by_role("button", name="1 day").click()
    expect(page.get_by_text("Snoozed", exact=True).first).to_be_visible()
    history = page.get_by_role("table").last
    expect(history).to_contain_text(alice.get_username())
    page.get_by_role("button", name="End the snooze").click()
    expect(page.get_by_role("button", name="1 day")).to_be_visible()
    issue.refresh_from_db()
    assert issue.snoozed_until is None

    # Once a day in the evening, and of this tenant nothing.
    page.get_by_role("link", name="Issues").first.click()
    page.get_by_role("link", name="Alerts").first.click()
    page.get_by_label("When").select_option("daily")
    page.get_by_label("Hour of the daily e-mail").select_option("18")
    page.get_by_text("Choose for each tenant").click()
    page.get_by_label(tenant.organization).select_option("nothing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Hour of the daily e-mail")).to_have_value("18")
    page.get_by_text("Choose for each tenant").click()
    expect(page.get_by_label(tenant.organization)).to_have_value("nothing")
    preference, chosen = audience.choices_of(alice)
    assert (preference.pace, preference.digest_hour) == ("daily", 18)
    assert chosen == {tenant.pk: "nothing"}
