"""The figures of the overview against what real syncs leave in the tables."""

from __future__ import annotations

import pytest

from integrations.admin.figures import figures_for
from integrations.models import Application, Candidate, Integration, Job
from integrations.sync import engine
from integrations.sync.runs import request_sync

# A sync beats, and on a server reads ahead, through connections of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def sync(tenant: Integration, kind: str) -> None:
    run, _ = request_sync(tenant.pk, type=kind)
    engine.execute(run.pk)


def test_figures_are_the_numbers_of_live_records(connected_tenant: Integration) -> None:
    assert figures_for([connected_tenant.pk])[connected_tenant.pk].candidates is None

    for kind in ("FULL", "DELTA", "FULL", "DELTA"):
        sync(connected_tenant, kind)
        found = figures_for([connected_tenant.pk])[connected_tenant.pk]
        assert found.candidates == Candidate.objects.live().count(), kind
        assert found.applications == Application.objects.live().count(), kind
        assert found.open_jobs == Job.objects.live().filter(status="OPEN").count(), kind
