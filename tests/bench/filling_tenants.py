"""Fills a database with many tenants that share a number of candidates, set by set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from integrations.models import (
    ApplicationStage,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Job,
    ModelResult,
    RunState,
    SyncRun,
    SyncType,
    TenantFigures,
)
from integrations.records import Model
from tests.bench.filling import STAGES, words

JOBS = 10
RUNS = 60
WEEKS = 12

SPREAD = """spread AS (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM integrations_integration
)"""

CANDIDATES = """
INSERT INTO integrations_candidate (id, integration_id, remote_id, arrival, changed_at,
  first_name, last_name, email_addresses, phone_numbers)
{numbers}, {spread}
SELECT {id}, t.id, CAST(n AS text), n, %s, {first_name}, {last_name}, {emails}, {phones}
FROM numbers JOIN spread t ON t.place = n %% %s
"""

APPLICATIONS = """
INSERT INTO integrations_application (id, integration_id, remote_id, arrival, changed_at,
  outcome, remote_created_at, remote_updated_at, person_key, remote_data, candidate_id,
  current_stage_id)
SELECT {id}, c.integration_id, c.remote_id, c.arrival, c.changed_at,
  CASE CAST(c.remote_id AS integer) %% 7 WHEN 0 THEN 'HIRED' WHEN 1 THEN 'DECLINED'
    ELSE 'PENDING' END,
  {made}, c.changed_at, 'person' || c.remote_id || '@example.com', {raw}, c.id, s.id
FROM integrations_candidate c
JOIN integrations_applicationstage s ON s.integration_id = c.integration_id
  AND s.remote_id = CAST(CAST(c.remote_id AS integer) / %s %% %s AS text)
"""


def fill_tenants(*, tenants: int, candidates: int) -> None:
    """So many tenants with an even share of the candidates each, and a history of syncs.

    The tables are otherwise expected to be empty.
    """
    now = timezone.now()
    made = Integration.objects.bulk_create(
        Integration(organization=f"Société {number:03}", environment="sandbox")
        for number in range(tenants)
    )
    with transaction.atomic():
        for tenant in made:
            _surroundings(tenant, now)
        said = {**words(), "spread": SPREAD, "made": _one_of_the_weeks()}
        with connection.cursor() as cursor:
            cursor.execute(CANDIDATES.format(**said), [candidates, now, tenants])
            weeks = [now - timedelta(weeks=back) for back in range(WEEKS)]
            cursor.execute(APPLICATIONS.format(**said), [*weeks, tenants, STAGES])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _one_of_the_weeks() -> str:
    cases = " ".join(f"WHEN {number} THEN %s" for number in range(WEEKS))
    return f"CASE CAST(c.remote_id AS integer) / 11 %% {WEEKS} {cases} END"


def _surroundings(tenant: Integration, now: datetime) -> None:
    common = {"integration": tenant, "changed_at": now}
    mark = tenant.pk.removeprefix("flatchr:")[:12]
    FlatchrCredentials.objects.create(
        integration=tenant, api_key="key", company_key="company", slug="slug"
    )
    FlatchrSettings.objects.create(integration=tenant)
    Job.objects.bulk_create(
        Job(id=f"j{n}{mark}", remote_id=str(n), name=f"Chef de projet {n}", status="OPEN", **common)
        for n in range(JOBS)
    )
    ApplicationStage.objects.bulk_create(
        ApplicationStage(
            id=f"s{n}{mark}", remote_id=str(n), name=f"Étape {n}", position=n, **common
        )
        for n in range(STAGES)
    )
    runs = SyncRun.objects.bulk_create(
        SyncRun(
            integration=tenant,
            type=SyncType.DELTA if n % 10 else SyncType.FULL,
            state=RunState.SUCCEEDED if n % 13 else RunState.FAILED,
            started_at=now - timedelta(hours=RUNS - n),
            ended_at=now - timedelta(hours=RUNS - n) + timedelta(seconds=20 + n),
        )
        for n in range(RUNS)
    )
    ModelResult.objects.bulk_create(
        ModelResult(run=run, model=model, seen=100, created=run.pk % 3, complete=True)
        for run in runs
        for model in Model
    )


def fill_many_tenants(tenants: int) -> None:
    """So many tenants with four syncs each and the figures of a count, and no records.

    One in a hundred fails.
    """
    now = timezone.now()
    made = Integration.objects.bulk_create(
        Integration(organization=f"Société {number:05}", environment="sandbox")
        for number in range(tenants)
    )
    FlatchrCredentials.objects.bulk_create(
        FlatchrCredentials(integration=tenant, api_key="key", company_key="company", slug="slug")
        for tenant in made
    )
    FlatchrSettings.objects.bulk_create(FlatchrSettings(integration=tenant) for tenant in made)
    for back in (4, 3, 2, 1):
        started = now - timedelta(hours=back)
        SyncRun.objects.bulk_create(
            SyncRun(
                integration=tenant,
                type=SyncType.FULL,
                state=RunState.FAILED if back == 1 and not n % 100 else RunState.SUCCEEDED,
                started_at=started,
                ended_at=started + timedelta(seconds=20),
            )
            for n, tenant in enumerate(made)
        )
    SyncRun.objects.update(queued_at=now - timedelta(hours=1))
    weeks = [[(now.date() - timedelta(weeks=back)).isoformat(), 5] for back in range(26)]
    stages = [{"id": f"s{n}", "name": f"Étape {n}", "count": 3} for n in range(STAGES)]
    TenantFigures.objects.bulk_create(
        TenantFigures(
            integration=tenant,
            counted_at=now,
            through_run=0,
            candidates=100,
            applications=120,
            weeks=weeks,
            stages=stages,
            full_seconds=20,
        )
        for tenant in made
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
