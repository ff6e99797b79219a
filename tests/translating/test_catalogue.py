"""The French catalogue: complete, with nothing that is no longer said, and compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.checkers import python_format
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.forms.forms import BaseForm
from django.forms.utils import pretty_name
from django.utils import translation
from django.utils.translation import gettext

from integrations.admin.base.formatting import label
from integrations.admin.registry import site
from tests.translating.messages import ROOT, Message, all_messages

FOLDER = ROOT / "integrations/locale/fr/LC_MESSAGES"
PLACES = re.compile(r"%\(\w+\)s|\{\w*\}|</?\w+>")
# A plain space where the line must not break, and an apostrophe of typewriters.
UNFRENCH = re.compile(r" [:;!?»](?!\w)|« |\w'\w")

Told = dict[Message, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, "fr")


def said(catalog: Catalog) -> Told:
    return {
        (_text(one.context), one.id if isinstance(one.id, str) else tuple(one.id)): one.string
        if isinstance(one.string, str)
        else tuple(one.string)
        for one in catalog
        if one.id
    }


def _text(context: str | bytes | None) -> str:
    # A compiled catalogue is read with its contexts as bytes.
    return context.decode() if isinstance(context, bytes) else context or ""


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def test_every_text_has_a_translation_and_no_translation_lacks_its_text(french: Catalog) -> None:
    assert set(said(french)) == set(all_messages())
    assert all(all(forms(one)) for one in said(french).values())
    assert not any(one.fuzzy for one in french if one.id)


def test_translations_keep_what_is_filled_in(french: Catalog) -> None:
    for (_context, english), told in said(french).items():
        expected = set(PLACES.findall(forms(english)[-1]))
        assert set(PLACES.findall(forms(told)[-1])) == expected, english
        # "One" may go without its number.
        assert set(PLACES.findall(forms(told)[0])) <= expected, english


def test_translations_with_values_pass_babels_own_check(french: Catalog) -> None:
    for one in french:
        if one.id and one.python_format:
            python_format(french, one)


def test_french_is_set_as_french_is_set(french: Catalog) -> None:
    wrong = [one for told in said(french).values() for one in forms(told) if UNFRENCH.search(one)]

    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_texts(french: Catalog) -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = said(read_mo(file))

    assert compiled == said(french), (
        "Compile it: .venv/bin/pybabel compile -f -D django -d integrations/locale"
    )


def every_form(form: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    for one in form.__subclasses__():
        if one.__module__.startswith("integrations."):
            yield one
        yield from every_form(one)


def test_every_label_of_a_form_is_a_text_of_the_catalogue() -> None:
    known = {text for _context, text in all_messages()}
    with translation.override("en"):
        labels = {
            (form.__name__, str(field.label or pretty_name(name)))
            for form in every_form()
            for name, field in form.base_fields.items()
        }

    assert len(labels) > 40
    assert {one for one in labels if one[1] not in known | {"CV", "JSON", "URL"}} == set()


def test_plural_names_of_models_are_not_made_with_an_s() -> None:
    for model in site._registry:
        with translation.override("en"):
            english = str(model._meta.verbose_name_plural)
        with translation.override("fr"):
            assert label(model._meta.verbose_name_plural) == gettext(english), english
