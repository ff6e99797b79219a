"""Flatchr's lists of labels, whose shape is nowhere documented (`docs/flatchr-api.md §25`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.referentials import Referentials, labels, read_referentials


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([{"id": 1, "text": "CDI"}, {"id": 2, "text": "CDD"}], {"1": "CDI", "2": "CDD"}),
        ([{"id": "1", "text": " CDI "}], {"1": "CDI"}),
        ([{"id": 1, "label": "CDI"}], {"1": "CDI"}),
        ([{"id": 1, "name": "CDI"}], {"1": "CDI"}),
        ([{"id": 1, "title": "CDI"}], {"1": "CDI"}),
        ([{"id": 1, "text": "", "label": "CDI"}], {"1": "CDI"}),
        ([{"id": 1, "text": {"fr": "CDI"}, "name": "CDI"}], {"1": "CDI"}),
        ([{"id": 1, "text": "CDI"}, {"id": "1", "text": "CDD"}], {"1": "CDD"}),
        ([{"id": None, "text": "CDI"}, {"id": " ", "text": "CDI"}, {"text": "CDI"}], {}),
        ([{"id": True, "text": "CDI"}, {"id": 1.5, "text": "CDI"}, {"id": [1], "text": "CDI"}], {}),
        ([{"id": 1}, {"id": 2, "text": None}, {"id": 3, "text": 4}], {}),
        ([None, "CDI", 1, ["CDI"]], {}),
        ([], {}),
    ],
)
def test_labels(items: list[Any], expected: dict[str, str]) -> None:
    assert labels(items) == expected


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists)))
def test_items_of_any_kind_are_passed_over(items: list[Any]) -> None:
    assert labels(items) == {}


LISTS: Mapping[str, list[Any] | None] = {
    "/contracts": [{"id": 1, "text": "CDI"}],
    "/channels": [{"id": 2, "text": "Commerce / Vente"}, {"id": 5, "text": "Informatique"}],
    "/channels/2/metiers": [{"id": 49, "text": "Commercial conseil"}],
    "/channels/5/metiers": [{"id": 14, "text": "Développeur"}],
    "/educationLevels": [{"id": 5, "text": "Bac +3"}],
    "/activities": [{"id": 25, "text": "Internet"}],
}


def read(lists: Mapping[str, list[Any] | None], *fields: str) -> tuple[Referentials, list[str]]:
    asked: list[str] = []

    def fetch(path: str) -> list[Any] | None:
        asked.append(path)
        return lists[path]

    return read_referentials(fetch, frozenset(fields)), sorted(asked)


def test_contracts_and_channels_are_always_read_and_nothing_else() -> None:
    found, asked = read(LISTS)
    assert found == Referentials(
        contracts={"1": "CDI"}, channels={"2": "Commerce / Vente", "5": "Informatique"}
    )
    assert asked == ["/channels", "/contracts"]


def test_the_others_are_read_when_a_field_shows_them() -> None:
    found, asked = read(LISTS, "education_level", "activity", "metier", "reference")
    assert found.education_levels == {"5": "Bac +3"}
    assert found.activities == {"25": "Internet"}
    assert found.metiers == {"49": "Commercial conseil", "14": "Développeur"}
    assert asked == sorted(LISTS)


def test_metiers_of_one_refused_channel_are_not_taken_for_all_there_are() -> None:
    found, _ = read({**LISTS, "/channels/5/metiers": None}, "metier")
    assert found.metiers is None


def test_without_channels_there_are_no_metiers_to_ask_for() -> None:
    found, asked = read({**LISTS, "/channels": None}, "metier")
    assert (found.channels, found.metiers) == (None, None)
    assert asked == ["/channels", "/contracts"]
