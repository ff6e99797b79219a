"""The admin site: its first page, the pages that are about no model, and signing in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache

from integrations.accounts import members
from integrations.admin.accounts import account, login, recovery
from integrations.admin.base.theme import AdminSite
from integrations.admin.home.views import home
from integrations.admin.issues.choices import alerts_view
from integrations.admin.search.palette import palette_view
from integrations.admin.search.views import search_view
from integrations.admin.system.people import person_view
from integrations.admin.system.status import status_view
from integrations.audit import trail
from integrations.models import Event


class Site(AdminSite):
    """The dashboard: its first page is the overview of the tenants, not a list of tables."""

    index_title = _lazy("Overview")
    site_title = "Relais"
    site_header = "Relais"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # The theme writes its colours into each page, where the content policy lets no style be:
        # ours are in `palette.css`.
        return {**super().each_context(request), "colors": None}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": _("Overview"),
            **home(request),
            "invitations": members.invitations_of(request.user),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "relais/overview.html", context)

    def get_urls(self) -> list[Any]:
        own = [
            path("search/", self.admin_view(self.search), name="search"),
            path("palette/", self.admin_view(self.palette), name="palette"),
            path("login/code/", self.login_code, name="login_code"),
            path(
                "welcome/<str:uid>/<str:token>/",
                self.welcome,
                name="welcome",
            ),
            path("forgotten/", self.forgotten, name="forgotten"),
            path("password-reset/<str:token>/", self.password_reset, name="password_reset"),
            path("account/", self.admin_view(self.account), name="account"),
            path("system/", self.admin_view(self.system), name="system"),
            path("person/", self.admin_view(self.person), name="person"),
            path("alerts/", self.admin_view(self.alerts), name="alerts"),
            path("second-factor/", self.admin_view(self.second_factor), name="second_factor"),
            path("invitations/", self.admin_view(self.invitations), name="invitations"),
            path("sessions/", self.admin_view(self.sessions), name="sessions"),
        ]
        return [*own, *super().get_urls()]

    def login_code(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = login.code_view(request, self)
        return answer

    def welcome(self, request: HttpRequest, uid: str, token: str) -> HttpResponseBase:
        answer: HttpResponseBase = login.welcome_view(request, uid, token, self)
        return answer

    def forgotten(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = recovery.forgotten_view(request, self)
        return answer

    def password_reset(self, request: HttpRequest, token: str) -> HttpResponseBase:
        answer: HttpResponseBase = recovery.reset_view(request, token, self)
        return answer

    def account(self, request: HttpRequest) -> HttpResponseBase:
        return account.account_view(request, self)

    def second_factor(self, request: HttpRequest) -> HttpResponseBase:
        return account.second_factor_view(request, self)

    def invitations(self, request: HttpRequest) -> HttpResponseBase:
        return account.invitations_view(request, self)

    def sessions(self, request: HttpRequest) -> HttpResponseBase:
        return account.sessions_view(request, self)

    def alerts(self, request: HttpRequest) -> HttpResponseBase:
        return alerts_view(request, self)

    def system(self, request: HttpRequest) -> HttpResponseBase:
        return status_view(request, self)

    def person(self, request: HttpRequest) -> HttpResponseBase:
        return person_view(request, self)

    def password_change(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        answer: HttpResponseBase = account.password_view(request, self)
        return answer

    def search(self, request: HttpRequest) -> HttpResponse:
        """The page that the search box of every page leads to."""
        request.current_app = self.name
        return search_view(request, self.each_context(request))

    def palette(self, request: HttpRequest) -> HttpResponse:
        """The entries of the command palette, as JSON."""
        return palette_view(request, self.get_sidebar_list(request))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Sign in, and go to the overview unless the address names another page.

        The theme's form has no field for the next page, so its address names it.
        """
        here = reverse("admin:index")
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(here)
        app_path = request.get_full_path()
        if REDIRECT_FIELD_NAME not in request.GET:
            app_path = f"{request.path}?{urlencode({REDIRECT_FIELD_NAME: here})}"
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "app_path": app_path,
            "can_recover": settings.EMAIL_ENABLED,
            **(extra_context or {}),
        }
        request.current_app = self.name
        view = login.SignInView.as_view(extra_context=context, next_page=here)
        return never_cache(view)(request)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        if request.method == "POST" and request.user.is_authenticated:
            trail.record(Event.SIGNED_OUT, about=request.user, name=request.user.get_username())
        answer: HttpResponseBase = super().logout(request, extra_context)
        return answer

    def app_index(
        self,
        request: HttpRequest,  # noqa: ARG002
        app_label: str,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponseBase:
        """Redirect to the overview: there is no page for an app."""
        return HttpResponseRedirect(reverse("admin:index"))


site = Site(name="admin")
