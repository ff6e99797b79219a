"""Breadcrumbs: where a page stands in the navigation."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Model
from django.db.models.options import Options
from django.urls import reverse
from django.utils.functional import Promise

from integrations.admin.base.formatting import change_url
from integrations.messages import translated


class Crumb(NamedTuple):
    title: str | Promise
    url: str = ""


def crumbs_for(
    opts: Options[Any],
    record: Model | str | None = None,
    *further: Crumb,
    title: str | None = None,
    plural: str | Promise = "",
) -> list[Crumb]:
    """The list, then the record (as `title`), then pages below; the last one is not a link."""
    name = translated(plural or opts.verbose_name_plural)
    trail = [
        Crumb(
            name[0].upper() + name[1:],
            reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
        )
    ]
    if isinstance(record, str):
        trail.append(Crumb(record))
    elif record is not None:
        trail.append(Crumb(title or str(record), change_url(record)))
    trail.extend(further)
    trail[-1] = Crumb(trail[-1].title)
    return trail
