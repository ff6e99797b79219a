"""The kinds of action, and what can be chosen for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from integrations.actions.inputs import StageChoice
from integrations.actions.kinds.comments import AddComment, DeleteComment
from integrations.actions.kinds.information import WriteInformation
from integrations.actions.kinds.job_creation import CreateJob
from integrations.actions.kinds.move import Move, Reject
from integrations.actions.kinds.tags import AddTag
from integrations.actions.kinds.to_dos import AddTask, FinishTask
from integrations.actions.kinds.work import Work
from integrations.messages import Message
from integrations.models import (
    Action,
    ActionKind,
    Application,
    ApplicationStage,
    Integration,
    Tag,
)

_ALL = (
    *(Move, Reject, AddTag, AddComment, DeleteComment),
    *(AddTask, FinishTask, WriteInformation, CreateJob),
)
WORKS: dict[ActionKind, type[Work]] = {work.kind: work for work in _ALL}


def work_of(kind: str, integration: Integration, parameters: Mapping[str, Any]) -> Work:
    """The work of that kind with these parameters; raises `ActionNotPossible`."""
    return WORKS[ActionKind(kind)](integration, parameters)


def work_of_row(action: Action) -> Work:
    """The work of a row; raises `ActionNotPossible`, as when its texts have been emptied."""
    return work_of(action.kind, action.integration, {**action.parameters, **action.content})


def stage_choices(
    integration: Integration, application: Application | None = None
) -> list[StageChoice]:
    """The stages of the tenant's pipeline in their order; the application's own is `current`.

    Hidden ones are left out, but for the current one. Stages are the company's: every job has all.
    """
    current = application.current_stage_id if application is not None else None
    live = ApplicationStage.objects.live().filter(integration=integration)
    stages = [
        stage for stage in live.order_by("position", "pk") if stage.visible or stage.pk == current
    ]
    titles = Counter(stage.name for stage in stages)
    return [
        StageChoice(
            id=stage.pk,
            # The number tells two of one title apart, in Flatchr's address bar as well.
            label=str(stage) if titles[stage.name] == 1 else f"{stage} ({stage.remote_id})",
            position=stage.position,
            current=stage.pk == current,
            hired=stage.hired,
            asks_twice=stage.hired,
            confirmation=Message("action_hires", stage=str(stage)) if stage.hired else None,
        )
        for stage in stages
    ]


def tag_choices(integration: Integration) -> list[str]:
    """The names of the tenant's tags for candidates, in alphabetical order."""
    names = Tag.objects.live().filter(integration=integration).exclude(name=None)
    return sorted({str(name) for name in names.values_list("name", flat=True)}, key=str.casefold)
