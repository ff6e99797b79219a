"""Candidates, jobs and applications that somebody looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from integrations.ids import unified_id
from integrations.models import Application, Candidate, Integration, Job, RunState, SyncRun

Person = Callable[..., Candidate]


@pytest.fixture
def person(db: None) -> Person:
    """Makes a candidate: `person(tenant, "Zoé", "N'Diaye", email=..., phone=..., id=...)`."""

    def make(
        tenant: Integration,
        first: str | None,
        last: str | None,
        *,
        email: str = "",
        phone: str = "",
        id: str = "",
        **fields: Any,
    ) -> Candidate:
        remote_id = id or f"applicant{Candidate.objects.count()}"
        return Candidate.objects.create(
            **{
                "id": unified_id(tenant.pk, remote_id),
                "integration": tenant,
                "remote_id": remote_id,
                "changed_at": timezone.now(),
                "first_name": first,
                "last_name": last,
                "email_addresses": [{"email_address": email, "type": None}] if email else [],
                "phone_numbers": [{"phone_number": phone, "type": None}] if phone else [],
                **fields,
            }
        )

    return make


def job(tenant: Integration, name: str, **fields: Any) -> Job:
    remote_id = f"vacancy{Job.objects.count()}"
    return Job.objects.create(
        **{
            "id": unified_id(tenant.pk, remote_id),
            "integration": tenant,
            "remote_id": remote_id,
            "changed_at": timezone.now(),
            "name": name,
            **fields,
        }
    )


def application(candidate: Candidate, job: Job | None = None, **fields: Any) -> Application:
    return Application.objects.create(
        **{
            "id": candidate.pk,
            "integration": candidate.integration,
            "remote_id": candidate.remote_id,
            "changed_at": timezone.now(),
            "candidate": candidate,
            "job": job,
            **fields,
        }
    )


def ended_run(tenant: Integration, state: str = RunState.SUCCEEDED) -> SyncRun:
    now = timezone.now()
    return SyncRun.objects.create(integration=tenant, state=state, started_at=now, ended_at=now)
