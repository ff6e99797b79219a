"""Admin classes by who may do what: holders of a permission, or members of a record's tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.admin import READ_FROM_FLATCHR, DashboardAdmin
from integrations.admin.base.formatting import date_time
from integrations.admin.base.views import RecordView
from integrations.models import NEWEST_FIRST


class PermissionAdmin(DashboardAdmin):
    """Grants a user who has `permission` to see, add, change and delete; everybody else nothing.

    For records that belong to the installation and to no tenant.
    """

    permission: ClassVar[Permission]

    def _allowed(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request) and may(request.user, self.permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return self._allowed(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return self._allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return self._allowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return self._allowed(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        reads = request.method in ("GET", "HEAD")
        if not (self.has_view_permission if reads else self.has_change_permission)(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self.unknown(request)
        return self.change_page(request, record)

    def change_page(self, request: HttpRequest, record: Any, /) -> HttpResponseBase:
        """The page of one record; POST is one of its buttons."""
        raise NotImplementedError


class TenantScopedAdmin(DashboardAdmin):
    """Grants the members of a tenant to see its records, and nobody to edit them by Django's forms.

    The queryset is limited to the user's tenants before anything is looked up in it, so a record
    of another tenant answers exactly as one that does not exist. What else can be done with a
    record are the pages in `record_views`, each with a permission of its own.
    """

    detail_template = "relais/detail.html"
    ordering: tuple[str, ...] = NEWEST_FIRST
    # Pages of one record by name, at /<record>/<name>/; called <app>_<model>_<name>.
    record_views: ClassVar[Mapping[str, type[RecordView[Any]]]] = {}
    record_key = "<int:pk>"
    # What these pages show of other tables.
    record_related: tuple[str, ...] = ()

    @display(description=_lazy("Tenant"))
    def tenant(self, record: Any) -> str:
        return str(record.integration)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"{self.record_key}/{name}/",
                self.admin_site.admin_view(view.as_view(admin=self)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for name, view in self.record_views.items()
        ]
        return [*own, *super().get_urls()]

    def find_record(self, request: HttpRequest, key: str | int) -> Any:
        """The record of a page in `record_views`; None if the user may not see it."""
        visible = self.get_queryset(request)
        if self.record_related:
            visible = visible.select_related(*self.record_related)
        return visible.filter(pk=key).first()

    def no_record(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002
        """The answer of a page in `record_views` whose record is not found."""
        raise Http404

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        manager: Any = self.model._default_manager
        queryset: QuerySet[Any] = manager.visible_to(request.user)
        return queryset.order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if not self.admin_site.has_permission(request):
            return False
        return obj is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def detail(self, _request: HttpRequest, record: Any) -> dict[str, Any]:
        """The context of the record's page: `cards`, `related` and so on; see `detail.html`."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self.unknown(request)
        context = {**self.detail(request, record), **(extra_context or {})}
        return self.page(request, self.detail_template, record, **context)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Nothing: records are not edited here."""
        return self.unknown(request)


class MirrorAdmin(TenantScopedAdmin):
    """Grants the members of a tenant to see what a sync has mirrored, and nobody to change it."""

    list_select_related: tuple[str, ...] = ("integration",)
    next_step = READ_FROM_FLATCHR

    @display(description=_lazy("Changed"), ordering="changed_at")
    def changed(self, record: Any) -> SafeString | str:
        return date_time(record.changed_at)
