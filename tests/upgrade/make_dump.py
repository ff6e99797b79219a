"""Makes `database.sql` and `expected.json`, with the code of the commit that they are kept of.

It was run once, in a clone of commit da81ea8, whose modules it imports, and stays to tell what is
in the files:

    cp -r tests/upgrade OLD/tests/ && cd OLD && python -m tests.upgrade.make_dump

All names are invented. The database is SQLite's; `test_upgrade.py` puts its rows into PostgreSQL.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(RELAIS_TEST_DIR=folder, DJANGO_SETTINGS_MODULE="tests.support.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        key = fill()
        from tests.upgrade.show import shown

        expected = {"key": key, "shown": shown(key)}
        (HERE / "expected.json").write_text(
            json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        with sqlite3.connect(Path(folder) / "relais.sqlite3") as database:
            dump = "\n".join(database.iterdump())
        (HERE / "database.sql").write_text(dump + "\n", encoding="utf-8")


def fill() -> str:
    """A tenant that was synchronised, and what people did in it; a key of the API."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.utils import timezone
    from integrations.api.keys import create_key
    from integrations.flatchr.sandbox import Sandbox

    from integrations import models as m
    from integrations.audit import record
    from integrations.exports.service import download
    from integrations.exports.writing import Wanted
    from integrations.sync import engine, runs

    admin = User.objects.create_superuser("admin", "admin@relais.example", "of no value")
    sandbox = Sandbox(vacancies=3, applicants=8, seed=1)
    sandbox.start()
    settings.FLATCHR_ENDPOINTS = {
        **settings.FLATCHR_ENDPOINTS,
        "sandbox": {"api_url": sandbox.url, "careers_url": sandbox.url},
    }
    tenant = m.Integration.objects.create(organization="Atelier Nord", environment="sandbox")
    m.FlatchrCredentials.objects.create(
        integration=tenant,
        api_key=sandbox.api_key,
        company_key=sandbox.company_key,
        slug=sandbox.slug,
    )
    m.FlatchrSettings.objects.create(integration=tenant, integration_fields=["reference"])
    m.CustomField.objects.create(key="source", label="Source")
    m.ValueDecision.objects.create(
        integration=tenant, kind="contract", value="CDD", key="cdd", unified="CONTRACT"
    )
    run, _ = runs.queue_run(tenant.pk, type="FULL", trigger=m.Trigger.MANUAL)
    engine.execute(run.pk)
    sandbox.stop()
    run.refresh_from_db()
    m.SyncWarning.objects.create(
        run=run,
        model="jobs",
        code="unknown_contract",
        count=7,
        examples=[
            {
                "remote_id": "v1",
                "field": "employment_type",
                "value": "Mission",
                "message": "The contract type is not in the value map and was kept as Flatchr "
                "names it.",
            }
        ],
    )
    m.QuarantinedRecord.objects.create(
        run=run,
        model="applications",
        remote_id="x1",
        reason="The record has no usable id in `applicant`.",
        raw="{}",
    )
    job = m.Job.objects.order_by("arrival", "id")[0]
    failed = m.Submission.objects.create(
        integration=tenant,
        job=job,
        first_name="Ines",
        last_name="Morel",
        email_address="ines.morel@mail.example",
        person_key="ines.morel@mail.example",
        state="FAILED",
        created_by=admin,
        error_kind="refused",
        error_message="Flatchr no longer has this job. Choose another.",
        warnings=[
            {
                "code": "unsupported_field",
                "field": "gender",
                "message": "Flatchr cannot hold gender: it was left out.",
            }
        ],
    )
    m.SubmissionAttempt.objects.create(
        submission=failed,
        kind="SEND",
        started_at=timezone.now(),
        status=400,
        outcome="refused",
        request={"method": "POST", "host": "careers", "path": "/x", "body": {"email": "***"}},
        response='{"error": "email"}',
        error="Flatchr no longer has this job. Choose another.",
    )
    file = download(
        m.Candidate.objects.all(),
        Wanted(kind="candidate"),
        user=admin,
        filters="q=morel",
        integration=tenant,
    )
    b"".join(file.stream)
    record(m.Event.TENANT_ENABLED, tenant=tenant, user=admin)
    _, key = create_key(name="Careers page", integrations=[tenant], user=admin)
    return key


if __name__ == "__main__":
    main()
