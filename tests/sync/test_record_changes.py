"""What syncs change is written down, field by field, and costs an unchanged sync nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Application, ApplicationStage, Integration, RecordChange
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import history
from tests.sync.people import DAY, add, application, candidate_of, change
from tests.sync.running import sync

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = RecordChange._meta.db_table


@pytest.fixture
def ada(sandbox: Sandbox) -> str:
    """An applicant in the first column of the first vacancy."""
    return add(sandbox, "Ada", "ada@example.org")


@pytest.fixture
def tenant(ada: str, connected_tenant: Integration) -> Integration:
    sync(connected_tenant)
    return connected_tenant


def noted(model: Model, record_id: str) -> list[list[dict[str, str | None]]]:
    found = RecordChange.objects.filter(model=model, record_id=record_id)
    return [change.fields for change in found]


def test_a_move_is_noted_with_both_stages_and_what_is_personal_without_its_value(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = application(ada).current_stage_id
    sandbox.edit_applicant(ada, firstname="Adèle", phone="06 39 98 77 66", updated=DAY)
    change(sandbox, ada, column=sandbox.columns()[1]["id"], updated=DAY)

    sync(tenant)

    moved = application(ada)
    assert noted(Model.APPLICATIONS, moved.pk) == [
        [{"field": "current_stage_id", "old": before, "new": moved.current_stage_id}]
    ]
    assert noted(Model.CANDIDATES, candidate_of(ada).pk) == [
        [{"field": "first_name"}, {"field": "phone_numbers"}]
    ]
    everything = str(list(RecordChange.objects.values()))
    for value in ("Ada", "Adèle", "+33639980102", "+33639987766"):
        assert value not in everything


@pytest.mark.parametrize(
    ("edited", "field"),
    [
        ({"firstname": "Adèle"}, "first_name"),
        ({"lastname": "Byron-King"}, "last_name"),
        ({"phone": "+33639980042"}, "phone_numbers"),
    ],
)
def test_of_what_is_personal_only_the_name_of_the_field_is_kept(
    edited: dict[str, str], field: str, tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    sandbox.edit_applicant(ada, updated=DAY, **edited)

    sync(tenant)

    assert noted(Model.CANDIDATES, candidate_of(ada).pk) == [[{"field": field}]]
    everything = str(list(RecordChange.objects.values()))
    assert all(value not in everything for value in edited.values())


def test_first_and_unchanged_syncs_note_nothing_and_ask_nothing(
    tenant: Integration,
) -> None:
    assert not RecordChange.objects.exists()

    with CaptureQueriesContext(connection) as captured:
        sync(tenant)

    assert not [entry for entry in captured.captured_queries if TABLE in entry["sql"]]


def test_a_job_that_closes_is_noted_with_its_status(tenant: Integration, sandbox: Sandbox) -> None:
    job = tenant.job_set.filter(status="OPEN").first()
    assert job is not None
    sandbox.edit_vacancy(job.remote_id, status=0)

    sync(tenant)

    (fields,) = noted(Model.JOBS, job.pk)
    assert {"field": "status", "old": "OPEN", "new": "CLOSED"} in fields


def test_a_record_that_comes_back_says_so(tenant: Integration, ada: str) -> None:
    Application.objects.filter(remote_id=ada).update(remote_deleted_at=timezone.now())

    sync(tenant)

    ((entry,),) = noted(Model.APPLICATIONS, application(ada).pk)
    assert (entry["field"], entry["new"]) == ("remote_deleted_at", None)


def test_only_the_newest_of_the_last_days_are_kept(tenant: Integration) -> None:
    stage = ApplicationStage.objects.filter(integration=tenant).first()
    assert stage is not None
    now = timezone.now()
    for number in range(history.KEPT_EACH + 5):
        RecordChange.objects.create(
            model=Model.APPLICATION_STAGES,
            record_id=stage.pk,
            integration=tenant,
            at=now,
            fields=[{"field": "name", "old": str(number), "new": None}],
        )
    other = RecordChange.objects.create(
        model=Model.JOBS, record_id=stage.pk, integration=tenant, at=now
    )
    RecordChange.objects.create(
        model=Model.JOBS, record_id="old", integration=tenant, at=now - timedelta(days=91)
    )

    history.retain()
    history.retain()

    kept = noted(Model.APPLICATION_STAGES, stage.pk)
    assert len(kept) == history.KEPT_EACH
    assert kept[0][0]["old"] == str(history.KEPT_EACH + 4)
    assert list(RecordChange.objects.filter(model=Model.JOBS)) == [other]
