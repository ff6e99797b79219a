"""How large the body of a request to a page may be, decided before any of it is read.

The forms of pages are small, those with files are for people who are signed in. The API has limits
of its own, after the key.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve

from integrations.passthrough.request import MAX_BODY
from integrations.submissions.bulk.cv_archive import ARCHIVE_BYTES
from integrations.submissions.bulk.sheet import SHEET_BYTES

ANONYMOUS = 64 * 1024
# Set in the environment of a request of which nothing more is to be read (`config/wsgi.py`).
UNWANTED = "relais.unwanted"
MEBIBYTE = 1024**2
FORM = 5 * MEBIBYTE


def _with_files() -> dict[str, int]:
    """The most bytes of the pages that take files, by the name of their address."""
    return {
        "integrations_bulkupload_add": SHEET_BYTES + ARCHIVE_BYTES + MEBIBYTE,
        "integrations_submission_add": settings.SUBMISSION_MAX_BYTES + MEBIBYTE,
        "integrations_submission_edit": settings.SUBMISSION_MAX_BYTES + MEBIBYTE,
        "integrations_passthroughcall_console": MAX_BODY + MEBIBYTE,
    }


class BodyLimitMiddleware:
    """After the one that finds the user, and before any that reads a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._with_files = _with_files()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Gunicorn has refused what is no number; Django takes a body without one for empty.
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= ANONYMOUS:
            return self._get_response(request)
        most = self._most(request)
        if most is None or length <= most:
            return self._get_response(request)
        if not request.user.is_authenticated:
            request.META[UNWANTED] = True
        return render(request, "relais/too_large.html", {"title": ""}, status=413)

    def _most(self, request: HttpRequest) -> int | None:
        """None for addresses with limits of their own."""
        try:
            found = resolve(request.path_info)
        except Resolver404:
            return ANONYMOUS
        if "admin" not in found.namespaces and found.url_name not in _PAGES:
            return None
        if not (request.user.is_authenticated and request.user.is_active):
            return ANONYMOUS
        return self._with_files.get(found.url_name or "", FORM)


# Pages outside the dashboard: for whoever has a link, and the start.
_PAGES = {"home", "set_language", "link", "link_keys", "link_done", "link_progress"}
