"""Pages of our own about one record, beside those that Django gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path

from integrations.accounts.permissions import Permission, tenant_of
from integrations.admin.base.permissions import require


class RecordPage(NamedTuple):
    """One such page. `view` gets the request and the record, once it is known that the user has
    `permission` in the record's tenant; None: whoever may see the record. `method` is the only one
    that is answered; blank: any.
    """

    view: Callable[[HttpRequest, Any], HttpResponseBase]
    permission: Permission | None = Permission.SEE
    method: str = ""


class RecordPagesMixin:
    """For an admin class: each of `record_pages()` at /<record>/<name>/, with the record looked up
    among those that the user may see.
    """

    record_key = "<int:pk>"
    # What the pages show of other tables.
    record_related: tuple[str, ...] = ()

    def record_pages(self) -> Mapping[str, RecordPage]:
        """The pages by their names; each address is called integrations_<model>_<name>."""
        return {}

    def get_urls(self: Any) -> list[URLPattern]:
        own = [
            path(
                f"{self.record_key}/{name}/",
                self.admin_site.admin_view(partial(self._about_one, page)),
                name=f"integrations_{self.opts.model_name}_{name}",
            )
            for name, page in self.record_pages().items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _about_one(
        self, page: RecordPage, request: HttpRequest, **key: str | int
    ) -> HttpResponseBase:
        asked = "GET" if request.method == "HEAD" else request.method
        if page.method and asked != page.method:
            return HttpResponseNotAllowed([page.method])
        (given,) = key.values()
        record = self.find_record(request, given)
        if record is None:
            return self.no_record(request, given)
        if page.permission is not None:
            require(request, page.permission, tenant_of(record))
        return page.view(request, record)

    def find_record(self: Any, request: HttpRequest, key: str | int) -> Any:
        """None for one that does not exist, or that this user may not know of."""
        mine = self.get_queryset(request)
        if self.record_related:
            mine = mine.select_related(*self.record_related)
        return mine.filter(pk=key).first()

    def no_record(self, _request: HttpRequest, _key: str | int) -> HttpResponseBase:
        """The answer when `find_record` finds none."""
        raise Http404
