"""What is looked at when all is quiet again: nothing lost, doubled or stuck, and equal tables."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import F

from integrations import jobs
from integrations.models import (
    LIVE_STATES,
    LIVE_SUBMISSIONS,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Submission,
    SubmissionState,
    SyncRun,
    TagProgress,
)
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.runs import queue_run
from tests.chaos.installation import wait_for
from tests.chaos.load import patiently
from tests.sync.rows import as_flatchr_has_it, difference

# An uncertain submission is looked for during ten minutes; here they pass at once.
SETTLING = timedelta(minutes=15)


def connect(sandbox: Sandbox, name: str) -> Integration:
    """A tenant of that account, read once."""
    tenant = Integration.objects.create(organization=name, environment="sandbox")
    FlatchrCredentials.objects.create(
        integration=tenant,
        api_key=sandbox.api_key,
        company_key=sandbox.company_key,
        slug=sandbox.slug,
    )
    FlatchrSettings.objects.create(integration=tenant)
    read(tenant)
    return tenant


def read(tenant: Integration) -> None:
    """A full sync in this process, to its end."""
    run, _ = queue_run(tenant.pk, type="FULL", trigger="COMMAND")
    deadline = time.monotonic() + 120
    while True:
        engine.execute(run.pk)
        run.refresh_from_db()
        if run.state not in LIVE_STATES:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"run {run.pk} is {run.state}")
        time.sleep(0.5)


def drain(limit: timedelta) -> dict[str, int]:
    """Wait until nothing is on its way any more; what still is when `limit` has passed."""
    deadline = time.monotonic() + limit.total_seconds()
    hurried = False
    while True:
        left = patiently(_on_its_way)
        if not any(left.values()) or time.monotonic() > deadline:
            return left
        waiting = Submission.objects.filter(state=SubmissionState.UNCERTAIN)
        if not left["runs"] and not hurried and patiently(waiting.exists):
            hurried = True
            patiently(_let_time_pass)
        time.sleep(1)


def _on_its_way() -> dict[str, int]:
    return {
        "runs": SyncRun.objects.filter(state__in=LIVE_STATES).count(),
        "submissions": Submission.objects.filter(state__in=LIVE_SUBMISSIONS).count(),
    }


def _let_time_pass() -> None:
    times = ("queued_at", "sent_at", "settle_at", "next_attempt_at")
    Submission.objects.filter(state__in=LIVE_SUBMISSIONS).update(
        **{name: F(name) - SETTLING for name in times}
    )


def verdict(
    tenants: list[Integration], sandbox: Sandbox, emails: list[str], left: dict[str, int]
) -> dict[str, Any]:
    """Lost: committed and gone, or said to have arrived when it has not, or the reverse. Doubled:
    more than one applicant. Stuck: still on its way. Unequal: rows that differ from an undisturbed
    first sync of the same account.
    """
    states = dict(Submission.objects.values_list("email_address", "state"))
    at_flatchr = Counter(row["email"] for row in sandbox.added_applicants())
    lost = [email for email in emails if email not in states]
    lost += [
        email
        for email, state in states.items()
        if (state == SubmissionState.SUCCEEDED) != (at_flatchr[email] > 0)
        and state not in LIVE_SUBMISSIONS
    ]
    doubled = [email for email in states if at_flatchr[email] > 1]
    for tenant in tenants:
        read(tenant)
    fresh = connect(sandbox, "Undisturbed")
    # Workers read the tags after a sync.
    wait_for(lambda: not TagProgress.objects.exclude(due_at=None).exists())
    wanted = as_flatchr_has_it(fresh)
    unequal = {
        f"{table} {remote_id} of {tenant.organization}": sorted(columns)
        for tenant in tenants
        for (table, remote_id), columns in difference(wanted, as_flatchr_has_it(tenant)).items()
    }
    return {
        "lost": len(lost),
        "doubled": len(doubled),
        "stuck": sum(left.values()),
        "unequal_rows": len(unequal),
        "rows_compared": len(wanted) * len(tenants),
        "submission_states": dict(Counter(states.values())),
        "run_states": dict(Counter(SyncRun.objects.values_list("state", flat=True))),
        "examples": {
            "lost": lost[:5],
            "doubled": doubled[:5],
            "unequal": dict(list(unequal.items())[:5]),
        },
        "at": jobs.now().isoformat(timespec="seconds"),
    }
