"""A flood of sign-ins, and everybody else; what a password must not be made of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from integrations.accounts import password_places
from integrations.accounts.passwords import OwnWordsValidator
from integrations.models import CheckCount
from tests.support.cast import PASSWORD


@pytest.fixture
def one_place() -> Iterator[None]:
    password_places.limit_process(1)
    yield
    password_places.limit_process(None)


@pytest.fixture
def flooded(one_place: None) -> Iterator[None]:
    """One password is being checked, and as many wait as may."""
    entered, over = threading.Event(), threading.Event()

    def hold() -> None:
        with password_places.place():
            entered.set()
            over.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(1 + password_places.WAITING)]
    for thread in threads:
        thread.start()
    entered.wait(10)
    yield
    over.set()
    for thread in threads:
        thread.join()


def test_who_comes_during_a_flood_is_told_and_nothing_is_counted(
    alice: User, flooded: None
) -> None:
    given = {"username": alice.username, "password": PASSWORD}
    while True:
        # The others may not all have come yet.
        answer = Client().post(reverse("admin:login"), given)
        if answer.status_code == 429:
            break
    assert answer.headers["Retry-After"] == "2"
    assert "Your password was not looked at" in answer.content.decode()
    assert not CheckCount.objects.exists()


def test_a_place_is_free_again_after_any_end(one_place: None, alice: User) -> None:
    for _ in range(5):
        with pytest.raises(RuntimeError), password_places.place():
            raise RuntimeError
    given = {"username": alice.username, "password": PASSWORD}
    assert Client().post(reverse("admin:login"), given).status_code == 302


def test_without_a_limit_any_number_is_checked() -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(password_places.place())


@pytest.mark.parametrize("good", ["quiet harbour lamp", "relais et trois chats", "xX9#aaaa"])
def test_a_password_of_other_words_is_taken(good: str) -> None:
    OwnWordsValidator().validate(good)


@pytest.mark.parametrize("bad", ["relaisflatchr", "Flatchr-2026!", "acmeRelais123"])
def test_a_password_of_our_own_words_is_refused(bad: str, settings: Any) -> None:
    settings.PUBLIC_URL = "https://acme-recruit.example/relais"
    with pytest.raises(ValidationError, match="do not count"):
        OwnWordsValidator().validate(bad)
