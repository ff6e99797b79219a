"""A page without filters: its statement is kept, and says what the ORM says."""

from __future__ import annotations

from itertools import product

import pytest

from integrations.api.reads import cached_sql
from integrations.api.reads.cached_sql import Walk
from integrations.api.reads.cursors import Place
from integrations.api.reads.scope import Scope
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
def test_a_kept_statement_finds_what_the_orm_finds(
    name: str, tenant: Integration, other_tenant: Integration
) -> None:
    listing = LISTINGS[name]
    cached_sql._statement.cache_clear()
    for one in (tenant, other_tenant):
        fill(one)
        records = listing.model.objects.filter(integration_id=one.pk).order_by("arrival", "id")
        first = Place(*records.values_list("arrival", "id")[0])
        for deleted, since, gather, shown, created in product((False, True), *[(False, True)] * 4):
            for after in (None, first, first._replace(arrival=None)):
                scope = Scope(one.pk, remote_data=shown, only_created=created)
                walk = Walk(deleted, after, SINCE if since else None, gather and since)
                expected = list(listing.select(scope, listing.walked(scope, walk)))
                assert cached_sql.rows(listing, scope, walk, 10) == expected
                assert cached_sql.rows(listing, scope, walk, 1) == expected[:1]
