"""The addresses of the API: each under `/v1` and without it (`docs/unified-api.md §2`)."""

from __future__ import annotations

from django.urls import re_path

from integrations.api.actions.routes import PUBLIC
from integrations.api.actions.routes import ROUTES as WRITES
from integrations.api.connect.routes import ROUTES as CONNECT
from integrations.api.general.routes import ROUTES as GENERAL
from integrations.api.openapi.pages import PUBLIC as REFERENCE
from integrations.api.reads.routes import ROUTES as READS
from integrations.api.routing import Router, view_of
from integrations.api.scoping import scoped

router = Router(scoped([*GENERAL, *CONNECT, *READS, *WRITES]))
_view = view_of(router)

# What is without `/v1` is named, since everything else there is the site's.
ROOMS = "ats|check-api-key|connect|force-sync|integrations|passthrough|tools"

urlpatterns = [
    *PUBLIC,
    *REFERENCE,
    re_path(r"^v1(?:/(?P<path>[\s\S]*))?$", _view),
    re_path(rf"^(?P<path>(?:{ROOMS})(?:/[\s\S]*)?)$", _view),
]
