"""Why an application was declined, its source and its score, from Flatchr to the API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.http import QueryDict

from integrations.api.reads.applications import APPLICATIONS as APPLICATION_LIST
from integrations.api.reads.candidates import CANDIDATES as CANDIDATE_LIST
from integrations.api.reads.scope import ReadScope
from integrations.models import Application, Integration, Job
from integrations.sync.bulk.tables import APPLICATIONS, content_hash, digest
from tests.sync.running import sync


@pytest.mark.django_db(transaction=True)
def test_a_reason_is_read_where_flatchr_shows_it_and_moves_the_record(
    sandbox: Any, make_tenant: Any
) -> None:
    tenant: Integration = make_tenant("Atelier Nord", sandbox=sandbox)
    remote_id = sandbox.add_applicant(firstname="Zoé", lastname="Roy", source="Indeed", score=3)
    sync(tenant)
    application = Application.objects.get(remote_id=remote_id)
    assert (application.rejection_reason_name, application.source, application.score) == (
        *(None, "Indeed", 3),
    )
    assert Job.objects.exclude(reference=None).exists()

    sandbox.edit_applicant(remote_id, reason="Profil non retenu")
    sandbox.archive(remote_id)
    sync(tenant)

    declined = Application.objects.get(pk=application.pk)
    assert (declined.outcome, declined.rejection_reason_name) == ("DECLINED", "Profil non retenu")
    assert declined.changed_at > application.changed_at
    scope = ReadScope(tenant.pk)
    shown = [orjson.loads(row) for row in APPLICATION_LIST.page(scope, QueryDict()).rows]
    assert {row["rejection_reason_name"] for row in shown if row["id"] == application.pk} == {
        "Profil non retenu"
    }
    people = [orjson.loads(row) for row in CANDIDATE_LIST.page(scope, QueryDict()).rows]
    told = [one for row in people for one in row["applications"] if one["id"] == application.pk]
    assert [one["rejection_reason_name"] for one in told] == ["Profil non retenu"]


def test_rows_that_were_there_before_the_column_have_not_changed() -> None:
    *before, last = APPLICATIONS.mapped
    assert last == "rejection_reason_name"
    values = tuple(f"value of {name}" for name in before)
    assert content_hash(APPLICATIONS, (*values, None)) == digest(values)
    assert content_hash(APPLICATIONS, (*values, "Trop loin")) != digest(values)
    undated = (*values[:-1], None)
    assert content_hash(APPLICATIONS, (*undated, None)) == digest(undated)
