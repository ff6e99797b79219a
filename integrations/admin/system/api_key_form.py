"""The form in which a key of the API is made."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models import PASSTHROUGH_METHODS, Integration
from integrations.models.access import reading_only

EVERY, SOME = "every", "some"


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text=_lazy("Who uses it, and what for."))
    opens = forms.ChoiceField(
        label=_lazy("Opens"),
        choices=[
            (SOME, _lazy("The tenants ticked below")),
            (EVERY, _lazy("Every tenant, those to come too")),
        ],
        initial=SOME,
    )
    integrations: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        queryset=None, label=_lazy("Tenants"), required=False, widget=forms.CheckboxSelectMultiple
    )
    read_only = forms.BooleanField(
        label=_lazy("Read only"),
        required=False,
        help_text=_lazy("Refuses everything that would change something, here or at Flatchr."),
    )
    passthrough_methods = forms.MultipleChoiceField(
        label=_lazy("Passthrough to Flatchr"),
        choices=[(method, method) for method in PASSTHROUGH_METHODS],
        initial=reading_only,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=(
            _lazy(
                "The methods with which it may call Flatchr's own API. GET reads, and allows the "
                "search for applicants as well; tick more only for an application that is to "
                "change a customer's Flatchr directly. None ticked: it may not call it at all. A "
                "read-only key has GET at most."
            )
        ),
    )
    expires_on = forms.DateField(
        label=_lazy("Works until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_lazy("The last day on which it works. Leave empty for a key without an end."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants: Any = self.fields["integrations"]
        tenants.queryset = Integration.objects.present()

    def clean_expires_on(self) -> datetime | None:
        """The moment from which it works no longer."""
        last_day = self.cleaned_data["expires_on"]
        if last_day is None:
            return None
        if last_day < timezone.localdate():
            raise forms.ValidationError(_("This day is over already."))
        return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))

    def clean(self) -> dict[str, Any]:
        """Which tenants is said outright: an empty choice must not come to mean all of them."""
        given = super().clean() or self.cleaned_data
        chosen = given.get("integrations")
        if given.get("opens") == SOME and not chosen and "integrations" not in self.errors:
            self.add_error("integrations", _("Tick the tenants that the key opens."))
        if given.get("opens") == EVERY and chosen:
            self.add_error("opens", _("Tenants are ticked below: choose one or the other."))
        return given
