"""The export form of a list, and the pages and buttons of one export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.admin.base.filters import chosen_tenant
from integrations.admin.base.urls import change_url, export_url, list_url
from integrations.admin.base.views import (
    AdminView,
    Breadcrumb,
    RecordView,
    find_row,
    live_fragment,
    require,
)
from integrations.admin.exports.filters import in_words
from integrations.admin.exports.forms import ExportForm, browser_language, column_choices, initial
from integrations.admin.exports.report import progress_context
from integrations.audit.trail import record
from integrations.exports import files, preferences, schedules, service
from integrations.exports.formats import FORMATS
from integrations.exports.preferences import NotSaved
from integrations.exports.schedules import NotScheduled
from integrations.exports.selection import may_fetch
from integrations.exports.working import is_fetchable
from integrations.messages import translated
from integrations.models import Event, Export, ExportFormat, ExportKind, Integration

if TYPE_CHECKING:
    from integrations.admin.exports.admin import ExportableAdmin

TITLES = {
    "candidate": _lazy("Export candidates"),
    "job": _lazy("Export jobs"),
    "application": _lazy("Export applications"),
}


class ExportView(AdminView):
    """The export form of a list: the list's filters select the records, its buttons act on POST.

    Only a POST exports data: it is recorded in the audit trail, and no link in an e-mail may
    start it.
    """

    admin: ExportableAdmin
    permission = Permission.EXPORT

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(export_url(self.admin.model))

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if answer := self.admin.without_strangers(request):
            return answer
        self._select(request)
        return self._show(self._form())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self._select(request)
        action, _colon, value = request.POST.get("do", "download").partition(":")
        if action in ("all", "none", "use"):
            return self._show(self._with_columns(self._columns_of(action, value)))
        if action == "delete":
            if preferences.delete_set(request.user, self.kind, value):
                messages.success(request, _("The set of columns was deleted."))
            return self._show(self._with_columns(request.POST.getlist("columns")))
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form)
        if action == "save":
            return self._save_set(form)
        if action == "schedule":
            return self._schedule(form)
        return self._export(form)

    def _select(self, request: HttpRequest) -> None:
        """Find the tenant and the records that the list's filters select; raise PermissionDenied
        for a tenant in which the user may not export.
        """
        self.kind = str(self.admin.opts.model_name)
        tenants = Integration.objects.visible_to(request.user)
        self.tenant = tenants.filter(pk=chosen_tenant(request)).first()
        self.changelist = self.admin.get_changelist_instance(request)
        self.selected = self.changelist.queryset.filter(
            integration__in=tenants_where(request.user, Permission.EXPORT)
        )
        self.filters = request.GET.urlencode()
        choices = column_choices(self.kind, with_tenant=self.tenant is None)
        self.all_columns = [name for name, _ in choices]
        if self.tenant is not None:
            require(request, Permission.EXPORT, self.tenant)

    def _form(self, data: Any = None, columns: list[str] | None = None) -> ExportForm:
        language = browser_language(self.request)
        preference = preferences.preference(self.request.user, language=language)
        return ExportForm(
            data,
            kind=self.kind,
            with_tenant=self.tenant is None,
            initial=initial(
                preference,
                self.all_columns if columns is None else columns,
                language=get_language() or "",
            ),
        )

    def _columns_of(self, action: str, value: str) -> list[str]:
        if action == "use":
            mine = preferences.sets_of(self.request.user, self.kind)
            found = find_row(mine, value)
            return [name for name in found.columns if name in self.all_columns] if found else []
        return self.all_columns if action == "all" else []

    def _with_columns(self, columns: list[str]) -> ExportForm:
        """The form as it was filled in, with other columns and without errors."""
        form = self._form(columns=columns)
        for name in (
            "format",
            "delimiter",
            "date_format",
            "wording",
            "phones",
            "every",
            "weekday",
            "hour",
        ):
            if given := self.request.POST.get(name):
                form.initial[name] = given
        form.initial["bom"] = "bom" in self.request.POST
        return form

    def _export(self, form: ExportForm) -> HttpResponseBase:
        """Download a short file at once; let a worker write a long one."""
        wanted, user = form.wanted(), self.request.user
        language = get_language() or ""
        preferences.remember(user, wanted.format, wanted.style, language=language)
        if service.count(self.selected) > service.rows_at_once(wanted.format):
            export = service.queue(wanted, user=user, filters=self.filters, integration=self.tenant)
            return HttpResponseRedirect(change_url(export))
        stream, name, content_type = service.download(
            self.selected, wanted, user=user, filters=self.filters, integration=self.tenant
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

    def _save_set(self, form: ExportForm) -> HttpResponseBase:
        given = form.cleaned_data
        try:
            made = preferences.save_set(
                self.request.user, self.kind, given["set_name"], given["columns"]
            )
        except NotSaved as refused:
            form.add_error("set_name", translated(refused))
            return self._show(form)
        text = _("The columns were saved as “%(made)s”.") % {"made": made}
        messages.success(self.request, text)
        return self._show(self._with_columns(given["columns"]))

    def _schedule(self, form: ExportForm) -> HttpResponseBase:
        try:
            schedules.schedule(
                form.wanted(),
                user=self.request.user,
                integration=self.tenant,
                filters=self.filters,
                every=form.cleaned_data["every"] or "WEEK",
                weekday=int(form.cleaned_data["weekday"] or schedules.MONDAY),
                hour=int(form.cleaned_data["hour"] or schedules.HOUR),
                language=get_language() or "",
            )
        except NotScheduled as refused:
            form.add_error("every", translated(refused))
            return self._show(form)
        messages.success(
            self.request,
            _("The export is scheduled. You will get an e-mail with a link each time."),
        )
        return HttpResponseRedirect(list_url(Export))

    def _show(self, form: ExportForm) -> HttpResponseBase:
        count = service.count(self.selected)
        most = service.rows_at_once(ExportFormat.CSV)
        label = ExportKind(self.kind).label
        back = list_url(self.admin.model)
        return self.page(
            "relais/export_form.html",
            None,
            Breadcrumb(pgettext("noun", "Export")),
            title=TITLES[self.kind],
            form=form,
            has_phones="phone_numbers" in self.all_columns,
            large=count > most,
            large_for_excel=count > service.rows_at_once(ExportFormat.XLSX),
            count=min(count, most),
            one_label=ExportKind(self.kind).value,
            many_label=label.lower(),
            narrowed=self._active_filters(),
            back_url=f"{back}?{self.filters}" if self.filters else back,
            chosen=len(form["columns"].value() or []),
            sets=preferences.sets_of(self.request.user, self.kind),
            lacking=[
                (translated(one), self._ways(one))
                for one in schedules.lacking(self.request.user, self.tenant)
            ],
            tenant=self.tenant,
        )

    def _ways(self, lacking: str) -> list[tuple[str, str]]:
        """Links to what is lacking for a scheduled export, as far as the user can do it."""
        user: Any = self.request.user
        if lacking == schedules.NO_TENANT:
            query = self.request.GET.copy()
            found = []
            for tenant in tenants_where(user, Permission.EXPORT).order_by("organization")[:8]:
                query["tenant"] = tenant.pk
                found.append((str(tenant), f"?{query.urlencode()}"))
            return found
        if lacking == schedules.NO_ADDRESS and user.is_superuser:
            return [(_("Enter it"), change_url(user))]
        return []

    def _active_filters(self) -> list[tuple[str, str]]:
        """Name and value of the search and of each filter that limits the list."""
        return in_words(self.changelist.filter_specs, self.changelist.query)


class LiveExportView(RecordView[Export]):
    """The moving part of an export's page."""

    # Visible to the export's author even after losing access to the tenant.
    permission = None

    def get(self, request: HttpRequest) -> HttpResponse:
        export = self.record
        context = progress_context(export)
        return live_fragment(request, "relais/_export_live.html", context, live=export.is_live)


class FileView(RecordView[Export]):
    """The file, for whoever asked for it, as long as they see all tenants that are in it."""

    permission = Permission.EXPORT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        export = self.record
        if not is_fetchable(export):
            messages.error(request, _("This file has expired. Export the data again."))
            return HttpResponseRedirect(change_url(export))
        if not may_fetch(export, request.user):
            raise Http404
        try:
            content = files.opened(export)
        except FileNotFoundError:
            messages.error(request, _("This file is gone from the disk. Export the data again."))
            return HttpResponseRedirect(change_url(export))
        record(Event.EXPORT_FETCHED, tenant=export.integration, about=export, kind=export.kind)
        return FileResponse(
            content,
            as_attachment=True,
            filename=service.filename(export),
            content_type=FORMATS[export.format].content_type,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )


class CancelExportView(RecordView[Export]):
    permission = Permission.EXPORT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        export = self.record
        if export.user_id != request.user.pk and not request.user.is_superuser:
            raise Http404
        if service.cancel(export):
            messages.info(request, _("The export was cancelled. Nothing of it is kept."))
        else:
            messages.info(request, _("The export had ended already."))
        return HttpResponseRedirect(change_url(export))


class EndScheduleView(AdminView):
    """End a scheduled export of the user's own."""

    route = "schedules/<int:pk>/end/"

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        planned = schedules.schedules_of(request.user).filter(pk=pk).first()
        if planned is None:
            raise Http404
        schedules.end(planned)
        messages.success(request, _("The scheduled export was ended. Files made so far stay."))
        return HttpResponseRedirect(list_url(Export))
