"""A webhook in the dashboard: added, tried out, looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import Integration
from integrations.webhooks.delivery import deliver_due
from tests.support.receiver import Receiver, Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    running = Receiver()
    yield running
    running.stop()


def test_a_webhook_is_added_and_tried_out(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    tenant: Integration,
    receiver: Receiver,
) -> None:
    page = open_page(viewport={"width": 1440, "height": 900})
    log_in(page, alice)
    page.get_by_role("link", name="Webhooks").first.click()
    page.get_by_role("link", name="Add webhook").first.click()
    page.get_by_label("Address").fill("http://10.0.0.1/")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_label("Description").fill("Careers page")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator("#new-secret code")).to_contain_text("whsec_")
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_label("Event", exact=True).select_option("sync-finished")
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sync-finished (test)")
    receiver.reply = Reply(500, body=b"<h1>Not today</h1>")
    deliver_due()
    page.reload()
    expect(page.get_by_text("To be tried again")).to_be_visible()
    expect(page.get_by_text("Not today")).to_be_visible()
    page.get_by_role("link", name="Careers page").click()
    expect(page.get_by_text("Failing", exact=True)).to_be_visible()
    page.get_by_role("link", name="Webhooks").first.click()
    page.get_by_role("link", name="Deliveries").click()
    assert receiver.types == ["sync-finished"]
