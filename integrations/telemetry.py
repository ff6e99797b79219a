"""One log line and one count for each thing done: a sync, a submission, an export, a request.

They say ids, states and durations, and nothing of a person: whoever adds a field gives it a value
of ours, never one of Flatchr's or of a caller's. `docs/operations.md`, Logs and Metrics, has them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from prometheus_client import Counter, Histogram

logger = logging.getLogger("relais")

_LONG = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

RUNS = Counter("relais_sync_runs", "Syncs that have ended.", ["type", "state"])
RUN_SECONDS = Histogram(
    "relais_sync_run_seconds",
    "From a worker's start of a sync to its end.",
    ["type"],
    buckets=_LONG,
)
SUBMISSIONS = Counter(
    "relais_submission_steps", "Times that a worker left a submission in this state.", ["state"]
)
ACTIONS = Counter(
    "relais_action_steps", "Times that a worker left an action in this state.", ["kind", "state"]
)
EXPORTS = Counter("relais_exports", "Exports that have ended.", ["state"])
EXPORT_SECONDS = Histogram("relais_export_seconds", "Duration of an export.", buckets=_LONG)
FLATCHR_REQUESTS = Counter(
    "relais_flatchr_requests", "Attempts at requests to Flatchr.", ["host", "method", "status"]
)
FLATCHR_SECONDS = Histogram(
    "relais_flatchr_request_seconds", "Duration of such an attempt.", ["host"], buckets=_SHORT
)
FLATCHR_WAITS = Counter(
    "relais_flatchr_wait_seconds", "Seconds waited for a rate limit, or before another attempt."
)
WEBHOOKS = Counter(
    "relais_webhook_attempts",
    "Attempts at bringing an event to an endpoint; the state in which they left it.",
    ["state"],
)
WEBHOOK_SECONDS = Histogram(
    "relais_webhook_request_seconds", "Duration of such an attempt.", buckets=_SHORT
)
WEBHOOK_DELAY = Histogram(
    "relais_webhook_delay_seconds",
    "From the commit of an event to its first attempt's success.",
    buckets=_SHORT,
)
FLATCHR_EVENTS = Counter(
    "relais_flatchr_events", "Events of Flatchr's that have ended.", ["kind", "outcome"]
)
FLATCHR_EVENT_SECONDS = Histogram(
    "relais_flatchr_event_seconds",
    "From the arrival of an event of Flatchr's to its end.",
    ["outcome"],
    buckets=_SHORT,
)
ISSUES = Counter("relais_issue_steps", "Steps of issues, such as raised.", ["kind", "step"])
ALERTS = Counter("relais_alerts", "Alerts that readers were sent.", ["channel"])
API_SECONDS = Histogram(
    "relais_api_request_seconds",
    "Duration of a request to the API.",
    ["method", "route", "status"],
    buckets=_SHORT,
)


def run_ended(
    *, run: int, tenant: str, type: str, state: str, error: str, requests: int, seconds: float
) -> None:
    RUNS.labels(type, state).inc()
    RUN_SECONDS.labels(type).observe(seconds)
    _line(
        "sync",
        {
            "run": run,
            "tenant": tenant,
            "type": type,
            "state": state,
            "error": error,
            "requests": requests,
            "seconds": round(seconds, 3),
        },
    )


def submission_left(
    *, submission: str, tenant: str, state: str, error: str, seconds: float
) -> None:
    """A worker has done what it could for now; `state` says whether that was the end."""
    SUBMISSIONS.labels(state).inc()
    _line(
        "submission",
        {
            "submission": submission,
            "tenant": tenant,
            "state": state,
            "error": error,
            "seconds": round(seconds, 3),
        },
    )


def action_left(
    *, action: str, tenant: str, kind: str, state: str, error: str, seconds: float
) -> None:
    """A worker has done what it could for now; `state` says whether that was the end."""
    ACTIONS.labels(kind, state).inc()
    _line(
        "action",
        {
            "action": action,
            "tenant": tenant,
            "kind": kind,
            "state": state,
            "error": error,
            "seconds": round(seconds, 3),
        },
    )


def export_ended(
    *, export: int, tenant: str | None, state: str, rows: int | None, seconds: float
) -> None:
    EXPORTS.labels(state).inc()
    EXPORT_SECONDS.observe(seconds)
    _line(
        "export",
        {
            "export": export,
            "tenant": tenant,
            "state": state,
            "rows": rows,
            "seconds": round(seconds, 3),
        },
    )


def webhook_attempted(
    *,
    endpoint: str,
    event: str,
    type: str,
    tenant: str | None,
    attempt: int,
    status: int | None,
    error: str,
    state: str,
    seconds: float,
    since_queued: float,
) -> None:
    """`seconds` are those of the request, `since_queued` those since the event came about."""
    WEBHOOKS.labels(state).inc()
    WEBHOOK_SECONDS.observe(seconds)
    if attempt == 1 and state == "DELIVERED":
        WEBHOOK_DELAY.observe(since_queued)
    _line(
        "webhook",
        {
            "endpoint": endpoint,
            "event": event,
            "type": type,
            "tenant": tenant,
            "attempt": attempt,
            "status": status,
            "error": error,
            "state": state,
            "seconds": round(seconds, 3),
        },
    )


def issue_changed(*, issue: int, tenant: str | None, kind: str, severity: str, step: str) -> None:
    """An issue was raised, came again, became more urgent or was resolved."""
    ISSUES.labels(kind, step).inc()
    _line(
        "issue",
        {"issue": issue, "tenant": tenant, "kind": kind, "severity": severity, "step": step},
    )


def alert_sent(
    *, issue: int, tenant: str | None, kind: str, channel: str, user: int | None, over: bool
) -> None:
    """A reader was told of an issue, or with `over` of its end."""
    ALERTS.labels(channel).inc()
    _line(
        "alert",
        {
            "issue": issue,
            "tenant": tenant,
            "kind": kind,
            "channel": channel,
            "user": user,
            "over": "yes" if over else "no",
        },
    )


def api_answered(
    *, method: str, route: str, status: int, key: str, tenant: str | None, seconds: float
) -> None:
    """`route` is the address with the names of its parameters, `key` the prefix of the API key."""
    # A client can invent methods, and each would be a series of its own.
    known = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") else "other"
    API_SECONDS.labels(known, route, str(status)).observe(seconds)
    _line(
        "api",
        {
            "method": known,
            "route": route,
            "status": status,
            "key": key,
            "tenant": tenant,
            "ms": round(seconds * 1000),
        },
    )


def flatchr_event_ended(
    *, tenant: str, kind: str, outcome: str, times: int, seconds: float
) -> None:
    """`kind` is one that the documentation names, or "other": senders choose names."""
    FLATCHR_EVENTS.labels(kind, outcome).inc(times)
    FLATCHR_EVENT_SECONDS.labels(outcome).observe(seconds)
    _line(
        "flatchr_event",
        {
            "tenant": tenant,
            "kind": kind,
            "outcome": outcome,
            "times": times,
            "seconds": round(seconds, 3),
        },
    )


def flatchr_event_refused() -> None:
    """One too many in its minute. Counted only: a flood would fill the log."""
    FLATCHR_EVENTS.labels("any", "refused").inc()


def flatchr_answered(*, host: str, method: str, status: int | None, seconds: float) -> None:
    """Counted only: each attempt is a row of the exchange log already."""
    FLATCHR_REQUESTS.labels(host, method, str(status or "none")).inc()
    FLATCHR_SECONDS.labels(host).observe(seconds)


def flatchr_waited(seconds: float) -> None:
    FLATCHR_WAITS.inc(seconds)


def _line(event: str, fields: Mapping[str, str | float | None]) -> None:
    said = {name: value for name, value in fields.items() if value not in (None, "")}
    words = " ".join(f"{name}={value}" for name, value in said.items())
    logger.info("%s %s", event, words, extra={"event": event, "fields": said})
