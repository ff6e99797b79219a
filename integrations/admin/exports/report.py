"""What the page of one export shows: how far it is, the way to its file, and what is in it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from integrations.admin.base.cards import Card
from integrations.admin.base.formatting import NOTHING, date_time, duration, link, number
from integrations.admin.base.urls import record_urls
from integrations.admin.exports.filters import Limits, limits_of
from integrations.admin.exports.forms import column_choices
from integrations.exports.selection import may_fetch
from integrations.exports.working import is_fetchable
from integrations.models import Every, Export, ExportFormat, ExportSchedule, ExportState


def report_context(request: HttpRequest, export: Export, site: AdminSite) -> dict[str, Any]:
    mine = export.user_id is not None and export.user_id == request.user.pk
    fetchable = is_fetchable(export)
    return {
        **progress_context(export),
        "subtitle": "",
        "mine": mine,
        "may_cancel": export.is_live and (mine or request.user.is_superuser),
        "may_fetch": fetchable and may_fetch(export, request.user),
        "withheld": fetchable and mine and not may_fetch(export, request.user),
        "expired": export.state == ExportState.DONE and not fetchable,
        "urls": record_urls(export, "live", "file", "cancel"),
        "again_url": _again_url(export),
        "cards": [_what(export, limits_of(export, request, site)), _how(export)],
    }


def progress_context(export: Export) -> dict[str, Any]:
    return {
        "export": export,
        "live": export.is_live,
        "state": ExportState(export.state),
        "expected": export.expected,
    }


def _again_url(export: Export) -> str:
    """The form with the same filters; blank for what the command line has exported."""
    if export.user_id is None:
        return ""
    query = QueryDict(export.filters, mutable=True)
    if export.integration_id:
        query["tenant"] = export.integration_id
    address = reverse(f"admin:integrations_{export.kind}_export")
    return f"{address}?{query.urlencode()}" if query else address


def _what(export: Export, limits: Limits) -> Card:
    filters = [_("%(name)s: %(value)s") % {"name": name, "value": value} for name, value in limits]
    return Card(
        _("What was exported"),
        [
            (_("Records"), export.get_kind_display()),
            (_("Tenant"), link(export.integration) if export.integration else _("Several tenants")),
            (_("Filters"), " · ".join(filters) or _("No filters")),
            (_("Rows"), number(export.rows)),
            (_("Columns"), _columns(export)),
        ],
    )


def _columns(export: Export) -> str:
    """The labels of the columns; exports made before columns could be chosen have none."""
    labels = dict(column_choices(export.kind, with_tenant=True))
    return ", ".join(labels.get(name, name) for name in export.columns) or NOTHING


def _how(export: Export) -> Card:
    lasted = NOTHING
    if export.ended_at:
        lasted = duration((export.ended_at - export.started_at).total_seconds())
    rows: list[tuple[str, object]] = [
        (_("By"), str(export.user) if export.user else _("Command line")),
        (_("Started"), date_time(export.started_at)),
        (_("Took"), lasted),
        (_("Format"), export.get_format_display()),
    ]
    if export.format == ExportFormat.CSV:
        rows.append((_("Separator"), export.get_delimiter_display()))
    if export.format != ExportFormat.JSON:
        rows.append((_("Dates"), export.get_date_format_display()))
        rows.append((_("Headings and values"), export.get_wording_display()))
    if "phone_numbers" in export.columns:
        rows.append((_("Phone numbers"), export.get_phones_display()))
    if export.size is not None:
        rows.append((_("Size"), filesizeformat(export.size)))
    if export.expires_at:
        rows.append((_("Kept until"), date_time(export.expires_at)))
    if export.mailed_at:
        rows.append((_("E-mail sent"), date_time(export.mailed_at)))
    return Card(_("The file"), rows)


def schedule_words(planned: ExportSchedule) -> str:
    """When a scheduled export is made: "Every week, Monday at 06:00"."""
    at = {"hour": f"{planned.hour:02d}:00", "weekday": WEEKDAYS[planned.weekday]}
    if planned.every == Every.DAY:
        return _("Every day at %(hour)s") % at
    return _("Every week, %(weekday)s at %(hour)s") % at
