"""What can be done to an application, and what an action would do: asks Flatchr nothing and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from integrations.actions.checks import read_applications, reason_against, refusal_of, tenant_of
from integrations.actions.inputs import (
    ActionNotPossible,
    ActionPreview,
    AvailableAction,
    PreviewRow,
)
from integrations.actions.kinds import WORKS, work_of
from integrations.actions.kinds.work import Work
from integrations.messages import Message
from integrations.models import ActionKind, Application

ON_APPLICATIONS = tuple(kind for kind in ActionKind if kind != ActionKind.CREATE_JOB)


def available_actions(application: Application, user: Any) -> dict[ActionKind, AvailableAction]:
    """What can be done to the application, by kind, in the order of `ActionKind`.

    What is not possible says why. Choices are in `kinds.stage_choices` and `kinds.tag_choices`.
    """
    refusal = refusal_of(application.integration, user)
    return {kind: _availability(kind, application, user, refusal) for kind in ON_APPLICATIONS}


def _availability(
    kind: ActionKind, application: Application, user: Any, refusal: Message | None
) -> AvailableAction:
    if refusal is not None:
        return AvailableAction(kind, False, refusal)
    work = WORKS[kind].blank(application.integration)
    try:
        work.check(application)
        work.check_actor(user)
    except ActionNotPossible as error:
        return AvailableAction(kind, False, str(error))
    reason = work.needless(application) if kind == ActionKind.REJECT else None
    return AvailableAction(kind, reason is None, reason or "", tuple(work.common_notes()))


def preview(
    *,
    kind: ActionKind | str,
    applications: Iterable[Application] | QuerySet[Application],
    parameters: Mapping[str, Any],
    user: Any,
) -> ActionPreview:
    """What `start` or `start_many` with the same values would do to each application, which it
    cannot be done to and why. Asks Flatchr nothing and changes nothing.
    """
    rows = read_applications(applications)
    try:
        integration = tenant_of(rows)
        if (refusal := refusal_of(integration, user)) is not None:
            return ActionPreview(refusal=refusal)
        work = work_of(kind, integration, parameters)
    except ActionNotPossible as error:
        return ActionPreview(refusal=str(error))
    work.know(rows)
    shown = [_previewed(work, row) for row in rows]
    possible = sum(row.possible for row in shown)
    return ActionPreview(
        rows=shown,
        notes=tuple(work.common_notes()),
        confirmation=work.confirmation(),
        counts={"possible": possible, "impossible": len(shown) - possible},
    )


def _previewed(work: Work, application: Application) -> PreviewRow:
    if reason := reason_against(work, application):
        return PreviewRow(application, False, reason=reason)
    notes = tuple(work.notes(application))
    return PreviewRow(application, True, effect=work.effect(application), notes=notes)
