"""Webhooks: the list of endpoints and the page of each, the log of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, pgettext

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.cards import Card, filled, pretty_text, related
from integrations.admin.base.filters import FieldFilter, RecordFilter
from integrations.admin.base.formatting import NOTHING, ago, date_time, duration, link, plural
from integrations.admin.base.urls import list_url, record_urls
from integrations.admin.base.views import Breadcrumb, require
from integrations.admin.webhooks import views
from integrations.admin.webhooks.forms import PeriodForm, SendTestForm, WebhookForm
from integrations.messages import Message
from integrations.models import (
    DeliveryState,
    EndpointState,
    OffReason,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.webhooks import catalogue, endpoints

# So many tenants are named in the list; an endpoint for more says how many.
NAMED = 3


class WebhooksAdmin(TenantScopedAdmin):
    """Grants those who manage webhooks in all of an endpoint's tenants."""

    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request) and may(request.user, Permission.WEBHOOKS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and super().has_view_permission(request, obj)

    def find_record(self, request: HttpRequest, key: str | int) -> Any:
        require(request, Permission.WEBHOOKS)
        return super().find_record(request, key)


class WebhookEndpointAdmin(WebhooksAdmin):
    list_display = ("address", "state_label", "tells_of", "asks_for", "succeeded", "failing")
    search_fields = ("url", "description")
    search_placeholder = _lazy("Address or description")
    ordering = ("-created_at", "-id")
    plural = _lazy("Webhooks")
    add_label = _lazy("Add webhook")
    change_list_template = "relais/webhook_list.html"
    detail_template = "relais/webhook.html"
    record_key = "<str:pk>"
    record_views = {
        "edit": views.EditWebhookView,
        "switch": views.SwitchWebhookView,
        "secret": views.RotateSecretView,
        "test": views.TestEventView,
        "replay": views.ReplayView,
        "remove": views.RemoveWebhookView,
    }
    empty_text = _lazy(
        "A webhook tells an application of every change within seconds, so that it need not ask."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = endpoints.visible_to_user(request.user).prefetch_related("integrations")
        return found.order_by(*self.ordering)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    @display(description=_lazy("Address"))
    def address(self, endpoint: WebhookEndpoint) -> SafeString | str:
        url = endpoints.shown_url(endpoint)
        if not endpoint.description:
            return url
        return format_html('{} <span class="rl-muted">{}</span>', endpoint.description, url)

    @display(description=_lazy("State"))
    def state_label(self, endpoint: WebhookEndpoint) -> SafeString:
        return endpoint_badge(endpoint)

    @display(description=_lazy("Tells of"))
    def tells_of(self, endpoint: WebhookEndpoint) -> str:
        return _tenants(endpoint)

    @display(description=_lazy("Events"))
    def asks_for(self, endpoint: WebhookEndpoint) -> str:
        return _kinds(endpoint)

    @display(description=_lazy("Last success"))
    def succeeded(self, endpoint: WebhookEndpoint) -> SafeString | str:
        return ago(endpoint.succeeded_at) if endpoint.succeeded_at else _("Never")

    @display(description=_lazy("Failing since"))
    def failing(self, endpoint: WebhookEndpoint) -> SafeString | str:
        return ago(endpoint.failing_since) if endpoint.failing_since else NOTHING

    # Pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {"log_url": list_url(WebhookDelivery), **(extra_context or {})}
        return super().changelist_view(request, context)

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        """Make one. The secret is in the answer itself, and nowhere else."""
        form = WebhookForm(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            made = form.save(request.user)
            if made is not None:
                view = views.RotateSecretView(admin=self)
                view.request = request
                return views.made_page(view, *made)
        return self.page(
            request,
            "relais/webhook_form.html",
            None,
            Breadcrumb(_("Add webhook")),
            form=form,
            title=_("Add webhook"),
            submit=_("Add webhook"),
        )

    def detail(self, request: HttpRequest, record: WebhookEndpoint) -> dict[str, Any]:  # noqa: ARG002
        former = record.secrets.exclude(ends_at=None).first()
        deliveries = WebhookDelivery.objects.filter(
            endpoints.is_about_its_tenants(), endpoint=record
        ).select_related("event")
        off = OffReason(record.off_reason).label if record.off_reason else ""
        return {
            "title": receiver_name(record),
            "subtitle": endpoints.shown_url(record) if record.description else "",
            "badges": [endpoint_badge(record)],
            "cards": [
                Card(
                    _("Webhook"),
                    filled(
                        [
                            (_("Address"), endpoints.shown_url(record)),
                            (_("Tells of"), _tenants(record, most=20)),
                            (_("Events"), ", ".join(record.events)),
                            (pgettext("webhook", "Made"), date_time(record.created_at)),
                            (pgettext("webhook", "Made by"), _maker(record)),
                            (_("Last success"), self.succeeded(record)),
                            (_("Failing since"), self.failing(record)),
                            (_("No request before"), date_time(record.held_until)),
                        ]
                    ),
                )
            ],
            "off": off,
            "is_active": record.state == EndpointState.ACTIVE,
            "former_ends": former.ends_at if former else None,
            "urls": record_urls(record, "edit", "switch", "secret", "test", "replay", "remove"),
            "test_form": SendTestForm(),
            "period_form": PeriodForm(),
            "failed": deliveries.filter(state=DeliveryState.FAILED).exists(),
            "deliveries": related(
                _("Deliveries"),
                (_("Event"), _("State"), _("Answer"), _("Attempts"), _("When")),
                deliveries.order_by("-pk"),
                lambda one: (
                    link(one, event_name(one)),
                    delivery_badge(one),
                    last_answer(one),
                    one.attempts,
                    ago(one.created_at),
                ),
                empty=_("Nothing has been sent yet. Send a test event to see whether it arrives."),
                all_url=list_url(WebhookDelivery, endpoint=record.pk),
            ),
        }


class DeliveryStateFilter(FieldFilter):
    title = _lazy("state")
    parameter_name = field = "state"
    any_label = _lazy("Any state")
    choices_ = [(state.value, state.label) for state in DeliveryState]


class EventTypeFilter(FieldFilter):
    title = _lazy("event")
    parameter_name = "type"
    field = "event__type"
    any_label = _lazy("Any event")
    choices_ = [(name, name) for name in catalogue.TYPES]


class EndpointFilter(RecordFilter):
    title = _lazy("webhook")
    parameter_name = "endpoint"
    any_label = _lazy("All webhooks")
    related = WebhookEndpoint
    field = "endpoint_id"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        found = self._visible(request)[:50]
        return [(one.pk, receiver_name(one)) for one in found]

    def _visible(self, request: HttpRequest) -> QuerySet[Any]:
        return endpoints.visible_to_user(request.user)


class WebhookDeliveryAdmin(WebhooksAdmin):
    list_display = ("event_type", "receiver", "about", "state_label", "answer", "tries", "when")
    list_filter = (EndpointFilter, EventTypeFilter, DeliveryStateFilter)
    list_select_related = ("event__integration", "endpoint")
    list_defer = ("event__body",)
    record_related = ("event__integration", "endpoint")
    ordering = ("-id",)
    plural = _lazy("Webhook deliveries")
    detail_template = "relais/webhook_delivery.html"
    record_views = {"again": views.ReplayDeliveryView}
    empty_text = _lazy("No event has been sent yet.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = endpoints.visible_to_user(request.user)
        found = WebhookDelivery.objects.filter(
            endpoints.is_about_its_tenants(), endpoint__in=mine.values("pk")
        )
        return found.order_by(*self.ordering)

    @display(description=_lazy("Event"))
    def event_type(self, delivery: WebhookDelivery) -> str:
        return event_name(delivery)

    @display(description=_lazy("Webhook"))
    def receiver(self, delivery: WebhookDelivery) -> SafeString:
        return format_html('<span class="rl-address">{}</span>', receiver_name(delivery.endpoint))

    @display(description=_lazy("Tenant"))
    def about(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event.integration or NOTHING)

    @display(description=_lazy("State"))
    def state_label(self, delivery: WebhookDelivery) -> SafeString:
        return delivery_badge(delivery)

    @display(description=_lazy("Answer"))
    def answer(self, delivery: WebhookDelivery) -> SafeString | str:
        return last_answer(delivery)

    @display(description=_lazy("Attempts"))
    def tries(self, delivery: WebhookDelivery) -> int:
        return delivery.attempts

    @display(description=_lazy("When"))
    def when(self, delivery: WebhookDelivery) -> SafeString | str:
        return ago(delivery.created_at)

    # Pages

    def above(self) -> Sequence[Breadcrumb]:
        return (Breadcrumb(_("Webhooks"), list_url(WebhookEndpoint)),)

    def detail(self, _request: HttpRequest, record: WebhookDelivery) -> dict[str, Any]:
        event = record.event
        rows = filled(
            [
                (_("Event"), event_name(record)),
                (_("ID"), format_html("<code>{}</code>", event.pk)),
                (_("Webhook"), link(record.endpoint, receiver_name(record.endpoint))),
                (_("Tenant"), link(event.integration) if event.integration else ""),
                (_("Came about"), date_time(event.created_at)),
                (_("Next attempt"), date_time(record.next_attempt_at)),
                (_("Ended"), date_time(record.ended_at)),
            ]
        )
        return {
            "title": event_name(record),
            "badges": [delivery_badge(record)],
            "cards": [Card(_("Delivery"), rows)],
            "body": pretty_text(event.body) if event.body else "",
            "tries": [_attempt(one) for one in record.tries.order_by("-pk")[:50]],
            "urls": record_urls(record, "again"),
            "may_repeat": bool(event.body) and record.state != DeliveryState.PENDING,
        }


def receiver_name(endpoint: WebhookEndpoint) -> str:
    return endpoint.description or endpoints.shown_url(endpoint)


def event_name(delivery: WebhookDelivery) -> str:
    """The event's type, and that it was a test."""
    if delivery.event.is_test:
        return _("%(event)s (test)") % {"event": delivery.event.type}
    return delivery.event.type


def endpoint_badge(endpoint: WebhookEndpoint) -> SafeString:
    state = EndpointState(endpoint.state)
    if state == EndpointState.ACTIVE and endpoint.failing_since:
        return badge(_("Failing"), Tone.DANGER)
    return badge(state.label, state.color)


def delivery_badge(delivery: WebhookDelivery) -> SafeString:
    state = DeliveryState(delivery.state)
    if state == DeliveryState.PENDING and delivery.attempts > delivery.attempts_before:
        return badge(_("To be tried again"), Tone.WARNING)
    return badge(state.label, state.color)


def last_answer(delivery: WebhookDelivery) -> SafeString | str:
    return answer_badge(delivery.last_status, delivery.last_error)


def answer_badge(status: int | None, error: str) -> SafeString | str:
    if status is not None:
        return badge(status, Tone.SUCCESS if 200 <= status < 300 else Tone.DANGER)
    return badge(_("No answer"), Tone.DANGER) if error else NOTHING


def _attempt(attempt: WebhookAttempt) -> dict[str, Any]:
    error = Message(f"webhook_{attempt.error}").render() if attempt.error else ""
    return {
        "number": attempt.number,
        "at": date_time(attempt.started_at),
        "answer": answer_badge(attempt.status, attempt.error),
        "took": duration(attempt.duration),
        "error": error,
        "sent": _headers(attempt.request_headers),
        "headers": _headers(attempt.response_headers),
        "body": attempt.response_body,
    }


def _headers(headers: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def _tenants(endpoint: WebhookEndpoint, most: int = NAMED) -> str:
    if endpoint.every_tenant:
        return _("Every tenant")
    names = [str(tenant) for tenant in endpoint.integrations.all() if not tenant.deleted_at]
    if len(names) > most:
        return plural(len(names), "tenant")
    return ", ".join(names) or _("None")


def _kinds(endpoint: WebhookEndpoint) -> str:
    if len(endpoint.events) <= 2:
        return ", ".join(endpoint.events)
    count = len(endpoint.events)
    return ngettext("%(count)s event", "%(count)s events", count) % {"count": count}


def _maker(endpoint: WebhookEndpoint) -> str:
    if endpoint.created_by_key:
        return f"{endpoint.created_by_key.name} ({endpoint.created_by_key.prefix}…)"
    return str(endpoint.created_by or _("No user: the command line"))
