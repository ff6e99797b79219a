"""Messages: a code with parameters, its English text, and what a reader of French sees."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.html import format_html

from integrations.messages import Message, UnknownMessage, chain, sequence, translated

TOO_LARGE = "“cv.pdf” is larger than 5 MB."


def too_large(name: str = "cv.pdf") -> Message:
    return Message("file_too_large", name=name, limit="5 MB")


def test_a_message_is_its_english_text_whatever_language_is_active() -> None:
    with translation.override("fr"):
        message = too_large()

        assert message == TOO_LARGE
        assert json.dumps({"message": message}) == json.dumps({"message": TOO_LARGE})
        assert f"Refused: {message}" == f"Refused: {TOO_LARGE}"
        assert type(message.english) is str


def test_a_message_is_rendered_in_the_language_of_its_reader() -> None:
    message = too_large()

    assert message.render("fr") == "« cv.pdf » dépasse 5 MB.".replace("« ", "«\xa0").replace(
        " »", "\xa0»"
    )
    assert message.render("en") == TOO_LARGE
    with translation.override("fr"):
        assert message.render() == message.render("fr")


def test_a_code_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(UnknownMessage):
        Message("no_such_code")


@pytest.mark.parametrize(
    "params", [{}, {"name": "cv.pdf"}, {"name": "cv.pdf", "limit": "5 MB", "more": ""}]
)
def test_parameters_are_those_that_are_declared(params: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="limit, name"):
        Message("file_too_large", **params)


def test_a_message_within_a_message_is_translated_too() -> None:
    refused = Message("cv_not_fetched", reason=Message("egress_unknown_host", host="files.example"))

    assert refused.startswith("The CV could not be fetched: There is no host named files.example.")
    french = refused.render("fr")
    assert "Aucun hôte ne s’appelle files.example." in french
    assert "The" not in french


def test_text_within_a_message_stays_as_it_is() -> None:
    said = Message("flatchr_words", reason=Message("flatchr_invalid"), words="The file is empty.")

    assert "«\xa0The file is empty.\xa0»" in said.render("fr")


def test_several_messages_are_rendered_one_after_the_other() -> None:
    several = sequence([Message("job_required"), Message("email_required"), "Flatchr says no."])

    assert several == "Choose a job. Enter the e-mail address. Flatchr says no."
    assert translated(several) == several
    with translation.override("fr"):
        assert translated(several).endswith(" Flatchr says no.")
        assert "Choose" not in translated(several)
    assert sequence([Message("job_required")]) == Message("job_required")
    assert sequence([]) == ""


def test_a_list_is_separated_by_commas() -> None:
    changes = [
        Message("character_sent_as", before="—", after="-"),
        Message("character_sent_as", before="☺", after=Message("nothing")),
    ]
    message = Message("characters_replaced", changes=changes)

    assert message == "Some characters are sent differently: — as -, ☺ as nothing"
    assert message.render("fr").endswith("— devient -, ☺ devient rien")


def test_items_are_chained_by_a_conjunction() -> None:
    paths = chain("both", ["a.pdf", "b.pdf", "c.pdf"])

    assert paths == "a.pdf and b.pdf and c.pdf"
    assert isinstance(paths, Message)
    assert paths.render("fr") == "a.pdf et b.pdf et c.pdf"
    assert chain("both", ["a.pdf"]) == "a.pdf"


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (0, "The columns are missing: x.", "La colonne manque\xa0: x."),
        (1, "The column is missing: x.", "La colonne manque\xa0: x."),
        (2, "The columns are missing: x.", "Les colonnes manquent\xa0: x."),
        (1_000_000, "The columns are missing: x.", "Les colonnes manquent\xa0: x."),
    ],
)
def test_each_language_has_its_own_plural(count: int, english: str, french: str) -> None:
    message = Message("columns_missing", names="x", count=count)

    assert message == english
    assert message.render("fr") == french


def test_a_count_is_grouped_as_its_language_groups() -> None:
    nested = Message("sequence", sentences=[Message("migrations_not_applied", count=12_345)])

    assert nested == "12,345 migrations are not applied."
    assert "12\N{NO-BREAK SPACE}345" in nested.render("fr")
    assert nested.render("en") == nested
    assert Message("disk_free", gigabytes=1.5).render("fr").startswith("1,5")
    assert Message("disk_free", gigabytes=1.5).startswith("1.5")


@pytest.mark.parametrize("odd", ["{limit}", "{0}", "%(limit)s 100 %", "%s", "{", "\\1", "", "é\0"])
def test_what_looks_like_a_place_in_a_value_is_no_place(odd: str) -> None:
    assert too_large(odd) == f"“{odd}” is larger than 5 MB."
    assert f"«\xa0{odd}\xa0»" in too_large(odd).render("fr")


def test_markup_in_a_value_is_escaped_where_a_page_shows_it() -> None:
    with translation.override("fr"):
        shown = format_html("<p>{}</p>", translated(too_large("<b>x</b>")))

    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<b>" not in shown


def test_an_error_that_was_raised_with_a_message_gives_it_back() -> None:
    message = too_large()

    assert str(ValueError(message)) is message
    with translation.override("fr"):
        assert translated(ValueError(message)) == message.render()
    [told] = ValidationError({"cv": [message]}).message_dict["cv"]
    assert isinstance(told, Message)


def test_a_message_survives_being_copied_and_sent_to_another_process() -> None:
    message = Message("cv_not_fetched", reason=too_large())

    sent = pickle.loads(pickle.dumps(message))  # noqa: S301 - what was dumped here
    for twin in (copy.copy(message), copy.deepcopy(message), sent):
        assert twin == message
        assert twin.render("fr") == message.render("fr")


@pytest.mark.parametrize("text", ["", "Menuisier d’atelier", "The file is empty.", TOO_LARGE])
def test_text_that_is_no_message_is_shown_as_it_is(text: str) -> None:
    with translation.override("fr"):
        assert translated(text) == text
