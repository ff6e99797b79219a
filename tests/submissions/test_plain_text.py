"""What Flatchr's text cannot hold is replaced, everything else stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.submissions.plain_text import plain_typography, sendable_name


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("O’Connor", "O'Connor"),
        ("“chef d’équipe”, „Leiter‟", '"chef d\'équipe", "Leiter"'),
        ("‹ici›", "'ici'"),
        ("Anne‑Marie – 2024—2026", "Anne-Marie - 2024-2026"),
        ("• un\n◦ deux\n\uf0b7 trois\n▪ quatre", "- un\n- deux\n- trois\n- quatre"),
        ("Etc…", "Etc..."),
        ("eﬃcace, ﬁable", "efficace, fiable"),
        ("10\u202f000\u00a0€", "10 000 €"),
        ("soft\u00adhyphen\u200b\ufeff", "softhyphen"),
        ("d\x92équipe \x93oui\x94 \x95 \x96 \x85", 'd\'équipe "oui" - - ...'),
    ],
)
def test_what_a_word_processor_puts_in_is_made_plain(text: str, plain: str) -> None:
    assert plain_typography(text)[0] == plain


@pytest.mark.parametrize(
    "text",
    [
        "Éloïse N'Guyên-Ðặng, Łukasz Żółć, Søren Åse, François Œuvré",
        "« ici », d'ici, O'Connor, Anne-Marie",
        "王伟 山田 太郎 김민준 Мария Ελένη محمد דוד नरेंद्र",
        "می\u200cخواهم",
        "3 000 €, 5 ‰, 20 °C, ½, n° 1, paral·lel, ©, ™",
        "Mykʼola",
        "",
    ],
)
def test_letters_of_every_script_and_what_is_typed_stay(text: str) -> None:
    assert plain_typography(text) == (text, [])


def test_each_replacement_is_told_once_in_order_of_appearance() -> None:
    assert plain_typography("l’été… l’hiver\u200b…") == (
        "l'été... l'hiver...",
        [("’", "'"), ("…", "..."), ("\u200b", "")],
    )


@pytest.mark.parametrize(
    ("name", "sent", "told"),
    [
        ("Éloïse", "Éloïse", []),
        ("O’Connor", "O'Connor", [("’", "'")]),
        ("Мария", "Мария (Mariya)", [("Мария", "Мария (Mariya)")]),
        ("王伟", "王伟 (WangWei)", [("王伟", "王伟 (WangWei)")]),
        ("محمد", "محمد (mhmd)", [("محمد", "محمد (mhmd)")]),
        ("Ö", "Ö (O)", [("Ö", "Ö (O)")]),
        ("Ма’рія", "Ма'рія (Ma'riya)", [("’", "'"), ("Ма'рія", "Ма'рія (Ma'riya)")]),
        ("Мария Curie", "Мария Curie", []),
        ("123", "123", []),
        ("😀", "😀", []),
        ("", "", []),
    ],
)
def test_a_name_without_latin_letters_gets_them_and_keeps_its_own(
    name: str, sent: str, told: list[tuple[str, str]]
) -> None:
    assert sendable_name(name) == (sent, told)


@given(st.text(max_size=40))
def test_a_name_is_never_lost(name: str) -> None:
    plain, _ = plain_typography(name)
    sent, told = sendable_name(name)
    assert sent.startswith(plain)
    assert plain_typography(plain) == (plain, [])
    if sent != plain:
        assert re.search("[a-zA-Z]", sent)
        assert told[-1] == (plain, sent)
