"""Moving and rejecting applications (`docs/flatchr-api.md §8`, §9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from integrations.actions.inputs import ActionNotPossible, StageWithoutNumber
from integrations.actions.kinds.work import Work, application_of
from integrations.actions.lookup import is_archived, mirrored
from integrations.changes.recording import note, recorded
from integrations.enumerations import Outcome
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import (
    Action,
    ActionKind,
    Application,
    ApplicationStage,
    Integration,
    RecordChange,
)
from integrations.records import Model


class _OnApplication(Work):
    """What Flatchr does to an application by its job: one such thing at a time."""

    def check(self, application: Application | None) -> None:
        super().check(application)
        if application is not None and application.job is None:
            raise ActionNotPossible(Message("action_job_unknown"))

    def subject(self, application: Application | None) -> str:
        if application is None:
            return ""
        return f"application:{application.pk}"

    def common_notes(self) -> list[Message]:
        if self.integration.flatchr_settings.mails_candidates:
            return [Message("action_may_mail")]
        return []


class Move(_OnApplication):
    """To a stage: `{"stage": its id}`, and `"confirmed": True` for a stage of the hired."""

    kind = ActionKind.MOVE

    def __init__(self, integration: Integration, parameters: Mapping[str, Any]) -> None:
        super().__init__(integration, parameters)
        stages = ApplicationStage.objects.live().filter(integration=integration)
        wanted = str(parameters.get("stage", ""))
        stage = stages.filter(pk=wanted).first() if "\0" not in wanted else None
        if stage is None:
            raise ActionNotPossible(Message("action_stage_unknown"))
        if not (stage.remote_id.isascii() and stage.remote_id.isdigit()):
            raise StageWithoutNumber
        self.stage: ApplicationStage = stage
        self.parameters = {"stage": stage.pk}

    def audited(self) -> dict[str, Any]:
        return {"stage": str(self.stage)}

    def needless(self, application: Application | None) -> Message | None:
        if application is None:
            return None
        if application.current_stage_id == self.stage.pk:
            return Message("action_already_in_stage", stage=str(self.stage))
        return None

    def effect(self, application: Application) -> Message:
        after = str(self.stage)
        if application.current_stage is None:
            return Message("action_moves_to", after=after)
        return Message("action_moves", before=str(application.current_stage), after=after)

    def notes(self, application: Application) -> list[Message]:
        archived = application.outcome == Outcome.DECLINED
        return [Message("action_stays_archived")] if archived else []

    def confirmation(self) -> Message | None:
        return Message("action_hires", stage=str(self.stage)) if self.stage.hired else None

    def before(self, application: Application | None) -> dict[str, Any]:
        if application is None:
            return {}
        return {"stage": application.current_stage_id}

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        application = application_of(action)
        column_id = int(self.stage.remote_id)
        return client.move(_vacancy(application), application.remote_id, column_id, about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:
        application = application_of(action)
        now = mirrored(client, application, archived=is_archived(application))
        if now is None:
            return False
        if not self._shares_its_title():
            return bool(now.current_stage_id == self.stage.pk)
        # Lists name a stage by its title; of two with the same one, the applicant itself tells.
        answer = client.applicant(application.remote_id)
        column = answer.get("column_id") if isinstance(answer, dict) else None
        if str(column) != self.stage.remote_id:
            return False
        _stand_in(now, self.stage)
        return True

    def _shares_its_title(self) -> bool:
        stages = ApplicationStage.objects.live().filter(integration=self.integration)
        return stages.filter(name=self.stage.name).exclude(pk=self.stage.pk).exists()


class Reject(_OnApplication):
    """To the archive; Flatchr takes no reason."""

    kind = ActionKind.REJECT

    def needless(self, application: Application | None) -> Message | None:
        if application is None:
            return None
        declined = application.outcome == Outcome.DECLINED
        return Message("action_already_rejected") if declined else None

    def effect(self, application: Application) -> Message:  # noqa: ARG002
        return Message("action_rejects")

    def common_notes(self) -> list[Message]:
        return [*super().common_notes(), Message("action_no_way_back")]

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        application = application_of(action)
        return client.archive(_vacancy(application), application.remote_id, about_to_send)

    def look(self, client: ActionClient, action: Action) -> bool:
        now = mirrored(client, application_of(action), archived=True)
        return now is not None and now.outcome == Outcome.DECLINED


def _vacancy(application: Application) -> str:
    if application.job is None:
        raise ActionNotPossible(Message("action_job_unknown"))
    return str(application.job.remote_id)


def _stand_in(application: Application, stage: ApplicationStage) -> None:
    """Have the mirror show the application in `stage`, where a list cannot tell."""
    if application.current_stage_id == stage.pk:
        return
    moment = timezone.now()
    fields = [{"field": "current_stage_id", "old": application.current_stage_id, "new": stage.pk}]
    change = RecordChange(
        model=Model.APPLICATIONS,
        record_id=application.pk,
        integration_id=application.integration_id,
        at=moment,
        fields=fields,
    )
    with recorded(application.integration_id):
        rows = Application.objects.filter(pk=application.pk)
        rows.update(current_stage=stage, changed_at=moment)
        note(application.integration_id, Model.APPLICATIONS, moment, history=[change])
