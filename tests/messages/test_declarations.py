"""Every message: declared, used, with the parameters that it takes, and in French."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from integrations.messages import Message
from integrations.messages.catalogue import TEXTS
from integrations.messages.declaration import PLACE

PACKAGE = Path(__file__).resolve().parents[2] / "integrations"
# Used by `sequence`.
INTERNAL = {"sequence"}
# The same word in both languages.
SAME = {"column_message"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Where in the code, and each call that makes a message."""
    for file in sorted(PACKAGE.rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        if "Message" not in source and "chain(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                where = f"{file.relative_to(PACKAGE)}:{node.lineno}"
                if node.func.id in ("Message", "chain") and node.args:
                    yield where, node


def codes(node: ast.expr) -> set[str] | None:
    """The codes that an expression may stand for; None when only a run can tell."""
    match node:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.IfExp(body=body, orelse=otherwise):
            return (codes(body) or set()) | (codes(otherwise) or set())
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]):
            return {code for code in TEXTS if code.startswith(prefix)}
    return None


def test_every_message_that_is_made_is_declared_and_has_its_parameters() -> None:
    wrong = []
    for where, call in calls():
        made = codes(call.args[0])
        given = {keyword.arg for keyword in call.keywords}
        dynamic = (
            None in given
            or not isinstance(call.args[0], ast.Constant | ast.IfExp)
            or ast.unparse(call.func) == "chain"
        )
        for code in made or ():
            if code not in TEXTS:
                wrong.append(f"{where}: {code} is not declared")
            elif not dynamic and given != TEXTS[code].places:
                wrong.append(f"{where}: {code} takes {sorted(TEXTS[code].places)}")
    assert not wrong, "\n".join(wrong)


def test_every_message_that_is_declared_is_made_somewhere() -> None:
    made = set().union(*(codes(call.args[0]) or set() for _where, call in calls()))
    # A code may be chosen before the message is made of it.
    named = {
        node.value
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).parts[0] not in ("messages", "migrations")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert TEXTS.keys() - made - named - INTERNAL == set()


@pytest.mark.parametrize("code", sorted(code for code in TEXTS if code not in INTERNAL))
def test_every_message_is_in_french_with_the_same_places(code: str) -> None:
    declared = TEXTS[code]
    with translation.override("fr"):
        if declared.plural:
            forms = [translation.ngettext(declared.text, declared.plural, n) for n in (1, 2)]
        else:
            forms = [translation.gettext(declared.text)]
    for english, french in zip((declared.text, declared.plural), forms, strict=False):
        same = code in SAME or not re.search(r"[a-z]{4}", PLACE.sub("", english))
        assert french != english or same, code
        # "One" may go without its number.
        assert set(PLACE.findall(french)) | {"count"} == set(PLACE.findall(english)) | {"count"}


def test_a_message_can_be_made_of_each_code() -> None:
    for code, declared in TEXTS.items():
        message = Message(code, **dict.fromkeys(declared.places, "x"))
        assert "{" not in message
        assert "{" not in message.render("fr")
