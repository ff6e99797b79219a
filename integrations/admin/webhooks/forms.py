"""The forms of a webhook endpoint: what it is, a test event, what is sent again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.models import WebhookEndpoint
from integrations.webhooks import catalogue, endpoints

EVERY, SOME = "every", "some"


class WebhookForm(forms.Form):
    """Checked by the service; what it refuses is shown beside the fields. Only an administrator may
    choose every tenant.
    """

    url = forms.CharField(
        label=_lazy("Address"),
        max_length=endpoints.MOST_CHARACTERS,
        widget=forms.URLInput(attrs={"placeholder": "https://app.example/relais-hook"}),
        help_text=_lazy("Events are posted to it. It answers with 2xx within 15 seconds."),
    )
    description = forms.CharField(label=_lazy("Description"), max_length=200, required=False)
    vendor_events = forms.MultipleChoiceField(
        label=_lazy("Events"),
        choices=[(kind.name, kind.name) for kind in catalogue.VENDOR],
        initial=catalogue.DEFAULT,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_lazy(
            "Those of the official contract. They say what happened, and hold no record."
        ),
    )
    own_events = forms.MultipleChoiceField(
        label=_lazy("Events with content"),
        choices=[(kind.name, kind.name) for kind in catalogue.OWN],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_lazy("They hold the record itself, and so personal data of candidates."),
    )
    opens = forms.ChoiceField(label=_lazy("Tells of"), choices=[])
    integrations: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        queryset=None, label=_lazy("Tenants"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, user: Any, endpoint: WebhookEndpoint | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        tenants: Any = self.fields["integrations"]
        tenants.queryset = tenants_where(user, Permission.WEBHOOKS)
        choices: Any = [(SOME, _("The tenants ticked below"))]
        if user.is_superuser:
            choices.append((EVERY, _("Every tenant, including future ones")))
        opens: Any = self.fields["opens"]
        opens.choices = choices
        if endpoint is not None:
            self.initial = {
                "url": endpoint.url,
                "description": endpoint.description,
                "vendor_events": endpoint.events,
                "own_events": endpoint.events,
                "opens": EVERY if endpoint.every_tenant else SOME,
                "integrations": endpoint.integrations.all(),
            }
        elif tenants.queryset.count() == 1:
            self.initial = {"integrations": tenants.queryset, "opens": SOME}

    def save(self, user: Any) -> tuple[WebhookEndpoint, str] | None:
        """Make or change it; the secret is blank for one that was changed. None, with errors on the
        form, when it was refused.
        """
        given = self.cleaned_data
        every = given["opens"] == EVERY
        if not every and not given["integrations"]:
            self.add_error("integrations", _("Tick the tenants that it tells of."))
            return None
        about = {
            "url": given["url"],
            "description": given["description"],
            "events": [*given["vendor_events"], *given["own_events"]],
            "integrations": [] if every else given["integrations"],
        }
        try:
            if self.endpoint is None:
                return endpoints.create_endpoint(**about, user=user)
            tenants = None if every else about.pop("integrations")
            about.pop("integrations", None)
            changed = endpoints.change_endpoint(
                self.endpoint, **about, integrations=tenants, every_tenant=every
            )
        except endpoints.EndpointRefused as refused:
            fields = {"url": "url", "events": "vendor_events", "tenants": "integrations"}
            self.add_error(fields[refused.field], refused.message)
            return None
        return changed, ""


class SendTestForm(forms.Form):
    type = forms.ChoiceField(
        label=_lazy("Event"), choices=[(name, name) for name in catalogue.TYPES]
    )


class PeriodForm(forms.Form):
    """Whole days, by the clock of the installation; the first is not after the last."""

    first = forms.DateField(
        label=_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if not self.errors and given["first"] > given["last"]:
            self.add_error("last", _("Choose the first and the last day."))
        return given

    def period(self) -> tuple[datetime, datetime]:
        # The day after the last of the calendar cannot be told, nor the first one in all zones.
        first = max(self.cleaned_data["first"], date(1970, 1, 1))
        last = min(self.cleaned_data["last"], date(9998, 12, 31))
        return (
            timezone.make_aware(datetime.combine(first, time.min)),
            timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min)),
        )
