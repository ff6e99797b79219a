"""Custom fields, where they are defined for the whole installation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.access import PermissionAdmin
from integrations.admin.base.formatting import NOTHING, plural
from integrations.admin.base.urls import change_url, list_url, record_url
from integrations.admin.base.views import Breadcrumb
from integrations.admin.system.forms import CustomFieldForm
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.models import CustomField
from integrations.tenants import custom_fields

# So many tenants are named on a field's page and before it is deleted.
NAMED = 20


class CustomFieldAdmin(PermissionAdmin):
    """Grants administrators to define the fields that applications read of every tenant's jobs."""

    permission = Permission.DEFINE_FIELDS
    add_label = _lazy("Add custom field")
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
                _("“%(field)s” was added. Choose what fills it on each tenant's page “Fields”.")
                % {"field": field},
            )
            return HttpResponseRedirect(list_url(CustomField))
        return self._form_page(request, form, None, _("Add custom field"))

    def change_page(self, request: HttpRequest, field: CustomField) -> HttpResponse:
        form = CustomFieldForm(request.POST or None, field=field)
        if request.method == "POST" and form.is_valid() and form.save():
            self.log_change(request, field, [{"changed": {"fields": form.changed_data}}])
            messages.success(request, _("“%(field)s” is saved.") % {"field": field})
            return HttpResponseRedirect(list_url(CustomField))
        field.refresh_from_db()
        return self._form_page(request, form, field, str(field))

    def _form_page(
        self, request: HttpRequest, form: CustomFieldForm, field: CustomField | None, title: str
    ) -> HttpResponse:
        crumbs = [] if field else [Breadcrumb(title)]
        return self.page(
            request,
            "relais/custom_field_form.html",
            field,
            *crumbs,
            form=form,
            title=title,
            delete_url=record_url(field, "delete") if field else "",
            **(_filled(field) if field else {}),
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Shows what is deleted with the field, and deletes it."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        field = self.get_object(request, unquote(object_id))
        if field is None:
            return self.unknown(request)
        if request.method == "POST":
            self.log_deletions(request, CustomField.objects.filter(pk=field.pk))
            custom_fields.delete_custom_field(field)
            messages.success(
                request,
                _("“%(field)s” is deleted. Its values leave the jobs with the next sync.")
                % {"field": field},
            )
            return HttpResponseRedirect(list_url(CustomField))
        loss = custom_fields.usage_of(field)
        return self.page(
            request,
            "relais/custom_field_delete.html",
            field,
            Breadcrumb(_("Delete")),
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
