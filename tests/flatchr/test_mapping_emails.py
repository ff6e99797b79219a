"""E-mail addresses (`docs/mapping.md`, Candidate and application)."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flatchr.mapping.contacts import email
from integrations.flatchr.mapping.values import Notes
from integrations.records import Finding, Model


def read(reader: Any, value: Any) -> tuple[str | None, list[str]]:
    findings: list[Finding] = []
    found = reader(value, "field", Notes(findings.append, Model.CANDIDATES, "a"))
    return found, [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nadia.perrot@example.org", "nadia.perrot@example.org"),
        ("  nadia@example.org\n", "nadia@example.org"),
        ("Nadia.PERROT@Example.ORG", "Nadia.PERROT@example.org"),
        ("o'brenn+cv@sous.domaine.example", "o'brenn+cv@sous.domaine.example"),
        ("a@b-c.example", "a@b-c.example"),
        ("_@1.example", "_@1.example"),
    ],
)
def test_email_keeps_what_was_typed_and_lowers_the_domain(typed: str, expected: str) -> None:
    assert read(email, typed) == (expected, [])


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_no_email_is_no_finding(nothing: str | None) -> None:
    assert read(email, nothing) == (None, [])


@pytest.mark.parametrize(
    "typed",
    [
        "pas-une-adresse",
        "sans.domaine@",
        "@example.org",
        "deux@@example.org",
        ".point@example.org",
        "deux..points@example.org",
        "point.@example.org",
        "accentué@example.org",
        "nadia@exämple.example",
        "nadia@example",
        "nadia@example.o",
        "nadia@-example.org",
        "nadia@example.org.",
        "nadia@exam ple.org",
        "nadia@example.org, n@example.org",
        "nadia\n@example.org",
        "n" * 250 + "@example.org",
    ],
)
def test_an_invalid_email_is_left_out_with_a_finding(typed: str) -> None:
    assert read(email, typed) == (None, ["invalid_email"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (12, ["unexpected_type", "invalid_email"]),
        (True, ["unexpected_type"]),
        (["nadia@example.org"], ["unexpected_type"]),
    ],
)
def test_an_email_of_the_wrong_type_is_left_out(value: Any, found: list[str]) -> None:
    assert read(email, value) == (None, found)
