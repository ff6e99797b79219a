"""Mirrored rows for the export tests, made without a sync."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from integrations.exports.formats import Style
from integrations.exports.writing import Wanted, write
from integrations.ids import unified_id
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    Tag,
)

CHANGED = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)


class Rows:
    """Makes rows of one tenant. `changed_at` is `CHANGED` unless said otherwise."""

    def __init__(self, tenant: Integration) -> None:
        self.tenant = tenant
        self._numbers = count(1)

    def candidate(self, **fields: Any) -> Candidate:
        return self.candidates([fields])[0]

    def candidates(self, many: Iterable[dict[str, Any]]) -> list[Candidate]:
        return Candidate.objects.bulk_create(Candidate(**self._identity(fields)) for fields in many)

    def application(self, candidate: Candidate, **fields: Any) -> Application:
        return self.applications([{"candidate": candidate, **fields}])[0]

    def applications(self, many: Iterable[dict[str, Any]]) -> list[Application]:
        return Application.objects.bulk_create(
            Application(**self._identity(fields)) for fields in many
        )

    def job(self, name: str) -> Job:
        return Job.objects.create(**self._identity({"name": name}))

    def stage(self, name: str) -> ApplicationStage:
        return ApplicationStage.objects.create(**self._identity({"name": name}))

    def tag(self, name: str | None, **fields: Any) -> Tag:
        return Tag.objects.create(**self._identity({"name": name, **fields}))

    def tagged(self, candidate: Candidate, *tags: Tag, **fields: Any) -> None:
        CandidateTag.objects.bulk_create(
            CandidateTag(**self._identity({"candidate": candidate, "tag": tag, **fields}))
            for tag in tags
        )

    def _identity(self, fields: dict[str, Any]) -> dict[str, Any]:
        remote_id = fields.get("remote_id", f"remote-{next(self._numbers)}")
        return {
            "id": unified_id(self.tenant.pk, remote_id),
            "integration": self.tenant,
            "remote_id": remote_id,
            "changed_at": CHANGED,
            **fields,
        }


@pytest.fixture
def rows(tenant: Integration) -> Rows:
    return Rows(tenant)


@pytest.fixture
def other_rows(other_tenant: Integration) -> Rows:
    return Rows(other_tenant)


def candidates_csv(
    queryset: Any,
    *,
    bom: bool = False,
    with_tenant: bool = False,
    on_end: Callable[[int], None] | None = None,
) -> Generator[bytes, None, None]:
    """All columns of the candidates, as the command line writes them when nothing is chosen."""
    wanted = Wanted(style=Style(bom=bom))
    return write(queryset, wanted, with_tenant=with_tenant, on_end=on_end)


def queries(captured: CaptureQueriesContext) -> int:
    """How many there were. The transaction that PostgreSQL reads in is a savepoint here, inside
    the test's own.
    """
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def table(pieces: Iterable[bytes] | Iterator[bytes]) -> list[dict[str, str]]:
    """An exported file as a spreadsheet reads it."""
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
