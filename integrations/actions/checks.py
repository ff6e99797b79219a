"""What is required of whoever asks for an action, and of what it is to be done to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from integrations.accounts.permissions import Permission, may
from integrations.actions.inputs import ActionNotPossible, Actor, NotConfirmed, NotPermitted
from integrations.actions.kinds.work import Work
from integrations.messages import Message
from integrations.models import Application, Integration

# Applications of one bulk action.
MOST = 10_000


def refusal_of(integration: Integration, user: Any) -> Message | None:
    """Why this user can have nothing done in the tenant; None if they can."""
    if user is not None and not may(user, Permission.ACT, integration):
        return Message("action_not_permitted")
    if not integration.enabled:
        return Message("action_tenant_disabled")
    if not hasattr(integration, "credentials"):
        return Message("action_no_credentials")
    return None


def require(integration: Integration, by: Actor, *, sending: bool = True) -> None:
    """Raise `NotPermitted`, or, when something is to be sent, `ActionNotPossible`."""
    if by.user is not None and not may(by.user, Permission.ACT, integration):
        raise NotPermitted
    if sending and (reason := refusal_of(integration, None)) is not None:
        raise ActionNotPossible(reason)


def require_confirmation(work: Work, parameters: Mapping[str, Any]) -> None:
    """Raise `NotConfirmed` if `"confirmed": True` is missing among the parameters."""
    confirmation = work.confirmation()
    if confirmation is not None and parameters.get("confirmed") is not True:
        raise NotConfirmed(confirmation)


def reason_against(work: Work, application: Application) -> str:
    """Why it is not done to the application; blank if it can be."""
    try:
        work.check(application)
    except ActionNotPossible as error:
        return str(error)
    return work.needless(application) or ""


def read_applications(
    applications: Iterable[Application] | QuerySet[Application],
) -> Sequence[Application]:
    """The applications with what checking them needs. Raises `ActionNotPossible` if there are more
    than `MOST`.
    """
    if isinstance(applications, QuerySet):
        applications = applications.select_related(
            "job", "current_stage", "integration", "candidate"
        )
    rows = list(islice(applications, MOST + 1))
    if len(rows) > MOST:
        raise ActionNotPossible(Message("action_too_many", count=MOST))
    return rows


def tenant_of(applications: Sequence[Application]) -> Integration:
    """The tenant of the applications. Raises `ActionNotPossible` unless they have just one."""
    tenants = {application.integration_id for application in applications}
    if not tenants:
        raise ActionNotPossible(Message("action_nothing_chosen"))
    if len(tenants) > 1:
        raise ActionNotPossible(Message("action_several_tenants"))
    return Integration.objects.select_related("flatchr_settings", "credentials").get(
        pk=tenants.pop()
    )
