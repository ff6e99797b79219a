"""Custom fields, where they are defined for the whole installation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.admin import SuperuserAdmin, display
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import NOTHING, change_url, plural
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.models import CustomField
from integrations.tenants import custom_fields as further

# So many tenants are named on a field's page and before it is deleted.
NAMED = 20


class CustomFieldForm(forms.Form):
    """The rules are the service's; its refusals are shown beside the fields."""

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
        help_text=_lazy("Helps whoever has to say which of Flatchr's fields this is."),
    )

    def __init__(self, *args: Any, field: CustomField | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field
        if field is not None:
            del self.fields["key"]
            self.initial = {"label": field.label, "description": field.description}

    def save(self) -> CustomField | None:
        """The field; None when it was refused, and the form says why."""
        try:
            if self.field is None:
                return further.define_custom_field(**self.cleaned_data)
            return further.change_custom_field(self.field, **self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
            return None


class CustomFieldAdmin(SuperuserAdmin):
    """What applications want to read of every tenant, under names of this installation's own."""

    list_display = ("name", "key_name", "about", "filled")
    search_fields = ("label", "key", "description")
    search_placeholder = _lazy("Name or key")
    ordering = ("label", "id")
    sortable_by = ("name", "key_name")
    empty_text = _lazy(
        "A custom field is something that your applications need to know of each job, such as "
        "its cost centre. Add it here; then say for each tenant which of Flatchr's fields it is."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        fields: QuerySet[Any] = super().get_queryset(request)
        present = Q(mappings__integration__deleted_at=None)
        return fields.annotate(tenants=Count("mappings", filter=present))

    @display(description=_lazy("Name"), ordering="label")
    def name(self, field: CustomField) -> str:
        return field.label

    @display(description=_lazy("Key"), ordering="key")
    def key_name(self, field: CustomField) -> str:
        return field.key

    @display(description=_lazy("Description"))
    def about(self, field: CustomField) -> str:
        return field.description or NOTHING

    @display(description=_lazy("Filled at"))
    def filled(self, field: Any) -> str:
        return plural(field.tenants, "tenant") if field.tenants else _("No tenant yet")

    # Pages

    def add_page(self, request: HttpRequest) -> HttpResponse:
        form = CustomFieldForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (field := form.save()):
            self.log_addition(request, field, [{"added": {}}])
            messages.success(
                request,
                _("“%(field)s” is there. Each tenant's page “Fields” says what fills it.")
                % {"field": field},
            )
            return HttpResponseRedirect(_list_url())
        return self._form_page(request, form, None, _("Add custom field"))

    def change_page(self, request: HttpRequest, field: CustomField) -> HttpResponse:
        form = CustomFieldForm(request.POST or None, field=field)
        if request.method == "POST" and form.is_valid() and form.save():
            self.log_change(request, field, [{"changed": {"fields": form.changed_data}}])
            messages.success(request, _("“%(field)s” is saved.") % {"field": field})
            return HttpResponseRedirect(_list_url())
        field.refresh_from_db()
        return self._form_page(request, form, field, str(field))

    def _form_page(
        self, request: HttpRequest, form: CustomFieldForm, field: CustomField | None, title: str
    ) -> HttpResponse:
        crumbs = [] if field else [Crumb(title)]
        return self.page(
            request,
            "relais/custom_field_form.html",
            field,
            *crumbs,
            form=form,
            title=title,
            delete_url=_delete_url(field) if field else "",
            **(_filled(field) if field else {}),
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Says first what goes with it."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        field = self.get_object(request, unquote(object_id))
        if field is None:
            return self.unknown(request, object_id)
        if request.method == "POST":
            self.log_deletions(request, CustomField.objects.filter(pk=field.pk))
            further.delete_custom_field(field)
            messages.success(
                request,
                _("“%(field)s” is deleted. Its values leave the jobs with the next sync.")
                % {"field": field},
            )
            return HttpResponseRedirect(_list_url())
        loss = further.usage_of(field)
        return self.page(
            request,
            "relais/custom_field_delete.html",
            field,
            Crumb(_("Delete")),
            title=str(field),
            tenants=loss.tenants[:NAMED],
            more_tenants=len(loss.tenants) - NAMED,
            tenant_count=len(loss.tenants),
            job_count=loss.jobs,
            field_url=change_url(field),
        )


def _filled(field: CustomField) -> dict[str, Any]:
    """Where the field has a value, and what fills it there."""
    mappings = field.mappings.filter(integration__deleted_at=None).select_related("integration")
    first = list(mappings.order_by("integration__organization", "pk")[: NAMED + 1])
    return {
        "filled": [
            (
                mapping.integration,
                INTEGRATION_FIELDS.get(mapping.integration_field, mapping.integration_field),
            )
            for mapping in first[:NAMED]
        ],
        "more_filled": len(first) > NAMED,
    }


def _list_url() -> str:
    return reverse("admin:integrations_customfield_changelist")


def _delete_url(field: CustomField) -> str:
    return reverse("admin:integrations_customfield_delete", args=[quote(field.pk)])
