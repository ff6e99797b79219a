"""The forms of an API key and of a custom field."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models import PASSTHROUGH_METHODS, CustomField, Integration
from integrations.models.access import reading_only
from integrations.tenants import custom_fields

EVERY, SOME = "every", "some"


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text=_lazy("Who uses it, and what for."))
    opens = forms.ChoiceField(
        label=_lazy("Opens"),
        choices=[
            (SOME, _lazy("The tenants ticked below")),
            (EVERY, _lazy("Every tenant, including future ones")),
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
        """The moment from which the key no longer works."""
        last_day = self.cleaned_data["expires_on"]
        if last_day is None:
            return None
        if last_day < timezone.localdate():
            raise forms.ValidationError(_("This day is in the past."))
        return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))

    def clean(self) -> dict[str, Any]:
        """Require an explicit choice of tenants: an empty one must not mean all of them."""
        given = super().clean() or self.cleaned_data
        chosen = given.get("integrations")
        if given.get("opens") == SOME and not chosen and "integrations" not in self.errors:
            self.add_error("integrations", _("Tick the tenants that the key opens."))
        if given.get("opens") == EVERY and chosen:
            self.add_error("opens", _("Tenants are ticked below: choose one or the other."))
        return given


class CustomFieldForm(forms.Form):
    """Checked by the service; what it refuses is shown beside the fields."""

    label = forms.CharField(
        label=_lazy("Name"), max_length=100, help_text=_lazy("What people read: Cost centre.")
    )
    key = forms.CharField(
        max_length=64,
        help_text=(
            _lazy(
                "What applications read it by: cost_centre. Letters without accents, digits and "
                "underscores. It cannot be changed later."
            )
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    description = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_lazy("Helps whoever has to choose the matching Flatchr field."),
    )

    def __init__(self, *args: Any, field: CustomField | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field
        if field is not None:
            del self.fields["key"]
            self.initial = {"label": field.label, "description": field.description}

    def save(self) -> CustomField | None:
        """Return the saved field; None, with errors on the form, when it was refused."""
        try:
            if self.field is None:
                return custom_fields.define_custom_field(**self.cleaned_data)
            return custom_fields.change_custom_field(self.field, **self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
            return None
