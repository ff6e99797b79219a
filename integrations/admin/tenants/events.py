"""Flatchr's events of one tenant: the address to paste there, how it is going, and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.urls import record_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.admin.tenants.views import tabs
from integrations.models import EventOutcome, Integration
from integrations.webhooks.incoming import addresses, report

KINDS = {
    "new_applicant": _lazy("New applicant"),
    "drag_applicant": _lazy("Applicant moved"),
    "new_message": _lazy("New message"),
    "new_vacancy": _lazy("New vacancy"),
}
OTHER = pgettext_lazy("event", "Other")
LONGEST = 7 * 24 * 60


class DeltasForm(forms.Form):
    """Whether deltas come less often while events come."""

    spaces_deltas = forms.BooleanField(
        label=_lazy("Fewer delta syncs while events come"), required=False
    )
    delta_interval = forms.IntegerField(
        label=_lazy("Minutes between delta syncs then"),
        min_value=5,
        max_value=LONGEST,
        help_text=_lazy(
            "Flatchr has no events for archiving, refusing or editing: these changes are seen at "
            "the next sync."
        ),
    )


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """One row of the table of numbers."""

    kind: Any
    outcome: EventOutcome
    number: int


class EventsView(RecordView[Integration]):
    """Shows the secret address to those who may change credentials."""

    permission = Permission.CONFIGURE

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self._show(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        match request.POST.get("do"):
            case "make":
                addresses.make(self.record, user=request.user)
                messages.success(request, _("The address is ready. Paste it in Flatchr."))
            case "rotate":
                self._rotate(request)
            case "remove":
                if addresses.remove(self.record, user=request.user):
                    messages.success(request, _("The address is removed."))
            case "deltas":
                form = DeltasForm(request.POST)
                if not form.is_valid():
                    return self._show(form)
                addresses.space_deltas(
                    self.record,
                    wanted=form.cleaned_data["spaces_deltas"],
                    minutes=form.cleaned_data["delta_interval"],
                    user=request.user,
                )
                messages.success(request, _("The settings are saved."))
        return HttpResponseRedirect(record_url(self.record, "events"))

    def _rotate(self, request: HttpRequest) -> None:
        at_once = request.POST.get("old") == "ends"
        if not addresses.rotate(self.record, at_once=at_once, user=request.user):
            return
        if at_once:
            said = _("There is a new address. The old one is not taken any more.")
        else:
            said = _("There is a new address. The old one is taken for another 24 hours.")
        messages.success(request, said)

    def _show(self, form: DeltasForm | None) -> HttpResponse:
        found = report.report_of(self.record)
        context: dict[str, Any] = {}
        if found is not None:
            address = found.address
            context = {
                "address": address,
                "url": addresses.url_of(address),
                "counts": _counted(found),
                "newest": [
                    (kind_label(one.kind), EventOutcome(one.outcome) if one.outcome else None, one)
                    for one in report.newest(self.record)
                ],
                "form": form
                or DeltasForm(
                    initial={
                        "spaces_deltas": address.spaces_deltas,
                        "delta_interval": address.delta_interval,
                    }
                ),
            }
        return self.page(
            "relais/tenant_events.html",
            self.record,
            Breadcrumb(_("Flatchr's events")),
            events=found,
            tabs=tabs(self.request, self.record, "events"),
            **context,
        )


def kind_label(kind: str) -> Any:
    """The words for a kind of event; its name for one that we have none for."""
    return KINDS.get(kind) or kind or OTHER


def _counted(found: report.EventReport) -> list[OutcomeCount]:
    """Kinds in the order of Flatchr's documentation, with the outcomes that there were."""
    known = [kind for kind in KINDS if kind in found.counts]
    others = [kind for kind in found.counts if kind not in KINDS]
    return [
        OutcomeCount(KINDS.get(kind, OTHER), outcome, number)
        for kind in [*known, *others]
        for outcome, number in found.counts[kind].items()
    ]
