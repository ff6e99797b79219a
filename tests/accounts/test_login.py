"""Signing in: the password, the lock after too many wrong ones, the second factor, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from integrations.accounts import lockout, second_factor
from integrations.models import AuditEntry, Event
from tests.support.cast import PASSWORD

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


def test_too_many_wrong_passwords_lock_and_the_page_says_until_when(
    alice: User, client: Client
) -> None:
    answer = fail(client, "alice")

    until = lockout.locks("alice")
    assert until is not None
    assert answer.status_code == 429
    assert f"{timezone.localtime(until):%H:%M}" in answer.content.decode()
    # The right password does not help while it is locked, and does not put the end off.
    assert sign_in(client, "alice").status_code == 429
    assert lockout.locks("alice") == until
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
    device = TOTPDevice.objects.get(user=user)
    at = int(timezone.now().timestamp()) // device.step + steps
    return f"{totp(device.bin_key, t0=-steps * device.step):06d}" if at else ""


def enrol(client: Client, user: User) -> list[str]:
    """Switches the second factor on as its page does; the recovery codes."""
    page = reverse("admin:second_factor")
    assert "<svg" in client.get(page).content.decode()
    answer = client.post(page, {"code": code_of(user)})
    codes: list[str] = answer.context["codes"]
    # The code that switched it on is used up; the tests' next one would be 30 seconds away.
    TOTPDevice.objects.filter(user=user).update(last_t=-1)
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
    TOTPDevice.objects.update(throttling_failure_count=0)
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
    assert len(codes) == len(kept) == second_factor.CODES
    assert not any(code.replace("-", "") in kept for code in codes)
    for expected in (True, False):
        fresh = Client()
        sign_in(fresh, "alice")
        fresh.post(reverse("admin:login_code"), {"code": codes[0].lower()})
        assert is_in(fresh) == expected
    assert second_factor.codes_left(alice) == second_factor.CODES - 1


def test_wrong_codes_are_slowed_down(alice: User, client: Client) -> None:
    sign_in(client, "alice")
    enrol(client, alice)
    fresh = Client()
    sign_in(fresh, "alice")
    TOTPDevice.objects.update(
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
