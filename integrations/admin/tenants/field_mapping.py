"""Which of Flatchr's fields a tenant's jobs pass on, and which of them fill the custom fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.formatting import NOTHING, label, plain
from integrations.admin.base.urls import list_url, record_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.admin.tenants.views import start_sync, tabs
from integrations.flatchr.mapping.fields import CODED
from integrations.messages import translated
from integrations.models import CustomField, Integration
from integrations.tenants import custom_fields
from integrations.tenants.custom_fields import Examples, IntegrationField, MappedField, UnknownField

EXAMPLE_LIMIT = 80


class FieldMappingForm(forms.Form):
    """Which of Flatchr's fields are passed on, and which of them each custom field carries."""

    switched_on = forms.MultipleChoiceField(
        label=_lazy("Fields from Flatchr"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        integration_fields: Sequence[IntegrationField],
        mapped_fields: Sequence[MappedField],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.integration_fields = integration_fields
        self.mapped_fields = mapped_fields
        switches: Any = self.fields["switched_on"]
        switches.choices = [(field.key, field.label) for field in integration_fields]
        switches.initial = [field.key for field in integration_fields if field.enabled]
        for field in mapped_fields:
            self.fields[_name(field)] = forms.ChoiceField(
                label=field.label,
                choices=[
                    ("", _("Not filled")),
                    *((key, label(name)) for key, name in field.choices),
                ],
                initial=field.mapped_to or "",
                required=False,
            )

    def save(self, tenant: Integration) -> None:
        """Custom fields that the page did not have yet when it was opened are left alone."""
        custom_fields.switch_integration_fields(tenant, self.cleaned_data["switched_on"])
        for field in self.mapped_fields:
            chosen = self.cleaned_data[_name(field)] or None
            if _name(field) in self.data and chosen != field.mapped_to:
                custom_fields.map_custom_field(tenant, field, chosen)


class FieldSwitch(NamedTuple):
    box: Any
    field: IntegrationField
    example: str
    hint: str


class FieldChoice(NamedTuple):
    select: Any
    field: MappedField
    example: str


class FieldsView(RecordView[Integration]):
    """What is chosen is in the jobs after the next sync, which a second button starts at once."""

    permission = Permission.DECIDE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(request, form)
        try:
            form.save(self.record)
        except UnknownField as unknown:
            messages.error(request, translated(unknown))
        else:
            if "type" in request.POST:
                return start_sync(request, self.record)
            messages.success(request, _("Saved. The jobs have this after the next sync."))
        return HttpResponseRedirect(record_url(self.record, "fields"))

    def _form(self, data: QueryDict | None = None) -> FieldMappingForm:
        return FieldMappingForm(
            data,
            integration_fields=custom_fields.integration_fields_of(self.record),
            mapped_fields=custom_fields.custom_fields_of(self.record),
        )

    def _show(self, request: HttpRequest, form: FieldMappingForm) -> HttpResponse:
        examples = custom_fields.examples_of(self.record)
        may_define = may(request.user, Permission.DEFINE_FIELDS)
        return self.page(
            "relais/tenant_fields.html",
            self.record,
            Breadcrumb(_("Fields")),
            form=form,
            switches=_switches(form, examples),
            choices=_choices(form, examples),
            define_url=list_url(CustomField) if may_define else "",
            tabs=tabs(request, self.record, "fields"),
        )


def _switches(form: FieldMappingForm, examples: Examples) -> list[FieldSwitch]:
    boxes = form["switched_on"].subwidgets
    return [
        FieldSwitch(box, field, example, _hint(field, example))
        for box, field in zip(boxes, form.integration_fields, strict=True)
        for example in [_example(examples.integration_fields.get(field.key))]
    ]


def _hint(field: IntegrationField, example: str) -> str:
    """Why there is no example."""
    if example != NOTHING:
        return ""
    if field.key in CODED and not field.enabled:
        return _("Known once it is switched on and a sync has run.")
    return _("Empty in the jobs looked at.")


def _choices(form: FieldMappingForm, examples: Examples) -> list[FieldChoice]:
    return [
        FieldChoice(form[_name(field)], field, _example(examples.custom_fields.get(field.key)))
        for field in form.mapped_fields
    ]


def _example(value: Any) -> str:
    text = plain(value)
    return text if len(text) <= EXAMPLE_LIMIT else text[: EXAMPLE_LIMIT - 1] + "…"


def _name(field: MappedField) -> str:
    return f"map-{field.id}"
