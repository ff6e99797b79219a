"""Data scopes of a tenant: what is read of it, and choosing that (`docs/unified-api.md §12.6`).

A choice takes effect with the next sync, which is a full one: it empties what was stored of a
part that is now left out, and reads again a part that was left out before. See
`sync/scope_filter.py` and `sync/scope_purge.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.audit import trail
from integrations.models import Event, FlatchrSettings, Integration
from integrations.models.scopes import (
    EVERYTHING,
    Part,
    Scopes,
    stored_choices,
    stored_opt_outs,
)
from integrations.records import Model


def scopes_of(integration_id: str) -> Scopes:
    """The tenant's scopes as they are stored now."""
    settings = FlatchrSettings.objects.filter(pk=integration_id).first()
    return settings.scopes if settings is not None else EVERYTHING


def excluded_models(scopes: Scopes) -> frozenset[Model]:
    """The models that are neither asked for nor kept."""
    left_out = scopes.left_out
    if Part.APPLICATIONS in left_out:
        # A tag is on a candidate, or nowhere.
        return frozenset({Model.CANDIDATES, Model.APPLICATIONS, Model.TAGS, Model.CANDIDATE_TAGS})
    if Part.TAGS in left_out:
        return frozenset({Model.TAGS, Model.CANDIDATE_TAGS})
    return frozenset()


def redacts_people(scopes: Scopes) -> bool:
    """Whether any part of a candidate's record is left out; the raw object is then, too."""
    return Part.RAW in scopes.left_out


def choose(integration: Integration, scopes: Scopes, *, user: Any = None) -> bool:
    """Store the operator's choice; return whether it changes anything. Idempotent.

    The customer's opt-outs are kept, and count while the operator leaves the part optional.
    """
    with transaction.atomic():
        row = _locked(integration)
        return _store(integration, row, Scopes(scopes.choices, row.scopes.opted_out), user=user)


def opt_out(integration: Integration, declined: Collection[Part]) -> bool:
    """Store the customer's opt-outs among the optional parts; return whether that changes anything.

    Idempotent.
    """
    with transaction.atomic():
        row = _locked(integration)
        before = row.scopes
        asked = set(before.optional)
        kept = (set(before.opted_out) - asked) | (asked & set(declined))
        return _store(
            integration, row, Scopes(before.choices, frozenset(kept)), said_by="the customer"
        )


def _locked(integration: Integration) -> FlatchrSettings:
    FlatchrSettings.objects.get_or_create(integration=integration)
    return FlatchrSettings.objects.select_for_update().get(pk=integration.pk)


def _store(
    integration: Integration,
    row: FlatchrSettings,
    after: Scopes,
    *,
    user: Any = None,
    said_by: str | None = None,
) -> bool:
    before = row.scopes
    if after == before:
        return False
    row.scope_choices = stored_choices(after)
    row.scope_opt_outs = stored_opt_outs(after.opted_out)
    row.save(update_fields=["scope_choices", "scope_opt_outs"])
    if (after.left_out ^ before.left_out) - {Part.FILES}:
        # CVs are not copied, so no sync has anything to do with them.
        moment = timezone.now()
        Integration.objects.filter(pk=integration.pk).update(scopes_changed_at=moment)
        integration.scopes_changed_at = moment
    chosen: dict[str, Any] = {
        part.value: after.choice(part).value
        for part in Part
        if after.choice(part) is not before.choice(part)
    }
    if said_by is not None:
        chosen["said_by"] = said_by
        chosen["opted_out"] = [part.value for part in Part if after.declined(part)]
    trail.record(
        Event.SETTINGS_CHANGED,
        tenant=integration,
        about=integration,
        name=integration.organization,
        user=user,
        changed=["scopes"],
        **chosen,
    )
    return True


def mark_applied(integration_id: str, *, read_from: Any) -> None:
    """Store that a full sync begun at `read_from` has applied the scopes, if unchanged since."""
    Integration.objects.filter(pk=integration_id, scopes_changed_at__lte=read_from).update(
        scopes_changed_at=None
    )
