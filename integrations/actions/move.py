"""Moving and rejecting applications (`docs/flatchr-api.md §8`, §9)."""

from __future__ import annotations

from collections.abc import Callable

from integrations.actions.lookup import (
    ActionNotPossible,
    NotShownYet,
    check_certain,
    check_taken,
    flatchr,
    is_archived,
    is_provisional,
    mirrored,
)
from integrations.enumerations import Outcome
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.write_result import WriteResult
from integrations.models import Application, ApplicationStage


class StageWithoutNumber(Exception):
    """Flatchr gave the stage no number by which an action could name it."""


def move(*, application: Application, stage: ApplicationStage) -> bool:
    """Put the application into the stage, at most once; return whether Flatchr shows it there.

    The mirror then shows what Flatchr shows. Raises `StageWithoutNumber`, `NoCredentials`,
    `NotShownYet`, `ActionNotPossible`, `ActionRefused`, `ActionUncertain`, and `FlatchrError` when
    the stored key cannot be read; only after `ActionUncertain` may it have been done.
    """
    if not (stage.remote_id.isascii() and stage.remote_id.isdigit()):
        raise StageWithoutNumber
    column_id = int(stage.remote_id)
    return _act(
        application,
        lambda client, vacancy: client.move(vacancy, application.remote_id, column_id),
        lambda now: bool(now.current_stage_id == stage.pk),
        archived=is_archived(application),
    )


def reject(*, application: Application) -> bool:
    """Archive the application, at most once; return whether Flatchr shows it archived.

    Raises as `move` does.
    """
    return _act(
        application,
        lambda client, vacancy: client.archive(vacancy, application.remote_id),
        lambda now: bool(now.outcome == Outcome.DECLINED),
        archived=True,
    )


def _act(
    application: Application,
    send: Callable[[ActionClient, str], WriteResult],
    is_done: Callable[[Application], bool],
    *,
    archived: bool,
) -> bool:
    if is_provisional(application):
        raise NotShownYet
    if application.job is None:
        raise ActionNotPossible(
            "Flatchr changes an application by its job, and the job of this one is not known."
        )
    with flatchr(application.integration) as client:
        receipt = send(client, str(application.job.remote_id))
        check_taken(receipt)
        try:
            now = mirrored(client, application, archived=archived)
        except FlatchrError:
            # A search that fails takes nothing back.
            now = None
    shown = now is not None and is_done(now)
    check_certain(receipt, shown=shown)
    return shown
