"""The history of the console: who sees which calls, how they look, and how long they are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.accounts.api_keys import create_key
from integrations.models import ApiKey, Integration, PassthroughCall, PreparedCall
from integrations.passthrough import history
from integrations.scheduler import retain
from tests.admin.console.calling import CONSOLE, HISTORY

LogIn = Callable[[User], Client]


def call(tenant: Integration, **fields: Any) -> PassthroughCall:
    given = {"method": "GET", "host": "api", "path": "/company/x/columns", "status": 200}
    return PassthroughCall.objects.create(
        **{"integration": tenant, "duration": 0.5, **given, **fields}
    )


@pytest.fixture
def key(tenant: Integration) -> ApiKey:
    return create_key(name="Careers page", integrations=[tenant])[0]


def test_calls_of_the_dashboard_and_of_the_api_are_listed_with_who_sent_them(
    alice: User, logged_in: LogIn, tenant: Integration, key: ApiKey
) -> None:
    call(tenant, user=alice)
    call(tenant, api_key=key, method="POST", status=500)
    client = logged_in(alice)

    page = client.get(reverse(HISTORY)).content.decode()
    assert "alice" in page
    assert f"Careers page ({key.prefix}…)" in page
    for source, methods in (("api", ["POST"]), ("dashboard", ["GET"])):
        rows = client.get(reverse(HISTORY), {"from": source}).context["cl"].result_list
        assert [row.method for row in rows] == methods
    rows = client.get(reverse(HISTORY), {"method": "POST"}).context["cl"].result_list
    assert [row.api_key for row in rows] == [key]
    french = client.get(reverse(HISTORY), headers={"accept-language": "fr"}).content.decode()
    assert '<option value="DELETE">DELETE</option>' in french


def test_a_call_shows_what_was_sent_and_leads_back_to_the_console(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    one = call(tenant, user=alice, params={"a": "<b>"}, body='{"x": 1}', body_kind="JSON")
    client = logged_in(alice)

    page = client.get(
        reverse("admin:integrations_passthroughcall_change", args=[one.pk])
    ).content.decode()

    assert "a=&lt;b&gt;" in page
    assert "Not kept: it may hold personal data." in page
    assert f"{reverse(CONSOLE)}?again={one.pk}" in page


def test_a_stranger_sees_no_call_of_another_tenant_and_cannot_use_one(
    charlie: User, logged_in: LogIn, tenant: Integration, other_tenant: Integration
) -> None:
    one = call(tenant, path="/secret-of-nord")
    client = logged_in(charlie)

    assert "secret-of-nord" not in client.get(reverse(HISTORY)).content.decode()
    address = reverse("admin:integrations_passthroughcall_change", args=[one.pk])
    assert client.get(address).status_code == 302
    page = client.get(reverse(CONSOLE), {"again": one.pk})
    assert "secret-of-nord" not in page.content.decode()
    assert "no longer in the history" in page.content.decode()


def test_a_stranger_cannot_choose_another_tenant(
    charlie: User, logged_in: LogIn, tenant: Integration, other_tenant: Integration
) -> None:
    client = logged_in(charlie)
    form = {"tenant": tenant.pk, "host": "api", "method": "GET", "path": "/x", "body_kind": "NONE"}

    page = client.post(reverse(CONSOLE), form)
    assert list(page.context["form"].errors) == ["tenant"]
    page = client.get(reverse(CONSOLE), {"template": "columns", "tenant": tenant.pk})
    assert "no-company" in page.context["form"]["path"].value()  # charlie's own tenant's
    assert not PassthroughCall.objects.exists()


def test_nobody_without_a_tenant_has_a_form(admin: User, bob: User, logged_in: LogIn) -> None:
    assert "Connect a tenant first" in logged_in(admin).get(reverse(CONSOLE)).content.decode()
    assert logged_in(bob).get(reverse(CONSOLE)).status_code == 403


def test_the_list_takes_as_many_queries_for_a_hundred_calls_as_for_ten(
    alice: User, logged_in: LogIn, tenant: Integration, key: ApiKey
) -> None:
    client = logged_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse(HISTORY)).status_code == 200
        return len(asked)

    for _ in range(5):
        call(tenant, user=alice)
        call(tenant, api_key=key)
    queries()  # a session's first page looks at the account as well
    few = queries()
    PassthroughCall.objects.bulk_create(
        PassthroughCall(integration=tenant, method="GET", host="api", path="/x", user=alice)
        for _ in range(90)
    )
    assert queries() == few


def test_old_calls_go_with_the_log_of_requests_and_only_so_many_are_kept(
    tenant: Integration, other_tenant: Integration, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EXCHANGE_RETENTION_DAYS = 7
    monkeypatch.setattr(history, "MAX_CALLS", 3)
    now = timezone.now()
    old = call(tenant, started_at=now - timedelta(days=7, minutes=1))
    kept = [call(tenant, started_at=now - timedelta(days=6, hours=23)) for _ in range(5)][2:]
    others = [call(other_tenant) for _ in range(3)]

    retain()
    retain()

    left = set(PassthroughCall.objects.values_list("pk", flat=True))
    assert left == {one.pk for one in (*kept, *others)}
    assert old.pk not in left


def test_calls_that_nobody_confirmed_go(admin: User, tenant: Integration) -> None:
    asked: dict[str, Any] = {}
    for minutes in (9, 11):
        PreparedCall.objects.create(
            user=admin, integration=tenant, asked=asked, file=b"cv",
            created_at=timezone.now() - timedelta(minutes=minutes),
        )  # fmt: skip

    retain()

    assert PreparedCall.objects.count() == 1
