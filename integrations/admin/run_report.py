"""What the page of a sync run shows: the live part, and the report once it has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.admin.display import change_url, duration, relative, words
from integrations.admin.overview import tenant_url
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    HeldDeletion,
    HttpExchange,
    Integration,
    Job,
    MirroredRecord,
    ModelResult,
    RunState,
    SyncRun,
    SyncWarning,
    Tag,
)
from integrations.models.runs import MODEL_CHOICES
from integrations.records import Model

MOST_HELD = 100
MOST_QUARANTINED = 50
MOST_EXCHANGES = 20
# A worker reports every few seconds; silence of this length is worth a word.
SILENT = timedelta(seconds=12)
UNCLAIMED = timedelta(seconds=20)

NAMES = dict(MODEL_CHOICES)
# Models that have a page for each record.
PAGES: dict[str, type[MirroredRecord]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.CANDIDATES: Candidate,
    Model.APPLICATIONS: Application,
    Model.TAGS: Tag,
}
FIGURES = (
    ("seen", "Seen"),
    ("created", "New"),
    ("updated", "Changed"),
    ("unchanged", "Unchanged"),
    ("deleted", "Gone"),
    ("restored", "Restored"),
    ("held", "Held"),
    ("quarantined", "Set aside"),
)
# Codes of warnings as headings; any other code is shown as words.
CODES: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Line:
    """One model in the table of figures."""

    name: str
    figures: list[tuple[str, int, str]]
    state: str
    error: str


def live_context(run: SyncRun) -> dict[str, Any]:
    """The part of the page that moves; asked for once a second while the run is live."""
    now = timezone.now()
    results = {result.model: result for result in run.results.all()}
    seconds = _elapsed(run, now)
    seen = sum(result.seen for result in results.values())
    return {
        "run": run,
        "live": run.is_live,
        "cancelling": run.is_live and run.cancel_requested_at is not None,
        "elapsed": duration(seconds),
        "seen": seen,
        "rate": round(seen / seconds) if seconds and seconds >= 1 else None,
        "lines": [_line(run, model, results.get(model)) for model in Model],
        "headings": [heading for _, heading in FIGURES],
        "notice": _notice(run, now),
        "heartbeat": relative(run.heartbeat_at, now) if run.heartbeat_at else "",
    }


def _elapsed(run: SyncRun, now: datetime) -> float | None:
    if run.started_at is None:
        return None
    return max(0.0, ((run.ended_at or now) - run.started_at).total_seconds())


def _line(run: SyncRun, model: Model, result: ModelResult | None) -> Line:
    if result is None:
        state = "waiting" if run.is_live else "skipped"
        return Line(NAMES[model], [(h, 0, f) for f, h in FIGURES], state, "")
    read = result.complete or run.state in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED)
    state = "done" if read else "waiting" if run.is_live else "skipped"
    if run.is_live and run.phase == model:
        state = "current"
    if result.error_kind:
        state = "failed"
    return Line(
        NAMES[model],
        [(heading, getattr(result, name), name) for name, heading in FIGURES],
        state,
        result.error_message,
    )


def _notice(run: SyncRun, now: datetime) -> str:
    """Why nothing moves, where that needs saying."""
    if not run.is_live:
        return ""
    if run.state == RunState.QUEUED:
        if now - run.queued_at > UNCLAIMED:
            return "No worker has taken this sync up yet. Check that the worker process is running."
        return "Waiting for a worker to begin."
    if run.cancel_requested_at:
        return "Stopping as soon as the current step allows."
    if run.waiting_until and run.waiting_until > now:
        left = duration(round((run.waiting_until - now).total_seconds()))
        return f"Waiting {left}: {run.waiting_reason or 'Flatchr asked for a pause'}."
    if run.heartbeat_at and now - run.heartbeat_at > SILENT:
        silent = duration((now - run.heartbeat_at).total_seconds())
        return (
            f"The worker has not been heard of for {silent}. "
            "If it has stopped, another one takes over within a minute."
        )
    return ""


def report_context(run: SyncRun) -> dict[str, Any]:
    """What is known at the end: outcome, warnings, what was set aside or held, the requests."""
    quarantined = list(run.quarantined.all()[: MOST_QUARANTINED + 1])
    exchanges = list(exchange_rows(run)[: MOST_EXCHANGES + 1])
    held = held_records(run)
    warnings = _warnings(run)
    return {
        **live_context(run),
        "tenant": run.integration,
        "tenant_url": change_url(run.integration),
        "fix_url": _fix_url(run),
        "warning_groups": warnings,
        "warning_total": sum(group.count for group in warnings),
        "quarantined": quarantined[:MOST_QUARANTINED],
        "more_quarantined": len(quarantined) > MOST_QUARANTINED,
        "held": held,
        "held_total": sum(group.total for group in held),
        "exchanges": exchanges[:MOST_EXCHANGES],
        "more_exchanges": len(exchanges) > MOST_EXCHANGES,
    }


def exchange_rows(run: SyncRun) -> Any:
    return HttpExchange.objects.filter(run=run).order_by("id")


def _fix_url(run: SyncRun) -> str:
    if run.state == RunState.AUTHENTICATION_FAILED:
        return tenant_url(run.integration, "credentials")
    return ""


@dataclass(frozen=True, slots=True)
class WarningGroup:
    title: str
    model: str
    count: int
    examples: list[dict[str, Any]]


def _warnings(run: SyncRun) -> list[WarningGroup]:
    rows = list(run.warnings.order_by("-count", "id"))
    urls = _urls_of_examples(run.integration, rows)
    return [
        WarningGroup(
            title=CODES.get(row.code) or words(row.code.upper()),
            model=NAMES[row.model],
            count=row.count,
            examples=[
                {**example, "url": urls.get((row.model, str(example.get("remote_id"))))}
                for example in row.examples
            ],
        )
        for row in rows
    ]


def _urls_of_examples(
    integration: Integration, rows: Iterable[SyncWarning]
) -> dict[tuple[str, str], str]:
    """Addresses of the records that warnings name, one query for each model."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.model] |= {str(example.get("remote_id")) for example in row.examples}
    urls = {}
    for model, remote_ids in wanted.items():
        # What is found on an applicant is told of the candidate, and the page is the application's.
        page = Application if model == Model.CANDIDATES else PAGES.get(model)
        if page is None:
            continue
        known = page.objects.filter(integration=integration, remote_id__in=remote_ids)
        for record in known.only("pk", "remote_id"):
            urls[model, record.remote_id] = change_url(record)
    return urls


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What the guard held of one model: how many, and the first of them."""

    name: str
    total: int
    records: list[tuple[str, str]]


def held_records(run: SyncRun) -> list[HeldGroup]:
    """At most `MOST_HELD` records in all; the counts are those of the run."""
    held = list(HeldDeletion.objects.filter(run=run).order_by("id")[:MOST_HELD])
    if not held:
        return []
    totals = {result.model: result.held for result in run.results.all()}
    ids: dict[str, list[str]] = defaultdict(list)
    for row in held:
        ids[row.model].append(row.record_id)
    return [
        HeldGroup(NAMES[model], totals.get(model, len(pks)), _named(model, pks))
        for model, pks in ids.items()
    ]


def _named(model: str, pks: list[str]) -> list[tuple[str, str]]:
    page = PAGES.get(model)
    if page is None:
        return [(pk, "") for pk in pks]
    # Not the manager's own type: which fields there are depends on the page.
    records: Any = page.objects.filter(pk__in=pks)
    if page is Application:
        records = records.select_related("candidate").defer("remote_data", "candidate__remote_data")
        return [(str(record.candidate), change_url(record)) for record in records]
    return [(str(record), change_url(record)) for record in records]
