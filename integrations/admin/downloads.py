"""Downloads: what a list shows, as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse

from integrations.exports.service import export_candidates
from integrations.models import Integration


def download_candidates(
    request: HttpRequest, model_admin: Any, tenant: Integration | None
) -> HttpResponseBase:
    """The candidates that `model_admin`'s list selects for this request, streamed as CSV.

    POST only: a download leaves a trace, and must not be started by a link in a mail.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    stream, name = export_candidates(
        model_admin.selection(request),
        user=request.user,
        filters=request.GET.urlencode(),
        integration=tenant,
        # Excel takes a file without the mark for one in the machine's own encoding.
        bom=True,
    )
    return StreamingHttpResponse(
        stream,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
