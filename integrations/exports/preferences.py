"""What each user prefers: how files are written, and which columns have a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from integrations.exports.formats import Style
from integrations.messages import Message
from integrations.models import (
    ColumnSet,
    DateFormat,
    Delimiter,
    ExportFormat,
    ExportPreference,
)

NAME_LENGTH = 60
# So that the list of them stays one.
MOST_SETS = 50


class NotSaved(Exception):
    """The set of columns was not saved; the message tells the user why."""


def preference(user: Any, *, language: str) -> ExportPreference:
    """The user's choices of the last time, or what suits somebody who reads `language`.

    A French spreadsheet expects semicolons, and days before months.
    """
    kept = ExportPreference.objects.filter(pk=user.pk).first()
    if kept is not None:
        return kept
    french = language.partition("-")[0] == "fr"
    return ExportPreference(
        user=user,
        format=ExportFormat.CSV,
        delimiter=Delimiter.SEMICOLON if french else Delimiter.COMMA,
        date_format=DateFormat.DAY_FIRST if french else DateFormat.ISO,
        bom=True,
    )


def remember(user: Any, format: str, style: Style, *, language: str) -> None:
    """Keep the choices for the next time; who chose the language of the dashboard, `language`,
    gets that of the dashboard then, whatever it is.
    """
    wording = "" if style.wording == language.partition("-")[0] else style.wording
    chosen = {**style._asdict(), "format": format, "wording": wording}
    ExportPreference.objects.update_or_create(pk=user.pk, defaults=chosen)


def sets_of(user: Any, kind: str) -> QuerySet[ColumnSet]:
    """The user's own sets of columns, by name."""
    return ColumnSet.objects.filter(user=user, kind=kind)


def save_set(user: Any, kind: str, name: str, columns: Sequence[str]) -> ColumnSet:
    """Save columns under a name, in place of those that have had it. Raises `NotSaved`."""
    name = " ".join(name.split())
    if not name:
        raise NotSaved(Message("column_set_unnamed"))
    if len(name) > NAME_LENGTH:
        raise NotSaved(Message("column_set_name_too_long", most=NAME_LENGTH))
    if not columns:
        raise NotSaved(Message("column_set_empty"))
    mine = sets_of(user, kind)
    if mine.count() >= MOST_SETS and not mine.filter(name=name).exists():
        raise NotSaved(Message("column_sets_too_many", most=MOST_SETS))
    made, _ = ColumnSet.objects.update_or_create(
        user=user, kind=kind, name=name, defaults={"columns": list(columns)}
    )
    return made


def delete_set(user: Any, kind: str, pk: str) -> bool:
    """Forget one of the user's own sets; whether there was one."""
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return False
    deleted, _ = sets_of(user, kind).filter(pk=int(pk)).delete()
    return bool(deleted)
