"""Keys: made with the first credentials and never beside others, rotated, and earlier ones kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from integrations.accounts import second_factor
from integrations.connecting.connect import ConnectionRefused, connect
from integrations.encryption.credentials import CredentialsKeysMissing
from integrations.models import FlatchrCredentials, Integration
from integrations.operations.key_rotation import rotate_keys
from tests.operations.places import this_place
from tests.sync.terminal import command_line

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NEW, OLD, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def no_keys(settings: Any, tmp_path: Path) -> Path:
    """Neither the variable nor the file; the path of the file."""
    settings.CREDENTIALS_KEYS, settings.CREDENTIALS_KEYS_PATH = [], tmp_path / "credentials_keys"
    return tmp_path / "credentials_keys"


def store(tenant: Integration, key: str) -> None:
    FlatchrCredentials.objects.update_or_create(
        integration=tenant, defaults={"api_key": key, "company_key": "c", "slug": "s"}
    )


def stored_keys() -> list[str]:
    return [row.api_key for row in FlatchrCredentials.objects.order_by("pk")]


@pytest.fixture
def tenants(settings: Any) -> list[Integration]:
    """Four, whose keys were stored under NEW, OLD, OLD and LOST; all but the last can be read."""
    made = [Integration.objects.create(organization=f"Société {number}") for number in range(4)]
    for number, (tenant, key) in enumerate(zip(made, (NEW, OLD, OLD, LOST), strict=True)):
        settings.CREDENTIALS_KEYS = [key]
        store(tenant, f"secret {number}")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    return made


def test_the_first_credentials_make_the_keys(no_keys: Path) -> None:
    first, second = (Integration.objects.create(organization=name) for name in "ab")
    assert not no_keys.exists()

    store(first, "one")
    store(second, "two")

    assert no_keys.stat().st_mode & 0o777 == 0o600
    assert sorted(stored_keys()) == ["one", "two"]


def test_no_keys_are_made_beside_credentials_that_are_there(
    tenants: list[Integration], no_keys: Path
) -> None:
    with pytest.raises(CredentialsKeysMissing, match="Bring the earlier ones back"):
        store(tenants[0], "entered again")

    assert not no_keys.exists()


def test_whoever_enters_a_key_then_is_told_so(tenants: list[Integration], no_keys: Path) -> None:
    with pytest.raises(ConnectionRefused, match="although other keys are stored encrypted"):
        connect(
            organization="Atelier Nord",
            environment="sandbox",
            api_key="key",
            company_key="company",
            slug="slug",
            check=False,
        )

    assert Integration.objects.count() == 4


def test_keys_that_another_process_has_made_are_found(no_keys: Path) -> None:
    tenant = Integration.objects.create(organization="Atelier Nord")
    no_keys.write_text(f"{NEW}\n")

    store(tenant, "one")

    assert no_keys.read_text() == f"{NEW}\n"
    assert stored_keys() == ["one"]


def test_the_file_may_hold_several_keys(no_keys: Path, tenants: list[Integration]) -> None:
    no_keys.write_text(f"{NEW},{OLD}\n{LOST}\n")

    assert len(set(stored_keys())) == 4


def test_after_a_rotation_the_old_key_can_go(tenants: list[Integration], settings: Any) -> None:
    tenants.pop().delete()

    done = rotate_keys()

    assert (done.rotated, done.newest, done.others_can_go) == (2, 1, True)
    settings.CREDENTIALS_KEYS = [NEW]
    assert sorted(stored_keys()) == ["secret 0", "secret 1", "secret 2"]


def test_what_no_key_opens_is_named_and_left_as_it_is(
    tenants: list[Integration], settings: Any
) -> None:
    done = rotate_keys()

    assert done.unreadable == [f"integrations_flatchrcredentials {tenants[3].pk}"]
    assert not done.others_can_go
    settings.CREDENTIALS_KEYS = [LOST]
    assert FlatchrCredentials.objects.get(pk=tenants[3].pk).api_key == "secret 3"


def test_counting_changes_nothing(tenants: list[Integration], settings: Any) -> None:
    done = rotate_keys(write=False)

    assert (done.rotated, done.newest, done.old, len(done.unreadable)) == (0, 1, 2, 1)
    settings.CREDENTIALS_KEYS = [NEW]
    assert sum(key.startswith("secret") for key in stored_keys()) == 1


def test_a_rotation_that_was_stopped_goes_on_where_it_was(tenants: list[Integration]) -> None:
    stop_at = 2

    def stopping(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal stop_at
        if sql.startswith("UPDATE"):
            stop_at -= 1
            if not stop_at:
                raise KeyboardInterrupt
        return execute(sql, *rest)

    with connection.execute_wrapper(stopping), pytest.raises(KeyboardInterrupt):
        rotate_keys()
    assert rotate_keys(write=False).old == 1

    done = rotate_keys()

    assert (done.rotated, done.newest) == (1, 2)


def test_a_key_that_is_entered_meanwhile_stays(tenants: list[Integration]) -> None:
    def entered(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE integrations_flatchrcredentials SET api_key"):
            with connection.cursor() as cursor:
                cursor.cursor.execute("UPDATE integrations_flatchrcredentials SET api_key = 'x'")
        return execute(sql, *rest)

    with connection.execute_wrapper(entered):
        done = rotate_keys()

    assert done.rotated == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT api_key FROM integrations_flatchrcredentials")
        assert cursor.fetchall() == [("x",)]


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_remains(tenants: list[Integration]) -> None:
    place = this_place()

    counted = command_line("rotate_keys", "--check", "--json")
    done = place.manage("rotate_keys", CREDENTIALS_KEYS=f"{NEW},{OLD}")
    FlatchrCredentials.objects.filter(pk=tenants[3].pk).delete()
    again = command_line("rotate_keys")
    wrong = place.manage("rotate_keys", CREDENTIALS_KEYS="no key")

    assert (counted.returncode, done.returncode, again.returncode) == (1, 1, 0)
    assert json.loads(counted.stdout)["old"] == 2
    assert "Encrypted anew: 2." in done.stdout
    assert f"{tenants[3].pk}: no configured key opens it" in done.stderr
    assert "Every key but the first can be dropped" in again.stdout
    assert wrong.returncode != 0
    assert "CREDENTIALS_KEYS: number 1 is no key of Fernet" in wrong.stderr


def test_an_earlier_secret_key_keeps_sessions_and_recovery_codes(
    admin: User, settings: Any
) -> None:
    first, second = Client(), Client()
    first.force_login(admin)
    second.force_login(admin)
    codes = second_factor.new_recovery_codes(admin)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, as long as the first one, of no value to anybody"

    assert first.get(reverse("admin:index")).status_code == 200
    assert second_factor.verify(admin, codes[0]) is not None

    settings.SECRET_KEY_FALLBACKS = []
    assert second.get(reverse("admin:index")).status_code == 302
    assert second_factor.verify(admin, codes[1]) is None
