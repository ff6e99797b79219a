"""For how long a tenant keeps people of whom nothing is heard."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

from django.db import transaction

from integrations.audit import trail
from integrations.models import Event, FlatchrSettings, Integration, RemovedApplicant

LEAST, MOST = 1, 120


def kept_since(settings: FlatchrSettings | None, now: datetime) -> datetime | None:
    """People whose last activity was before this are removed; None if the tenant keeps them."""
    months = settings.keep_months if settings is not None else None
    return None if months is None else months_before(now, months)


def months_before(now: datetime, months: int) -> datetime:
    """So many calendar months before `now`."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)


def keep_for(integration: Integration, months: int | None, *, user: object = None) -> bool:
    """Store for how many months people are kept without activity, `LEAST` to `MOST`; None for as
    long as Flatchr has them. Return whether that changes anything. Idempotent.

    Raises `ValueError` for any other number. Once it is switched off, nothing is left out of syncs.
    """
    if months is not None and not LEAST <= months <= MOST:
        raise ValueError(f"{months} is not between {LEAST} and {MOST}")
    with transaction.atomic():
        FlatchrSettings.objects.get_or_create(integration=integration)
        row = FlatchrSettings.objects.select_for_update().get(pk=integration.pk)
        if row.keep_months == months:
            return False
        FlatchrSettings.objects.filter(pk=row.pk).update(keep_months=months)
        if months is None:
            RemovedApplicant.objects.filter(integration=integration).delete()
        trail.record(
            Event.SETTINGS_CHANGED,
            tenant=integration,
            about=integration,
            name=integration.organization,
            user=user,
            changed=["keep_months"],
            keep_months=months or "",
        )
    return True
