"""The dashboard's base classes, one for each answer to the question of who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import (
    ERROR_FLAG,
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
)
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, TemplatePermissions, may, tenant_of
from integrations.admin.base.filters import chosen_tenant, tenants
from integrations.admin.base.formatting import capped, label, number
from integrations.admin.base.pagination import LAST_PAGE, PER_PAGE, CappedPaginator, cut
from integrations.admin.base.theme import ChangeList, ModelAdmin
from integrations.admin.base.views import AdminView, Breadcrumb, breadcrumbs
from integrations.models.conditions import MOST_CHARACTERS, MOST_WORDS, searched_words


class NextStep(NamedTuple):
    """The button below an empty list: its label, the name of the page that it opens, who is shown
    it (None: everybody), and a sentence above it.
    """

    label: str | Promise
    page: str
    permission: Permission | None = None
    text: str | Promise = ""

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.page}")


CONNECT_A_TENANT = NextStep(
    _lazy("Connect a tenant"),
    "integrations_integration_add",
    Permission.CONNECT,
    _lazy("Nothing can be shown before a company's Flatchr account is connected."),
)
BECOME_A_MEMBER = NextStep(
    _lazy("Go to the overview"),
    "index",
    text=_lazy("You are not a member of any tenant. Ask your administrator to make you one."),
)
READ_FROM_FLATCHR = NextStep(
    _lazy("Go to the tenants"),
    "integrations_integration_changelist",
    text=_lazy("Open a tenant and press “Sync now” to read everything from Flatchr."),
)


# What an address says about how a list is shown.
SHOWN = {PAGE_VAR, ERROR_FLAG, *IGNORED_PARAMS}


class CappedChangeList(ChangeList):
    """A list in pages that is not counted: it says how many rows there are up to `CAP`."""

    has_next = False

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """The order, by as many columns as there are."""
        if asked := self.params.get(ORDER_VAR):
            columns = dict.fromkeys(asked.split(".")[: len(self.list_display)])
            self.params[ORDER_VAR] = ".".join(columns)
        return super().get_ordering(request, queryset)

    def get_ordering_field(self, field_name: Any) -> Any:
        """The field of a column, of those that the list says it can be sorted by."""
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request: HttpRequest) -> None:
        if not 1 <= self.page_num <= LAST_PAGE:
            raise IncorrectLookupParameters
        start = (self.page_num - 1) * self.list_per_page
        self.result_list, more, self.result_count = cut(self.queryset, start, self.list_per_page)
        if not self.result_list and self.page_num > 1:
            raise IncorrectLookupParameters
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.paginator.count = self.result_count
        self.has_next = more and self.page_num < LAST_PAGE
        self.first_row = start + 1
        self.last_row = start + len(self.result_list)
        self.result_count_text = capped(self.result_count) if more else number(self.result_count)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = self.has_next or self.page_num > 1

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The selected records without the columns in `list_defer`, which no list shows."""
        queryset = super().get_queryset(request, *args, **kwargs)
        return queryset.defer(*self.model_admin.list_defer)


class DashboardAdmin(ModelAdmin):
    """A list of ours with its pages. Grants nothing by itself: Django's model permissions hold."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = PER_PAGE
    change_list_template = "relais/change_list.html"
    list_defer: tuple[str, ...] = ()
    actions = None
    search_placeholder = _lazy("Search")
    # What the navigation calls the records, where the model's own name is another.
    plural: str | Promise = ""
    # The label of the button that adds one.
    add_label: str | Promise = ""
    empty_text: str | Promise = _lazy("Nothing here yet.")
    next_step: NextStep | None = None
    # Pages beside the list by name; each address is called <app>_<model>_<name>.
    list_views: ClassVar[Mapping[str, type[AdminView]]] = {}

    def empty_step(self, request: HttpRequest) -> NextStep | None:
        """What an empty list offers this user: a tenant first, then the list's own next step."""
        if not tenants(request):
            return first_tenant_step(request)
        step = self.next_step
        if step is None or step.permission is None or may(request.user, step.permission):
            return step
        return None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:  # noqa: ARG002
        return CappedChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, without the tenant where the user has only one."""
        columns = super().get_list_display(request)
        if "tenant" not in columns or len(tenants(request)) != 1:
            return columns
        return [column for column in columns if column != "tenant"]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                view.route or f"{name}/",
                self.admin_site.admin_view(view.as_view(admin=self)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for name, view in self.list_views.items()
        ]
        return [*own, *super().get_urls()]

    def above(self) -> Sequence[Breadcrumb]:
        """Breadcrumbs before the list's own, where it has no entry in the navigation."""
        return ()

    def own_parameters(self) -> set[str]:
        """The parameters by which an address limits the list: those of its filters."""
        filters: Any = self.list_filter
        return {name for one in filters for name in (one.parameter_name, *one.further_parameters)}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:  # noqa: ARG002
        """Whether the list takes it. Of Django's look-ups by field it takes none, which would find
        out what no column shows, or keep the database busy.
        """
        return lookup in self.own_parameters()

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """What a search finds with as many words as `searched_words` takes."""
        words, _left_out = searched_words(search_term)
        found: tuple[Any, bool] = super().get_search_results(request, queryset, " ".join(words))
        return found

    def without_strangers(self, request: HttpRequest) -> HttpResponse | None:
        """A redirect to the list with those parameters only that it knows; None if it knows all."""
        known = {*self.own_parameters(), *SHOWN}
        kept = request.GET.copy()
        for name, values in request.GET.lists():
            # A search with one is answered by Django in words.
            odd = name != SEARCH_VAR and any("\0" in value for value in values)
            if name not in known or odd:
                del kept[name]
        left_out = sorted(set(request.GET) - set(kept))
        if not left_out:
            return None
        messages.warning(
            request,
            _("This list has no such filter, so it was left out: %(names)s.")
            % {"names": ", ".join(left_out).replace("\0", "")[:100]},
        )
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}")

    def selection(self, request: HttpRequest) -> QuerySet[Any]:
        """All records that the list selects with this request's search and filters, not a page."""
        changelist = self.get_changelist_instance(request)
        selected: QuerySet[Any] = changelist.queryset
        return selected

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if answer := self.without_strangers(request):
            return answer
        if searched_words(request.GET.get(SEARCH_VAR, ""))[1]:
            messages.warning(
                request,
                _(
                    "That is a long search: no more than its first %(words)s words and "
                    "%(characters)s characters are looked for."
                )
                % {"words": MOST_WORDS, "characters": MOST_CHARACTERS},
            )
        context = {
            "breadcrumbs": breadcrumbs(self.opts, plural=self.plural, above=self.above()),
            "rights": TemplatePermissions(request.user, chosen_tenant(request)),
            **(extra_context or {}),
        }
        response = super().changelist_view(request, context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            # Django's own would read "Select candidate to view".
            name = label(self.plural or self.opts.verbose_name_plural)
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
        """The page on which a record is added; Django's own form is never shown."""
        raise NotImplementedError

    def page(
        self,
        request: HttpRequest,
        template: str,
        record: Model | None,
        *below: Breadcrumb,
        **context: Any,
    ) -> TemplateResponse:
        """`template` in the dashboard's frame, about `record`, with breadcrumbs `below` it."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "record": record,
                "rights": TemplatePermissions(request.user, tenant_of(record)),
                "title": str(record) if record is not None else label(self.opts.verbose_name),
                **context,
                "breadcrumbs": breadcrumbs(
                    self.opts,
                    record,
                    *below,
                    title=context.get("title"),
                    plural=self.plural,
                    above=self.above(),
                ),
            },
        )

    def unknown(self, request: HttpRequest) -> HttpResponseRedirect:
        """The answer to the id of a record that does not exist or that the user may not see."""
        messages.warning(
            request,
            _("The page does not exist, or it belongs to a tenant that you are not a member of."),
        )
        return HttpResponseRedirect(reverse("admin:index"))


def first_tenant_step(request: HttpRequest) -> NextStep:
    """What a user without any tenant can do about it."""
    may_connect = may(request.user, Permission.CONNECT) or request.user.is_superuser
    return CONNECT_A_TENANT if may_connect else BECOME_A_MEMBER
