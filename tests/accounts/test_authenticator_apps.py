"""Keys of authenticator apps are encrypted at rest; those that were not are moved there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from integrations.accounts import second_factor
from integrations.models import AuthenticatorApp, FlatchrCredentials, Integration
from integrations.operations.key_rotation import rotate_keys
from tests.accounts.test_login import code_of, enrol, is_in, sign_in
from tests.support.cast import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MIGRATION = import_module("integrations.migrations.0044_accounts")


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM integrations_authenticatorapp")
        [(text,)] = cursor.fetchall()
    return str(text)


def test_the_key_is_not_in_the_database(alice: User, client: Client, settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    sign_in(client, "alice")
    enrol(client, alice)

    app = AuthenticatorApp.objects.get()
    assert len(app.bin_key) == 20
    assert app.key not in stored()
    assert Fernet(settings.CREDENTIALS_KEYS[0]).decrypt(stored()).decode() == app.key


def test_a_code_is_good_once_and_the_one_of_a_minute_ago_is_not(alice: User) -> None:
    AuthenticatorApp.objects.create(user=alice)
    assert second_factor.verify(alice, code_of(alice, steps=-2)) is None
    AuthenticatorApp.objects.update(throttling_failure_count=0)

    code = code_of(alice)
    assert second_factor.verify(alice, code) is not None
    assert second_factor.verify(alice, code) is None


def test_keys_are_rotated_with_all_others(alice: User, settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.CREDENTIALS_KEYS = [old]
    key = AuthenticatorApp.objects.create(user=alice).key
    settings.CREDENTIALS_KEYS = [new, old]

    assert rotate_keys().rotated == 1
    settings.CREDENTIALS_KEYS = [new]
    assert AuthenticatorApp.objects.get().key == key


def test_with_the_wrong_keys_the_page_says_so_and_recovery_codes_work(
    alice: User, client: Client, settings: Any
) -> None:
    sign_in(client, "alice")
    codes = enrol(client, alice)
    code = code_of(alice)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    fresh = Client()
    page = sign_in(fresh, "alice").headers["Location"]
    assert "cannot be decrypted" in fresh.post(page, {"code": code}).content.decode()
    assert not is_in(fresh)
    own = {"password": PASSWORD, "code": code, "do": "off"}
    answer = client.post(reverse("admin:second_factor"), own)
    assert "cannot be decrypted" in answer.content.decode()
    fresh.post(page, {"code": codes[0]})
    assert is_in(fresh)


def test_one_that_was_being_set_up_under_other_keys_is_begun_anew(
    alice: User, logged_in: Any, settings: Any
) -> None:
    second_factor.begin_enrolment(alice)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    assert "<svg" in logged_in(alice).get(reverse("admin:second_factor")).content.decode()
    assert AuthenticatorApp.objects.get().is_readable


def test_none_is_set_up_while_the_keys_are_missing(
    alice: User, tenant: Integration, logged_in: Any, settings: Any, tmp_path: Any
) -> None:
    settings.CREDENTIALS_KEYS, settings.CREDENTIALS_KEYS_PATH = [], tmp_path / "keys"

    answer = logged_in(alice).get(reverse("admin:second_factor"), follow=True)
    assert "has lost its CREDENTIALS_KEYS" in answer.content.decode()
    assert not AuthenticatorApp.objects.exists()


@pytest.mark.parametrize("keys_are_there", [True, False])
def test_what_was_stored_in_the_clear_is_moved(
    alice: User, bob: User, settings: Any, tmp_path: Any, keys_are_there: bool
) -> None:
    if not keys_are_there:
        settings.CREDENTIALS_KEYS, settings.CREDENTIALS_KEYS_PATH = [], tmp_path / "keys"
    begun = timezone.now()
    before = TOTPDevice.objects.create(user=alice, name="App", drift=1, last_t=7)
    TOTPDevice.objects.create(user=bob, name="App", confirmed=False, throttling_failure_count=3)
    key, made = before.key, before.created_at

    MIGRATION.encrypt_keys(apps, None)

    assert not TOTPDevice.objects.exists()
    moved = AuthenticatorApp.objects.get(user=alice)
    assert (moved.key, moved.drift, moved.last_t, moved.confirmed) == (key, 1, 7, True)
    assert moved.created_at == made
    assert begun < made < timezone.now()
    waiting = AuthenticatorApp.objects.get(user=bob)
    assert (waiting.confirmed, waiting.throttling_failure_count) == (False, 3)

    MIGRATION.decrypt_keys(apps, None)
    assert TOTPDevice.objects.get(user=alice).key == key
    assert not AuthenticatorApp.objects.exists()


def test_nothing_is_made_where_nobody_has_one(settings: Any, tmp_path: Any) -> None:
    settings.CREDENTIALS_KEYS, settings.CREDENTIALS_KEYS_PATH = [], tmp_path / "keys"
    MIGRATION.encrypt_keys(apps, None)
    assert not (tmp_path / "keys").exists()
    assert not FlatchrCredentials.objects.exists()
