"""`updated_after`: which records have changed, or have something listed with them that has.

A record counts as changed if a row of one of its links has changed (`docs/unified-api.md §5`).
There are two ways to find them. If few rows have changed, their records are gathered by the indexes
on `changed_at`. If many have, as after a first sync, each page would have to gather them all; then
the list is walked in its own order, and each record is tested until the page is full.

The SQL is written here: compiling it by the ORM took as long as executing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from integrations.api.reads.scope import CREATED, ReadScope
from integrations.changes import batches
from integrations.changes.models import MODELS
from integrations.models import Application, MirroredRecord, RecordQuerySet

# Seconds for which the number of changes is cached.
KNOWN_FOR = 30


@dataclass(frozen=True, slots=True)
class Link:
    """A table whose changes count for the listed records.

    Rows of `model` name the listed record in `key`. Where the moment that counts is that of a
    record they belong to, `through` is the column that names it and `source` its table.
    """

    model: type[MirroredRecord]
    key: str = "id"
    source: type[MirroredRecord] | None = None
    through: str = ""

    @property
    def changed(self) -> type[MirroredRecord]:
        """The table whose `changed_at` counts."""
        return self.source or self.model

    @property
    def table(self) -> str:
        return self.changed._meta.db_table


def instant_of(scope: ReadScope, links: Sequence[Link], since: datetime) -> datetime:
    """The stamp from which on the rows are that may have become visible after `since`.

    `changed_at` is stamped before a row can be read, so one that could not be read at `since` may
    have an earlier one. Pages of one read may be given different instants: a later page's is never
    later, since what has been committed meanwhile can only be added.
    """
    return batches.floor(scope.integration_id, since, {MODELS[link.changed] for link in links})


def changed_since(
    scope: ReadScope,
    records: RecordQuerySet,
    links: Sequence[Link],
    since: datetime,
    *,
    gather: bool,
) -> RecordQuerySet:
    """Those of `records` that have changed at `since` or later, gathered or found on the way."""
    if gather:
        # In the order of such a read, so that no more are looked up than a page holds.
        gathered = " UNION ".join(_gathering(scope, link) for link in links) + " ORDER BY 1"
        values = [scope.integration_id, stored(since)] * len(links)
        return records.filter(id__in=RawSQL(gathered, values))  # noqa: S611
    listed = records.model._meta.db_table
    seen = (_seen_on_the_way(scope, listed, link, since) for link in links)
    return records.filter(reduce(or_, seen))


def few(links: Sequence[Link], since: datetime, most: int) -> bool:
    """Whether no table had more than `most` rows that changed since, of whatever tenant.

    The answer is up to `KNOWN_FOR` seconds old. Both ways find the same records, so an answer that
    is out of date costs time, and no record is missed.
    """
    moments = (
        cache.get_or_set(
            f"api:changes:{link.table}:{most}", partial(_moment_of_many, link, most), KNOWN_FOR
        )
        for link in links
    )
    return all(moment is None or moment < since for moment in moments)


def _moment_of_many(link: Link, most: int) -> datetime | None:
    """The time since which more than `most` rows have changed; None if the table has no more."""
    changes = link.changed.objects.order_by("-changed_at")
    return changes.values_list("changed_at", flat=True)[most : most + 1].first()


def _gathering(scope: ReadScope, link: Link) -> str:
    """The ids of the listed records whose link has changed; takes a tenant and a moment."""
    row, moment = "link", "link.changed_at"
    joined = f"{link.model._meta.db_table} {row}"
    if link.source:
        moment = "source.changed_at"
        joined += f" JOIN {link.table} source ON source.id = {row}.{link.through}"
    return (
        f"SELECT {row}.{link.key} FROM {joined}"  # noqa: S608
        f" WHERE {row}.integration_id = %s AND {moment} >= %s{_shown(scope, link)}"
    )


def _seen_on_the_way(scope: ReadScope, listed: str, link: Link, since: datetime) -> Q:
    """The condition on one record of the table `listed`."""
    if link.source:
        return Q(**{f"{link.through.removesuffix('_id')}__changed_at__gte": since})
    if link.key == "id":
        return Q(changed_at__gte=since)
    # A subquery that yields a value is carried out for the record at hand; PostgreSQL takes an
    # EXISTS here as leave to read the whole other table first.
    one = (
        f"(SELECT link.id FROM {link.table} link"  # noqa: S608
        f" WHERE link.{link.key} = {listed}.id"
        f" AND link.changed_at >= %s{_shown(scope, link)} LIMIT 1) IS NOT NULL"
    )
    return Q(RawSQL(one, [stored(since)], output_field=BooleanField()))  # noqa: S611


def _shown(scope: ReadScope, link: Link) -> str:
    """A condition that leaves out applications that are not shown: they change no record."""
    if scope.only_created and link.model is Application:
        return f" AND {CREATED.format(application='link')}"
    return ""


def stored(since: Any) -> Any:
    """A time as the database takes it in a statement of our own; a parameter stays one."""
    if isinstance(since, datetime):
        return connection.ops.adapt_datetimefield_value(since)
    return since
