"""The dashboard's pages of webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import Integration, WebhookEndpoint
from integrations.webhooks import endpoints, replay

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LogIn = Callable[[User], Client]


@pytest.fixture
def endpoint(tenant: Integration) -> WebhookEndpoint:
    made, _secret = endpoints.create_endpoint(
        url="https://app.example/hook", description="Careers page", integrations=[tenant]
    )
    return made


def test_a_delivery_is_found_below_webhooks(
    endpoint: WebhookEndpoint, alice: User, logged_in: LogIn
) -> None:
    client = logged_in(alice)
    delivery = replay.send_test(endpoint, "sync-finished")
    webhooks = reverse("admin:integrations_webhookendpoint_changelist")
    deliveries = reverse("admin:integrations_webhookdelivery_changelist")
    page = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
    for address, crumbs in (
        (deliveries, [("Webhooks", webhooks), ("Webhook deliveries", "")]),
        (
            page,
            [
                ("Webhooks", webhooks),
                ("Webhook deliveries", deliveries),
                ("sync-finished (test)", ""),
            ],
        ),
    ):
        response = client.get(address)
        assert response.context["breadcrumbs"] == crumbs
        menu = response.content.decode().partition(f'href="{webhooks}" class=')[2]
        assert "aria-current" in menu.partition(">")[0]
    made = reverse("admin:integrations_webhookendpoint_change", args=[endpoint.pk])
    assert "sync-finished (test)" in client.get(made).content.decode()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-05-02", "2026-05-01", "Choose the first and the last day."),
        ("0001-01-01", "9999-12-31", "Nothing of this is there to be sent again."),
        ("2026-05-01", "2026-05-01", "Nothing of this is there to be sent again."),
    ],
)
def test_a_period_without_deliveries_sends_nothing_again(
    endpoint: WebhookEndpoint,
    alice: User,
    logged_in: LogIn,
    first: str,
    last: str,
    said: str,
) -> None:
    address = reverse("admin:integrations_webhookendpoint_replay", args=[endpoint.pk])
    answer = logged_in(alice).post(address, {"first": first, "last": last}, follow=True)
    assert said in answer.content.decode()
