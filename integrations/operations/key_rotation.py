"""`rotate_keys`: everything that is encrypted, under the first of `CREDENTIALS_KEYS`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from integrations.encryption.credentials import decrypt, encrypt, is_newest
from integrations.operations.moving.tables import MovedTable, moved_tables


@dataclass
class Rotation:
    """Tokens by what was found and done. Those of `unreadable` rows, named by table and key, are
    opened by no configured key and were left as they are; `old` ones still need another key than
    the first.
    """

    rotated: int = 0
    newest: int = 0
    old: int = 0
    unreadable: list[str] = field(default_factory=list)

    @property
    def others_can_go(self) -> bool:
        """Whether every key but the first can be dropped without losing anything."""
        return not self.old and not self.unreadable


def rotate_keys(*, write: bool = True) -> Rotation:
    """Encrypt anew with the first key what only a later one opens; with `write=False`, count it.

    Each row is written alone, and only if it is still what was read. So this can be stopped at any
    row and run again, beside everything else that runs.
    """
    done = Rotation()
    for table in moved_tables():
        for place in table.encrypted:
            column = table.columns[place]
            for key, token in list(_tokens(table, column)):
                _rotate(table, column, key, token, done, write=write)
    return done


def _rotate(
    table: MovedTable, column: str, key: str, token: str, done: Rotation, *, write: bool
) -> None:
    if is_newest(token):
        done.newest += 1
    elif (text := decrypt(token)) is None:
        done.unreadable.append(f"{table.name} {key}")
    elif write:
        # A row that somebody has changed meanwhile is encrypted with the first key by that.
        anew = encrypt(text, are_others_stored=lambda: True)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table.name} SET {column} = %s WHERE {table.key} = %s AND {column} = %s",  # noqa: S608
                [anew, key, token],
            )
            done.rotated += cursor.rowcount
    else:
        done.old += 1


def _tokens(table: MovedTable, column: str) -> Iterator[tuple[str, str]]:
    """Key and token of each row that has one, as they are stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {table.key}, {column} FROM {table.name} WHERE {column} <> '' ORDER BY 1"  # noqa: S608
        )
        yield from cursor.fetchall()
