"""Tokens of `CREDENTIALS_KEYS` in the tables: which columns hold them, which keys open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from integrations.encryption.credentials import decrypt
from integrations.operations.moving.tables import MovedTable
from integrations.operations.moving.values import Row


class TokenCount:
    """Counts tokens among rows that pass by, and those that none of the configured keys opens."""

    def __init__(self) -> None:
        self.stored = self.unreadable = 0

    def watched(self, table: MovedTable, rows: Iterable[Row]) -> Iterator[Row]:
        if not table.encrypted:
            yield from rows
            return
        for row in rows:
            for token in filter(None, (row[place] for place in table.encrypted)):
                self.stored += 1
                self.unreadable += decrypt(token) is None
            yield row
