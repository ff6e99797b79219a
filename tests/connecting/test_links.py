"""Links: what they hold, how long they open, and that each is used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from integrations.accounts.api_keys import create_key
from integrations.connecting import attempts, lifecycle, links
from integrations.connecting.connect import ConnectionRefused
from integrations.models import (
    ConnectionLink,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    LinkKind,
    Membership,
    Role,
    SyncRun,
)
from tests.connecting.conftest import Keys, MakeLink

pytestmark = pytest.mark.django_db


def entered(typed: dict[str, str], **more: Any) -> attempts.EnteredAccount:
    return attempts.EnteredAccount(**typed, **more)


def connect(link: ConnectionLink, typed: dict[str, str], **more: Any) -> Integration:
    attempt = attempts.use_link(link, entered(typed, **more))
    while True:
        try:
            next(attempt)
        except StopIteration as end:
            integration: Integration = end.value
            return integration


def test_a_link_keeps_no_token(make_link: MakeLink) -> None:
    token, link = make_link()

    assert len(token) == 43
    stored = " ".join(str(value) for value in vars(link).values())
    assert token not in stored
    assert links.exchange_token(token) not in stored
    assert links.find(token) == link
    assert links.find(token[:-1]) is None


def test_connecting_makes_a_tenant_with_everything_the_link_says(
    make_link: MakeLink, keys: Keys
) -> None:
    _, link = make_link()

    tenant = connect(link, keys(), offerer_id=812, user_key="Ab3Kd9QzRt5MpW7x")

    assert (tenant.organization, tenant.origin_id) == ("Clinique Ouest", "C-42")
    assert (tenant.contact_email, tenant.environment) == ("rh@ouest.example", "sandbox")
    stored = FlatchrCredentials.objects.get(pk=tenant.pk)
    assert stored.api_key == keys()["api_key"]
    assert stored.checked_at is not None
    assert FlatchrSettings.objects.get(pk=tenant.pk).offerer_id == 812
    assert tenant.runs.get().trigger == "CONNECT"
    link.refresh_from_db()
    assert link.integration == tenant
    assert link.used_at is not None


@pytest.mark.parametrize("wrong", ["api_key", "company_key", "slug"])
def test_what_flatchr_does_not_confirm_saves_nothing_and_leaves_the_link_open(
    wrong: str, make_link: MakeLink, keys: Keys
) -> None:
    _, link = make_link()

    with pytest.raises(ConnectionRefused):
        connect(link, keys(**{wrong: "wrong"}))

    assert not Integration.objects.exists()
    link.refresh_from_db()
    assert (link.used_at, link.tries) == (None, 1)
    assert connect(link, keys()).pk


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_open_in_two_tabs_connects_once(make_link: MakeLink, keys: Keys) -> None:
    token, _ = make_link()
    both = Barrier(2)

    def one() -> str:
        link = links.find(token)
        assert link is not None
        attempt = attempts.use_link(link, entered(keys()))
        try:
            # Both have the verdicts before either saves.
            for _check in range(3):
                next(attempt)
            both.wait(30)
            next(attempt)
        except StopIteration:
            return "connected"
        except links.LinkClosed:
            return "closed"
        finally:
            connection.close()
        return "unfinished"

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(end.result() for end in [pool.submit(one), pool.submit(one)])

    assert ends == ["closed", "connected"]
    assert Integration.objects.count() == FlatchrCredentials.objects.count() == 1
    assert SyncRun.objects.count() == 1


def test_a_link_that_is_withdrawn_during_an_attempt_saves_nothing(
    make_link: MakeLink, keys: Keys
) -> None:
    token, link = make_link()
    attempt = attempts.use_link(link, entered(keys()))
    assert next(attempt).ok

    withdrawn = links.find(token)
    assert withdrawn is not None
    links.withdraw(withdrawn)
    with pytest.raises(links.LinkClosed):
        list(attempt)

    assert not Integration.objects.exists()
    assert not FlatchrCredentials.objects.exists()
    assert not SyncRun.objects.exists()
    assert links.connected_by(token) is None


@pytest.mark.parametrize(
    ("loss", "is_manager"), [("none", True), ("role", False), ("membership", False), ("off", False)]
)
def test_who_made_a_link_manages_its_tenant_only_if_they_may_still_connect_one(
    loss: str, is_manager: bool, make_link: MakeLink, keys: Keys, tenant: Integration, alice: User
) -> None:
    _, link = make_link(user=alice)
    attempt = attempts.use_link(link, entered(keys()))
    assert next(attempt).ok

    if loss == "role":
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    elif loss == "membership":
        Membership.objects.filter(user=alice).delete()
    elif loss == "off":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    list(attempt)

    connected = Integration.objects.exclude(pk=tenant.pk).get()
    assert Membership.objects.filter(integration=connected).exists() is is_manager


def test_a_used_link_tries_nothing(make_link: MakeLink, keys: Keys, flatchr: Any) -> None:
    _, link = make_link()
    connect(link, keys())
    stale = ConnectionLink.objects.get(pk=link.pk)
    stale.used_at = None  # as a page that was drawn before sees it

    with pytest.raises(links.LinkClosed):
        attempts.use_link(stale, entered(keys()))


def test_an_expired_link_tries_nothing(make_link: MakeLink, keys: Keys) -> None:
    _, link = make_link(lasts=timedelta(seconds=-1))

    with pytest.raises(links.LinkClosed):
        attempts.use_link(link, entered(keys()))


def test_twenty_tries_an_hour_and_then_a_rest(make_link: MakeLink) -> None:
    _, link = make_link()

    for _try in range(20):
        links.count_try(link)
    with pytest.raises(links.TooManyTries) as tired:
        links.count_try(link)
    assert timezone.now() < tired.value.until <= timezone.now() + timedelta(hours=1)

    ConnectionLink.objects.update(tries_since=timezone.now() - timedelta(hours=1))
    links.count_try(link)
    assert link.tries == 1


def test_a_limited_key_opens_the_tenant_that_its_link_connects(
    make_link: MakeLink, keys: Keys, tenant: Integration
) -> None:
    limited, _ = create_key(name="Limited", integrations=[tenant])
    every, _ = create_key(name="Every")

    theirs = connect(make_link(key=limited)[1], keys())
    # So that the same account is not connected already.
    FlatchrCredentials.objects.filter(integration=theirs).delete()
    connect(make_link(key=every)[1], keys())

    assert set(limited.integrations.all()) == {tenant, theirs}
    assert not every.integrations.exists()


def test_reconnecting_replaces_the_key_and_starts_a_sync(
    connected_tenant: Integration, sandbox: Any
) -> None:
    typed = {
        "api_key": sandbox.api_key,
        "company_key": sandbox.company_key,
        "slug": sandbox.slug,
    }
    FlatchrCredentials.objects.update(checked_at=timezone.now())
    Integration.objects.update(credentials_invalid_at=timezone.now())
    stored = FlatchrCredentials.objects.get()
    stored.api_key = "an old key"
    stored.save()
    token = links.link_for(connected_tenant, LinkKind.RELINK, lasts=links.EMBEDDED)
    link = links.find(token)
    assert link is not None

    with pytest.raises(ConnectionRefused, match="another company"):
        connect(link, {**typed, "company_key": "Zx4TqB7nWk2LpR9m"})
    assert connect(link, typed) == connected_tenant

    assert FlatchrCredentials.objects.get().api_key == sandbox.api_key
    assert Integration.objects.get().credentials_invalid_at is None
    assert SyncRun.objects.get().trigger == "MANUAL"


def test_credentials_that_were_never_confirmed_say_nothing_of_the_company(
    connected_tenant: Integration, sandbox: Any
) -> None:
    """Saved without a check, perhaps with a mistyped company key: the customer corrects it."""
    FlatchrCredentials.objects.update(checked_at=None, company_key="Zx4TqB7nWk2LpR9m")
    link = links.find(links.link_for(connected_tenant, LinkKind.RELINK, lasts=links.EMBEDDED))
    assert link is not None

    connect(
        link,
        {
            "api_key": sandbox.api_key,
            "company_key": sandbox.company_key,
            "slug": sandbox.slug,
        },
    )

    stored = FlatchrCredentials.objects.get()
    assert stored.company_key == sandbox.company_key
    assert stored.checked_at is not None


def test_a_disabled_tenant_takes_its_new_key_and_stays_disabled(
    connected_tenant: Integration, sandbox: Any
) -> None:
    lifecycle.set_enabled(connected_tenant, False)
    link = links.find(links.link_for(connected_tenant, LinkKind.RELINK, lasts=links.EMBEDDED))
    assert link is not None

    connect(
        link,
        {"api_key": sandbox.api_key, "company_key": sandbox.company_key, "slug": sandbox.slug},
    )

    assert not Integration.objects.get().enabled
    assert not SyncRun.objects.exists()


def test_a_link_of_a_deleted_tenant_opens_nothing_and_goes_with_it(tenant: Integration) -> None:
    token = links.link_for(tenant, LinkKind.RELINK, lasts=links.MAGIC_LINK)

    lifecycle.delete(tenant)
    assert links.find(token) is None
    assert links.connected_by(token) is None
    lifecycle.remove_deleted(before=timezone.now() + timedelta(seconds=1))
    assert not ConnectionLink.objects.exists()


def test_the_token_to_exchange_is_good_for_an_hour(make_link: MakeLink, keys: Keys) -> None:
    token, link = make_link()
    exchange = links.exchange_token(token)
    assert links.connected_by(exchange) is None

    tenant = connect(link, keys())

    assert links.connected_by(exchange) == links.connected_by(token) == tenant
    later = timezone.now() + timedelta(hours=1, seconds=1)
    assert links.connected_by(exchange, now=later) is None
    assert links.connected_by(token, now=later) == tenant
    assert links.find(exchange) is None
