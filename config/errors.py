"""What a request gets that ends in an error which no view has handled."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views import defaults

from integrations.api.bodies import failure
from integrations.api.errors import failed, unavailable
from integrations.api.routing import ADDRESS
from integrations.database.waits import RETRY_AFTER, is_unavailable


def server_error(request: HttpRequest) -> HttpResponse:
    """503 with a page that says so while the database does not answer; else 500. Under the API's
    addresses both are its envelope.

    Called inside Django's handler, of whatever a view or a middleware has raised.
    """
    if ADDRESS.match(request.path_info):
        passes = is_unavailable(sys.exc_info()[1])
        return failure(unavailable() if passes else failed(), general=True)
    if not is_unavailable(sys.exc_info()[1]):
        return defaults.server_error(request)
    # Neither session nor user can be asked: both are in the database.
    with translation.override(translation.get_language_from_request(request)):
        page = render(None, "relais/unavailable.html", status=503)
    page.headers["Retry-After"] = str(RETRY_AFTER)
    page.headers["Cache-Control"] = "no-store"
    return page
