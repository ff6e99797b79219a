"""Which language a page is in: what the user chose, else what the browser asks for.

The choice is the user's, kept in a row; the session has a copy from signing in on, so that a page
costs no query. A visitor who has not signed in yet is remembered by Django's own cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from integrations.models import LanguageChoice

SESSION_KEY = "language"
LANGUAGES = dict(settings.LANGUAGES)
YEAR = 365 * 24 * 3600


class LanguageMiddleware:
    """Each request in its language; HTML says which one it is, and that caches keep them apart.

    Views that answer in one language whatever is asked for, as the API's do, see to it themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            if "Content-Language" not in response.headers:
                response.headers["Content-Language"] = language
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


def language_of(request: HttpRequest) -> str:
    """The user's choice, the cookie's, or the browser's; English if it asks for neither."""
    # The API has no session, and its keys must not become one by being looked for.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and hasattr(request, "session"):
        chosen = request.session.get(SESSION_KEY)
        if chosen in LANGUAGES:
            return str(chosen)
    return translation.get_language_from_request(request)


@receiver(user_logged_in)
def take_over(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Signing in: the user's own choice counts from here on, in whichever browser."""
    if request is None or not hasattr(request, "session"):
        return
    choice = LanguageChoice.objects.filter(pk=user.pk).first()
    if choice is not None:
        request.session[SESSION_KEY] = choice.language


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """The switch in the user's menu: keep the choice and go back to the page."""
    language = request.POST.get("language", "")
    answer = HttpResponseRedirect(_back(request))
    if language not in LANGUAGES:
        return answer
    if request.user.is_authenticated:
        LanguageChoice.objects.update_or_create(pk=request.user.pk, defaults={"language": language})
        request.session[SESSION_KEY] = language
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _back(request: HttpRequest) -> str:
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return address
    return reverse("admin:index")
