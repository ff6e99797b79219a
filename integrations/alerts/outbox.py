"""The outbox of alerts: a row for each reader who is to be told, in the issue's own transaction.

The rows are jobs (`jobs.py`) of the lane `soon`, so no dead mail server holds up a sweep or a sync;
`delivery.py` works on them. A constraint has it that nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.alerts import chat
from integrations.alerts.audience import due_at, readers_of
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import AlertPreference, Issue, Notice, NoticeChannel, NoticeState

# Readers that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20
# What is wrong with the installation is told when it lasts: processes are started again at times.
LULL = timedelta(minutes=2)


def waiting(now: datetime) -> Q:
    """Notices that are due and that nobody works on."""
    return Q(state=NoticeState.WAITING, due_at__lte=now) & jobs.is_free(now)


def _find_waiting(now: datetime) -> QuerySet[Notice, int]:
    found = Notice.objects.filter(waiting(now)).order_by("due_at")
    return found.values_list("pk", flat=True)[:MOST_CALLS]


NOTICES = jobs.register(
    jobs.JobKind(
        name="alert",
        task="integrations.tasks.send_alert",
        lane=Lane.SOON,
        find_waiting=_find_waiting,
    )
)


def announce(issue: Issue, *, again: bool = False) -> None:
    """Have everybody told who wants to be and has not been. Inside the issue's transaction.

    `again`: it had ended minutes ago, which nobody is told of any more.
    """
    if again:
        mine = Notice.objects.filter(issue=issue)
        mine.filter(is_end=True, state=NoticeState.WAITING).delete()
        mine.filter(is_end=False, state=NoticeState.DROPPED).delete()
    now = timezone.now()
    if issue.integration_id is None:
        now += LULL
    rows = [
        Notice(
            issue=issue,
            channel=NoticeChannel.EMAIL,
            user_id=reader.user_id,
            daily=reader.daily,
            due_at=reader.due_at,
        )
        for reader in readers_of(issue, now)
    ]
    if chat.wants(issue):
        rows.append(Notice(issue=issue, channel=NoticeChannel.CHAT, due_at=now))
    _queue(issue, rows)


def announce_end(issue: Issue, *, at: datetime) -> None:
    """Tell those who were told that it is over, `at` the earliest; drop what was not told yet."""
    begun = Notice.objects.filter(issue=issue, is_end=False)
    begun.filter(state=NoticeState.WAITING, lease_owner="").update(
        state=NoticeState.DROPPED, error=Message("alert_over")
    )
    told = list(begun.filter(state__in=[NoticeState.SENT, NoticeState.WAITING]))
    preferences = AlertPreference.objects.in_bulk([one.user_id for one in told if one.user_id])
    rows = [
        Notice(
            issue=issue,
            channel=one.channel,
            user_id=one.user_id,
            is_end=True,
            daily=one.daily,
            due_at=due_at(preferences[one.user_id], at) if one.user_id in preferences else at,
        )
        for one in told
    ]
    _queue(issue, rows)


def bring_forward(issue: Issue) -> None:
    """Have what a snooze has put off told as if the issue had just been raised."""
    now = timezone.now()
    put_off = Notice.objects.filter(
        issue=issue, is_end=False, state=NoticeState.WAITING, lease_owner="", due_at__gt=now
    )
    found = dict(put_off.values_list("pk", "user_id"))
    preferences = AlertPreference.objects.in_bulk([pk for pk in found.values() if pk])
    for pk, user_id in found.items():
        due = due_at(preferences[user_id], now) if user_id in preferences else now
        put_off.filter(pk=pk, due_at__gt=due).update(due_at=due)
    NOTICES.enqueue(issue.pk)


def _queue(issue: Issue, rows: Iterable[Notice]) -> None:
    rows = list(rows)
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.due_at <= timezone.now() for row in rows):
        NOTICES.enqueue(issue.pk)
