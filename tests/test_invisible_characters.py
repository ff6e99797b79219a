"""Characters that nobody sees are dropped wherever a name, address, key or id is typed."""

from __future__ import annotations

import unicodedata

import pytest

from integrations.connecting.forms import KeysForm, PastedEmailField
from integrations.flatchr.mapping.contacts import email, phone
from integrations.flatchr.mapping.values import Notes, text
from integrations.invisible_characters import visible, visible_name
from integrations.records import Finding, Model

UNSEEN = [
    *("\u00ad", "\u200b", "\u200e", "\u200f", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069"),
    *("\ufeff", "\u061c", "\u180e", "\u3164", "\u115f", "\ufe0f", "\ufff9", "\U000e0041"),
    *("\x00", "\x07", "\x1b", "\x7f"),
]
names = pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"U+{ord(sign):04X}")


@names
def test_they_are_dropped_at_the_ends_and_within(sign: str) -> None:
    assert visible(f"{sign}zoe{sign}@mail.example{sign}") == "zoe@mail.example"
    assert visible_name(f"Zo{sign}é") == "Zoé"


def test_every_general_format_character_is_one_of_them() -> None:
    kept = {
        chr(point)
        for point in range(0x110000)
        if unicodedata.category(chr(point)) == "Cf" and visible(chr(point))
    }
    # Signs of scripts that write with them: of Arabic and Kaithi numbers, hieroglyphs, music.
    assert kept
    assert not [char for char in kept if ord(char) < 0x600 or ord(char) in range(0x2000, 0x10000)]


@pytest.mark.parametrize("typed", ["Zoë", "N'Diaye", "a\tb\nc", "王小明", "ﻣﺤﻤﺪ", "Ünal 2", "\x92"])
def test_what_is_seen_stays(typed: str) -> None:
    assert visible(typed) == typed


def test_scripts_that_need_joiners_keep_them_in_names() -> None:
    name = "می\u200cخواهم"
    assert visible_name(name) == name
    assert "\u200c" not in visible(name)


@names
def test_what_comes_from_flatchr_is_told(sign: str) -> None:
    found: list[Finding] = []
    notes = Notes(found.append, Model.CANDIDATES, "a")

    assert email(f"zoe@mail.example{sign}", "email", notes) == "zoe@mail.example"
    assert phone(f"{sign}06 39 98 00 01", "phone", notes) == "+33639980001"
    assert text(f"Zo{sign}é", "name", notes, seen=visible_name) == "Zoé"
    assert {finding.code for finding in found} == {"invisible_characters"}
    assert len(found) == 3


@names
def test_a_pasted_key_is_the_key(sign: str) -> None:
    form = KeysForm(
        {
            "api_key": f"{sign}key{sign}-1",
            "company_key": f"abcdefgh{sign}12345678",
            "slug": f"atelier{sign}",
            "user_key": f"{sign}u1",
        }
    )

    assert form.is_valid(), form.errors
    assert [form.cleaned_data[name] for name in ("api_key", "company_key", "slug", "user_key")] == [
        "key-1",
        "abcdefgh12345678",
        "atelier",
        "u1",
    ]


@names
def test_a_pasted_address_is_an_address(sign: str) -> None:
    assert PastedEmailField().clean(f" zoe{sign}@mail.example{sign} ") == "zoe@mail.example"
