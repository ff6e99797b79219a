"""A worker that dies at a chosen moment, in this process: from then on it does nothing at all.

Moments are counted: each statement and each commit on this thread's connection, and each request
to Flatchr, just before it happens. Between two of them nothing happens that anybody could see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection

from integrations.flatchr import client as flatchr_client


class Killed(BaseException):
    """The worker's process is no more."""


class Moments:
    """Counts the moments of a worker's life; at number `last` it dies."""

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.count = 0

    @property
    def is_dead(self) -> bool:
        return self.last is not None and self.count > self.last

    def next(self) -> None:
        dies = self.count == self.last
        if not self.is_dead:
            self.count += 1
        if dies or self.is_dead:
            raise Killed

    def statement(self, execute: Any, sql: str, *rest: Any) -> Any:
        # As when the client is gone.
        if not sql.startswith("ROLLBACK"):
            self.next()
        return execute(sql, *rest)


@contextmanager
def living(moments: Moments) -> Iterator[None]:
    """Whatever is done on this thread in here is done by a worker that lives so long."""
    commit, attempt = connection.commit, flatchr_client.Attempt

    def committing() -> None:
        try:
            moments.next()
        except Killed:
            # What a database does by itself when its client is gone.
            connection.rollback()
            raise
        commit()

    def attempting(*given: Any) -> Any:
        moments.next()
        return attempt(*given)

    with (
        connection.execute_wrapper(moments.statement),
        mock.patch.object(connection, "commit", committing),
        mock.patch.object(flatchr_client, "Attempt", attempting),
    ):
        yield


def dies_at(moment: int | None, call: Any, *given: Any) -> int:
    """Do `call` as a worker that dies at `moment`, or does not; the moments it lived."""
    moments = Moments(moment)
    try:
        with living(moments):
            call(*given)
    except Killed:
        # A process that dies takes its connection along.
        connection.close()
    return moments.count
