"""The forms of a tenant: connecting it, and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _lazy

from integrations.connecting.attempts import EnteredAccount
from integrations.connecting.forms import KeysForm, PastedEmailField, PastedField
from integrations.connecting.scope_forms import ScopesForm
from integrations.models import Environment, FlatchrSettings, Integration, LinkKind


class CompanyForm(forms.Form):
    """Who a new tenant is."""

    organization = forms.CharField(
        label=_lazy("Company name"),
        max_length=200,
        help_text=_lazy("The name under which you will find it here."),
    )
    environment = forms.ChoiceField(
        label=_lazy("Flatchr environment"),
        choices=Environment.choices,
        initial=Environment.PRODUCTION,
    )
    contact_email = PastedEmailField(
        label=_lazy("Contact e-mail"),
        required=False,
        help_text=_lazy("Who to contact when something goes wrong."),
    )
    origin_id = PastedField(
        label=_lazy("Your own ID"),
        max_length=200,
        required=False,
        help_text=_lazy("Your identifier of this customer, if you have one."),
    )

    def about(self) -> dict[str, str]:
        names = ("organization", "environment", "contact_email", "origin_id")
        return {name: self.cleaned_data[name] for name in names}


class ConnectForm(KeysForm, ScopesForm, CompanyForm):
    """A new tenant: who it is, its credentials, and what is to be read of it."""

    allow_duplicate = forms.BooleanField(
        label=_lazy("Connect the account a second time"),
        required=False,
        help_text=_lazy("Only if it is connected already and its records are to be here twice."),
    )

    def entered(self) -> EnteredAccount:
        return replace(
            super().entered(),
            scopes=self.scopes(),
            allow_duplicate=self.cleaned_data["allow_duplicate"],
        )


class LanguageForm(forms.Form):
    """What every connection link can be given."""

    language = forms.ChoiceField(
        label=_lazy("Language of the page"),
        choices=[("", _lazy("The customer's browser decides")), *settings.LANGUAGES],
        required=False,
        help_text=_lazy("The page itself offers both languages."),
    )


class InviteForm(ScopesForm, LanguageForm, CompanyForm):
    """A connection link for a tenant to be: who it is, and what is to be read of it."""

    maps_fields = forms.BooleanField(
        label=_lazy("Ask which of their fields hold your custom fields"), required=False
    )

    def __init__(self, *args: Any, asks_fields: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_fields:
            del self.fields["maps_fields"]


class LinkForm(LanguageForm):
    """A connection link for the customer of a tenant."""

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._only = kinds[0][0]
        if len(kinds) > 1:
            self.fields["asks"] = forms.ChoiceField(
                label=_lazy("What the customer is asked"), choices=kinds
            )

    def kind(self) -> LinkKind:
        return LinkKind(self.cleaned_data.get("asks", self._only))


class TenantForm(forms.ModelForm):
    class Meta:
        model = Integration
        fields = [
            "organization",
            "contact_email",
            "origin_id",
            "delta_interval",
            "full_interval",
        ]
        labels = {
            "organization": _lazy("Company name"),
            "origin_id": _lazy("Your own ID"),
            "delta_interval": _lazy("Minutes between delta syncs"),
            "full_interval": _lazy("Minutes between full syncs"),
        }
        help_texts = {
            "delta_interval": _lazy("A delta sync reads what has changed. At least 5."),
            "full_interval": _lazy(
                "A full sync reads everything and finds deletions. At least 15."
            ),
        }


class FlatchrSettingsForm(forms.ModelForm):
    class Meta:
        model = FlatchrSettings
        fields = [
            "offerer_id",
            "source_id",
            "user_key",
            "mails_candidates",
            "trait_budget",
            "api_remote_data",
            "api_only_created",
        ]
        labels = {
            "offerer_id": _lazy("Offerer ID"),
            "source_id": _lazy("Source ID"),
            "user_key": _lazy("User key"),
            "trait_budget": _lazy("Most tag requests after a sync"),
            "api_remote_data": _lazy("Pass on Flatchr's raw objects"),
            "api_only_created": _lazy("Only what was submitted from here"),
        }
        help_texts = {
            "offerer_id": _lazy(
                "The source under which candidates submitted here are filed. A number."
            ),
            "source_id": _lazy(
                "One of your own sources in Flatchr. It is sent beside the offerer ID."
            ),
            "user_key": _lazy("The Flatchr user to whom submitted candidates are attributed."),
            "trait_budget": (
                _lazy(
                    "Flatchr gives the tags of one candidate at a time. They are read after each "
                    "sync, new and changed candidates first. Blank: all that are due; 0: none."
                )
            ),
            "api_remote_data": (
                _lazy(
                    "Each record's remote_data is what Flatchr sent of it. It may hold more "
                    "personal data than the fields do, so it is off unless needed."
                )
            ),
            "api_only_created": (
                _lazy(
                    "The lists of applications and candidates contain only those submitted "
                    "through Relais. Jobs, stages and tags are complete."
                )
            ),
        }
