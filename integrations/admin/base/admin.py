"""The dashboard's base classes: a list in pages, and records for reading."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ShowFacets, display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, Rights, may, tenant_of
from integrations.admin.base.breadcrumbs import Crumb, crumbs_for
from integrations.admin.base.filters import chosen_tenant, tenants
from integrations.admin.base.pagination import PER_PAGE, CappedPaginator, LookAheadMixin
from integrations.admin.base.record_views import RecordPagesMixin
from integrations.admin.base.theme import ChangeList, ModelAdmin
from integrations.messages import translated
from integrations.models import NEWEST_FIRST

__all__ = [
    "BoundedAdmin",
    "BoundedChangeList",
    "ReadOnlyMirrorAdmin",
    "SuperuserAdmin",
    "display",
]


class BoundedChangeList(LookAheadMixin, ChangeList):
    """A list in pages, without counting; see `paging.py`."""


class BoundedAdmin(ModelAdmin):
    """One of our lists: own template, capped count, breadcrumbs."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = PER_PAGE
    change_list_template = "relais/change_list.html"
    list_defer: tuple[str, ...] = ()
    actions = None
    search_placeholder = _lazy("Search")
    empty_text = _lazy("Nothing here yet.")
    # What the navigation calls them, where the model's own name is another.
    plural: str | Promise = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:  # noqa: ARG002
        return BoundedChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the column that would say the same in every row."""
        columns = super().get_list_display(request)
        if "tenant" not in columns or len(tenants(request)) != 1:
            return columns
        return [column for column in columns if column != "tenant"]

    def selection(self, request: HttpRequest) -> QuerySet[Any]:
        """All that the list selects with this request's search and filters, on every page."""
        changelist = self.get_changelist_instance(request)
        selected: QuerySet[Any] = changelist.queryset
        return selected

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "crumbs": crumbs_for(self.opts, plural=self.plural),
            "rights": Rights(request.user, chosen_tenant(request)),
            **(extra_context or {}),
        }
        response = super().changelist_view(request, context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            # Django's own would read "Select candidate to view".
            name = translated(self.plural or self.opts.verbose_name_plural)
            response.context_data["title"] = name[0].upper() + name[1:]
        return response

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.add_page(request)

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        """The page on which one is added, where anybody may: Django's own form is never shown."""
        raise NotImplementedError

    def page(
        self,
        request: HttpRequest,
        template: str,
        record: Model | None,
        *crumbs: Crumb,
        **context: Any,
    ) -> TemplateResponse:
        """One of our own pages about `record`, inside the dashboard's frame."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "record": record,
                "rights": Rights(request.user, tenant_of(record)),
                "title": str(record) if record is not None else translated(self.opts.verbose_name),
                **context,
                "crumbs": crumbs_for(
                    self.opts, record, *crumbs, title=context.get("title"), plural=self.plural
                ),
            },
        )

    def unknown(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """The answer to an id that does not exist, or that this user may not know of."""
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)


class SuperuserAdmin(BoundedAdmin):
    """For the pages of the System group: for those alone who have `permission`."""

    permission = Permission.MANAGE_USERS

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
            return self.unknown(request, object_id)
        return self.change_page(request, record)

    def change_page(self, request: HttpRequest, record: Any, /) -> HttpResponseBase:
        """The page of one, and what its buttons do."""
        raise NotImplementedError


class ReadOnlyMirrorAdmin(RecordPagesMixin, BoundedAdmin):
    """Records of tenants, for reading.

    Membership of the tenant, not Django's model permissions, decides what a user sees: the
    queryset is limited to the user's tenants before anything is looked up in it, so a record of
    another tenant answers exactly as one that does not exist.
    """

    detail_template = "relais/detail.html"
    ordering: tuple[str, ...] = NEWEST_FIRST

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
        """What the record's page shows: `cards`, `related` and so on; see `detail.html`."""
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
            return self.unknown(request, object_id)
        context = {**self.detail(request, record), **(extra_context or {})}
        return self.page(request, self.detail_template, record, **context)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """A mirrored record has no history of edits here: the runs tell what changed it."""
        return self.unknown(request, object_id)
