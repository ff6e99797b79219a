"""What the page of a sync run shows: the live part, and the report once it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.admin.base.formatting import duration, relative
from integrations.admin.base.urls import change_url, record_url, record_urls
from integrations.admin.runs.compare import comparison
from integrations.admin.runs.findings import NAMES, warning_groups
from integrations.admin.runs.held import held_context
from integrations.messages import translated
from integrations.models import HttpExchange, ModelResult, RunState, SyncRun
from integrations.records import Model
from integrations.sync.tags import rounds
from integrations.sync.tags.rounds import TagFigures
from integrations.tenants.facts import workers_are_busy
from integrations.tenants.health import is_late

MOST_QUARANTINED = 50
MOST_EXCHANGES = 20
# A worker reports every few seconds; a longer silence than this is mentioned.
SILENT = timedelta(seconds=12)
PAUSE = _lazy("Flatchr asked for a pause")

FIGURES = (
    ("seen", _lazy("Seen")),
    ("created", _lazy("New")),
    ("updated", pgettext_lazy("records", "Changed")),
    ("unchanged", _lazy("Unchanged")),
    ("deleted", _lazy("Gone")),
    ("restored", _lazy("Restored")),
    ("held", _lazy("Held")),
    ("quarantined", _lazy("Set aside")),
)


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model in the table of figures."""

    name: str
    figures: list[tuple[str, int, str]]
    state: str
    error: str


def live_context(run: SyncRun) -> dict[str, Any]:
    """The moving part of the page, which is fetched once a second while the run is live."""
    now = timezone.now()
    results = {result.model: result for result in run.results.all()}
    seconds = _elapsed(run, now)
    seen = sum(result.seen for result in results.values())
    tags = _tags_of(run)
    return {
        "tags": tags,
        "tags_go_on": tags is not None and tags.under_way and not tags.trouble,
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


def _tags_of(run: SyncRun) -> TagFigures | None:
    """How far the tags have been read, on the run that their figures go to, and on the newest."""
    tags = None if run.is_live else rounds.figures(run.integration_id)
    if tags is None or tags.run_id == run.pk:
        return tags
    newer = SyncRun.objects.filter(integration=run.integration_id, pk__gt=run.pk)
    return tags if tags.under_way and not newer.exists() else None


def _unread_tags(run: SyncRun) -> int:
    """How many applicants' tags are still to be read, on the newest run."""
    newer = SyncRun.objects.filter(integration=run.integration_id, pk__gt=run.pk)
    return 0 if newer.exists() else rounds.never_read(run.integration_id)


def _elapsed(run: SyncRun, now: datetime) -> float | None:
    if run.started_at is None:
        return None
    return max(0.0, ((run.ended_at or now) - run.started_at).total_seconds())


def _line(run: SyncRun, model: Model, result: ModelResult | None) -> ModelLine:
    if result is None:
        state = "waiting" if run.is_live else "skipped"
        return ModelLine(str(NAMES[model]), [(str(h), 0, f) for f, h in FIGURES], state, "")
    read = result.complete or run.state in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED)
    state = "done" if read else "waiting" if run.is_live else "skipped"
    if run.is_live and run.phase == model:
        state = "current"
    if result.error_kind:
        state = "failed"
    return ModelLine(
        str(NAMES[model]),
        [(str(heading), getattr(result, name), name) for name, heading in FIGURES],
        state,
        translated(result.error_message),
    )


def _notice(run: SyncRun, now: datetime) -> str:
    """Why there is no progress; blank if there is some."""
    if not run.is_live:
        return ""
    if run.waiting_until and run.waiting_until > now and not run.cancel_requested_at:
        left = duration(round((run.waiting_until - now).total_seconds()))
        return _("Waiting %(left)s: %(value)s.") % {
            "left": left,
            "value": translated(run.waiting_reason) or PAUSE,
        }
    if run.state == RunState.QUEUED:
        if is_late(run, now) and workers_are_busy(now):
            return _("Waiting for its turn: other syncs come first.")
        if is_late(run, now):
            return _(
                "No worker has taken this sync up yet. Check that the worker process is running."
            )
        return _("Waiting for a worker to begin.")
    if run.cancel_requested_at:
        return _("Stopping as soon as the current step allows.")
    if run.heartbeat_at and now - run.heartbeat_at > SILENT:
        silent = duration((now - run.heartbeat_at).total_seconds())
        return _(
            "The worker has not responded for %(silent)s. If it has stopped, another one takes "
            "over within a minute."
        ) % {"silent": silent}
    return ""


def report_context(run: SyncRun) -> dict[str, Any]:
    """The whole page: outcome, warnings, what was set aside or held, the requests, and how all
    that differs from the run before.
    """
    exchanges = list(exchange_rows(run)[: MOST_EXCHANGES + 1])
    warnings = warning_groups(run)
    held = held_context(run)
    aside = _set_aside(run)
    return {
        **live_context(run),
        **held,
        **aside,
        "tenant": run.integration,
        "tenant_url": change_url(run.integration),
        "fix_url": _fix_url(run),
        "settled": run.state == RunState.PARTIALLY_FAILED
        and not (run.error_message or held["held"] or aside["quarantined"]),
        "warning_groups": warnings,
        "warning_total": sum(group.count for group in warnings),
        "warnings_carried": sum(group.carried for group in warnings),
        "unread_tags": 0 if run.is_live else _unread_tags(run),
        "compared": comparison(run),
        "exchanges": exchanges[:MOST_EXCHANGES],
        "more_exchanges": len(exchanges) > MOST_EXCHANGES,
        "exchanges_left_out": are_exchanges_left_out(run),
    }


def _set_aside(run: SyncRun) -> dict[str, Any]:
    found = list(run.quarantined.all()[: MOST_QUARANTINED + 1])
    return {
        "quarantined": found[:MOST_QUARANTINED],
        "more_quarantined": len(found) > MOST_QUARANTINED,
        "aside_total": run.quarantined.count() if found else 0,
    }


def run_urls(run: SyncRun) -> dict[str, str]:
    """The addresses that the run's page uses."""
    urls = record_urls(run, "live", "cancel", "retry", "exchanges")
    return {f"{name}_url": url for name, url in urls.items()}


def are_exchanges_left_out(run: SyncRun) -> bool:
    """Whether the log lacks some of the run's requests."""
    return run.requests > int(exchange_rows(run).order_by().count())


def exchange_rows(run: SyncRun) -> Any:
    return HttpExchange.objects.filter(run=run).order_by("id")


def _fix_url(run: SyncRun) -> str:
    if run.state == RunState.AUTHENTICATION_FAILED:
        return record_url(run.integration, "credentials")
    return ""
