"""Signing in: the password, the lock after too many wrong ones, the second factor, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp

from integrations.accounts import lockout, second_factor, users
from integrations.admin.accounts.login import CODE_TIMEOUT, PENDING
from integrations.models import AuditEntry, AuthenticatorApp, Event
from tests.support.cast import PASSWORD
from tests.support.database_locks import lock_held

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"username": username, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get(reverse("admin:password_change")).status_code == 200


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("what", flat=True))


def fail(client: Client, username: str, times: int = 5, **more: Any) -> Any:
    for _ in range(times):
        answer = sign_in(client, username, "wrong", **more)
    return answer


def test_signing_in_and_out_is_written_down(alice: User, client: Client) -> None:
    answer = sign_in(client, "alice")

    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("admin:index"))
    client.post(reverse("admin:logout"))
    assert events() == [Event.SIGNED_IN, Event.SIGNED_OUT]
    entry = AuditEntry.objects.get(what=Event.SIGNED_IN)
    assert (entry.user_id, entry.who, entry.ip) == (alice.pk, "alice", "127.0.0.1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite has one lock for all.")
def test_while_somebody_else_writes_for_too_long_the_page_asks_for_patience(alice: User) -> None:
    client = Client(raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        [[usual]] = cursor.fetchall()
        cursor.execute("PRAGMA busy_timeout = 10")  # milliseconds, so that the test is quick
        with lock_held(alice):
            answer = sign_in(client, "alice")
        cursor.execute(f"PRAGMA busy_timeout = {usual}")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "The database does not answer" in answer.content.decode()
    assert sign_in(client, "alice").status_code == 302


def test_too_many_wrong_passwords_lock_and_the_page_says_until_when(
    alice: User, client: Client
) -> None:
    answer = fail(client, "alice")

    until = lockout.locked_anywhere_until(alice)
    assert until is not None
    assert answer.status_code == 429
    assert f"{timezone.localtime(until):%H:%M}" in answer.content.decode()
    # The right password does not help while it is locked, and does not put the end off.
    assert sign_in(client, "alice").status_code == 429
    assert lockout.locked_anywhere_until(alice) == until
    assert not is_in(client)
    assert events() == [Event.SIGN_IN_FAILED] * 5 + [Event.SIGN_IN_LOCKED]


def test_a_stranger_locks_out_nobody_else(alice: User, bob: User, client: Client) -> None:
    fail(client, "alice", REMOTE_ADDR="203.0.113.9")

    assert sign_in(Client(), "alice").status_code == 302
    assert sign_in(Client(), "bob", REMOTE_ADDR="203.0.113.9").status_code == 302


def test_a_lock_ends_by_itself_or_by_an_administrator(
    alice: User, admin: User, client: Client, logged_in: Any
) -> None:
    fail(client, "alice")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in(client, "alice").status_code == 302

    fail(Client(), "alice")
    page = reverse("admin:auth_user_change", args=[alice.pk])
    assert "Unlock now" in logged_in(admin).get(page).content.decode()
    logged_in(admin).post(page, {"do": "unlock"})
    assert sign_in(Client(), "alice").status_code == 302
    assert Event.SIGN_IN_UNLOCKED in events()


def test_a_name_that_nobody_has_is_not_written_down(client: Client, db: None) -> None:
    fail(client, "hunter2-typed-in-the-wrong-field", 2)

    assert events() == []


def test_behind_proxies_the_address_is_the_one_that_the_outermost_has_seen(
    alice: User, settings: Any, client: Client
) -> None:
    settings.TRUSTED_PROXIES = 1
    sign_in(client, "alice", headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.7"})

    assert AuditEntry.objects.get(what=Event.SIGNED_IN).ip == "203.0.113.7"


# The second factor


def code_of(user: User, *, steps: int = 0) -> str:
    device = AuthenticatorApp.objects.get(user=user)
    at = int(timezone.now().timestamp()) // device.step + steps
    return f"{totp(device.bin_key, t0=-steps * device.step):06d}" if at else ""


def enrol(client: Client, user: User) -> list[str]:
    """Switches the second factor on as its page does; the recovery codes."""
    page = reverse("admin:second_factor")
    assert "<svg" in client.get(page).content.decode()
    answer = client.post(page, {"code": code_of(user)})
    codes: list[str] = answer.context["codes"]
    # The code that switched it on is used up; the tests' next one would be 30 seconds away.
    AuthenticatorApp.objects.filter(user=user).update(last_t=-1)
    return codes


def test_with_a_second_factor_the_password_alone_opens_nothing(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    fresh = Client()

    step = sign_in(fresh, "alice")
    assert step.headers["Location"] == reverse("admin:login_code")
    assert not is_in(fresh)
    assert "not right" in fresh.post(step.headers["Location"], {"code": "12"}).content.decode()
    assert not is_in(fresh)
    AuthenticatorApp.objects.update(throttling_failure_count=0)
    second_factor.StaticDevice.objects.update(throttling_failure_count=0)
    done = fresh.post(step.headers["Location"], {"code": code_of(alice)})
    assert done.headers["Location"] == reverse("admin:index")
    assert is_in(fresh)
    assert Event.SECOND_FACTOR_ON in events()


def test_a_code_is_good_once(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    code = code_of(alice)
    first, second = Client(), Client()
    for fresh in (first, second):
        sign_in(fresh, "alice")
        fresh.post(reverse("admin:login_code"), {"code": code})

    assert (is_in(first), is_in(second)) == (True, False)


def test_a_recovery_code_is_good_once_and_kept_unreadable(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    codes = enrol(client, alice)
    kept = set(second_factor.StaticToken.objects.values_list("token", flat=True))
    assert len(codes) == len(kept) == second_factor.RECOVERY_CODES
    assert not any(code.replace("-", "") in kept for code in codes)
    for expected in (True, False):
        fresh = Client()
        sign_in(fresh, "alice")
        fresh.post(reverse("admin:login_code"), {"code": codes[0].lower()})
        assert is_in(fresh) == expected
    assert second_factor.recovery_codes_left(alice) == second_factor.RECOVERY_CODES - 1


def test_wrong_codes_are_slowed_down(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    fresh = Client()
    sign_in(fresh, "alice")
    AuthenticatorApp.objects.update(
        throttling_failure_count=8, throttling_failure_timestamp=timezone.now()
    )

    answer = fresh.post(reverse("admin:login_code"), {"code": code_of(alice)})
    assert "Too many wrong codes" in answer.content.decode()
    assert not is_in(fresh)


def test_an_administrator_resets_it_and_everything_is_signed_out(
    alice: User, admin: User, client: Client, logged_in: Any
) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    logged_in(admin).post(reverse("admin:auth_user_change", args=[alice.pk]), {"do": "reset"})

    assert not is_in(client)
    assert sign_in(client, "alice").headers["Location"] == reverse("admin:index")
    entry = AuditEntry.objects.get(what=Event.SECOND_FACTOR_RESET)
    assert (entry.who, entry.object_name) == ("admin", "alice")


@pytest.mark.parametrize(("required", "held"), [("none", 0), ("administrators", 1), ("all", 2)])
def test_where_it_is_required_nothing_opens_before_it_is_set_up(
    required: str, held: int, alice: User, admin: User, settings: Any, logged_in: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = required
    answers = [logged_in(user).get(reverse("admin:index")) for user in (admin, alice)]

    sent = [answer.headers.get("Location") == reverse("admin:second_factor") for answer in answers]
    assert sum(sent) == held
    if held:
        client = logged_in(admin)
        enrol(client, admin)
        assert client.get(reverse("admin:index")).status_code == 200


# Passwords and sessions


def test_changing_the_password_ends_the_other_sessions(alice: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client, "alice")
    page = reverse("admin:password_change")
    weak = {"password": PASSWORD, "first": "short", "second": "short"}
    assert "at least 12" in here.post(page, weak).content.decode()
    new = {"password": PASSWORD, "first": "quiet harbour lamp", "second": "quiet harbour lamp"}
    assert here.post(page, new).status_code == 302

    assert (is_in(here), is_in(there)) == (True, False)
    assert Event.PASSWORD_CHANGED in events()


def test_an_invitation_sets_the_password_once(admin: User, tenant: Any, logged_in: Any) -> None:
    given = {"username": "dora", "email": "dora@nord.example", "tenant": tenant.pk}
    made = logged_in(admin).post(reverse("admin:auth_user_add"), {**given, "role": "viewer"})
    link = made.context["link"]
    client = Client()
    assert "dora" in client.get(link).content.decode()
    words = {"first": "quiet harbour lamp", "second": "quiet harbour lamp"}
    assert "is set" in client.post(link, words).content.decode()

    assert client.get(link).status_code == 404
    assert sign_in(client, "dora", "quiet harbour lamp").status_code == 302
    assert tenant.memberships.get(user__username="dora").role == "viewer"
    assert {Event.USER_INVITED, Event.MEMBER_ADDED} <= set(events())


def test_switching_a_user_off_signs_them_out(
    alice: User, admin: User, client: Client, logged_in: Any
) -> None:
    sign_in(client, "alice")
    logged_in(admin).post(reverse("admin:auth_user_change", args=[alice.pk]), {"do": "off"})

    assert not is_in(client)
    assert sign_in(client, "alice").status_code == 200


def test_a_session_ends_so_long_after_the_last_page(
    alice: User, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, "alice")
    began = client.session.get_expiry_date()
    monkeypatch.setattr(
        "integrations.admin.accounts.sessions.TIMES", settings.SESSION_COOKIE_AGE + 1
    )
    session = client.session
    session["renewed"] -= 60
    session.save()
    assert is_in(client)

    [stored] = Session.objects.all()
    assert stored.expire_date >= began.replace(microsecond=0)
    assert client.session["renewed"] > session["renewed"]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


# Between the password and the code


@pytest.fixture
def waiting(alice: User, client: Client) -> Client:
    """A browser in which alice, who has a second factor, has given her password."""
    sign_in(client, "alice")
    enrol(client, alice)
    browser = Client()
    assert sign_in(browser, "alice").headers["Location"] == reverse("admin:login_code")
    return browser


def give_code(browser: Client, code: str) -> Any:
    return browser.post(reverse("admin:login_code"), {"code": code})


def edit_pending(browser: Client, **fields: Any) -> None:
    session = browser.session
    session[PENDING] = session[PENDING] | fields
    session.save()


def test_a_password_that_was_changed_meanwhile_has_to_be_given_again(
    waiting: Client, alice: User
) -> None:
    users.set_password(alice, "quiet harbour lamp")

    answer = give_code(waiting, code_of(alice))
    assert answer.headers["Location"] == reverse("admin:login")
    assert not is_in(waiting)
    sign_in(waiting, "alice", "quiet harbour lamp")
    give_code(waiting, code_of(alice))
    assert is_in(waiting)


def test_a_user_who_was_switched_off_meanwhile_does_not_get_in(
    waiting: Client, alice: User
) -> None:
    users.change(alice, is_active=False)

    assert give_code(waiting, code_of(alice)).headers["Location"] == reverse("admin:login")
    assert not is_in(waiting)


def test_the_password_is_good_for_ten_minutes(waiting: Client, alice: User) -> None:
    edit_pending(waiting, at=waiting.session[PENDING]["at"] - CODE_TIMEOUT - 1)

    assert give_code(waiting, code_of(alice)).headers["Location"] == reverse("admin:login")
    assert not is_in(waiting)


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_the_code_leads_to_no_other_site(waiting: Client, alice: User, address: str) -> None:
    edit_pending(waiting, next=address)

    assert give_code(waiting, code_of(alice)).headers["Location"] == reverse("admin:index")
    assert is_in(waiting)


def test_the_code_leads_to_the_page_that_was_asked_for(waiting: Client, alice: User) -> None:
    page = reverse("admin:password_change")
    waiting.post(f"{LOGIN}?next={page}", {"username": "alice", "password": PASSWORD})

    assert give_code(waiting, code_of(alice)).headers["Location"] == page


def test_a_code_of_another_user_opens_nothing(
    waiting: Client, alice: User, bob: User, client: Client
) -> None:
    other = Client()
    sign_in(other, "bob")
    recovery = enrol(other, bob)

    assert give_code(waiting, recovery[0]).status_code == 200
    AuthenticatorApp.objects.update(throttling_failure_count=0)
    second_factor.StaticDevice.objects.update(throttling_failure_count=0)
    assert give_code(waiting, code_of(bob)).status_code == 200
    assert not is_in(waiting)


def test_enrolling_ends_the_other_sessions_and_earlier_recovery_codes(
    alice: User, bob: User, logged_in: Any
) -> None:
    here, there = logged_in(alice), logged_in(alice)
    bobs = logged_in(bob)
    earlier = second_factor.new_recovery_codes(alice)

    codes = enrol(here, alice)

    assert (is_in(here), is_in(there), is_in(bobs)) == (True, False, True)
    assert second_factor.recovery_codes_left(alice) == second_factor.RECOVERY_CODES
    for code, expected in ((earlier[0], False), (codes[0], True)):
        second_factor.StaticDevice.objects.update(throttling_failure_count=0)
        fresh = Client()
        sign_in(fresh, "alice")
        give_code(fresh, code)
        assert is_in(fresh) == expected


def test_new_recovery_codes_take_the_place_of_earlier_ones(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    earlier = enrol(client, alice)
    given = {"password": PASSWORD, "code": code_of(alice), "do": "codes"}
    page = client.post(reverse("admin:second_factor"), given)
    new: list[str] = page.context["codes"]

    assert not set(new) & set(earlier)
    assert second_factor.verify(alice, earlier[0]) is None
    second_factor.StaticDevice.objects.update(throttling_failure_count=0)
    assert second_factor.verify(alice, new[0]) is not None


def test_an_app_whose_first_code_was_not_given_is_no_second_factor(
    alice: User, client: Client
) -> None:
    sign_in(client, "alice")
    client.get(reverse("admin:second_factor"))

    assert sign_in(Client(), "alice").headers["Location"] == reverse("admin:index")
    assert second_factor.verify(alice, code_of(alice)) is None
