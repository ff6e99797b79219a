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
    chosen = dict(
        AlertChoice.objects.filter(user__in=users, integration=issue.integration_id).values_list(
            "user_id", "level"
        )
    )
    preferences = AlertPreference.objects.in_bulk([user.pk for user in users])
    found = []
    for user in users:
        preference = preferences.get(user.pk) or AlertPreference(user=user)
        level = _level(user, chosen.get(user.pk) or preference.level, roles.get(user.pk))
        if level.takes(issue.severity):
            daily = preference.pace == AlertPace.DAILY
            found.append(Reader(user.pk, due_at(preference, now), daily))
    return found


def choices_of(user: Any) -> tuple[AlertPreference, dict[str | None, str]]:
    """The user's preference, and the levels chosen by tenant; None is the installation."""
    preference = AlertPreference.objects.filter(pk=user.pk).first() or AlertPreference(user=user)
    chosen = AlertChoice.objects.filter(user=user).values_list("integration_id", "level")
    return preference, dict(chosen)


def choose(user: Any, preference: AlertPreference, levels: Mapping[str | None, str]) -> None:
    """Store the user's choices; those of tenants that are not in `levels` stay as they are.

    Idempotent, also when a form is sent twice at once.
    """
    _preference, known = choices_of(user)
    changed = {pk: level for pk, level in levels.items() if known.get(pk, "") != level}
    mine = AlertChoice.objects.filter(user=user)
    with transaction.atomic():
        preference.user = user
        AlertPreference.objects.bulk_create(
            [preference],
            update_conflicts=True,
            unique_fields=["user"],
            update_fields=["level", "pace", "digest_hour"],
        )
        for tenant_id in changed:
            mine.filter(integration=tenant_id).delete()
        AlertChoice.objects.bulk_create(
            [
                AlertChoice(user=user, integration_id=tenant_id, level=level)
                for tenant_id, level in changed.items()
                if level
            ],
            ignore_conflicts=True,
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one user may see and wants to be told of by now: ids of issues."""

    preference: AlertPreference
    seen: frozenset[int]
    wanted: frozenset[int]


def wishes_of(user: Any, issues: Iterable[Issue]) -> Wishes:
    """Which of these issues the user may see and wants, in four queries for any number of them."""
    preference, chosen = choices_of(user)
    if not (user.is_active and user.is_staff):
        return Wishes(preference, frozenset(), frozenset())
    tenants: set[str | None] = set(
        Integration.objects.visible_to(user).values_list("pk", flat=True)
    )
    if user.is_superuser:
        tenants.add(None)
    roles = dict(Membership.objects.filter(user=user).values_list("integration_id", "role"))
    seen = [issue for issue in issues if issue.integration_id in tenants]
    return Wishes(
        preference,
        frozenset(issue.pk for issue in seen),
        frozenset(
            issue.pk
            for issue in seen
            if _level(
                user,
                chosen.get(issue.integration_id) or preference.level,
                roles.get(issue.integration_id or ""),
            ).takes(issue.severity)
        ),
    )


def _level(user: Any, chosen: str, role: str | None) -> AlertLevel:
    if chosen:
        return AlertLevel(chosen)
    return default_level(is_superuser=user.is_superuser, role=role)


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
