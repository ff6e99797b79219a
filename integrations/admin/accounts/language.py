"""The language of a page: the user's choice, else the browser's.

A user's choice is stored in a row and copied to the session at sign-in, so that a page costs no
query. The choice of a visitor who has not signed in is kept in Django's own cookie.
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


class LanguageMiddleware:
    """Activates the language of each request, and names it in the headers of HTML responses.

    Unlike Django's LocaleMiddleware it puts the session's choice before the cookie, ends with the
    request, and leaves the API's responses, which are always English, without those headers.
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
    """The language of the session, the cookie or the browser, in this order; else English."""
    # Without its cookie the session is not touched: the API has none, and must not create one.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and hasattr(request, "session"):
        chosen = request.session.get(SESSION_KEY)
        if chosen in LANGUAGES:
            return str(chosen)
    return translation.get_language_from_request(request)


@receiver(user_logged_in)
def copy_choice(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """At sign-in, copy the user's choice to the session."""
    if request is None or not hasattr(request, "session"):
        return
    choice = LanguageChoice.objects.filter(pk=user.pk).first()
    if choice is not None:
        request.session[SESSION_KEY] = choice.language


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Store the choice, and go back to the page."""
    # Unlike Django's view: no cookie for a language that is not offered, and never back to "/".
    response = HttpResponseRedirect(_page_before(request))
    language = request.POST.get("language", "")
    if language not in LANGUAGES:
        return response
    if request.user.is_authenticated:
        LanguageChoice.objects.update_or_create(pk=request.user.pk, defaults={"language": language})
        request.session[SESSION_KEY] = language
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page_before(request: HttpRequest) -> str:
    """`next` or the referring page; the overview if neither is a page of this site."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
            return address
    return reverse("admin:index")
