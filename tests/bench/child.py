"""The measured processes: `python -m tests.bench.child REPORT NAME [ARGUMENT ...]`.

Each does one thing in a fresh interpreter and writes to the file REPORT, as JSON: `result`,
`seconds` (from when the imports are done), `cpu` (this process's own, which other work on the
machine disturbs less), `idle_mb` (resident memory when the imports are done) and `peak_mb` (the
most it has been, the kernel's VmHWM).
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import django

REPEATS = 9


def memory(name: str) -> float:
    """A line of this process's status, in MB: VmRSS is now, VmHWM the most so far."""
    for text in Path("/proc/self/status").read_text().splitlines():
        if text.startswith(f"{name}:"):
            return int(text.split()[1]) / 1024
    raise LookupError(name)


def command(*arguments: str) -> Any:
    """A management command that is given `--json`; the object it prints."""
    from django.core.management import call_command

    said = io.StringIO()
    with redirect_stdout(said):
        try:
            call_command(*arguments, stdout=said)
        except SystemExit as leaving:
            # 3: something was quarantined, as the sandbox means it to be.
            if leaving.code not in (0, 3):
                raise
    return json.loads(said.getvalue().splitlines()[-1])


def fill(candidates: str, jobs: str) -> str:
    """A tenant with as many invented candidates; its id."""
    from tests.bench.filling import fill

    return str(fill(candidates=int(candidates), jobs=int(jobs)).pk)


def fill_tenants(tenants: str, candidates: str) -> None:
    """As many tenants, which share the candidates."""
    from tests.bench.filling_tenants import fill_tenants

    fill_tenants(tenants=int(tenants), candidates=int(candidates))


def fill_many_tenants(tenants: str) -> dict[str, float]:
    """As many tenants with four syncs each and stored figures; seconds to store their states."""
    from integrations.tenants import states
    from tests.bench.filling_tenants import fill_many_tenants

    fill_many_tenants(int(tenants))
    started = time.perf_counter()
    while states.outdated(most=1):
        states.refresh()
    return {"seconds": time.perf_counter() - started}


def count_tenants() -> None:
    """Count each tenant, as is done after each of its syncs."""
    from integrations.models import Integration
    from integrations.tenants import stats

    for tenant in Integration.objects.values_list("pk", flat=True):
        stats.count(tenant)


def export() -> dict[str, float]:
    """The CSV of all candidates, as the list's button asks for it; the times in seconds."""
    from integrations.exports.writing import Wanted, write
    from integrations.models import Candidate

    started = time.perf_counter()
    candidates = Candidate.objects.filter(remote_deleted_at=None)
    stream = write(candidates, Wanted(), with_tenant=False)
    size = len(next(stream))
    header = time.perf_counter() - started
    size += len(next(stream))
    rows = time.perf_counter() - started
    size += sum(map(len, stream))
    return {
        "header": header,
        "rows": rows,
        "all": time.perf_counter() - started,
        "mb": size / 1e6,
    }


def export_as(format: str) -> dict[str, float]:
    """All candidates in another format, with the progress that a worker keeps."""
    from integrations.exports.formats import Style
    from integrations.exports.writing import Wanted, write
    from integrations.models import Candidate

    style = Style(delimiter=";", date_format="dmy", bom=True)
    started = time.perf_counter()
    stream = write(
        Candidate.objects.filter(remote_deleted_at=None),
        Wanted(format=format, style=style),
        with_tenant=False,
    )
    size = len(next(stream))
    header = time.perf_counter() - started
    size += sum(map(len, stream))
    return {"header": header, "all": time.perf_counter() - started, "mb": size / 1e6}


def page(address: str, visits: str = str(REPEATS)) -> dict[str, float]:
    """A page of the admin, as a superuser: milliseconds of the first and of later requests.

    `later` is the median of those, `late` their 95th percentile.
    """
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    user, _ = User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)

    def visit() -> float:
        started = time.perf_counter()
        answer = client.get(address)
        took = (time.perf_counter() - started) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return took

    first = visit()
    later = [visit() for _ in range(int(visits))]
    with CaptureQueriesContext(connection) as queries:
        visit()
    return {
        "first": first,
        "later": median(later),
        "late": quantiles(later, n=20)[-1],
        "queries": len(queries),
    }


def fill_search(tenant: str) -> int:
    """Fill in what the search box looks through; how many records that were."""
    from integrations.search.filling import catch_up

    return catch_up(tenant)


def search(typed: str) -> dict[str, Any]:
    """The page of the search box's results, as a superuser: milliseconds of each request but the
    first, and whether anything was found.
    """
    from urllib.parse import urlencode

    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    user, _ = User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    address = f"/admin/search/?{urlencode({'q': typed})}"

    def visit() -> float:
        started = time.perf_counter()
        answer = client.get(address)
        took = (time.perf_counter() - started) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return took

    visit()
    times = [visit() for _ in range(20)]
    with CaptureQueriesContext(connection) as queries:
        found = b"rl-hits" in client.get(address).content
    return {"times": times, "queries": len(queries), "found": found}


def press(address: str) -> float:
    """Press a button of the admin; the time just before, in seconds of the epoch."""
    from celery import current_app
    from django.contrib.auth.models import User
    from django.test import Client

    user, _ = User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    # What a server has done long before a button is pressed: import, connect, build templates.
    client.get("/admin/")
    with current_app.producer_or_acquire() as producer:
        producer.connection.ensure_connection()
        _ = producer.channel
    pressed = time.time()
    answer = client.post(address)
    if answer.status_code >= 400:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return pressed


def queue(tenant: str) -> int:
    """Ask for a FULL sync, as the button does; the run."""
    from integrations.sync.runs import request_sync

    run, _ = request_sync(tenant)
    return run.pk


def read_whole(tenant: str) -> None:
    """A FULL sync as a worker carries it out, without the tags that are due after it."""
    from integrations.lanes import Lane
    from integrations.sync.runs import queue_run
    from integrations.tasks import work_on_next

    queue_run(tenant, type="FULL", trigger="SCHEDULE")
    while work_on_next(Lane.SYNCS):
        pass


def queue_submissions(tenant: str, count: str) -> int:
    """As many submissions of invented people with a small CV, all queued; how many."""
    for number in range(int(count)):
        _submit(tenant, f"bench{number}.{time.time_ns()}@courrier.example", 0)
    return int(count)


def fleet(tenant: str, count: str) -> None:
    """As many tenants with the account of that one, each due since longer than the next."""
    from datetime import timedelta

    from django.utils import timezone

    from integrations.models import FlatchrCredentials, FlatchrSettings, Integration

    of = FlatchrCredentials.objects.get(pk=tenant)
    now = timezone.now()
    made = Integration.objects.bulk_create(
        Integration(
            organization=f"Atelier {number}",
            environment=of.integration.environment,
            next_full_at=now - timedelta(seconds=int(count) - number),
        )
        for number in range(int(count))
    )
    FlatchrCredentials.objects.bulk_create(
        FlatchrCredentials(
            integration=one, api_key=of.api_key, company_key=of.company_key, slug=of.slug
        )
        for one in made
    )
    FlatchrSettings.objects.bulk_create(
        FlatchrSettings(integration=one, trait_budget=0) for one in made
    )


def synced_fleet(tenant: str, count: str) -> None:
    """As many tenants with the account of that one, read whole with their tags as a worker does it,
    and due for a delta as they are an hour later, when some of the tags are old.
    """
    from datetime import timedelta

    from django.db.models import F
    from django.utils import timezone

    from integrations.lanes import Lane
    from integrations.models import (
        Application,
        Candidate,
        FlatchrSettings,
        Integration,
        Job,
        SearchProgress,
        TagProgress,
        TraitReading,
    )
    from integrations.sync.runs import queue_run
    from integrations.tasks import work_on_next

    fleet(tenant, count)
    FlatchrSettings.objects.update(trait_budget=None)
    made = Integration.objects.exclude(pk=tenant)
    for key in made.values_list("pk", flat=True):
        queue_run(key, type="FULL", trigger="SCHEDULE")
        for lane in (Lane.SYNCS, Lane.TAGS):
            while work_on_next(lane):
                pass
    day, hour, now = timedelta(hours=30), timedelta(hours=1), timezone.now()
    for record in (Application, Candidate, Job):
        record.objects.update(changed_at=F("changed_at") - day - hour)
    TraitReading.objects.update(read_at=F("read_at") - day)
    TagProgress.objects.update(planned_at=now - hour)
    SearchProgress.objects.update(until=now - hour)
    made.update(next_full_at=now + day, next_delta_at=now)


def submit_each(tenant: str, count: str, pause: str) -> None:
    """As many submissions, one after another with a pause of so many seconds."""
    for number in range(int(count)):
        _submit(tenant, f"bench{number}.{time.time_ns()}@courrier.example", 0)
        time.sleep(float(pause))


def events(count: str, pause: str) -> dict[str, float]:
    """As many events with a pause of so many seconds after each, all in one transaction without;
    when each was committed, by the clock of the machine since its start.
    """
    from django.db import transaction

    from integrations.webhooks import catalogue, outbox, samples

    event = outbox.NewEvent(catalogue.DATA_CHANGED, samples.sample_of(catalogue.DATA_CHANGED))
    if float(pause) == 0:
        with transaction.atomic():
            outbox.queue_events([event] * int(count), tenant=None)
        return {}
    committed = {}
    for _ in range(int(count)):
        [row] = outbox.queue_events([event], tenant=None)
        committed[row.pk] = time.monotonic()
        time.sleep(float(pause))
    return committed


def killed(kills: str) -> dict[str, Any]:
    """Delivering processes killed so often; what became of the events."""
    from tests.bench import killing

    return killing.killed(int(kills))


def watched(rounds: str) -> dict[str, Any]:
    """Clients that keep copies during as many syncs; what they missed."""
    from tests.bench import keeping

    return keeping.watched(int(rounds))


def seconds_behind() -> float:
    """For how long the sync that waits longest has been due."""
    from integrations import jobs
    from integrations.sync.schedule import oldest_due

    now = jobs.now()
    since = oldest_due(now)
    return (now - since).total_seconds() if since else 0.0


def submit_cv(tenant: str, size: str) -> str:
    """Submit one candidate with a CV of so many bytes, as the API does; the submission."""
    return _submit(tenant, f"bench.{time.time_ns()}@courrier.example", int(size))


def send(submission: str) -> str:
    """Send it, as a worker does; its state."""
    from integrations.models import Submission
    from integrations.submissions import send as sending

    sending.send(submission)
    return str(Submission.objects.get(pk=submission).state)


def weigh() -> list[dict[str, Any]]:
    """What each table weighs."""
    from tests.bench.filling_logs import weigh

    return weigh()


def page_cpu(address: str, visits: str) -> float:
    """Milliseconds of this process's processor time for a page, as a superuser; the median."""
    from django.contrib.auth.models import User
    from django.test import Client

    user, _ = User.objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)

    def visit() -> float:
        started = time.process_time()
        if client.get(address).status_code != 200:
            raise RuntimeError(address)
        return (time.process_time() - started) * 1000

    visit()
    return median(visit() for _ in range(int(visits)))


def log_a_month(tenant: str, runs: str) -> dict[str, float]:
    """The log of the newest run, as often as there are runs in a month; its size."""
    from tests.bench.filling_logs import log_a_month

    return log_a_month(tenant, int(runs))


def retain_log() -> dict[str, Any]:
    """Remove the surplus of the log while others write, and what is left of it."""
    from integrations.models import HttpExchange
    from integrations.tenants import exchange_retention
    from tests.bench.filling_logs import megabytes, while_others_write

    told = while_others_write(exchange_retention.remove_surplus)
    left = HttpExchange.objects.count()
    return told | {"mb": megabytes(HttpExchange._meta.db_table), "left": left}


def fill_runs(tenants: str) -> int:
    """Two weeks of hourly syncs; how many rows that is."""
    from tests.bench.filling_logs import fill_runs

    return fill_runs(int(tenants))


def retain_runs() -> dict[str, Any]:
    """Remove the runs that are not kept while others write."""
    from integrations.sync import retention
    from tests.bench.filling_logs import while_others_write

    return while_others_write(retention.remove_runs)


def _submit(tenant: str, email: str, size: int) -> str:
    from integrations.models import Integration, Job
    from integrations.sandbox.resumes import seeded_pdf
    from integrations.submissions import service
    from integrations.submissions.inputs import Attachment, AttachmentType, SubmissionEntry

    cv = seeded_pdf("Nadia Perrot")
    padding = b"%" + b"x" * max(0, size - len(cv) - 2) + b"\n"
    content = cv.replace(b"startxref", padding + b"startxref") if size else cv
    entry = SubmissionEntry(
        job=Job.objects.filter(integration=tenant, status="OPEN")[0].pk,
        first_name="Nadia",
        last_name="Perrot",
        email_address=email,
        attachments=(Attachment("cv.pdf", AttachmentType.CV, content),),
    )
    submission = service.submit_entry(
        Integration.objects.get(pk=tenant), entry, user=None, kind="APPLICATION", channel="API"
    )
    return str(submission.pk)


def orm_loop(tenant: str, sandbox: str) -> dict[str, float]:
    """Candidates and applications by `update_or_create`, one by one, mapped as little as can be."""
    import requests
    from django.db import transaction
    from django.utils import timezone

    from integrations.ids import unified_id
    from integrations.models import Application, Candidate, FlatchrCredentials

    credentials = FlatchrCredentials.objects.get(integration=tenant)
    started = time.perf_counter()
    rows = requests.post(
        f"{sandbox}/company/{credentials.company_key}/search/applicants",
        json={},
        headers={"Authorization": f"Bearer {credentials.api_key}"},
        timeout=600,
    ).json()
    now = timezone.now()
    with transaction.atomic():
        for row in rows:
            own = {"id": unified_id(tenant, row["applicant"]), "changed_at": now}
            key = {"integration_id": tenant, "remote_id": row["applicant"]}
            person = {
                "first_name": row["firstname"],
                "last_name": row["lastname"],
                "email_addresses": [{"email_address": row["email"], "type": None}],
                "phone_numbers": [{"phone_number": row["phone"], "type": None}],
            }
            candidate, _ = Candidate.objects.update_or_create(**key, defaults=own | person)
            applied = {"candidate": candidate, "outcome": "PENDING", "remote_data": row}
            Application.objects.update_or_create(**key, defaults=own | applied)
    return {"seconds": time.perf_counter() - started, "applicants": len(rows)}


WORK: dict[str, Callable[..., Any]] = {
    work.__name__: work
    for work in (
        command,
        fill,
        fill_tenants,
        fill_many_tenants,
        count_tenants,
        export,
        export_as,
        page,
        fill_search,
        search,
        press,
        queue,
        read_whole,
        queue_submissions,
        fleet,
        synced_fleet,
        weigh,
        page_cpu,
        log_a_month,
        retain_log,
        fill_runs,
        retain_runs,
        submit_each,
        seconds_behind,
        submit_cv,
        events,
        send,
        orm_loop,
        killed,
        watched,
    )
}


def main(report: str, name: str, *arguments: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.db import connection

    connection.ensure_connection()
    idle = memory("VmRSS")
    started, used = time.perf_counter(), time.process_time()
    result = WORK[name](*arguments)
    told = {
        "result": result,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "idle_mb": idle,
        "peak_mb": memory("VmHWM"),
    }
    Path(report).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
