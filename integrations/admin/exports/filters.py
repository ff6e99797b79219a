"""What an export was limited by, in the words of the list that it was asked for above."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from integrations.admin.base.badges import words
from integrations.exports.selection import SHOWN
from integrations.models import Export

Limits = list[tuple[str, str]]


def in_words(specs: Iterable[Any], typed: str) -> Limits:
    """Name and value of what is searched for, and of each of the list's filters that is set."""
    found = [(_("Search"), typed)] if typed else []
    set_ones = [(str(spec.title), spec.words) for spec in specs if spec.words]
    return found + [(title[:1].upper() + title[1:], words) for title, words in set_ones]


def limits_of(export: Export, request: HttpRequest, site: AdminSite) -> Limits:
    """What a stored export was limited by, beside its tenant, as `request`'s user may see it."""
    if export.user_id is None:
        # Of the command line, whose options are stored.
        return [(_("In Flatchr"), _("All, with deleted"))] if export.filters else []
    query = QueryDict(export.filters, mutable=True)
    query.pop("tenant", None)
    if export.integration_id:
        query["tenant"] = export.integration_id
    asked = copy(request)
    asked.GET = query  # type: ignore[assignment]
    model = apps.get_model("integrations", export.kind)
    admin = site.get_model_admin(model)
    # Each filter takes its parameters out.
    given = dict(query.lists())
    kinds: Any = admin.get_list_filter(asked)
    specs = [kind(asked, given, model, admin) for kind in kinds]
    of_list = [spec for spec in specs if spec.parameter_name != "tenant"]
    names = {"employment_type": _("Contract"), "location__country": _("Country")}
    of_links = [
        (names.get(name, name), words(values[-1]))
        for name, values in given.items()
        if name not in {*SHOWN, "q"}
    ]
    return in_words(of_list, query.get("q", "").strip()) + of_links
