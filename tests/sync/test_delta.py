"""A delta sync reads what has changed lately, and deletes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.models import Application, Integration, Job, SyncRun, Tag
from integrations.records import Model
from integrations.sandbox import Sandbox
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import every_row
from tests.sync.running import counts, sync, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

SEARCH = "/search/applicants"


def asked(sandbox: Sandbox) -> list[dict[str, object]]:
    """The bodies of the searches that Flatchr received, oldest first."""
    return [json.loads(one.body) for one in sandbox.requests.matching("POST", SEARCH)]


def set_read_at(tenant: Integration, moment: datetime) -> None:
    Integration.objects.filter(pk=tenant.pk).update(applicants_read_at=moment)


def test_a_full_sync_asks_for_everybody(connected_tenant: Integration, sandbox: Sandbox) -> None:
    sync(connected_tenant)

    assert asked(sandbox) == [{}, {"status": 0}]


def test_a_delta_asks_for_what_was_updated_since_two_days_before_the_last_read(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    last = SyncRun.objects.get()
    assert synced_tenant.applicants_read_at == last.started_at
    assert last.started_at is not None
    day = last.started_at.astimezone(ZoneInfo("Europe/Paris")) - timedelta(days=2)

    sync(synced_tenant, "DELTA")

    since = f"{day:%m/%d/%y}"
    assert asked(sandbox) == [{"start_update": since}, {"status": 0, "start_update": since}]


@pytest.mark.parametrize(
    ("read_at", "since"),
    [
        # Late in the evening UTC is the next day in Paris, where Flatchr's days are.
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), "02/28/26"),
        (datetime(2026, 3, 2, 23, 1, tzinfo=UTC), "03/01/26"),
        (datetime(2026, 7, 14, 22, 1, tzinfo=UTC), "07/13/26"),
        (datetime(2027, 1, 1, 12, 0, tzinfo=UTC), "12/30/26"),
    ],
)
def test_the_days_are_those_of_paris_and_month_comes_first(
    read_at: datetime, since: str, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    set_read_at(synced_tenant, read_at)

    sync(synced_tenant, "DELTA")

    assert [body["start_update"] for body in asked(sandbox)] == [since, since]


def test_a_delta_moves_the_date_on(synced_tenant: Integration, sandbox: Sandbox) -> None:
    set_read_at(synced_tenant, datetime(2026, 3, 2, tzinfo=UTC))

    run = sync(synced_tenant, "DELTA")

    synced_tenant.refresh_from_db()
    assert synced_tenant.applicants_read_at == run.started_at


@pytest.mark.usefixtures("impatient")
def test_a_read_of_applicants_that_failed_does_not_move_the_date_on(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    set_read_at(synced_tenant, moment)
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=500)

    run = sync(synced_tenant, "DELTA")

    synced_tenant.refresh_from_db()
    assert run.state == "PARTIALLY_FAILED"
    assert synced_tenant.applicants_read_at == moment


def test_a_delta_brings_new_and_changed_applicants_active_and_archived(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    known = Application.objects.filter(outcome="PENDING").order_by("remote_id")[0].remote_id
    ada = add(sandbox, "Ada", "ada@example.org", updated=sandbox.world.clock().date())
    sandbox.archive(known)

    run = sync(synced_tenant, "DELTA")

    assert candidate_of(ada).first_name == "Ada"
    assert application(known).outcome == "DECLINED"
    assert counts(run, Model.APPLICATIONS) == {"seen": 2, "created": 1, "updated": 1}
    assert counts(run, Model.CANDIDATES) == {"seen": 1, "created": 1}
    assert run.state == "SUCCEEDED"


def test_a_delta_reads_jobs_stages_and_tags_whole(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.edit_vacancy(sandbox.vacancies()[0]["id"], title="Vigneron")
    sandbox.edit_column(sandbox.columns()[0]["id"], title="Boîte d'arrivée")
    tag = sandbox.add_tag("Préféré")

    run = sync(synced_tenant, "DELTA")

    assert Job.objects.filter(name="Vigneron").count() == 1
    assert Tag.objects.filter(remote_id=tag).count() == 1
    assert written(run) == {
        "jobs": {"updated": 1},
        "application_stages": {"updated": 1},
        "tags": {"created": 1},
    }


def test_a_delta_deletes_nothing_at_all(synced_tenant: Integration, sandbox: Sandbox) -> None:
    before = every_row(synced_tenant)
    sandbox.remove_applicant(Application.objects.order_by("remote_id")[0].remote_id)
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.remove_column(sandbox.add_column("Éphémère"))
    sandbox.remove_tag(sandbox.tags()[-1]["id"])

    run = sync(synced_tenant, "DELTA")

    after = every_row(synced_tenant)
    assert after.keys() == before.keys()
    assert {row["remote_deleted_at"] for row in after.values()} == {None}
    assert not any("deleted" in figures for figures in written(run).values())


def test_a_delta_restores_what_comes_back(synced_tenant: Integration, sandbox: Sandbox) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    sync(synced_tenant)
    applicant = sandbox.world.applicant(ada)
    sandbox.remove_applicant(ada)
    sync(synced_tenant)
    sandbox.world.company.applicants.change(applicant)

    run = sync(synced_tenant, "DELTA")

    assert application(ada).remote_deleted_at is None
    assert candidate_of(ada).remote_deleted_at is None
    assert written(run) == {"applications": {"restored": 1}, "candidates": {"restored": 1}}


def test_a_delta_before_any_full_sync_becomes_one(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = sync(connected_tenant, "DELTA")

    assert run.type == "FULL"
    assert asked(sandbox) == [{}, {"status": 0}]
    assert Application.objects.count() == counts(run, Model.APPLICATIONS)["created"]


def test_deltas_go_on_where_flatchr_refuses_archived_applicants(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=400)
    sync(connected_tenant)

    assert sync(connected_tenant, "DELTA").type == "DELTA"
