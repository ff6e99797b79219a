"""What the buttons of a webhook's pages do, and the page with its form."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.accounts.permissions import Permission
from integrations.admin.base.formatting import number
from integrations.admin.base.urls import change_url, list_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.admin.webhooks.forms import PeriodForm, SendTestForm, WebhookForm
from integrations.messages import translated
from integrations.models import EndpointState, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import endpoints, replay


class EndpointView(RecordView[WebhookEndpoint]):
    permission: ClassVar[Permission | None] = Permission.WEBHOOKS

    def back(self) -> HttpResponse:
        return HttpResponseRedirect(change_url(self.record))


class EditWebhookView(EndpointView):
    """Address, events and tenants."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._show(WebhookForm(user=request.user, endpoint=self.record))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = WebhookForm(request.POST, user=request.user, endpoint=self.record)
        if not form.is_valid() or form.save(request.user) is None:
            self.record.refresh_from_db()
            return self._show(form)
        messages.success(request, _("The webhook is changed."))
        return self.back()

    def _show(self, form: WebhookForm) -> HttpResponseBase:
        return self.page(
            "relais/webhook_form.html",
            self.record,
            Breadcrumb(_("Change")),
            form=form,
            submit=_("Save"),
            title=self.record.description or endpoints.shown_url(self.record),
        )


class SwitchWebhookView(EndpointView):
    """Pause it, or go on."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if self.record.state == EndpointState.ACTIVE:
            endpoints.pause(self.record)
            messages.info(request, _("Paused. What comes about meanwhile is kept and sent later."))
        else:
            endpoints.resume(self.record)
            messages.success(request, _("Events are sent again."))
        return self.back()


class RotateSecretView(EndpointView):
    """Make a new secret, which the answer shows once, or end the former one."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if request.POST.get("end"):
            if endpoints.end_rotation(self.record):
                messages.success(request, _("The former secret is no longer valid."))
            return self.back()
        return made_page(self, self.record, endpoints.rotate_secret(self.record), rotated=True)


class TestEventView(EndpointView):
    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = SendTestForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("There is no such event."))
            return self.back()
        try:
            delivery = replay.send_test(self.record, form.cleaned_data["type"])
        except replay.NothingToReplay as refused:
            messages.error(request, translated(refused))
            return self.back()
        messages.success(request, _("The test event is on its way."))
        return HttpResponseRedirect(change_url(delivery))


class ReplayView(EndpointView):
    """Send again what was given up, or all of a period."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            if request.POST.get("failed"):
                count = replay.replay_failed(self.record)
            else:
                form = PeriodForm(request.POST)
                if not form.is_valid():
                    messages.error(request, _("Choose the first and the last day."))
                    return self.back()
                since, until = form.period()
                count = replay.replay_period(self.record, since=since, until=until)
        except replay.NothingToReplay as refused:
            messages.error(request, translated(refused))
            return self.back()
        if not count:
            messages.info(request, _("Nothing of this is there to be sent again."))
            return self.back()
        words = ngettext(
            "%(count)s event is sent again.", "%(count)s events are sent again.", count
        )
        messages.success(request, words % {"count": number(count)})
        return self.back()


class RemoveWebhookView(EndpointView):
    """Asks for confirmation, and removes it."""

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002
        return self.page(
            "relais/webhook_remove.html",
            self.record,
            Breadcrumb(_("Delete")),
            keep_url=change_url(self.record),
            title=self.record.description or endpoints.shown_url(self.record),
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        endpoints.remove(self.record)
        messages.success(request, _("The webhook is deleted."))
        return HttpResponseRedirect(list_url(WebhookEndpoint))


class ReplayDeliveryView(RecordView[WebhookDelivery]):
    permission: ClassVar[Permission | None] = Permission.WEBHOOKS

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            if replay.replay_one(self.record):
                messages.success(request, _("The event is sent again."))
            else:
                messages.info(request, _("The event is on its way already."))
        except replay.NothingToReplay as refused:
            messages.error(request, translated(refused))
        return HttpResponseRedirect(change_url(self.record))


def made_page(
    view: Any, endpoint: WebhookEndpoint, secret: str, *, rotated: bool = False
) -> HttpResponse:
    """The page that shows a secret, in the answer itself, so that it is stored nowhere."""
    page: HttpResponse = view.admin.page(
        view.request,
        "relais/webhook_made.html",
        endpoint,
        Breadcrumb(_("Secret")),
        secret=secret,
        rotated=rotated,
        page_url=change_url(endpoint),
        title=endpoint.description or endpoints.shown_url(endpoint),
    )
    return page
