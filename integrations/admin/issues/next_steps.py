"""The button of an issue: the page on which what is wrong is put right."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.urls import ATTENTION_VALUE, change_url, list_url, record_url
from integrations.models import (
    INSTALLATION_KINDS,
    Issue,
    IssueKind,
    Submission,
    SubmissionState,
    WebhookEndpoint,
)


class IssueButton(NamedTuple):
    label: str
    url: str


def button_of(issue: Issue, user: object) -> IssueButton | None:
    """None where the user may not do it, or where it leads to what is no longer kept.

    The issue is read with its tenant and its run.
    """
    kind, tenant = IssueKind(issue.kind), issue.integration
    if kind in INSTALLATION_KINDS:
        return IssueButton(_("Open the system status"), reverse("admin:system"))
    if tenant is None:
        # The installation's issues are shown to administrators alone.
        return IssueButton(_("Open the webhooks"), list_url(WebhookEndpoint))
    if kind in (IssueKind.KEY_REFUSED, IssueKind.KEY_EXPIRING):
        if not may(user, Permission.CONFIGURE, tenant):
            return None
        return IssueButton(_("Enter a new key"), record_url(tenant, "credentials"))
    if kind is IssueKind.SUBMISSIONS_UNCERTAIN:
        state = SubmissionState.UNCERTAIN.value
        return IssueButton(_("Open them"), list_url(Submission, tenant=tenant.pk, state=state))
    if kind is IssueKind.SUBMISSIONS_FAILING:
        listed = list_url(Submission, tenant=tenant.pk, state=ATTENTION_VALUE)
        return IssueButton(_("Open them"), listed)
    if kind is IssueKind.TAGS_BEHIND:
        return IssueButton(_("See how far it is"), change_url(tenant))
    if kind is IssueKind.WEBHOOK_FAILING:
        if not may(user, Permission.CONFIGURE, tenant):
            return None
        return IssueButton(_("Open the webhooks"), list_url(WebhookEndpoint))
    label = {
        IssueKind.SYNCS_FAILING: _("See what went wrong"),
        IssueKind.DELETIONS_HELD: _("Review them"),
    }.get(kind, _("See which"))
    return IssueButton(label, change_url(issue.run)) if issue.run is not None else None
