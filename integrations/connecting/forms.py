"""Forms for connecting a tenant, shared by the dashboard and the pages behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import BigIntegerField
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.connecting import attempts
from integrations.connecting.attempts import EnteredAccount, SetupStep
from integrations.connecting.scope_forms import OptOutForm
from integrations.invisible_characters import visible
from integrations.models import ConnectionLink, FlatchrSettings, Integration
from integrations.tenants.custom_fields import MappedField, custom_fields_of


def _typed_attrs(**attrs: str) -> dict[str, str]:
    # Pasted keys must not be completed or corrected by the browser.
    return {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", **attrs}


class PastedField(forms.CharField):
    """A key or name as it was meant: what nobody sees came along when it was copied."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(visible(value) if isinstance(value, str) else value))


class PastedEmailField(PastedField, forms.EmailField):
    """An address that was copied."""


class SourceForm(forms.Form):
    """Where Flatchr files the candidates that are submitted."""

    offerer_id = forms.IntegerField(
        label=_lazy("Offerer ID"),
        required=False,
        min_value=1,
        max_value=BigIntegerField.MAX_BIGINT,
        widget=forms.TextInput(attrs=_typed_attrs(inputmode="numeric")),
        help_text=_lazy("A number that Flatchr gave you. Leave it empty if you have none."),
    )
    source_id = PastedField(
        label=_lazy("Source ID"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs=_typed_attrs()),
        help_text=_lazy("One of your own sources in Flatchr. Leave it empty if you use none."),
    )
    user_key = PastedField(
        label=_lazy("User key"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs=_typed_attrs()),
        help_text=_lazy("The Flatchr user to whom submitted candidates are attributed."),
    )


class CustomFieldsForm(forms.Form):
    """Which of Flatchr's fields each custom field of jobs is read from."""

    def __init__(self, *args: Any, mapped: Sequence[MappedField] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._custom = {f"custom_{field.id}": field.id for field in mapped}
        for name, field in zip(self._custom, mapped, strict=True):
            known = [(key, _lazy(label)) for key, label in field.choices]
            self.fields[name] = forms.ChoiceField(
                label=field.label,
                help_text=field.description,
                required=False,
                initial=field.mapped_to,
                choices=[("", _lazy("Not read")), *known],
            )

    @property
    def custom_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self._custom]

    def mapping(self) -> dict[str, str]:
        """The key that was chosen for each custom field, by its id."""
        return {pk: self.cleaned_data[name] for name, pk in self._custom.items()}


class KeysForm(CustomFieldsForm, SourceForm):
    """What Flatchr asks of a client, the source, and the fields if any are to be mapped."""

    api_key = PastedField(
        label=pgettext_lazy("field", "API key"),
        # Never rendered back, and no browser offers to keep it.
        widget=forms.PasswordInput(
            render_value=False, attrs=_typed_attrs(autocomplete="new-password")
        ),
        help_text=_lazy("In Flatchr: Settings > Advanced > API."),
    )
    company_key = PastedField(
        label=_lazy("Company key"),
        max_length=64,
        widget=forms.TextInput(attrs=_typed_attrs()),
        help_text=_lazy("16 letters and digits, on the same page of Flatchr."),
    )
    slug = PastedField(
        label=_lazy("Career site slug"),
        max_length=100,
        widget=forms.TextInput(attrs=_typed_attrs()),
        help_text=_lazy("In Flatchr: Settings > Advanced > Subdomain configuration."),
    )

    def __init__(self, *args: Any, key_is_stored: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if key_is_stored:
            self.fields["api_key"].required = False
            self.fields["api_key"].label = _lazy("New API key")
            self.fields["api_key"].help_text = _lazy(
                "The stored key is never shown. Leave this empty to keep it."
            )

    def clean_api_key(self) -> str:
        # Copied values come with spaces and line ends, and a key must not hold any.
        return "".join(str(self.cleaned_data["api_key"]).split())

    def clean_slug(self) -> str:
        """The name alone, of whatever address of the career site it was copied with."""
        given = str(self.cleaned_data["slug"]).removeprefix("https://").removeprefix("http://")
        name = given.split("/")[0].removesuffix(".flatchr.io")
        if not name:
            raise forms.ValidationError(_lazy("Enter the name of the career site."))
        return name

    def entered(self) -> EnteredAccount:
        data = self.cleaned_data
        return EnteredAccount(
            api_key=data["api_key"],
            company_key=data["company_key"],
            slug=data["slug"],
            offerer_id=data.get("offerer_id"),
            source_id=data.get("source_id") or "",
            user_key=data.get("user_key") or "",
            mapping=self.mapping(),
        )


class LinkKeysForm(KeysForm, OptOutForm):
    """The same behind a link, with what its customer may say no to."""

    def entered(self) -> EnteredAccount:
        return replace(super().entered(), declined=self.declined())


class SetupForm(CustomFieldsForm, SourceForm):
    """What a setup link asks: the enabled steps, filled with what is known."""

    def __init__(
        self, *args: Any, integration: Integration, steps: Sequence[SetupStep], **kwargs: Any
    ) -> None:
        known = FlatchrSettings.objects.filter(integration=integration).first()
        initial = {"source_id": known.source_id, "user_key": known.user_key} if known else {}
        mapped = custom_fields_of(integration) if SetupStep.FIELDS in steps else []
        super().__init__(*args, initial=initial, mapped=mapped, **kwargs)
        if SetupStep.SOURCE not in steps:
            del self.fields["offerer_id"], self.fields["source_id"], self.fields["user_key"]

    def save(self, link: ConnectionLink) -> None:
        """Raises `LinkClosed` and saves nothing when the link was used in the meantime."""
        data, source = self.cleaned_data, None
        if "offerer_id" in self.fields:
            source = (data["offerer_id"], data["source_id"], data["user_key"])
        attempts.set_up(link, source=source, mapping=self.mapping())
