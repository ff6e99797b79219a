"""The keyboard's way around: which letter after `g` goes where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import template
from django.urls import reverse

register = template.Library()

# Initials of the English words; in other languages the dialog says the same letters.
LETTERS = {
    "index": "h",
    "integrations_integration_changelist": "t",
    "integrations_job_changelist": "j",
    "integrations_candidate_changelist": "c",
    "integrations_application_changelist": "a",
    "integrations_syncrun_changelist": "s",
    "integrations_submission_changelist": "u",
    "integrations_export_changelist": "e",
}


class Place(NamedTuple):
    letter: str
    title: str
    url: str


@register.simple_tag(takes_context=True)
def places(context: Any) -> Iterator[Place]:
    """The pages of this user's navigation that have a letter, in the navigation's order."""
    letters = {reverse(f"admin:{name}"): letter for name, letter in LETTERS.items()}
    for group in context.get("sidebar_navigation") or ():
        for item in group["items"]:
            url = str(item["link"])
            if item["has_permission"] and url in letters:
                yield Place(letters[url], str(item["title"]), url)
