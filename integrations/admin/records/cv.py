"""The CV of an application: the file, for the viewer beside the timeline or as a download, and the
frame that it is drawn in.

Whoever is shown a CV or takes it along is named in the audit trail.
"""

from __future__ import annotations

import json
import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from integrations import egress
from integrations.accounts.permissions import Permission
from integrations.actions import cv_files, cv_pages
from integrations.actions.cv_files import FetchedCv
from integrations.actions.inputs import ActionNotPossible, NoCredentials
from integrations.actions.lookup import is_provisional
from integrations.admin.base.urls import change_url, record_url
from integrations.admin.base.views import AdminView, RecordView
from integrations.audit import trail
from integrations.flatchr.errors import FlatchrError
from integrations.messages import translated
from integrations.models import Application, Event
from integrations.models.scopes import Part
from integrations.tenants.scopes import scopes_of

# Scripts and styles of our own, which draw bytes that the page around hands in: nothing else is
# loaded, nothing asked of any host, and without an origin there is no session to be had.
POLICY = (
    "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; "
    "style-src 'self'; img-src blob: data:; font-src blob: data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class NoCvHere(Exception):
    """There is nothing to show; the message says why. `again`: asking again may help."""

    def __init__(self, words: str, *, again: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.again = again


class CvFrameView(AdminView):
    """The inside of the viewer: the same for every CV."""

    permission = Permission.SUBMIT
    route = "cv/"

    def get(self, request: HttpRequest) -> HttpResponse:
        answer = render(request, "relais/cv_viewer.html")
        answer["Content-Security-Policy"] = POLICY
        answer["X-Frame-Options"] = "SAMEORIGIN"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        return answer


class CvFileView(RecordView[Application]):
    """The CV as the viewer draws it; JSON with `message` and `again` where there is none to draw.

    With `?download`, the file as Flatchr has it.
    """

    permission = Permission.SUBMIT

    def get(self, request: HttpRequest) -> HttpResponse:
        download = "download" in request.GET
        try:
            file = fetched(self.record)
            shown = file if download else cv_pages.as_shown(file)
        except NoCvHere as error:
            if not download:
                return JsonResponse({"message": error.words, "again": error.again})
            messages.warning(request, error.words)
            return HttpResponseRedirect(change_url(self.record))
        if shown is None:
            return JsonResponse({"message": not_drawn(file), "again": False})
        trail.record(
            Event.CV_DOWNLOADED if download else Event.CV_SHOWN,
            tenant=self.record.integration,
            about=self.record,
        )
        named = content_disposition_header(True, shown.name)
        return HttpResponse(
            shown.content,
            content_type=shown.content_type,
            headers={**HEADERS, "Content-Disposition": named or "attachment"},
        )


def fetched(application: Application) -> FetchedCv:
    """The application's CV, of Flatchr if it was not fetched lately. Raises `NoCvHere`."""
    if Part.FILES in scopes_of(application.integration_id).left_out:
        raise NoCvHere(_("CVs of this tenant are not read: its scopes leave them out."))
    now = time.time()
    if found := cv_files.kept(application, linked_at=now):
        return found
    if application.remote_deleted_at or is_provisional(application):
        raise NoCvHere(_("Flatchr does not show this application, so its CV cannot be fetched."))
    try:
        return cv_files.fetch(application, linked_at=now)
    except cv_files.NoCv:
        raise NoCvHere(_("Flatchr has no CV of this application.")) from None
    except cv_files.TooManyWaiting:
        raise NoCvHere(
            _("Flatchr hands out one CV a second, and many are waiting."), again=True
        ) from None
    except NoCredentials:
        raise NoCvHere(_("This tenant has no Flatchr credentials yet.")) from None
    except ActionNotPossible as error:
        raise NoCvHere(translated(error)) from None
    except FlatchrError as error:
        raise NoCvHere(translated(error.message), again=True) from None
    except egress.EgressError:
        raise NoCvHere(
            _("Flatchr keeps the CV at another host, and it could not be fetched there."),
            again=True,
        ) from None


def not_drawn(file: FetchedCv) -> str:
    return _("%(name)s is of a kind that is not drawn here. Download it to read it.") % {
        "name": file.name
    }


def viewer_context(application: Application) -> dict[str, Any]:
    """What `_cv.html` needs."""
    url = record_url(application, "cv_file")
    return {
        "file_url": url,
        "download_url": f"{url}?download",
        "frame_url": reverse("admin:integrations_application_cv_frame"),
        "library": static("pdfjs/pdf.min.mjs"),
        "worker": static("pdfjs/pdf.worker.min.mjs"),
        "decoders": [(name, static(f"pdfjs/{name}.wasm")) for name in ("jbig2", "openjpeg")],
        "words": json.dumps(
            {
                "loading": _("Fetching the CV from Flatchr …"),
                "lost": _("The CV could not be fetched: the connection was lost."),
                "unreadable": _("The file is damaged, so it cannot be drawn. Download it instead."),
                "in": _("Larger"),
                "out": _("Smaller"),
                "fit": _("Fit the width"),
                "page": _("Page {number} of {count}"),
                "more": _("The first {count} pages. Download the file to read the rest."),
                "picture": _("CV, a picture"),
                "document": _("CV"),
            }
        ),
    }
