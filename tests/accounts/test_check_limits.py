"""Passwords and codes: every check is counted, of the account and of the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from integrations import client_address
from integrations.accounts import check_limits
from integrations.accounts.check_limits import ACCOUNT_FREE, NETWORK_FREE, TooManyChecks
from integrations.models import AuditEntry, AuthenticatorApp, CheckCount, Event
from tests.accounts.test_login import PASSWORD, code_of, enrol, is_in, sign_in

pytestmark = pytest.mark.django_db
REQUEST = RequestFactory()


def begin(user: User | None, address: str = "203.0.113.7") -> check_limits.CountedCheck:
    return check_limits.begin_check(REQUEST.get("/", REMOTE_ADDR=address), user)


def addresses() -> Iterator[str]:
    yield from (f"198.51.{one}.{two}" for one in range(1, 250) for two in range(1, 250))


# Addresses


@pytest.mark.parametrize(
    ("forwarded", "address", "network"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7", "203.0.113.7"),
        ("[2001:db8:1:2:3:4:5:6]:51234", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("[2001:db8::1]", "2001:db8::1", "2001:db8::"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::"),
        ('"[2001:db8::1]:443"', "2001:db8::1", "2001:db8::"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1", "fe80::"),
        ("10.9.9.9, 203.0.113.7:51234", "203.0.113.7", "203.0.113.7"),
        ("unknown", None, None),
        ("203.0.113.7:51234:9", None, None),
        ("", None, None),
    ],
)
def test_an_address_with_a_port_is_the_address(
    forwarded: str, address: str | None, network: str | None, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    request = REQUEST.get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address.client_ip(request) == address
    assert client_address.network_of(address) == network


def test_strangers_behind_a_proxy_that_appends_ports_share_nothing(
    admin: User, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    for port in range(5):
        sign_in(Client(), "admin", "wrong", headers={"X-Forwarded-For": f"203.0.113.9:{port}"})

    here = {"X-Forwarded-For": "203.0.113.7:51234"}
    assert sign_in(Client(), "admin", headers=here).status_code == 302
    assert AuditEntry.objects.get(what=Event.SIGNED_IN).ip == "203.0.113.7"
    there = {"X-Forwarded-For": "203.0.113.9:51234"}
    assert sign_in(Client(), "admin", headers=there).status_code == 429


def test_a_64_of_ipv6_is_one_place(alice: User) -> None:
    for number in range(5):
        sign_in(Client(), "alice", "wrong", REMOTE_ADDR=f"2001:db8:1:2::{number:x}")
    assert sign_in(Client(), "alice", REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in(Client(), "alice", REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


# Of an account


def test_the_waits_of_an_account_grow_wherever_it_is_tried_from(alice: User) -> None:
    waits, now = [], timezone.now()
    from_where = addresses()
    for _ in range(ACCOUNT_FREE + 12):
        begin(alice, next(from_where))
        count = CheckCount.objects.get(key=check_limits.account_key(alice))
        until = count.blocked_until
        waits.append(round((until - count.last_at).total_seconds()) if until else 0)
        CheckCount.objects.filter(key=count.key).update(blocked_until=now)
    assert waits[: ACCOUNT_FREE - 1] == [0] * (ACCOUNT_FREE - 1)
    assert waits[ACCOUNT_FREE - 1 :] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_while_it_waits_the_right_password_opens_nothing_from_elsewhere(alice: User) -> None:
    """Nor does asking put the end off. From where alice has signed in, she still can."""
    home, abroad = "192.0.2.1", "192.0.2.200"
    assert sign_in(Client(), "alice", REMOTE_ADDR=home).status_code == 302
    for _, address in zip(range(ACCOUNT_FREE + 5), addresses(), strict=False):
        sign_in(Client(), "alice", "wrong", REMOTE_ADDR=address)
        CheckCount.objects.update(blocked_until=None)
    until = timezone.now() + timedelta(minutes=5)
    CheckCount.objects.filter(key=check_limits.account_key(alice)).update(blocked_until=until)

    refused = sign_in(Client(), "alice", REMOTE_ADDR=abroad)
    assert refused.status_code == 429
    assert 290 < int(refused["Retry-After"]) <= 300
    assert check_limits.blocked_until(alice) == until
    client = Client()
    assert sign_in(client, "alice", REMOTE_ADDR=home).status_code == 302
    assert is_in(client)
    # And with that the count is over.
    assert sign_in(Client(), "alice", REMOTE_ADDR=abroad).status_code == 302


def test_passwords_asked_for_inside_count_as_those_of_signing_in(
    alice: User, logged_in: Any
) -> None:
    """A session that somebody found open is no place to guess from."""
    client = logged_in(alice)
    page = reverse("admin:password_change")
    new = "a new pass phrase for 2027"
    for _ in range(ACCOUNT_FREE):
        answer = client.post(page, {"password": "wrong", "first": new, "second": new})
        assert answer.status_code == 200
    answer = client.post(page, {"password": PASSWORD, "first": new, "second": new})

    assert "Too many wrong passwords and codes" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert sign_in(Client(), "alice", REMOTE_ADDR="192.0.2.9").status_code == 429


def test_codes_and_recovery_codes_count_too(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    waiting = Client()
    sign_in(waiting, "alice")
    page = reverse("admin:login_code")
    for number in range(ACCOUNT_FREE):
        waiting.post(page, {"code": f"{number:06d}" if number % 2 else f"ABCDE-{number:05d}"})
        AuthenticatorApp.objects.update(
            throttling_failure_count=0, throttling_failure_timestamp=None
        )
    # The code of the enrolment would be refused for having been used.
    AuthenticatorApp.objects.update(last_t=-1)
    waiting.post(page, {"code": code_of(alice)}, REMOTE_ADDR="192.0.2.9")
    assert not is_in(waiting)
    assert CheckCount.objects.get(key=check_limits.account_key(alice)).failures >= ACCOUNT_FREE


@pytest.mark.every_database
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_checked_than_one_after_the_other(alice: User) -> None:
    made: list[str] = []

    def check(address: str) -> None:
        try:
            begin(alice, address)
        except TooManyChecks:
            made.append("refused")
        else:
            made.append("checked")
        finally:
            connection.close()

    threads = [
        Thread(target=check, args=(address,))
        for _, address in zip(range(3 * ACCOUNT_FREE), addresses(), strict=False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 3 * ACCOUNT_FREE
    # One more for each second that it took.
    assert ACCOUNT_FREE <= made.count("checked") <= ACCOUNT_FREE + 5


# Of a network


def test_a_network_that_tries_many_names_has_to_wait(alice: User, bob: User) -> None:
    for _ in range(NETWORK_FREE - 1):
        begin(None, "203.0.113.50")
    begin(None, "203.0.113.50")
    with pytest.raises(TooManyChecks):
        begin(alice, "203.0.113.50")
    with pytest.raises(TooManyChecks):
        begin(None, "203.0.113.50")
    begin(alice, "203.0.113.51")
    assert not CheckCount.objects.exclude(key__regex="^(account:[0-9]+|network:[0-9a-f.:]+)$")


def test_a_right_password_takes_nothing_off_what_others_are_counted(alice: User) -> None:
    for _ in range(20):
        begin(None)
    for _ in range(5):
        begin(alice).was_right()
    assert CheckCount.objects.get(key="network:203.0.113.7").failures == 20


def test_counts_are_forgotten_after_a_day(alice: User) -> None:
    for _ in range(ACCOUNT_FREE):
        begin(alice)
    CheckCount.objects.update(last_at=timezone.now() - timedelta(days=1, minutes=1))
    begin(alice)
    assert CheckCount.objects.get(key=check_limits.account_key(alice)).failures == 1
    CheckCount.objects.update(last_at=timezone.now() - timedelta(days=1, minutes=1))
    check_limits.retain()
    assert not CheckCount.objects.exists()


# What a user is told


def test_the_factor_is_needed_to_change_or_switch_it_off(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    codes = enrol(client, alice)
    page = reverse("admin:second_factor")
    for given in ({}, {"code": "000000"}, {"code": "ABCDE-12345"}):
        for action in ("codes", "off"):
            client.post(page, {"password": PASSWORD, "do": action, **given})
            AuthenticatorApp.objects.update(
                throttling_failure_count=0, throttling_failure_timestamp=None
            )
            alice.staticdevice_set.update(
                throttling_failure_count=0, throttling_failure_timestamp=None
            )
    assert AuthenticatorApp.objects.filter(user=alice, confirmed=True).exists()
    client.post(page, {"password": "wrong", "code": codes[0], "do": "off"})
    assert AuthenticatorApp.objects.filter(user=alice, confirmed=True).exists()
    client.post(page, {"password": PASSWORD, "code": codes[1], "do": "off"})
    assert not AuthenticatorApp.objects.filter(user=alice).exists()


# Sessions


def test_sessions_are_listed_and_can_be_ended(alice: User, bob: User, client: Client) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other, third = Client(headers={"User-Agent": firefox}), Client()
    for one, where in ((client, "127.0.0.1"), (other, "192.0.2.9"), (third, "192.0.2.10")):
        sign_in(one, "alice", REMOTE_ADDR=where)
    sign_in(Client(), "bob", REMOTE_ADDR="192.0.2.11")
    page = reverse("admin:sessions")

    shown = client.get(page)
    listed = shown.context["sessions"]
    assert listed[0][0].address == "127.0.0.1"
    assert {one.address for one, *_ in listed} == {"127.0.0.1", "192.0.2.9", "192.0.2.10"}
    assert "Firefox, Linux" in shown.content.decode()
    assert other.session.session_key not in shown.content.decode()

    [theirs] = [one.number for one, *_ in listed if one.address == "192.0.2.9"]
    assert client.post(page, {"end": theirs}).status_code == 302
    assert (is_in(client), is_in(other), is_in(third)) == (True, False, True)
    stranger = Client()
    sign_in(stranger, "bob")
    [again] = [one.number for one, *_ in client.get(page).context["sessions"] if not one.is_this]
    stranger.post(page, {"end": again})
    assert is_in(third)
    client.post(page, {"do": "others"})
    assert (is_in(client), is_in(third)) == (True, False)
    assert AuditEntry.objects.filter(what=Event.SESSIONS_ENDED).count() == 2


def test_a_session_ends_however_much_it_is_used(alice: User, client: Client, settings: Any) -> None:
    sign_in(client, "alice")
    session = client.session
    session["begun"] -= settings.SESSION_MAX_SECONDS + 1
    session.save()
    assert not is_in(client)
