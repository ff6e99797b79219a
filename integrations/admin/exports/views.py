"""The page on which a file is asked for, and what its buttons do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.filters import chosen_tenant
from integrations.admin.base.formatting import change_url, list_url
from integrations.admin.base.permissions import require
from integrations.admin.exports.form import ExportForm, browser_language, column_choices, initial
from integrations.exports import preferences, schedules, service
from integrations.exports.preferences import NotSaved
from integrations.exports.schedules import NotScheduled
from integrations.messages import translated
from integrations.models import Export, ExportFormat, ExportKind, Integration

TITLES = {
    "candidate": _lazy("Export candidates"),
    "job": _lazy("Export jobs"),
    "application": _lazy("Export applications"),
}


class Page:
    """One request for the page of one list: `admin` is the list's, and its query the filters."""

    def __init__(self, admin: Any, request: HttpRequest) -> None:
        self.admin = admin
        self.request = request
        self.kind = str(admin.opts.model_name)
        tenants = Integration.objects.visible_to(request.user)
        self.tenant = tenants.filter(pk=chosen_tenant(request)).first()
        self.changelist = admin.get_changelist_instance(request)
        self.selected = self.changelist.queryset.filter(
            integration__in=tenants_where(request.user, Permission.EXPORT)
        )
        if self.tenant is not None:
            require(request, Permission.EXPORT, self.tenant)

    @property
    def filters(self) -> str:
        return self.request.GET.urlencode()

    @property
    def known(self) -> list[str]:
        choices = column_choices(self.kind, with_tenant=self.tenant is None)
        return [name for name, _ in choices]

    def form(self, data: Any = None, columns: list[str] | None = None) -> ExportForm:
        preference = preferences.preference(
            self.request.user, language=browser_language(self.request)
        )
        return ExportForm(
            data,
            kind=self.kind,
            with_tenant=self.tenant is None,
            initial=initial(preference, self.known if columns is None else columns),
        )


def export_page(admin: Any, request: HttpRequest) -> HttpResponseBase:
    """GET: the form. POST: what one of its buttons says, the download if none.

    Only a POST takes data away: that leaves a trace, and must not be started by a link in a mail.
    """
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    page = Page(admin, request)
    if request.method != "POST":
        return _shown(page, page.form())
    action, _colon, value = request.POST.get("do", "download").partition(":")
    if action in ("all", "none", "use"):
        return _shown(page, _with_columns(page, _columns_of(page, action, value)))
    if action == "delete":
        if preferences.delete_set(request.user, page.kind, value):
            messages.success(request, _("The set of columns was deleted."))
        return _shown(page, _with_columns(page, request.POST.getlist("columns")))
    form = page.form(request.POST)
    if not form.is_valid():
        return _shown(page, form)
    if action == "save":
        return _save_set(page, form)
    if action == "schedule":
        return _schedule(page, form)
    return _take_away(page, form)


def _columns_of(page: Page, action: str, value: str) -> list[str]:
    if action == "use" and value.isascii() and value.isdigit() and len(value) < 19:
        mine = preferences.sets_of(page.request.user, page.kind)
        found = mine.filter(pk=int(value)).first()
        return [name for name in found.columns if name in page.known] if found else []
    return page.known if action == "all" else []


def _with_columns(page: Page, columns: list[str]) -> ExportForm:
    """The form as it was filled in, with other columns, and without complaints."""
    form = page.form(columns=columns)
    for name in ("format", "delimiter", "date_format", "every"):
        if given := page.request.POST.get(name):
            form.initial[name] = given
    form.initial["bom"] = "bom" in page.request.POST
    return form


def _take_away(page: Page, form: ExportForm) -> HttpResponseBase:
    wanted, user = form.wanted(), page.request.user
    style = wanted.style
    preferences.remember(
        user,
        format=wanted.format,
        delimiter=style.delimiter,
        date_format=style.date_format,
        bom=style.bom,
    )
    if service.count(page.selected) > service.rows_at_once(wanted.format):
        export = service.queue(wanted, user=user, filters=page.filters, integration=page.tenant)
        return HttpResponseRedirect(change_url(export))
    stream, name, content_type = service.download(
        page.selected, wanted, user=user, filters=page.filters, integration=page.tenant
    )
    return StreamingHttpResponse(
        stream,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _save_set(page: Page, form: ExportForm) -> HttpResponseBase:
    try:
        made = preferences.save_set(
            page.request.user,
            page.kind,
            form.cleaned_data["set_name"],
            form.cleaned_data["columns"],
        )
    except NotSaved as refused:
        form.add_error("set_name", translated(refused))
        return _shown(page, form)
    messages.success(page.request, _("The columns were saved as “%(made)s”.") % {"made": made})
    return _shown(page, _with_columns(page, form.cleaned_data["columns"]))


def _schedule(page: Page, form: ExportForm) -> HttpResponseBase:
    try:
        schedules.schedule(
            form.wanted(),
            user=page.request.user,
            integration=page.tenant,
            filters=page.filters,
            every=form.cleaned_data["every"] or "WEEK",
            language=get_language() or "",
        )
    except NotScheduled as refused:
        form.add_error("every", translated(refused))
        return _shown(page, form)
    messages.success(
        page.request, _("The export is scheduled. You will get an e-mail with a link each time.")
    )
    return HttpResponseRedirect(list_url(Export))


def _shown(page: Page, form: ExportForm) -> HttpResponseBase:
    count = service.count(page.selected)
    most = service.rows_at_once(ExportFormat.CSV)
    label = ExportKind(page.kind).label
    chosen = form["columns"].value() or []
    back = reverse(f"admin:integrations_{page.kind}_changelist")
    answer: HttpResponseBase = page.admin.page(
        page.request,
        "relais/export_form.html",
        None,
        Crumb(_("Export")),
        title=TITLES[page.kind],
        form=form,
        large=count > most,
        large_for_excel=count > service.rows_at_once(ExportFormat.XLSX),
        count=min(count, most),
        one_label=ExportKind(page.kind).value,
        many_label=label.lower(),
        narrowed=_narrowed(page),
        back_url=f"{back}?{page.filters}" if page.filters else back,
        chosen=len(chosen),
        sets=preferences.sets_of(page.request.user, page.kind),
        why_no_schedule=translated(schedules.why_not(page.request.user, page.tenant)),
        tenant=page.tenant,
    )
    return answer


def _narrowed(page: Page) -> list[tuple[str, str]]:
    """What the list is limited to, in words."""
    found = [(_("Search"), page.changelist.query)] if page.changelist.query else []
    for spec in page.changelist.filter_specs:
        if value := spec.value():
            found.append(
                (str(spec.title).capitalize(), str(dict(spec.lookup_choices).get(value, value)))
            )
    return found
