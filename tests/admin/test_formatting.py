"""How values are put in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from integrations.admin.base.badges import badge, words
from integrations.admin.base.formatting import capped, date_time, duration, emails, number, relative

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (3, "just now"),
        (-3, "in a moment"),
        (50, "1 minute ago"),
        (-720, "in 12 minutes"),
        (3590, "1 hour ago"),
        (7300, "2 hours ago"),
        (86400 * 3, "3 days ago"),
    ],
)
def test_distances_in_time(seconds: int, expected: str) -> None:
    assert relative(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "–"),
        (0.0, "0.00 s"),
        (0.0042, "4 ms"),
        (0.234, "0.23 s"),
        (4, "4 s"),
        (4.26, "4.3 s"),
        (41.2, "41 s"),
        (185, "3 min 05 s"),
        (7620, "2 h 07 min"),
    ],
)
def test_durations(seconds: float | None, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        ("FULL_TIME", "Full time"),
        ("ON_SITE", "On site"),
        ("Apprentissage", "Apprentissage"),
        ("7", "7"),
        ("CDI", "CDI"),
    ],
)
def test_words_of_enums(value: str | None, expected: str) -> None:
    assert words(value) == expected


def test_counts_past_the_cap_say_so() -> None:
    assert (capped(1000), capped(1001), number(1234567), number(None)) == (
        "1,000",
        "1,000+",
        "1,234,567",
        "–",
    )


def test_times_are_local() -> None:
    assert ">2 Mar 2026, 10:00<" in str(date_time(NOW))


def test_what_is_shown_is_escaped() -> None:
    assert "&lt;b&gt;" in badge("<b>")
    assert "<script>" not in str(emails([{"email_address": '"><script>'}]))


def test_addresses_that_are_odd_or_empty_are_passed_over() -> None:
    assert emails([{"email_address": None}, {}]) == "–"


def test_a_page_that_does_not_exist_says_so_in_our_words(client: Client, db: None) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
