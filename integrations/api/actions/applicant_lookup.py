"""Flatchr while a request waits for it: a client, its log, and the mirror brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.api.errors import ApiError
from integrations.flatchr.actions import ActingClient
from integrations.flatchr.applicant_lookup import applicant_by_id
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.mapping.applicants import ARCHIVED
from integrations.flatchr.policy import Policy
from integrations.models import Application, Integration
from integrations.sync.applicants import incremental
from integrations.tenants.clients import open_acting_client
from integrations.tenants.exchange_recorder import ExchangeRecorder

# Somebody waits for the answer.
PATIENCE = Policy(
    connect_timeout=3,
    read_timeout=20,
    get_deadline=20,
    stream_deadline=20,
    write_deadline=30,
    attempts=2,
    backoff_cap=0.5,
    retry_after_cap=2,
)
# For reads, for which the official clients wait five seconds.
HURRY = Policy(connect_timeout=2, read_timeout=4, get_deadline=4, attempts=1)


@contextmanager
def flatchr(integration: Integration, policy: Policy = PATIENCE) -> Iterator[ActingClient]:
    """A client of the tenant's; its requests are logged when the block ends, however it ends.

    Raises `ApiError` when there are no credentials, `FlatchrError` when the key cannot be read.
    """
    if not hasattr(integration, "credentials"):
        raise ApiError(
            "INTEGRATION.SETUP_INCOMPLETE", "This integration has no Flatchr credentials yet."
        )
    recorder = ExchangeRecorder(integration.pk)
    try:
        with open_acting_client(integration, recorder, policy) as client:
            yield client
    finally:
        recorder.flush()


def mirrored(
    client: ActingClient, application: Application, *, archived: bool = False
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


def looked_up(
    client: ActingClient, application: Application, *, archived: bool = False
) -> tuple[Application | None, FlatchrError | None]:
    """As `mirrored`, for after a write: a search that fails takes nothing back."""
    try:
        return mirrored(client, application, archived=archived), None
    except FlatchrError as error:
        return None, error


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
