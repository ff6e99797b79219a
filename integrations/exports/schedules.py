"""Exports that are made again and again for one user, who is told by e-mail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.accounts.permissions import Permission, tenants_where
from integrations.audit.trail import record
from integrations.exports import service
from integrations.exports.writing import Wanted
from integrations.messages import Message
from integrations.models import Event, Every, Export, ExportSchedule, Integration

# Unless another is chosen; local time: the file is there when people come to work.
MONDAY, HOUR = 0, 6
MOST_SCHEDULES = 20

LOST = Message("export_access_lost")
NO_SERVER = Message("mail_not_configured")
NO_ADDRESS = Message("account_without_email")
NO_TENANT = Message("schedule_one_tenant")


class NotScheduled(Exception):
    """The export was not scheduled; the message tells the user why."""


def lacking(user: Any, integration: Integration | None) -> list[Message]:
    """All that is lacking for `user` to be sent exports of that tenant."""
    conditions = (
        (settings.EMAIL_ENABLED, NO_SERVER),
        (bool(user.email), NO_ADDRESS),
        (integration is not None, NO_TENANT),
    )
    return [message for met, message in conditions if not met]


def schedule(
    wanted: Wanted,
    *,
    user: Any,
    integration: Integration | None,
    filters: str,
    every: str,
    weekday: int = MONDAY,
    hour: int = HOUR,
    language: str = "",
) -> ExportSchedule:
    """Have the export made every day, or every week on that day, at that hour. Raises
    `NotScheduled`.

    The e-mails are in the language that the user has chosen, else in `language`.
    """
    missing = lacking(user, integration)
    if missing or integration is None:
        raise NotScheduled(missing[0])
    if ExportSchedule.objects.filter(user=user).count() >= MOST_SCHEDULES:
        raise NotScheduled(Message("schedules_too_many", most=MOST_SCHEDULES))
    style = wanted.style
    with transaction.atomic():
        planned = ExportSchedule.objects.create(
            user=user,
            integration=integration,
            kind=wanted.kind,
            columns=list(wanted.columns),
            format=wanted.format,
            delimiter=style.delimiter,
            date_format=style.date_format,
            bom=style.bom,
            wording=style.wording,
            phones=style.phones,
            filters=filters,
            every=every,
            weekday=weekday,
            hour=hour,
            language=language,
            next_at=following(every, timezone.now(), weekday=weekday, hour=hour),
        )
        record(
            Event.EXPORT_SCHEDULED,
            tenant=integration,
            about=planned,
            user=user,
            kind=planned.kind,
            every=planned.every,
        )
    return planned


def schedules_of(user: Any) -> QuerySet[ExportSchedule]:
    """The user's own, the newest first."""
    return ExportSchedule.objects.filter(user=user).select_related("integration")


def end(planned: ExportSchedule) -> None:
    """Make no more of these; what was made stays. Idempotent."""
    ExportSchedule.objects.filter(pk=planned.pk).delete()


def following(every: str, now: datetime, *, weekday: int = MONDAY, hour: int = HOUR) -> datetime:
    """The next time after `now` at which such an export is made: local time, 0 is Monday."""
    local = timezone.localtime(now)
    day = local.date()
    while True:
        moment = timezone.make_aware(datetime.combine(day, time(hour)))
        if moment > now and (every == Every.DAY or day.weekday() == weekday):
            return moment
        day += timedelta(days=1)


@jobs.SWEEP.register("scheduled exports")
def sweep() -> None:
    """Queue the exports that are due, each once. Runs each few seconds; idempotent."""
    now = timezone.now()
    due = ExportSchedule.objects.filter(next_at__lte=now).select_related("user", "integration")
    for planned in due:
        with jobs.failure_logged("Scheduled export %s", planned.pk):
            _make(planned, now)


def _make(planned: ExportSchedule, now: datetime) -> Export | None:
    user = planned.user
    visible = tenants_where(user, Permission.EXPORT).filter(pk=planned.integration_id)
    with transaction.atomic():
        taken = ExportSchedule.objects.filter(pk=planned.pk, next_at=planned.next_at)
        if not (user.is_active and user.is_staff and visible.exists()):
            taken.update(next_at=None, stopped=LOST)
            return None
        # However many were missed while Relais was down, one is made.
        following_at = following(planned.every, now, weekday=planned.weekday, hour=planned.hour)
        if not taken.update(next_at=following_at):
            return None
        return service.queue(
            service.wanted_of(planned),
            user=user,
            filters=planned.filters,
            integration=planned.integration,
            schedule=planned,
        )
