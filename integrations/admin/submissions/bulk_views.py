"""The page on which a sheet is uploaded, its template, and what the buttons of an upload do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.filters import tenants
from integrations.admin.base.formatting import plural
from integrations.admin.base.urls import change_url, list_url
from integrations.admin.base.views import AdminView, Breadcrumb, RecordView, live_fragment
from integrations.admin.submissions.bulk_report import live_context
from integrations.audit import trail
from integrations.messages import translated
from integrations.models import BulkUpload, Event, Integration
from integrations.spreadsheets.xlsx_writer import XLSX_TYPE
from integrations.submissions.bulk import uploads
from integrations.submissions.bulk.columns import COLUMNS
from integrations.submissions.bulk.cv_archive import ARCHIVE_BYTES
from integrations.submissions.bulk.jobs import job_finder
from integrations.submissions.bulk.result import RowStatus, counts, result_file, result_name
from integrations.submissions.bulk.sheet import SHEET_BYTES
from integrations.submissions.bulk.template import template_csv, template_xlsx
from integrations.submissions.documents import ACCEPTED
from integrations.submissions.inputs import IllegalTransition

TITLE = _lazy("Upload a sheet")


class UploadForm(forms.Form):
    """`choices` are the tenants to choose from, ids and names."""

    tenant = forms.ChoiceField(error_messages={"required": _lazy("Choose a tenant.")})
    sheet = forms.FileField(
        label=_lazy("Sheet"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={
            "required": _lazy("Choose the sheet."),
            "empty": _lazy("The sheet is empty."),
        },
    )
    archive = forms.FileField(
        label=_lazy("ZIP of CVs"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        error_messages={"empty": _lazy("The ZIP is empty.")},
    )

    def __init__(self, *args: Any, choices: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant: Any = self.fields["tenant"]
        tenant.choices = [("", _("Choose a tenant")), *choices.items()]


class UploadView(AdminView):
    """Upload a sheet and a ZIP; with `instead_of`, in place of an upload that was not started."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, self._form(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request, request.POST, request.FILES)
        if form.is_valid():
            try:
                made = _upload(request, form.cleaned_data, _to_replace(request))
            except uploads.NotTaken as refused:
                form.add_error(refused.field, translated(refused))
            else:
                return HttpResponseRedirect(change_url(made))
        return self._show(request, form)

    def _form(self, request: HttpRequest, *data: Any) -> UploadForm:
        choices = _tenant_choices(request)
        given = next(iter(choices)) if len(choices) == 1 else request.GET.get("tenant", "")
        return UploadForm(*data, choices=choices, initial={"tenant": given})

    def _show(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        choices = _tenant_choices(request)
        return self.page(
            "relais/bulk_upload.html",
            None,
            Breadcrumb(TITLE),
            form=form,
            title=TITLE,
            old=_to_replace(request),
            only=next(iter(choices.items())) if len(choices) == 1 else None,
            columns=COLUMNS,
            kinds=", ".join(kind for kind, _, _ in ACCEPTED),
            most={
                "rows": settings.BULK_MAX_ROWS,
                "sheet": SHEET_BYTES,
                "zip": ARCHIVE_BYTES,
            },
            template_urls=[
                (kind, reverse("admin:integrations_bulkupload_template", args=[kind]))
                for kind in ("xlsx", "csv")
            ],
        )


def _tenant_choices(request: HttpRequest) -> dict[str, str]:
    old = _to_replace(request)
    if old is not None:
        return {old.integration_id: str(old.integration)}
    return tenants(request, Permission.SUBMIT)


def _to_replace(request: HttpRequest) -> BulkUpload | None:
    asked = request.POST.get("instead_of") or request.GET.get("instead_of")
    if not asked:
        return None
    mine = BulkUpload.objects.visible_to(request.user).select_related("integration")
    return mine.filter(pk=asked, state__in=uploads.NOT_STARTED).first()


def _upload(request: HttpRequest, given: dict[str, Any], old: BulkUpload | None) -> BulkUpload:
    tenant = Integration.objects.visible_to(request.user).get(pk=given["tenant"])
    return uploads.upload(
        tenant,
        sheet=given["sheet"],
        archive=given["archive"],
        user=request.user,
        instead_of=old,
    )


class TemplateView(AdminView):
    """The sheet to fill in; as XLSX with the open jobs of the tenant, if it is the user's."""

    route = "template/<str:kind>/"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind == "csv":
            return _file(template_csv(), f"{slugify(_('Candidates'))}.csv")
        if kind != "xlsx":
            raise Http404
        visible = tenants(request, Permission.SUBMIT)
        tenant = request.GET.get("tenant", "")
        if tenant not in visible:
            return _file(template_xlsx(None), f"{slugify(_('Candidates'))}.xlsx")
        name = f"{slugify(_('Candidates'))}-{slugify(visible[tenant])}.xlsx"
        return _file(template_xlsx(job_finder(tenant)), name)

    post = get


class LiveUploadView(RecordView[BulkUpload]):
    """The moving part of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        upload = self.record
        uploads.settle(upload)
        context = live_context(upload, counts(upload))
        return live_fragment(request, "relais/_bulk_live.html", context, live=upload.is_live)


class StartView(RecordView[BulkUpload]):
    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            uploads.start(self.record, again="again" in request.POST)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
        return HttpResponseRedirect(change_url(self.record))


class CancelUploadView(RecordView[BulkUpload]):
    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        before = counts(self.record)
        try:
            uploads.cancel(self.record, by=request.user)
        except IllegalTransition as illegal:
            messages.info(request, translated(illegal))
        else:
            messages.info(
                request,
                _("Stopped. %(sent)s had been accepted by Flatchr.")
                % {"sent": plural(before[RowStatus.SUCCEEDED], "candidate")},
            )
        return HttpResponseRedirect(change_url(self.record))


class DiscardView(RecordView[BulkUpload]):
    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            uploads.discard(self.record)
        except IllegalTransition as illegal:
            messages.error(request, translated(illegal))
            return HttpResponseRedirect(change_url(self.record))
        messages.success(
            request,
            _("%(upload)s was discarded. None of it was sent.") % {"upload": self.record},
        )
        return HttpResponseRedirect(list_url(BulkUpload))


class ResultView(RecordView[BulkUpload]):
    """The rows with what became of each. POST, as every download of personal data."""

    permission = Permission.SUBMIT

    def post(self, request: HttpRequest) -> HttpResponse:
        upload = self.record
        if upload.started_at is None or upload.emptied_at is not None:
            raise Http404
        kind = "csv" if request.POST.get("kind") == "csv" else "xlsx"
        trail.record(
            Event.BULK_FETCHED, tenant=upload.integration, about=upload, name=upload.sheet_name
        )
        return _file(result_file(upload, kind), result_name(upload, kind))


def _file(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=XLSX_TYPE if name.endswith(".xlsx") else "text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
