"""A page without filters: its compiled statement finds what the ORM finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from integrations.api.reads import cached_sql
from integrations.api.reads.cached_sql import Walk
from integrations.api.reads.cursors import Position
from integrations.api.reads.scope import ReadScope
from integrations.models import Integration
from tests.api.making import NEW, OLD, SINCE, Maker
from tests.api.reading import LISTINGS

pytestmark = pytest.mark.django_db


def fill(tenant: Integration) -> None:
    """Of everything: one that is old, one that has changed, one that is deleted."""
    make = Maker(tenant)
    for fields in (
        {"changed_at": OLD},
        {"changed_at": NEW},
        {"changed_at": NEW, "remote_deleted_at": NEW},
    ):
        job, stage, tag = make.job(**fields), make.stage(**fields), make.tag(**fields)
        candidate = make.candidate(**fields)
        make.job_stage(job, stage, **fields)
        make.candidate_tag(candidate, tag, **fields)
        application = make.application(candidate, job=job, current_stage=stage, **fields)
        make.submitted(application)
        make.application(candidate, job=job, **fields)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_compiled_statement_finds_what_the_orm_finds(
    name: str, tenant: Integration, other_tenant: Integration
) -> None:
    listing = LISTINGS[name]
    for one in (tenant, other_tenant):
        fill(one)
        records = listing.model.objects.filter(integration_id=one.pk).order_by("arrival", "id")
        first = Position(*records.values_list("arrival", "id")[0])
        for deleted, since, gather, shown, created in product((False, True), *[(False, True)] * 4):
            for after in (None, first, first._replace(arrival=None)):
                scope = ReadScope(one.pk, remote_data=shown, only_created=created)
                walk = Walk(deleted, after, SINCE if since else None, gather and since)
                expected = list(listing.select(scope, listing.walked(scope, walk)))
                assert cached_sql.rows(listing, scope, walk, 10) == expected
                assert cached_sql.rows(listing, scope, walk, 1) == expected[:1]


# What stands for a value in a statement, what a statement holds besides the request's own values,
# and what could be taken for either.
SPECIAL = (
    "tenant",
    "record",
    "arrival",
    "since",
    "%s",
    "%(tenant)s",
    "SUCCEEDED",
    "None",
    "-1",
    "1",
)


@pytest.mark.any_database
@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("special", SPECIAL)
def test_no_value_is_taken_for_another(name: str, special: str, tenant: Integration) -> None:
    listing = LISTINGS[name]
    for pk in (tenant.pk, special):
        one, _ = Integration.objects.get_or_create(pk=pk, defaults={"organization": pk})
        fill(one)
    last = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
    moments = (None, datetime(1, 1, 1, tzinfo=UTC), SINCE, last)
    places = (
        None,
        Position(-1, special),
        Position(1, special),
        Position(None, special),
        Position(0, "0"),
    )
    found = 0
    for pk, since, after, created in product((tenant.pk, special), moments, places, (False, True)):
        scope = ReadScope(pk, remote_data=True, only_created=created)
        for gather in (False, True):
            walk = Walk(True, after, since, gather and since is not None)
            expected = list(listing.select(scope, listing.walked(scope, walk)))
            assert cached_sql.rows(listing, scope, walk, 10) == expected
            found += len(expected)
    assert found
