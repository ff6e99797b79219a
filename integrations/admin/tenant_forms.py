"""The forms of a tenant: connecting it, its credentials, its settings, its members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.models import Environment, FlatchrCredentials, FlatchrSettings, Integration

KEY_HELP = "In Flatchr: Settings > Advanced > API."
SLUG_HELP = "In Flatchr: Settings > Advanced > Subdomain configuration."


def _secret(**attrs: str) -> forms.PasswordInput:
    # Never rendered back, and no browser offers to keep it.
    return forms.PasswordInput(
        render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false", **attrs}
    )


class TrimmedForm(forms.Form):
    """Copied values come with spaces and line ends; `CharField` strips, a key must not hold any."""

    def clean_api_key(self) -> str:
        return "".join(str(self.cleaned_data["api_key"]).split())


class ConnectForm(TrimmedForm):
    organization = forms.CharField(
        label="Company name",
        max_length=200,
        help_text="The name under which you will find it here.",
    )
    environment = forms.ChoiceField(choices=Environment.choices, initial=Environment.PRODUCTION)
    company_key = forms.CharField(max_length=64, help_text=KEY_HELP)
    slug = forms.CharField(label="Career site slug", max_length=100, help_text=SLUG_HELP)
    api_key = forms.CharField(label="API key", widget=_secret(), help_text=KEY_HELP)
    contact_email = forms.EmailField(
        label="Contact e-mail", required=False, help_text="Whom to ask when something is amiss."
    )
    origin_id = forms.CharField(
        label="Your own ID",
        max_length=200,
        required=False,
        help_text="Your identifier of this customer, if you have one.",
    )


class CredentialsForm(TrimmedForm):
    company_key = forms.CharField(max_length=64, help_text=KEY_HELP)
    slug = forms.CharField(label="Career site slug", max_length=100, help_text=SLUG_HELP)
    api_key = forms.CharField(
        label="New API key",
        widget=_secret(placeholder="Leave empty to keep the stored key"),
        required=False,
        help_text="The stored key is never shown. " + KEY_HELP,
    )

    def __init__(self, *args: Any, credentials: FlatchrCredentials | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if credentials is None or not credentials.readable:
            self.fields["api_key"].required = True
            self.fields["api_key"].label = "API key"
            self.fields["api_key"].widget.attrs.pop("placeholder")
            self.fields["api_key"].help_text = KEY_HELP


class TenantForm(forms.ModelForm):
    class Meta:
        model = Integration
        fields = [
            "organization",
            "contact_email",
            "origin_id",
            "enabled",
            "delta_interval",
            "full_interval",
        ]
        labels = {
            "organization": "Company name",
            "origin_id": "Your own ID",
            "enabled": "Synchronise on schedule and on request",
            "delta_interval": "Minutes between delta syncs",
            "full_interval": "Minutes between full syncs",
        }
        help_texts = {
            "enabled": "When off, the data stays and is no longer kept in step.",
            "delta_interval": "A delta sync reads what has changed. At least 5.",
            "full_interval": "A full sync reads everything and finds deletions. At least 15.",
        }


class FlatchrSettingsForm(forms.ModelForm):
    integration_fields = forms.MultipleChoiceField(
        label="Further fields of jobs",
        choices=list(INTEGRATION_FIELDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Flatchr's own fields to keep with each job. Off unless ticked.",
    )

    class Meta:
        model = FlatchrSettings
        fields = [
            "offerer_id",
            "user_key",
            "trait_budget",
            "integration_fields",
            "api_remote_data",
            "api_only_created",
        ]
        labels = {
            "offerer_id": "Offerer ID",
            "user_key": "User key",
            "trait_budget": "Tag requests per sync",
            "api_remote_data": "Pass on Flatchr's raw objects",
            "api_only_created": "Only what was submitted from here",
        }
        help_texts = {
            "offerer_id": "The source under which candidates submitted here are filed. A number.",
            "user_key": "The Flatchr user to whom submitted candidates are attributed.",
            "trait_budget": (
                "Flatchr gives the tags of one candidate at a time. So many are asked for in "
                "each sync, new and changed candidates first."
            ),
            "api_remote_data": (
                "Each record's remote_data is what Flatchr sent of it. It may hold more personal "
                "data than the fields do, so it is off unless needed."
            ),
            "api_only_created": (
                "The lists of applications and candidates have those alone that were submitted "
                "through Relais. Jobs, stages and tags are all there."
            ),
        }


class MemberForm(forms.Form):
    user: forms.ModelChoiceField = forms.ModelChoiceField(
        queryset=None,
        label="Add a member",
        empty_label="Choose a user",
    )

    def __init__(self, *args: Any, tenant: Integration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = get_user_model()._default_manager.filter(is_active=True, is_superuser=False)
        field: Any = self.fields["user"]
        field.queryset = users.exclude(tenant_memberships__integration=tenant).order_by("username")
