"""Fills a database with invented candidates, set by set, for the benches that need no sync.

What is written looks like a sync's work: random ids, one application each, a raw object of about
300 bytes, two tags on every fifth candidate.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from integrations.models import ApplicationStage, Integration, Job, Tag

STAGES = 8
TAGS = 40
FIRST_NAMES = ["Camille", "Léa", "Hugo", "Inès", "Noé", "Zoé", "Aïcha", "Malo", "Élise", "Côme"]
LAST_NAMES = ["Martin", "Petit", "Durand", "Le-Gall", "Morel", "N'Diaye", "Faure", "Roux", "Giraud"]

# How each database says the few things that SQL has no common words for.
DIALECTS = {
    "postgresql": {"id": "substr(md5(random()::text), 1, 24)", "json": "CAST({} AS jsonb)"},
    "sqlite": {"id": "lower(hex(randomblob(12)))", "json": "{}"},
}

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)"

CANDIDATES = """
INSERT INTO integrations_candidate (id, integration_id, remote_id, arrival, changed_at,
  first_name, last_name, email_addresses, phone_numbers)
{numbers}
SELECT {id}, %s, CAST(n AS text), n, %s, {first_name}, {last_name}, {emails}, {phones}
FROM numbers
"""

APPLICATIONS = """
INSERT INTO integrations_application (id, integration_id, remote_id, arrival, changed_at,
  outcome, remote_created_at, remote_updated_at, person_key, remote_data, candidate_id, job_id,
  current_stage_id)
SELECT {id}, c.integration_id, c.remote_id, c.arrival, c.changed_at,
  'PENDING', c.changed_at, c.changed_at, 'person' || c.remote_id || '@example.com',
  {raw}, c.id, j.id, s.id
FROM integrations_candidate c
JOIN integrations_job j ON j.remote_id = CAST(CAST(c.remote_id AS integer) %% %s AS text)
JOIN integrations_applicationstage s
  ON s.remote_id = CAST(CAST(c.remote_id AS integer) %% %s AS text)
"""

CANDIDATE_TAGS = """
INSERT INTO integrations_candidatetag (id, integration_id, remote_id, arrival, changed_at,
  candidate_id, tag_id)
SELECT {id}, c.integration_id, c.remote_id || ':' || t.remote_id, c.arrival, c.changed_at,
  c.id, t.id
FROM integrations_candidate c
JOIN integrations_tag t
  ON CAST(t.remote_id AS integer) IN (CAST(c.remote_id AS integer) / 5 %% %s,
                                      CAST(c.remote_id AS integer) / 7 %% %s)
WHERE CAST(c.remote_id AS integer) %% 5 = 0
"""

RAW = """'{"applicant": "' || c.remote_id || '", "vacancy": "vx' || c.remote_id || '",
  "vacancy_id": ' || c.remote_id ||
  ', "column": "Entretien", "status": 1, "hired": false, "score": null, "source": "Indeed",
  "created_at": "04/03/26", "updated_at": "09/03/26", "consent": true, "comment": "Disponible
  dès le mois prochain, mobile sur toute la région", "phone": "+33600000000", "external": null}'"""


def fill(*, candidates: int, jobs: int, organization: str = "Atelier Nord") -> Integration:
    """A tenant with as many candidates, with one application each; returns it.

    The tables are otherwise expected to be empty. Ends with the statistics that a database that
    has been up for a while would have.
    """
    tenant = Integration.objects.create(organization=organization, environment="sandbox")
    with transaction.atomic():
        _surroundings(tenant, jobs)
        now = timezone.now()
        said = words()
        with connection.cursor() as cursor:
            cursor.execute(CANDIDATES.format(**said), [candidates, tenant.pk, now])
            cursor.execute(APPLICATIONS.format(**said), [jobs, STAGES])
            cursor.execute(CANDIDATE_TAGS.format(**said), [TAGS, TAGS])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return tenant


def _surroundings(tenant: Integration, jobs: int) -> None:
    now = timezone.now()
    common = {"integration": tenant, "changed_at": now}
    Job.objects.bulk_create(
        Job(id=f"job{n}", remote_id=str(n), vacancy_id=n, name=f"Chef de projet {n}", **common)
        for n in range(jobs)
    )
    ApplicationStage.objects.bulk_create(
        ApplicationStage(id=f"stage{n}", remote_id=str(n), name=f"Étape {n}", position=n, **common)
        for n in range(STAGES)
    )
    Tag.objects.bulk_create(
        Tag(id=f"tag{n}", remote_id=str(n), name=f"Langue: {n}", **common) for n in range(TAGS)
    )


def words() -> dict[str, str]:
    """What fills the statements in on this database."""
    dialect = DIALECTS[connection.vendor]
    emails = """'[{"email_address": "person' || n || '@example.com", "type": null}]'"""
    phones = """'[{"phone_number": "+336' || substr(CAST(10000000 + n AS text), 1, 8)
      || '", "type": null}]'"""
    return {
        "numbers": NUMBERS,
        "id": dialect["id"],
        "first_name": _one_of(FIRST_NAMES),
        "last_name": _one_of(LAST_NAMES),
        "emails": dialect["json"].format(emails),
        "phones": dialect["json"].format(phones),
        "raw": f"replace({RAW}, '\n', ' ')",
    }


def _one_of(names: list[str]) -> str:
    cases = " ".join(
        f"WHEN {number} THEN '{name.replace(chr(39), chr(39) * 2)}'"
        for number, name in enumerate(names)
    )
    return f"CASE n %% {len(names)} {cases} END"
