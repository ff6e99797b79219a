"""What to do next where a list has nothing in it."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.filters import tenants
from integrations.admin.submissions.links import new_url
from integrations.models import SubmissionKind


class NextStep(NamedTuple):
    """A sentence, and a button; the address is empty where only somebody else can help."""

    words: str
    label: str = ""
    url: str = ""


# Lists that a sync fills.
MIRRORED = ("job", "candidate", "application", "applicationstage", "tag", "syncrun")


def next_step(request: HttpRequest, model: str) -> NextStep | None:
    """For the empty list of `model`, by its name in lower case; None: its own words will do."""
    if model == "connectionlink":
        invite = reverse("admin:integrations_connectionlink_add")
        return NextStep("", _("Invite a customer to connect"), invite)
    if model == "integration" or not tenants(request):
        return _first_tenant(request)
    if model in MIRRORED:
        return NextStep(
            _("Open a tenant and press “Sync now” to read everything from Flatchr."),
            _("Go to the tenants"),
            reverse("admin:integrations_integration_changelist"),
        )
    if model == "submission" and may(request.user, Permission.SUBMIT):
        return NextStep("", _("Submit a candidate"), new_url(SubmissionKind.CANDIDATE))
    if model == "bulkupload" and may(request.user, Permission.SUBMIT):
        return NextStep("", _("Upload a sheet"), reverse("admin:integrations_bulkupload_add"))
    if model == "export" and may(request.user, Permission.EXPORT):
        return NextStep("", _("Export candidates"), reverse("admin:integrations_candidate_export"))
    if model == "passthroughcall" and may(request.user, Permission.READ_THROUGH):
        return NextStep(
            "", _("Open the console"), reverse("admin:integrations_passthroughcall_console")
        )
    return None


def _first_tenant(request: HttpRequest) -> NextStep:
    if may(request.user, Permission.CONNECT) or request.user.is_superuser:
        return NextStep(
            _("Nothing can be shown before a company's Flatchr account is connected."),
            _("Connect a tenant"),
            reverse("admin:integrations_integration_add"),
        )
    return NextStep(
        _("You are not a member of any tenant. Ask your administrator to make you one."),
        _("Go to the overview"),
        reverse("admin:index"),
    )
