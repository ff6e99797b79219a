"""Pages of our own beside those of Django's admin: breadcrumbs, permission checks, view classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.views import View

from integrations.accounts.permissions import Permission, may, tenant_of
from integrations.admin.base.formatting import label
from integrations.admin.base.urls import change_url, list_url
from integrations.models import Integration

if TYPE_CHECKING:
    from integrations.admin.base.access import TenantScopedAdmin
    from integrations.admin.base.admin import DashboardAdmin

Record = TypeVar("Record", bound=Model)


class Breadcrumb(NamedTuple):
    """One breadcrumb; without an address it is no link."""

    title: str | Promise
    url: str = ""


def breadcrumbs(
    opts: Options[Any],
    record: Model | None = None,
    *further: Breadcrumb,
    title: str | None = None,
    plural: str | Promise = "",
    above: Sequence[Breadcrumb] = (),
) -> list[Breadcrumb]:
    """What is `above` the list, the list, the record (named `title`) and `further` pages below it;
    the last is no link.
    """
    name = label(plural or opts.verbose_name_plural)
    crumbs = [*above, Breadcrumb(name[0].upper() + name[1:], list_url(opts.model))]
    if record is not None:
        crumbs.append(Breadcrumb(title or str(record), change_url(record)))
    crumbs.extend(further)
    crumbs[-1] = Breadcrumb(crumbs[-1].title)
    return crumbs


def require(
    request: HttpRequest, permission: Permission, tenant: Integration | str | None = None
) -> None:
    """Raise PermissionDenied unless the user has `permission` in `tenant`, or in any if None."""
    if not may(request.user, permission, tenant):
        raise PermissionDenied


class AdminView(View):
    """A page of an admin class that is about no single record.

    A subclass has `get`, `post` or both; any other method is answered with 405. `route` is its
    address below the list's; if blank, its name in `DashboardAdmin.list_views`. `permission` is
    needed in any tenant; None admits every user of the dashboard.
    """

    http_method_names = ["get", "head", "post"]
    admin: DashboardAdmin = None  # type: ignore[assignment]  # given to `as_view`
    route: ClassVar[str] = ""
    permission: ClassVar[Permission | None] = None

    def handler(self) -> Callable[..., HttpResponseBase] | None:
        """The method that answers the request; None if the class does not answer its method."""
        name = str(self.request.method).lower()
        return getattr(self, name, None) if name in self.http_method_names else None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        handler = self.handler()
        if handler is None:
            return self.http_method_not_allowed(request)
        if self.permission is not None:
            require(request, self.permission)
        return handler(request, *args, **kwargs)

    def page(
        self, template: str, record: Model | None, *below: Breadcrumb, **context: Any
    ) -> TemplateResponse:
        """`template` in the dashboard's frame; see `DashboardAdmin.page`."""
        page: TemplateResponse = self.admin.page(self.request, template, record, *below, **context)
        return page


class RecordView(AdminView, Generic[Record]):
    """A page of one record, or what one of its buttons does.

    The record is looked up among those that the user may see; `permission` is needed in its
    tenant, and None admits whoever may see it.
    """

    admin: TenantScopedAdmin
    record: Record
    permission: ClassVar[Permission | None] = Permission.SEE

    def dispatch(self, request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponseBase:
        handler = self.handler()
        if handler is None:
            return self.http_method_not_allowed(request)
        (key,) = kwargs.values()
        record = self.admin.find_record(request, key)
        if record is None:
            return self.admin.no_record(request)
        if self.permission is not None:
            require(request, self.permission, tenant_of(record))
        self.record = record
        return handler(request)


def find_row(rows: QuerySet[Record], number: str) -> Record | None:
    """The row with that number as its id; None for a text that is no number of a row."""
    usual = number.isascii() and number.isdigit() and len(number) < 19
    return rows.filter(pk=int(number)).first() if usual else None


def page_number(request: HttpRequest) -> int:
    """The page that `p` in the address names; the first one for anything but a usual number."""
    asked = request.GET.get("p", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def live_fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    live: bool,
    state: str | None = None,
) -> HttpResponse:
    """The moving part of a page. Its headers tell `relais.js` whether to ask again, and with
    `state` whether the whole page is to be loaded anew.
    """
    response = render(request, template, dict(context))
    response["X-Run-Live"] = "yes" if live else "no"
    if state is not None:
        response["X-Run-State"] = state
    return response
