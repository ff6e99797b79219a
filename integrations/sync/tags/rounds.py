"""Rounds of reading tags: what a sync that has ended asks for, and how far the reading has come.

A round reads what is new, changed or was never read, and the tenant's share of the oldest readings:
as many as make all of them anew in 24 hours. A sync that ends meanwhile adds to the round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Case, DateTimeField, F, QuerySet, Value, When

from integrations import jobs
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import (
    FlatchrSettings,
    Integration,
    RunState,
    SyncRun,
    SyncType,
    Tag,
    TagProgress,
    Trigger,
)
from integrations.records import Model
from integrations.sync.tags import choice
from integrations.tenants.scopes import excluded_models

# Tenants that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20
# A full sync that somebody asks for has all tags read again, however new the readings are.
_ASKED = frozenset({Trigger.MANUAL, Trigger.COMMAND, Trigger.API, Trigger.CONNECT})
# The speed is measured once so many applicants were read.
_MEASURED = 20


def unattended(now: datetime) -> list[str]:
    """Ids of the tenants whose tags are to be read next, the longest due first."""
    found = waiting(now).order_by("due_at", "pk")
    return list(found.values_list("pk", flat=True)[:MOST_CALLS])


def waiting(now: datetime) -> QuerySet[TagProgress]:
    """The rows that are due and that nobody works on.

    Tags wait while a sync of the tenant is under way, and while its key is known to be wrong.
    """
    running = SyncRun.objects.filter(state=RunState.RUNNING).values("integration_id")
    return TagProgress.objects.filter(
        jobs.is_free(now),
        due_at__lte=now,
        integration__enabled=True,
        integration__deleted_at=None,
        integration__credentials_invalid_at=None,
    ).exclude(integration_id__in=running)


TAGS = jobs.register(
    jobs.JobKind(
        name="the tags of tenant",
        task="integrations.tasks.read_tags",
        lane=Lane.TAGS,
        find_waiting=unattended,
    )
)


def ask(run: SyncRun) -> None:
    """Have tags read after a run that went well; wakes a worker on commit. In a transaction."""
    tenant = run.integration_id
    row = TagProgress.objects.filter(pk=tenant)
    if not _has_tags(tenant):
        row.update(due_at=None, asked_by=None, ended_at=jobs.moment(), queue=[])
        return
    due = {"due_at": jobs.moment(), "asked_by": run, "failures": 0}
    if not row.update(**due):
        TagProgress.objects.create(integration_id=tenant, **due)
    TAGS.enqueue(tenant)


def _has_tags(integration_id: str) -> bool:
    chosen = FlatchrSettings.objects.filter(pk=integration_id).first()
    if chosen is not None and (
        chosen.trait_budget == 0 or Model.CANDIDATE_TAGS in excluded_models(chosen.scopes)
    ):
        return False
    return Tag.objects.live().filter(integration_id=integration_id).exists()


def never_read(integration_id: str) -> int:
    """The number of applicants whose tags have not been read yet; 0 where none are to be."""
    return choice.never_read(integration_id) if _has_tags(integration_id) else 0


def plan(progress: TagProgress) -> dict[str, object]:
    """The columns of the round that the newest run asks for; one under way goes on with more.

    With them that run has asked no more; one that has asked meanwhile still does.
    """
    now = jobs.now()
    run = progress.asked_by
    if run is None:
        return {}
    begun = progress.began_at is not None and progress.ended_at is None
    stale_before, every = now - choice.AGE, False
    if run.type == SyncType.FULL and run.trigger in _ASKED:
        stale_before, every = run.started_at or now, True
    elif begun and progress.oldest_left is None and progress.stale_before is not None:
        stale_before, every = max(stale_before, progress.stale_before), True
    due = choice.count(progress.integration_id, now=now, stale_before=stale_before)
    oldest_left = None
    if not every:
        share = 1.0
        if progress.planned_at is not None:
            share = min(1.0, (now - progress.planned_at) / choice.AGE)
        left = (progress.oldest_left or 0) if begun else 0
        oldest_left = min(due.old, left + math.ceil(due.live * share))
    budget = progress.integration.flatchr_settings.trait_budget
    wanted = due.unread + (due.old if oldest_left is None else oldest_left)
    wanted = wanted if budget is None else min(wanted, budget)
    read = progress.read if begun else 0
    columns: dict[str, object] = {
        "fresh_since": run.started_at,
        "stale_before": stale_before,
        "oldest_left": oldest_left,
        "budget_left": budget,
        "queue": [],
        "planned_at": now,
        "paced_from": now,
        "paced_read": read,
        "total": read + wanted,
        "asked_by": Case(When(asked_by=run, then=None), default=F("asked_by")),
    }
    if not begun:
        columns |= {"run": run, "began_at": now, "ended_at": None, "read": 0}
    return columns


def queue_next(progress: TagProgress, *, now: datetime, most: int) -> tuple[list[str], int | None]:
    """Ids of the applications to read next, and how many of the oldest are left after them."""
    if progress.budget_left is not None:
        most = min(most, progress.budget_left)
    queue = choice.unread(progress.integration_id, now=now, since=progress.fresh_since, most=most)
    left, room = progress.oldest_left, most - len(queue)
    room = room if left is None else min(room, left)
    if room > 0 and progress.stale_before is not None:
        old = choice.oldest(
            progress.integration_id, now=now, stale_before=progress.stale_before, most=room
        )
        queue += old
        left = None if left is None else left - len(old)
    return queue, left


def unless_asked_meanwhile() -> Case:
    """When reading goes on after the end of a round: never, unless a sync has asked since."""
    return Case(
        When(asked_by__isnull=False, then=jobs.moment()),
        default=Value(None, output_field=DateTimeField()),
    )


# How far it has come


@dataclass(frozen=True, slots=True)
class TagFigures:
    """How far a tenant's tags have been read.

    `seconds_left` is None while that cannot be said. `text` says it in words, and `trouble` why it
    does not go on; blank if it does.
    """

    run_id: int | None
    read: int
    total: int
    seconds_left: float | None
    under_way: bool
    text: str
    trouble: str


def figures(integration: Integration | str) -> TagFigures | None:
    """The figures of the tenant's round; None if there was never one, or nothing was to be read."""
    key = integration if isinstance(integration, str) else integration.pk
    progress = TagProgress.objects.filter(pk=key).first()
    if progress is None:
        return None
    if progress.asked_by_id is not None:
        # What it adds is counted when a worker takes it up.
        waits = Message("tags_wait")
        return TagFigures(progress.asked_by_id, 0, 0, None, True, waits, progress.error_message)
    if not progress.total:
        return None
    under_way = progress.ended_at is None
    left = _seconds_left(progress) if under_way and not progress.error_message else None
    if not under_way:
        text = Message("tags_read", count=progress.read)
    elif left is None:
        text = Message("tags_under_way", read_count=progress.read, count=progress.total)
    else:
        text = Message(
            "tags_done_in",
            read_count=progress.read,
            count=progress.total,
            time=_about(left),
        )
    return TagFigures(
        progress.run_id,
        progress.read,
        progress.total,
        left,
        under_way,
        text,
        progress.error_message,
    )


def _seconds_left(progress: TagProgress) -> float:
    """By the speed since the reading began or went on, at most that which is allowed."""
    speed = float(settings.FLATCHR_RATE)
    read = progress.read - progress.paced_read
    if progress.paced_from is not None and read >= _MEASURED:
        took = (jobs.now() - progress.paced_from).total_seconds()
        if took > 0:
            speed = min(speed, read / took)
    return max(0, progress.total - progress.read) / speed


def _about(seconds: float) -> str:
    """A time as one says it: `40 s`, `12 min`, `2 h 40 min`."""
    if seconds <= 60:
        return f"{max(10, math.ceil(seconds / 10) * 10)} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    minutes = math.ceil(minutes / 10) * 10
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
