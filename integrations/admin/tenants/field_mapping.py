"""The page of a tenant on which its jobs' further fields are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import NOTHING, plain
from integrations.admin.home.tenant_summary import tenant_url
from integrations.admin.tenants.views import sync_view, tabs
from integrations.flatchr.mapping.fields import CODED
from integrations.messages import translated
from integrations.models import Integration
from integrations.tenants import custom_fields as further
from integrations.tenants.custom_fields import Examples, IntegrationField, MappedField, UnknownField

EXAMPLE_LIMIT = 80


class FieldsForm(forms.Form):
    """Which of Flatchr's fields are passed on, and which of them each custom field carries."""

    switched_on = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        *args: Any,
        integration_fields: Sequence[IntegrationField],
        custom_fields: Sequence[MappedField],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.custom_fields = custom_fields
        switches: Any = self.fields["switched_on"]
        switches.choices = [(field.key, field.label) for field in integration_fields]
        switches.initial = [field.key for field in integration_fields if field.enabled]
        for field in custom_fields:
            self.fields[_name(field)] = forms.ChoiceField(
                label=field.label,
                choices=[
                    ("", _("Not filled")),
                    *((key, translated(label)) for key, label in field.choices),
                ],
                initial=field.mapped_to or "",
                required=False,
            )

    def save(self, tenant: Integration) -> None:
        """Custom fields that the page did not have yet when it was opened are left alone."""
        further.switch_integration_fields(tenant, self.cleaned_data["switched_on"])
        for field in self.custom_fields:
            chosen = self.cleaned_data[_name(field)] or None
            if _name(field) in self.data and chosen != field.mapped_to:
                further.map_custom_field(tenant, field, chosen)


class Switch(NamedTuple):
    box: Any
    field: IntegrationField
    example: str
    hint: str


class Choice(NamedTuple):
    select: Any
    field: MappedField
    example: str


def fields_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """What is chosen is in the jobs after the next sync, which a second button starts at once."""
    integration_fields = further.integration_fields_of(tenant)
    form = FieldsForm(
        request.POST or None,
        integration_fields=integration_fields,
        custom_fields=further.custom_fields_of(tenant),
    )
    if request.method == "POST" and form.is_valid():
        try:
            form.save(tenant)
        except UnknownField as unknown:
            messages.error(request, translated(unknown))
            return HttpResponseRedirect(tenant_url(tenant, "fields"))
        if "type" in request.POST:
            answer: HttpResponse = sync_view(admin, request, tenant)
            return answer
        messages.success(request, _("Saved. The jobs carry this after the next sync."))
        return HttpResponseRedirect(tenant_url(tenant, "fields"))
    examples = further.examples_of(tenant)
    return admin.page(
        request,
        "relais/tenant_fields.html",
        tenant,
        Crumb(_("Fields")),
        form=form,
        switches=_switches(form, integration_fields, examples),
        choices=_choices(form, examples),
        define_url=_define_url(request),
        tabs=tabs(request, tenant, "fields"),
    )


def _define_url(request: HttpRequest) -> str:
    """Where custom fields are defined; blank for those who may not."""
    if not may(request.user, Permission.DEFINE_FIELDS):
        return ""
    return reverse("admin:integrations_customfield_changelist")


def _switches(
    form: FieldsForm, fields: Sequence[IntegrationField], examples: Examples
) -> list[Switch]:
    return [
        Switch(box, field, example, _hint(field, example))
        for box, field in zip(form["switched_on"].subwidgets, fields, strict=True)
        for example in [_example(examples.integration_fields.get(field.key))]
    ]


def _hint(field: IntegrationField, example: str) -> str:
    """Why there is no example."""
    if example != NOTHING:
        return ""
    if field.key in CODED and not field.enabled:
        return _("Known once it is switched on and a sync has run.")
    return _("Empty in the jobs looked at.")


def _choices(form: FieldsForm, examples: Examples) -> list[Choice]:
    return [
        Choice(form[_name(field)], field, _example(examples.custom_fields.get(field.key)))
        for field in form.custom_fields
    ]


def _example(value: Any) -> str:
    text = plain(value)
    return text if len(text) <= EXAMPLE_LIMIT else text[: EXAMPLE_LIMIT - 1] + "…"


def _name(field: MappedField) -> str:
    return f"map-{field.id}"
