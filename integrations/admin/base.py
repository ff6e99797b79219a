"""The dashboard's base classes, and the one module that knows which theme draws them.

To leave django-unfold: import the four names below from `django.contrib.admin` and
`django.contrib.auth.forms` instead, and drop "unfold" from INSTALLED_APPS. Our pages bring their
own style sheet and use no class of the theme's.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import ShowFacets, display
from django.contrib.admin.utils import unquote
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite as ThemedSite
from unfold.views import ChangeList as ThemedChangeList

from integrations import audit
from integrations.admin import account, signing_in
from integrations.admin.crumbs import Crumb, crumbs_for
from integrations.admin.filters import chosen_tenant, tenants
from integrations.admin.home import home
from integrations.admin.paging import PER_PAGE, CappedPaginator, LookAheadMixin
from integrations.admin.palette import palette_view
from integrations.admin.record_pages import RecordPagesMixin
from integrations.admin.search import search_view
from integrations.models import Event
from integrations.people.permissions import Permission, Rights, may, tenant_of
from integrations.wording import translated

__all__ = [
    "AdminPasswordChangeForm",
    "BoundedAdmin",
    "BoundedChangeList",
    "ReadOnlyMirrorAdmin",
    "SuperuserAdmin",
    "UserChangeForm",
    "UserCreationForm",
    "display",
    "site",
]


class Site(ThemedSite):
    """The dashboard: its first page is the overview of the tenants, not a list of tables."""

    index_title = lazy("Overview")
    site_title = "Relais"
    site_header = "Relais"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": _("Overview"),
            **home(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "relais/overview.html", context)

    def get_urls(self) -> list[Any]:
        own = [
            path("search/", self.admin_view(self.search), name="search"),
            path("palette/", self.admin_view(self.palette), name="palette"),
            path("login/code/", self.login_code, name="login_code"),
            path(
                "welcome/<str:uid>/<str:token>/",
                self.welcome,
                name="welcome",
            ),
            path("second-factor/", self.admin_view(self.second_factor), name="second_factor"),
        ]
        return [*own, *super().get_urls()]

    def login_code(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = signing_in.code_view(request, self.each_context)
        return answer

    def welcome(self, request: HttpRequest, uid: str, token: str) -> HttpResponseBase:
        answer: HttpResponseBase = signing_in.welcome_view(request, uid, token, self.each_context)
        return answer

    def second_factor(self, request: HttpRequest) -> HttpResponseBase:
        return account.second_factor_view(self, request)

    def password_change(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        view = sensitive_post_parameters()(partial(account.password_view, self))
        answer: HttpResponseBase = view(request)
        return answer

    def search(self, request: HttpRequest) -> HttpResponse:
        """What the search box of every page leads to."""
        request.current_app = self.name
        return search_view(request, self.each_context(request))

    def palette(self, request: HttpRequest) -> HttpResponse:
        """What the command palette of every page offers."""
        return palette_view(request, self.get_sidebar_list(request))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Signing in without a page in mind leads to the overview.

        The theme's form has no field for where to go next, so its address says it.
        """
        here = reverse("admin:index")
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(here)
        app_path = request.get_full_path()
        if REDIRECT_FIELD_NAME not in request.GET:
            app_path = f"{request.path}?{urlencode({REDIRECT_FIELD_NAME: here})}"
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "app_path": app_path,
            **(extra_context or {}),
        }
        request.current_app = self.name
        view = signing_in.SignIn.as_view(extra_context=context, next_page=here)
        return never_cache(view)(request)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        if request.method == "POST" and request.user.is_authenticated:
            audit.record(Event.SIGNED_OUT, about=request.user, name=request.user.get_username())
        answer: HttpResponseBase = super().logout(request, extra_context)
        return answer

    def app_index(
        self,
        request: HttpRequest,  # noqa: ARG002
        app_label: str,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        """There is no page for an app: the navigation does not speak of apps."""
        return HttpResponseRedirect(reverse("admin:index"))


site = Site(name="admin")


class BoundedChangeList(LookAheadMixin, ThemedChangeList):
    """A list in pages, without counting; see `paging.py`."""


class BoundedAdmin(ThemedModelAdmin):
    """One of our lists: own template, capped count, breadcrumbs."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = PER_PAGE
    change_list_template = "relais/change_list.html"
    list_defer: tuple[str, ...] = ()
    actions = None
    search_placeholder = lazy("Search")
    empty_text = lazy("Nothing here yet.")
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

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        name = translated(self.opts.verbose_name)
        last = (
            self.get_object(request, unquote(object_id))
            if object_id
            else _("Add %(name)s") % {"name": name}
        )
        context = {
            "crumbs": crumbs_for(self.opts, last, plural=self.plural),
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)

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

    change_form_template = "relais/form.html"
    add_form_template = "relais/form.html"

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


class ReadOnlyMirrorAdmin(RecordPagesMixin, BoundedAdmin):
    """Records of tenants, for reading.

    Membership of the tenant, not Django's model permissions, decides what a user sees: the
    queryset is limited to the user's tenants before anything is looked up in it, so a record of
    another tenant answers exactly as one that does not exist.
    """

    detail_template = "relais/detail.html"
    ordering: tuple[str, ...] = ("-changed_at", "-id")

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
