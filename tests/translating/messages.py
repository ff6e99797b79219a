"""Every text that is to be translated, found without gettext's tools.

Pages and models mark theirs (`gettext`, `{% translate %}`). What the service rooms say is English
and is not marked: their code is read, and each sentence in it counts, with a place in braces for
each value that is filled in (`integrations.messages`).
"""

from __future__ import annotations

import ast
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
from integrations.field_catalogue import fields_of
from integrations.flatchr.credentials import Verdict
from integrations.flatchr.errors import TABLE
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.records import (
    ApplicationRecord,
    EmploymentType,
    JobRecord,
    JobStatus,
    Model,
    Outcome,
    PersonRecord,
    RemoteWorkStatus,
    SalaryPeriod,
    Visibility,
)
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
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "translated": None,
}
# Counted things: `plural(count, "row")`, and the same as a filter.
COUNTED = re.compile(r"""\bplural\((?:[^()"]|\([^()]*\))*,\s*"([^"]+)"(?:,\s*"([^"]+)")?\)""")
COUNTED_CONTEXT = "counted"
COUNTED_IN_TEMPLATES = re.compile(r"\|plural:\"([^\"]+)\"")

# A call in what Django makes of a template, which is Python in its calls alone.
CALL = re.compile(r"""\b(?:_|n?p?gettext)\((?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)""")

Message = tuple[str, str | tuple[str, str]]  # context; text, or text and its plural

# Rooms that say things and know no language. The sandbox plays Flatchr and speaks to engineers.
SILENT = ("sandbox", "api_keys.py")
ROOMS = (
    "egress_targets.py",
    "flatchr/**/*.py",
    "sync/**/*.py",
    "spreadsheets/**/*.py",
    "submissions/**/*.py",
    "exports/**/*.py",
    "passthrough/**/*.py",
    "connecting/**/*.py",
    "accounts/**/*.py",
    "audit/**/*.py",
    "search/**/*.py",
    "tenants/**/*.py",
)
# Where labels of a word or two are said as well; elsewhere only whole sentences count.
LABELS = (
    "exports/resources.py",
    "passthrough/endpoints.py",
    "passthrough/sending.py",
    "submissions/bulk/columns.py",
    "spreadsheets/csv_file.py",
    "submissions/bulk/jobs.py",
    "submissions/bulk/rows.py",
    "submissions/bulk/sheet.py",
    "submissions/documents/__init__.py",
    "submissions/documents/ole2.py",
    "submissions/documents/packages.py",
    "submissions/attachments.py",
    "submissions/validation.py",
    "tenants/health.py",
)
# Longer is no sentence but a table of names.
LONGEST = 600
LABEL = re.compile(r"[A-Z][a-z’']+(?: [A-Za-z’'()]+)*|(?:a|an|the) \w+.*|[a-z]+ [a-z ]+")
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
# The unified schema's words, as `badges.words` says them.
ENUMERATIONS = (EmploymentType, JobStatus, Outcome, RemoteWorkStatus, SalaryPeriod, Visibility)
# Examples, names of formats and technical details that no page shows as words.
NO_WORDS = {
    "Anglais",
    "Assistant RH H/F",
    "Bon contact",
    "Comptable",
    "Content-Type",
    "ContentType",
    "Document",
    "Nadia",
    "PartName",
    "Perrot",
    "Rappeler Nadia",
    "Relationship",
    "Target",
    "TargetMode",
    "Type",
    "Votre candidature",
    "powerpoint document",
    "column is",
    "columns are",
    "field larger",
    "what to write",
    "for example",
    "expected after",
    "unexpected end",
}
UNSEEN_CALLS = ("logger", "ValueError", "TypeError", "RuntimeError", "failure", "AssertionError")


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
        if "utils.translation" in source:
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


def of_rooms() -> set[Message]:
    """What the service rooms say: sentences, and labels where a file has such."""
    found: set[Message] = set()
    for pattern in ROOMS:
        for path in (ROOT / "integrations").glob(pattern):
            if not any(part in SILENT for part in path.parts):
                labels = str(path.relative_to(ROOT / "integrations")) in LABELS
                found |= {("", text) for text in _said(path, labels=labels)}
    return found


def _said(path: Path, *, labels: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in _shown(tree):
        text = _text(node, constants)
        if text is None or len(text) > LONGEST or text in NO_WORDS:
            continue
        if not re.search(r"[A-Za-z]{2}", _own(text)):
            continue
        if _is_sentence(text) or (labels and LABEL.fullmatch(text)):
            yield text


def _is_sentence(text: str) -> bool:
    begins = text[:1].isupper() or text[:1] in "“{"
    return begins and " " in text and text.rstrip("”").endswith((".", "?", ":"))


def _own(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


def _shown(node: ast.AST) -> Iterator[ast.AST]:
    """The texts of a module without docstrings, logs, SQL and details for engineers."""
    if isinstance(node, ast.JoinedStr | ast.Constant):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.keyword) and child.arg == "detail":
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func).startswith(UNSEEN_CALLS):
            continue
        yield from _shown(child)


def _text(node: ast.AST, constants: dict[str, ast.expr]) -> str | None:
    """The template of a text: a value that is filled in is a place, a constant is written out."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts: list[str] = []
    names: dict[str, str] = {}
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            known = constants.get(value.value.id) if isinstance(value.value, ast.Name) else None
            written = _text(known, constants) if known is not None else None
            parts.append(written or "{" + _place(value.value, names) + "}")
        else:
            parts.append(_text(value, constants) or "")
    return "".join(parts)


def _place(value: ast.expr, names: dict[str, str]) -> str:
    """A name for a place: the last word of what stands in it, numbered where it comes again."""
    source = ast.unparse(value)
    words = re.findall(r"[A-Za-z]\w*", source) or ["value"]
    name = words[-1].lower()
    while names.get(name, source) != source:
        name += "_"
    names[name] = source
    return name


def of_tables() -> set[Message]:
    """Texts that stand in tables and enumerations, and are looked up as they come."""
    texts = {rule.words for rule in TABLE}
    texts |= {one.value for kind in (Verdict, Condition, RowStatus) for one in kind}
    texts |= {one.replace("_", " ").capitalize() for one in Model}
    texts |= set(INTEGRATION_FIELDS.values())
    entries = [field.entry for kind in RECORDS for field in fields_of(kind)]
    texts |= {text for entry in entries for text in (entry.label, entry.rule, entry.export) if text}
    # Django makes the names of models from those of their classes.
    for model in site._registry:
        texts |= {str(model._meta.verbose_name), str(model._meta.verbose_name_plural)}
    texts |= set(OF_THE_THEME)
    texts |= {badges.words(value) for kind in ENUMERATIONS for value in kind}
    return {("", text) for text in texts}


@cache
def all_messages() -> frozenset[Message]:
    """Nothing that is marked may be both alone and a singular: a catalogue holds it once only."""
    with translation.override("en"):
        marked = of_code() | of_templates() | of_tables()
        singles = {(context, text[0]) for context, text in marked if isinstance(text, tuple)}
        return frozenset(marked | of_rooms() - singles)
