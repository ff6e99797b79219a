"""Flatchr while somebody waits: a client, its log, and one applicant read again into the mirror.

Each action is sent once. When its answer is lost, Flatchr is asked what has become of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db.models import F

from integrations.actions.inputs import NoCredentials
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.applicant_lookup import applicant_by_id
from integrations.flatchr.configuration import INTERACTIVE, Policy
from integrations.flatchr.mapping.applicants import ARCHIVED
from integrations.models import Application, Candidate, Integration
from integrations.records import PROVISIONAL
from integrations.sync.applicants import incremental
from integrations.tenants.clients import open_action_client
from integrations.tenants.exchange_recorder import ExchangeRecorder

PATIENCE = replace(INTERACTIVE, stream_deadline=20, write_deadline=30)
# For reads, for which the official clients wait five seconds.
HURRY = Policy(connect_timeout=2, read_timeout=4, get_deadline=4, attempts=1)


@contextmanager
def flatchr(
    integration: Integration,
    policy: Policy = PATIENCE,
    *,
    recorder: ExchangeRecorder | None = None,
) -> Iterator[ActionClient]:
    """A client of the tenant's; its requests are logged when the block ends, however it ends.

    Raises `NoCredentials`, and `FlatchrError` when the key cannot be read.
    """
    if not hasattr(integration, "credentials"):
        raise NoCredentials
    recorder = recorder or ExchangeRecorder(integration.pk)
    try:
        with open_action_client(integration, recorder, policy) as client:
            yield client
    finally:
        recorder.flush()


def mirrored(
    client: ActionClient, application: Application, *, archived: bool = False
) -> Application | None:
    """The application as Flatchr shows it now, written to the mirror as a sync would; None when
    a search among the active or the `archived` applicants does not show it.

    Raises FlatchrError.
    """
    shown = applicant_by_id(client, application.remote_id, _search(application), archived=archived)
    if shown is None:
        return None
    incremental.store_applicants(application.integration_id, [shown])
    found: Application | None = Application.objects.filter(pk=application.pk).first()
    return found


def is_provisional(application: Application) -> bool:
    """Whether Flatchr has not shown the application's own id yet."""
    return application.remote_id.startswith(PROVISIONAL)


def shown_applications(candidate: Candidate) -> list[Application]:
    """The candidate's applications that Flatchr has, the one that changed last first."""
    newest = F("remote_updated_at").desc(nulls_last=True)
    live = Application.objects.live().filter(candidate=candidate).order_by(newest, "-remote_id")
    return [one for one in live if not is_provisional(one)]


def is_archived(application: Application) -> bool:
    """Whether Flatchr had the application in its archive when it was read last."""
    return bool(_row(application).get("status") == ARCHIVED)


def _row(application: Application) -> dict[str, Any]:
    """The applicant as Flatchr's search showed it last."""
    row = application.remote_data
    return row if isinstance(row, dict) else {}


def _search(application: Application) -> dict[str, Any]:
    """What finds the applicant: the e-mail as Flatchr has it, else everybody on the job."""
    address = _row(application).get("email") or application.person_key
    # What stands in for an address that is left out is none.
    if isinstance(address, str) and "@" in address:
        return {"email": address}
    return {"vacancy": application.job.remote_id} if application.job else {}
