"""The root URL configuration."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from config.health import healthz, livez, metrics, readyz
from integrations.admin.accounts.language import set_language
from integrations.admin.registry import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    # The theme's menu reverses this name, which is Django's own.
    path("admin/language/", set_language, name="set_language"),
    path("admin/", site.urls),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("", include("integrations.api.urls")),
]
handler400 = "integrations.api.routing.bad_request"
handler404 = "integrations.api.routing.not_found"
handler500 = "config.errors.server_error"
