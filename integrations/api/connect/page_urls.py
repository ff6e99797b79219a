"""The addresses of the pages behind connection links. Not under `/connect`, which is the API's."""

from __future__ import annotations

from django.urls import path

from integrations.api.connect import pages

urlpatterns = [
    path("link/<str:token>", pages.start, name="link"),
    path("link/<str:token>/keys", pages.keys, name="link_keys"),
    path("link/<str:token>/done", pages.done, name="link_done"),
    path("link/<str:token>/progress", pages.progress, name="link_progress"),
]
