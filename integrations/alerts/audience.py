"""Who is told of an issue, when, and in which words.

Without a choice of their own, administrators are told of warnings and of what is critical, of every
tenant and of the installation; Managers of what is critical in their tenants; nobody else of
anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.models import (
    AlertChoice,
    AlertLevel,
    AlertPace,
    AlertPreference,
    Integration,
    Issue,
    Membership,
    Role,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A user who is to be told, and when: at once, or with the day's e-mail."""

    user_id: int
    due_at: datetime
    daily: bool


def default_level(*, is_superuser: bool, role: str | None) -> AlertLevel:
    if is_superuser:
        return AlertLevel.WARNING
    return AlertLevel.CRITICAL if role == Role.MANAGER else AlertLevel.NOTHING


def readers_of(issue: Issue, now: datetime) -> list[Reader]:
    """The users who want to be told of it, in four queries."""
    roles: dict[int, str] = {}
    if issue.integration_id is not None:
        members = Membership.objects.filter(integration=issue.integration_id)
        roles = dict(members.values_list("user_id", "role"))
    users = list(
        get_user_model()
        .objects.filter(Q(is_superuser=True) | Q(pk__in=roles), is_active=True, is_staff=True)
        .exclude(email="")
    )
    return [
        Reader(user.pk, due_at(preference, now), preference.pace == AlertPace.DAILY)
        for user, level, preference in _levels(users, issue.integration_id, roles)
        if level.takes(issue.severity)
    ]


def choices_of(user: Any) -> tuple[AlertPreference, dict[str | None, str]]:
    """The user's preference, and the levels chosen by tenant; None is the installation."""
    preference = AlertPreference.objects.filter(pk=user.pk).first() or AlertPreference(user=user)
    chosen = AlertChoice.objects.filter(user=user).values_list("integration_id", "level")
    return preference, dict(chosen)


def choose(user: Any, preference: AlertPreference, levels: Mapping[str | None, str]) -> None:
    """Store the user's choices; those of tenants that are not in `levels` stay as they are."""
    with transaction.atomic():
        preference.user = user
        preference.save()
        for tenant_id, level in levels.items():
            mine = AlertChoice.objects.filter(user=user, integration=tenant_id)
            if not level:
                mine.delete()
            elif not mine.update(level=level):
                AlertChoice.objects.create(user=user, integration_id=tenant_id, level=level)


def may_see(user: Any, issue: Issue) -> bool:
    if not (user.is_active and user.is_staff):
        return False
    if issue.integration_id is None:
        return bool(user.is_superuser)
    return bool(Integration.objects.visible_to(user).filter(pk=issue.integration_id).exists())


def wants(user: Any, issue: Issue) -> bool:
    """Whether the user wants to be told of it, as they have chosen by now."""
    members = Membership.objects.filter(integration=issue.integration_id, user=user)
    roles = dict(members.values_list("user_id", "role"))
    ((_user, level, _preference),) = _levels([user], issue.integration_id, roles)
    return level.takes(issue.severity)


def _levels(
    users: Iterable[Any], tenant_id: str | None, roles: dict[int, str]
) -> list[tuple[Any, AlertLevel, AlertPreference]]:
    users = list(users)
    ids = [user.pk for user in users]
    chosen = dict(
        AlertChoice.objects.filter(user__in=ids, integration=tenant_id).values_list(
            "user_id", "level"
        )
    )
    preferences = AlertPreference.objects.in_bulk(ids)
    found = []
    for user in users:
        preference = preferences.get(user.pk) or AlertPreference(user=user)
        level = chosen.get(user.pk) or preference.level
        role = roles.get(user.pk)
        usual = default_level(is_superuser=user.is_superuser, role=role)
        found.append((user, AlertLevel(level) if level else usual, preference))
    return found


def due_at(preference: AlertPreference, now: datetime) -> datetime:
    """When such a reader is told of what happens `now`."""
    if preference.pace != AlertPace.DAILY:
        return now
    return next_digest(preference.digest_hour, now)


def next_digest(hour: int, now: datetime) -> datetime:
    """The next time that the clock of the installation strikes `hour`."""
    day = timezone.localtime(now).date()
    while True:
        moment = timezone.make_aware(datetime.combine(day, time(hour)))
        if moment > now:
            return moment
        day += timedelta(days=1)
