"""The addresses of the API, each under `/v1` and without it (`docs/unified-api.md §2`), of its
reference, of the pages behind connection links, and those to which Flatchr sends its events.
"""

from __future__ import annotations

from django.urls import path, re_path

from integrations.api.actions.attachments import open_link
from integrations.api.connect import pages as link_pages
from integrations.api.flatchr_events import take_event
from integrations.api.openapi import pages as reference
from integrations.api.routes import ROUTES
from integrations.api.routing import ROOMS, Router, view_of

router = Router(ROUTES)
_view = view_of(router)

urlpatterns = [
    # Not under `/connect`, which is the API's.
    path("link/<str:token>", link_pages.start, name="link"),
    path("link/<str:token>/keys", link_pages.keys, name="link_keys"),
    path("link/<str:token>/done", link_pages.done, name="link_done"),
    path("link/<str:token>/progress", link_pages.progress, name="link_progress"),
    # Called by Flatchr; the token in it is all that says who sends.
    path("hooks/flatchr/<str:token>", take_event, name="flatchr_event"),
    # Opened without a key: the link itself says who may have the file, and for how long.
    re_path(r"^v1/attachments/(?P<token>[\w:-]+)$", open_link, name="attachment"),
    # The same for everybody.
    re_path(r"^(?:v1/)?openapi\.json$", reference.openapi_json, name="openapi"),
    re_path(r"^docs/?$", reference.docs, name="docs"),
    re_path(r"^v1(?:/(?P<path>[\s\S]*))?$", _view),
    re_path(rf"^(?P<path>(?:{ROOMS})(?:/[\s\S]*)?)$", _view),
]
