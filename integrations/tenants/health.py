"""The health of a tenant: one condition, its reason, and the next step.

`assess` chooses among the rules, each of which finds one thing that is wrong and uses no database;
the detectors of issues (`alerts/detectors.py`) use the same rules. `facts.py` reads what they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.messages import translated
from integrations.models import Issue, RunState, SyncRun

# A worker claims a queued run within a second or two; after this time, none is running, or other
# runs come first.
UNCLAIMED = timedelta(seconds=30)
# The sweep runs every minute; a due time this long past means that it does not run.
OVERDUE = timedelta(minutes=15)
# A key is valid for a year. The first warning leaves time to find the person who can renew it; the
# second takes precedence over other warnings.
KEY_EXPIRES_SOON = timedelta(days=30)
KEY_EXPIRES_NOW = timedelta(days=7)


class Condition(StrEnum):
    """A tenant's state; the order of the members is the order of attention it needs."""

    CREDENTIALS_INVALID = "Credentials invalid"
    FAILING = "Failing"
    HELD = "Held for review"
    SETUP = "Setup"
    WARNINGS = "Warnings"
    SYNCING = "Syncing"
    ACTIVE = "Active"
    DISABLED = "Disabled"

    @property
    def slug(self) -> str:
        """Its name in URLs."""
        return self.value.lower().replace(" ", "-")

    @property
    def label(self) -> str:
        """Its translated name."""
        return str(LABELS[self])

    @property
    def color(self) -> str:
        """`success`, `info`, `warning`, `danger` or `neutral`."""
        return {
            Condition.CREDENTIALS_INVALID: "danger",
            Condition.FAILING: "danger",
            Condition.HELD: "warning",
            Condition.SETUP: "info",
            Condition.WARNINGS: "warning",
            Condition.SYNCING: "info",
            Condition.ACTIVE: "success",
            Condition.DISABLED: "neutral",
        }[self]

    @property
    def needs_attention(self) -> bool:
        return self in (
            Condition.CREDENTIALS_INVALID,
            Condition.FAILING,
            Condition.HELD,
            Condition.SETUP,
        )


LABELS = {
    Condition.CREDENTIALS_INVALID: gettext_lazy("Credentials invalid"),
    Condition.FAILING: gettext_lazy("Failing"),
    Condition.HELD: gettext_lazy("Held for review"),
    Condition.SETUP: gettext_lazy("Setup"),
    Condition.WARNINGS: gettext_lazy("Warnings"),
    Condition.SYNCING: gettext_lazy("Syncing"),
    Condition.ACTIVE: gettext_lazy("Active"),
    Condition.DISABLED: gettext_lazy("Disabled"),
}


class Step(StrEnum):
    """The next step; the dashboard has a page for each."""

    NOTHING = ""
    SYNC = "sync"
    OPEN_RUN = "run"
    CREDENTIALS = "credentials"
    SETTINGS = "settings"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules depend on; `last` is the newest run that has ended."""

    enabled: bool
    has_credentials: bool
    key_readable: bool
    key_expires_at: datetime | None
    credentials_invalid_at: datetime | None
    next_sync_at: datetime | None
    live: SyncRun | None = None
    waits_its_turn: bool = False
    last: SyncRun | None = None
    held_run: SyncRun | None = None
    held: int = 0
    warnings: int = 0
    quarantined: int = 0
    # The newest open issue that the other facts say nothing of and that nobody has snoozed.
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class Health:
    condition: Condition
    reason: str
    step: Step
    step_label: str = ""
    run: SyncRun | None = None
    issue: Issue | None = None


def assess(facts: Facts, now: datetime) -> Health:
    """The condition that needs attention most."""
    return (
        _not_running(facts)
        or _syncing(facts, now)
        or key_does_not_work(facts, now)
        or deletions_are_held(facts)
        or _last_outcome(facts, now)
    )


def _not_running(facts: Facts) -> Health | None:
    if not facts.has_credentials:
        return Health(
            Condition.SETUP,
            _("No Flatchr credentials are stored yet."),
            Step.CREDENTIALS,
            _("Enter the credentials"),
        )
    if not facts.enabled and facts.live is None:
        return Health(
            Condition.DISABLED,
            _("Its data is kept and no longer synchronised."),
            Step.SETTINGS,
            _("Switch it on again"),
        )
    return None


def _syncing(facts: Facts, now: datetime) -> Health | None:
    run = facts.live
    if run is None:
        return None
    if run.waiting_until and run.waiting_until > now:
        why = translated(run.waiting_reason) or _("Flatchr asked us to slow down")
        reason = _("Waiting: %(why)s.") % {"why": why}
    elif run.state == RunState.QUEUED:
        reason = _("Waiting for a worker to begin.")
        if facts.waits_its_turn:
            reason = _("Waiting for its turn: other syncs come first.")
        elif is_late(run, now):
            reason = _(
                "No worker has taken this sync up. Check that the worker process is running."
            )
    else:
        reason = _("Just begun.")
        if run.phase:
            reason = _("Reading %(what)s.") % {"what": run.get_phase_display().lower()}
    return Health(Condition.SYNCING, reason, Step.OPEN_RUN, _("Watch it"), run)


def key_does_not_work(facts: Facts, now: datetime) -> Health | None:
    fix = (Step.CREDENTIALS, _("Enter a new key"))
    if not facts.key_readable:
        reason = _("The stored key cannot be decrypted on this server.")
        return Health(Condition.CREDENTIALS_INVALID, reason, *fix)
    refused = facts.last is not None and facts.last.state == RunState.AUTHENTICATION_FAILED
    if facts.credentials_invalid_at or refused:
        reason = _("Flatchr refused the API key.")
        return Health(Condition.CREDENTIALS_INVALID, reason, *fix, facts.last)
    if facts.key_expires_at and facts.key_expires_at <= now:
        return Health(Condition.CREDENTIALS_INVALID, _("The API key has expired."), *fix)
    return None


def deletions_are_held(facts: Facts) -> Health | None:
    if not facts.held:
        return None
    words = ngettext(
        "%(count)s record disappeared from Flatchr with many others, so it was not deleted.",
        "%(count)s records disappeared from Flatchr at once, so nothing was deleted.",
        facts.held,
    )
    return Health(
        Condition.HELD,
        words % {"count": f"{facts.held:,}"},
        Step.OPEN_RUN,
        _("Review them"),
        facts.held_run,
    )


def _last_outcome(facts: Facts, now: datetime) -> Health:
    run = facts.last
    if run is None:
        return Health(
            Condition.SETUP, _("Connected, not synchronised yet."), Step.SYNC, _("Sync now")
        )
    return (
        sync_failed(facts)
        or key_is_running_out(facts, now, within=KEY_EXPIRES_NOW)
        or something_is_missing(facts)
        or key_is_running_out(facts, now, within=KEY_EXPIRES_SOON)
        or _running_well(facts, run, now)
    )


def sync_failed(facts: Facts) -> Health | None:
    run = facts.last
    if run is None or run.state not in (RunState.FAILED, RunState.TIMED_OUT):
        return None
    reason = translated(run.error_message).split("\n")[0] or _("The last sync did not finish.")
    return Health(Condition.FAILING, reason, Step.OPEN_RUN, _("See what went wrong"), run)


def key_is_running_out(facts: Facts, now: datetime, *, within: timedelta) -> Health | None:
    ends = key_ends(facts.key_expires_at, now, within=within)
    if not ends:
        return None
    if within <= KEY_EXPIRES_NOW:
        ends = _("%(key_ends)s Nothing is read after that.") % {"key_ends": ends}
    return Health(Condition.WARNINGS, ends, Step.CREDENTIALS, _("Enter a new key"), facts.last)


def something_is_missing(facts: Facts) -> Health | None:
    """Records that are set aside, or kinds that the last sync could not read."""
    run = facts.last
    unread = run is not None and run.state == RunState.PARTIALLY_FAILED and run.error_message
    if run is None or not (facts.quarantined or unread):
        return None
    return Health(Condition.WARNINGS, _shortfall(facts, run), Step.OPEN_RUN, _("See which"), run)


def _shortfall(facts: Facts, run: SyncRun) -> str:
    if not facts.quarantined:
        return _("Not everything could be read. %(why)s") % {"why": translated(run.error_message)}
    words = ngettext(
        "%(count)s record could not be understood and was set aside.",
        "%(count)s records could not be understood and were set aside.",
        facts.quarantined,
    )
    return words % {"count": f"{facts.quarantined:,}"}


def _running_well(facts: Facts, run: SyncRun, now: datetime) -> Health:
    if facts.issue is not None:
        return Health(
            Condition.WARNINGS,
            translated(facts.issue.text),
            Step.ISSUE,
            _("See what to do"),
            run,
            facts.issue,
        )
    if facts.next_sync_at and now - facts.next_sync_at > OVERDUE:
        reason = _("A scheduled sync is overdue. Check that the scheduler is running.")
        return Health(Condition.WARNINGS, reason, Step.SYNC, _("Sync now"), run)
    if run.state == RunState.CANCELLED:
        return Health(Condition.ACTIVE, _("The last sync was cancelled."), Step.NOTHING, "", run)
    if facts.warnings:
        words = ngettext(
            "In sync, except for %(count)s value that could not be stored completely.",
            "In sync, except for %(count)s values that could not be stored completely.",
            facts.warnings,
        )
        reason = words % {"count": f"{facts.warnings:,}"}
        return Health(Condition.ACTIVE, reason, Step.OPEN_RUN, _("See them"), run)
    return Health(Condition.ACTIVE, _("In sync with Flatchr."), Step.NOTHING, "", run)


def key_ends(expires_at: datetime | None, now: datetime, *, within: timedelta) -> str:
    """A sentence on a key that ends within that time; empty for any other."""
    if expires_at is None or expires_at - now > within:
        return ""
    left = max(timedelta(), expires_at - now)
    if left < timedelta(days=1):
        return _("The API key expires within a day.")
    words = ngettext(
        "The API key expires in %(count)s day.", "The API key expires in %(count)s days.", left.days
    )
    return words % {"count": left.days}


def is_late(run: SyncRun, now: datetime) -> bool:
    """Whether a run waits for a worker for longer than an idle one needs."""
    since = max(run.queued_at, run.waiting_until or run.queued_at)
    return run.state == RunState.QUEUED and now - since > UNCLAIMED
