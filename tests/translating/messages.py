"""Every text that is to be translated, found without gettext's tools.

Pages and models mark theirs (`gettext`, `{% translate %}`), and so do the tables of messages
(`integrations/messages/`). Labels that stand in tables of other rooms are collected from these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from django.utils import translation
from django.utils.translation import template

from integrations.admin.base import badges
from integrations.admin.registry import site
from integrations.enumerations import (
    EmploymentType,
    JobStatus,
    Outcome,
    RemoteWorkStatus,
    SalaryPeriod,
    Visibility,
)
from integrations.exports.resources import RESOURCES
from integrations.field_catalogue import fields_of
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.passthrough.endpoints import ENDPOINTS
from integrations.records import ApplicationRecord, JobRecord, Model, PersonRecord
from integrations.submissions.bulk.columns import COLUMNS
from integrations.submissions.bulk.result import RowStatus
from integrations.tenants.health import Condition

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDS = (JobRecord, PersonRecord, ApplicationRecord)
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "lazy": None,
    "_lazy": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "gettext_noop": None,
    "ngettext_noop": (1, 2),
}
# Counted things: `plural(count, "row")`, and the same as a filter.
COUNTED = re.compile(r"""\bplural\((?:[^()"]|\([^()]*\))*,\s*"([^"]+)"(?:,\s*"([^"]+)")?\)""")
COUNTED_CONTEXT = "counted"
COUNTED_IN_TEMPLATES = re.compile(r"\|plural:\"([^\"]+)\"")

# A call in what Django makes of a template, which is Python in its calls alone.
CALL = re.compile(r"""\b(?:_|n?p?gettext)\((?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)""")

Message = tuple[str, str | tuple[str, str]]  # context; text, or text and its plural

# What the theme says on our pages; it has no catalogue of its own.
OF_THE_THEME = (
    "Choose file to upload",
    "Current file",
    "Go back",
    "Loading more results...",
    "No results found",
    "Return to site",
    "Select all rows",
    "Toggle password visibility",
    "Welcome back to",
    "You have been successfully logged out from the administration",
)
# What Django says in French as nobody in France does: "Kio", "Mio".
OF_DJANGO = ("%s KB", "%s MB", "%s GB", ("%(size)d byte", "%(size)d bytes"))
# The unified schema's words, as `badges.words` says them.
ENUMERATIONS = (EmploymentType, JobStatus, Outcome, RemoteWorkStatus, SalaryPeriod, Visibility)


def _found(source: bytes) -> Iterator[Message]:
    for _line, found, _comments, context in extract("python", BytesIO(source), KEYWORDS):
        yield context or "", found if isinstance(found, str) else _pair(found)


def _pair(found: tuple[str, ...]) -> str | tuple[str, str]:
    return (found[0], found[1]) if len(found) > 1 and found[1] else found[0]


def of_code() -> set[Message]:
    files = [*ROOT.glob("integrations/**/*.py"), *ROOT.glob("config/*.py")]
    found = set()
    for path in files:
        source = path.read_text(encoding="utf-8")
        if "gettext" in source:
            found |= set(_found(source.encode()))
        for one, many in COUNTED.findall(source):
            found.add((COUNTED_CONTEXT, (one, many or f"{one}s")))
    return found


def of_templates() -> set[Message]:
    found = set()
    for path in ROOT.glob("templates/**/*.html"):
        source = path.read_text(encoding="utf-8")
        if "i18n" in source:
            calls = CALL.findall(template.templatize(source, origin=str(path)))
            found |= set(_found("\n".join(calls).encode()))
        for one in COUNTED_IN_TEMPLATES.findall(source):
            found.add((COUNTED_CONTEXT, (one, f"{one}s")))
    return found


def of_tables() -> set[Message]:
    """Texts that stand in tables and enumerations, and are looked up as they come."""
    texts = {one.value for kind in (Condition, RowStatus) for one in kind}
    texts |= {one.replace("_", " ").capitalize() for one in Model}
    texts |= set(INTEGRATION_FIELDS.values())
    entries = [field.entry for kind in RECORDS for field in fields_of(kind)]
    texts |= {text for entry in entries for text in (entry.label, entry.rule, entry.export) if text}
    texts |= {column.words for column in COLUMNS}
    for resource in RESOURCES.values():
        texts |= {str(field.label) for field in resource.fields.values()}
    texts |= {text for one in ENDPOINTS for text in (one.group, one.does, one.note) if text}
    # Django makes the names of models from those of their classes.
    for model in site._registry:
        texts |= {str(model._meta.verbose_name), str(model._meta.verbose_name_plural)}
    texts |= set(OF_THE_THEME)
    texts |= {badges.words(value) for kind in ENUMERATIONS for value in kind}
    return {("", text) for text in (*texts, *OF_DJANGO)}


@cache
def all_messages() -> frozenset[Message]:
    with translation.override("en"):
        return frozenset(of_code() | of_templates() | of_tables())
