"""Filters of the lists, which offer a bounded choice of what the user may see.

What a choice selects is a QuerySet method of `models/querysets.py`, which exports use too.
`list_filter` on a relation would load every related row, of every tenant. These never do: a choice
of related records is offered once the list is limited to one tenant, and cut at `MOST`; a record
that a link names ("its applications") is looked up among the user's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.badges import words
from integrations.admin.base.formatting import label
from integrations.models import Integration

MOST = 200
NAMELESS = _lazy("(no name)")


def tenants(request: HttpRequest, permission: Permission = Permission.SEE) -> dict[str, str]:
    """Ids and names of the tenants in which the user has `permission`; one query per request."""
    seen = _seen(request)
    if permission is Permission.SEE:
        return seen
    return {pk: name for pk, name in seen.items() if may(request.user, permission, pk)}


def _seen(request: HttpRequest) -> dict[str, str]:
    found: dict[str, str] | None = getattr(request, "_relais_tenants", None)
    if found is None:
        rows = Integration.objects.visible_to(request.user).values_list("pk", "organization")
        found = dict(rows[:MOST])
        request._relais_tenants = found  # type: ignore[attr-defined]
    return found


def chosen_tenant(request: HttpRequest) -> str | None:
    """The tenant that the list is limited to: by its filter, or because there is only one."""
    visible = tenants(request)
    if len(visible) == 1:
        return next(iter(visible))
    asked = request.GET.get("tenant")
    return asked if asked in visible else None


class ListFilter(admin.SimpleListFilter):
    """A drop-down; `any_label` is its entry for no filter."""

    any_label = _lazy("Any")
    # What it reads from the address beside `parameter_name`.
    further_parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        # SimpleListFilter keeps no request, and removes its parameters from `params`.
        self.request = request
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        return True

    @property
    def words(self) -> str:
        """What is chosen, for people; blank when nothing is."""
        value = self.value()
        return str(dict(self.lookup_choices).get(value, value)) if value else ""

    @property
    def shown(self) -> bool:
        """Whether there is anything to choose from; if not, a link may still have set it."""
        return bool(self.lookup_choices)


class RecordListFilter(ListFilter):
    """A filter of mirrored records: their QuerySet's `list_filters` define what it selects."""

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        narrow = queryset.list_filters[str(self.parameter_name)]
        found: QuerySet[Any] = narrow(queryset, self.used_parameters, request.user)
        return found


class TenantFilter(ListFilter):
    title = _lazy("tenant")
    parameter_name = "tenant"
    any_label = _lazy("All tenants")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        visible = tenants(request)
        return visible.items() if len(visible) > 1 else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(integration_id=self.value()) if self.value() else queryset


class DeletedFilter(RecordListFilter):
    title = _lazy("in Flatchr")
    parameter_name = "deleted"
    any_label = _lazy("In Flatchr")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return (("only", _("Deleted")), ("all", _("All, with deleted")))


class FieldFilter(ListFilter):
    """One field, one value out of a fixed set."""

    field: ClassVar[str]
    choices_: ClassVar[Sequence[tuple[str, str | Promise]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(value, label(words(str(name)))) for value, name in self.choices_]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class RecordFilter(ListFilter):
    """One related record. Chosen from `options` where there are some, else set by a link.

    An id that the user may not see selects nothing, and its name is not shown.
    """

    related: ClassVar[type[Model]]
    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        choices = list(self.options(request))
        asked = request.GET.get(self.parameter_name or "")
        if asked and asked not in dict(choices):
            record = self._visible(request).filter(pk=asked).first()
            choices.append((asked, str(record) if record else _("Unknown")))
        return choices

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return ()

    @property
    def shown(self) -> bool:
        return bool(list(self.options(self.request)))

    def _visible(self, request: HttpRequest) -> QuerySet[Any]:
        manager: Any = self.related._default_manager
        visible: QuerySet[Any] = manager.visible_to(request.user)
        return visible

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (pk := self.value()):
            return queryset
        if not self._visible(request).filter(pk=pk).exists():
            return queryset.none()
        return queryset.filter(**{self.field: pk})
