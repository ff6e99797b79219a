"""The page on which a sheet is uploaded, its template, and what the buttons of an upload do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.filters import tenants
from integrations.admin.base.formatting import change_url, list_url, plural
from integrations.admin.submissions.bulk_report import live_context
from integrations.messages import translated
from integrations.models import BulkUpload, Integration
from integrations.spreadsheets.xlsx_writer import XLSX_TYPE
from integrations.submissions.bulk import uploads
from integrations.submissions.bulk.columns import COLUMNS, template_csv, template_xlsx
from integrations.submissions.bulk.cv_archive import ARCHIVE_BYTES
from integrations.submissions.bulk.jobs import job_finder
from integrations.submissions.bulk.result import counts, result_file, result_name
from integrations.submissions.bulk.sheet import SHEET_BYTES
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


def upload_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """Upload a sheet and a ZIP; with `instead_of`, in place of an upload that was not started."""
    old = _to_replace(request)
    choices = (
        {old.integration_id: str(old.integration)} if old else tenants(request, Permission.SUBMIT)
    )
    only = next(iter(choices)) if len(choices) == 1 else ""
    given = only or request.GET.get("tenant", "")
    form = UploadForm(
        request.POST or None, request.FILES or None, choices=choices, initial={"tenant": given}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = _upload(request, form.cleaned_data, old)
        except uploads.NotTaken as refused:
            form.add_error(refused.field, translated(refused))
        else:
            return HttpResponseRedirect(change_url(made))
    return admin.page(
        request,
        "relais/bulk_upload.html",
        None,
        Crumb(TITLE),
        form=form,
        title=TITLE,
        old=old,
        only=(only, choices[only]) if only else None,
        columns=COLUMNS,
        kinds=", ".join(kind for kind, _, _ in ACCEPTED),
        most={"rows": settings.BULK_MAX_ROWS, "sheet": SHEET_BYTES, "zip": ARCHIVE_BYTES},
        template_urls=[
            (kind, reverse("admin:integrations_bulkupload_template", args=[kind]))
            for kind in ("xlsx", "csv")
        ],
    )


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


def template_view(request: HttpRequest, kind: str) -> HttpResponse:
    """The sheet to fill in; as XLSX with the open jobs of the tenant, if it is the user's."""
    if kind == "csv":
        return _file(template_csv(), "candidates.csv")
    if kind != "xlsx":
        raise Http404
    visible = tenants(request, Permission.SUBMIT)
    tenant = request.GET.get("tenant", "")
    if tenant not in visible:
        return _file(template_xlsx(None), "candidates.xlsx")
    name = f"candidates-{slugify(visible[tenant])}.xlsx"
    return _file(template_xlsx(job_finder(tenant)), name)


def live_view(_admin: Any, request: HttpRequest, upload: BulkUpload) -> HttpResponse:
    """The moving part of the page, as a fragment; says whether to ask again."""
    uploads.settle(upload)
    response = render(request, "relais/_bulk_live.html", live_context(upload, counts(upload)))
    response["X-Run-Live"] = "yes" if upload.is_live else "no"
    add_never_cache_headers(response)
    return response


def start_view(_admin: Any, request: HttpRequest, upload: BulkUpload) -> HttpResponse:
    try:
        uploads.start(upload, again="again" in request.POST)
    except IllegalTransition as illegal:
        messages.error(request, translated(illegal))
    return HttpResponseRedirect(change_url(upload))


def cancel_view(_admin: Any, request: HttpRequest, upload: BulkUpload) -> HttpResponse:
    before = counts(upload)
    try:
        uploads.cancel(upload, by=request.user)
    except IllegalTransition as illegal:
        messages.info(request, translated(illegal))
    else:
        sent = sum(count for end, count in before.items() if end == "Succeeded")
        messages.info(
            request,
            _("Stopped. %(sent)s had been accepted by Flatchr.")
            % {"sent": plural(sent, "candidate")},
        )
    return HttpResponseRedirect(change_url(upload))


def discard_view(_admin: Any, request: HttpRequest, upload: BulkUpload) -> HttpResponse:
    try:
        uploads.discard(upload)
    except IllegalTransition as illegal:
        messages.error(request, translated(illegal))
        return HttpResponseRedirect(change_url(upload))
    messages.success(
        request, _("%(upload)s was thrown away. Nothing of it was sent.") % {"upload": upload}
    )
    return HttpResponseRedirect(list_url(BulkUpload))


def result_view(_admin: Any, request: HttpRequest, upload: BulkUpload) -> HttpResponse:
    """The rows with what became of each. POST, as every download of personal data."""
    if upload.started_at is None or upload.emptied_at is not None:
        raise Http404
    kind = "csv" if request.POST.get("kind") == "csv" else "xlsx"
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
