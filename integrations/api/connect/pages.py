"""The pages behind a connection link: public, for whoever holds the token in the address.

Nothing else speaks for the visitor, neither a session nor a cookie, so another site has nothing
to borrow and there is no CSRF token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from integrations.connecting import attempts, links
from integrations.connecting.attempts import SetupStep
from integrations.connecting.connect import ConnectionRefused
from integrations.connecting.forms import LinkKeysForm, SetupForm
from integrations.connecting.progress import progress_of
from integrations.connecting.scope_forms import scope_rows_of
from integrations.models import (
    ConnectionLink,
    FlatchrCredentials,
    Integration,
    LinkKind,
    LinkState,
)
from integrations.tenants.custom_fields import MappedField, custom_fields_of

logger = logging.getLogger(__name__)

Page = Callable[..., HttpResponseBase]

LANGUAGES = (("en", "English"), ("fr", "Français"))


def _public(view: Page) -> Page:
    """`view(request, link, token)` in the visitor's language, with the headers of a page that is
    nobody else's business.
    """

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponseBase:
        link = links.find(token)
        language = _language(request, link)
        with translation.override(language):
            state = link.state_at(timezone.now()) if link is not None else None
            if link is None or state is LinkState.EXPIRED:
                response = _closed(request, link)
            else:
                response = view(request, link, token)
        _guard(request, response)
        response["Content-Language"] = language
        return response

    methods = require_http_methods(["GET", "HEAD", "POST"])
    public: Page = csrf_exempt(xframe_options_exempt(methods(answer)))
    return public


def _language(request: HttpRequest, link: ConnectionLink | None) -> str:
    """What the visitor chose, else the link's, else the browser's; English where we have none."""
    known = [code for code, _name in LANGUAGES]
    for wanted in (request.GET.get("lang"), link.language if link is not None else ""):
        if wanted in known:
            return str(wanted)
    return translation.get_language_from_request(request)[:2]


def _guard(request: HttpRequest, response: HttpResponseBase) -> None:
    ancestors = " ".join(settings.CONNECT_FRAME_ANCESTORS) or "'none'"
    if ancestors == "'none'" and request.headers.get("Sec-Fetch-Dest") == "iframe":
        # The browser shows an empty frame, and says why on its console alone.
        logger.warning("A connection link was opened in a frame: set CONNECT_FRAME_ANCESTORS")
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {ancestors}"
    )
    # The token is in the address: it must not travel on.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"


def _closed(request: HttpRequest, link: ConnectionLink | None) -> HttpResponseBase:
    heading = _("This link has ended") if link else _("This link does not exist")
    context = {"heading": heading, "expired": link is not None, "languages": LANGUAGES}
    return render(request, "relais/connect/closed.html", context, status=410 if link else 404)


@_public
def start(request: HttpRequest, link: ConnectionLink, token: str) -> HttpResponseBase:
    """Who asks for what, and what is needed."""
    if link.kind == LinkKind.SETUP:
        return _setup(request, link, token)
    if link.used_at is not None:
        return _go(request, "link_done", token)
    read = list(scope_rows_of(link.scopes)) if link.scopes.choices else []
    return _render(request, "start", link, token, step=1, heading=_heading(link), read=read)


@_public
def keys(request: HttpRequest, link: ConnectionLink, token: str) -> HttpResponseBase:
    """The credentials: how to make them, the fields for them, and each one tried live."""
    if link.kind == LinkKind.SETUP:
        return _go(request, "link", token)
    if link.used_at is not None:
        return _go(request, "link_done", token)
    form = LinkKeysForm(
        request.POST or None, initial=_stored(link), mapped=_to_map(link), scopes=link.scopes
    )
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            attempt = attempts.use_link(link, form.entered())
            if attempts.CONTENT_TYPE in request.headers.get("Accept", ""):
                return _told(request, attempt, token)
            list(attempt)
        except links.TooManyTries as tired:
            context["wait_until"] = tired.until
        except ConnectionRefused as refused:
            context["checks"] = {check.name: check for check in refused.checks}
        except links.LinkClosed:
            return _go(request, "link", token)
        else:
            return _go(request, "link_done", token)
    heading = _("Your Flatchr keys")
    return _render(request, "keys", link, token, step=2, heading=heading, form=form, **context)


def _told(request: HttpRequest, attempt: attempts.Attempt, token: str) -> HttpResponseBase:
    def done(integration: Integration | None) -> str:
        return _address(request, "link_done" if integration else "link", token)

    language = translation.get_language() or "en"
    return StreamingHttpResponse(
        attempts.stream_verdicts(attempt, language=language, done=done),
        content_type=attempts.CONTENT_TYPE,
        headers=attempts.UNBUFFERED,
    )


@_public
def done(request: HttpRequest, link: ConnectionLink, token: str) -> HttpResponseBase:
    """Connected: the first reading is watched here."""
    if link.used_at is None or link.kind == LinkKind.SETUP or link.integration is None:
        return _go(request, "link", token)
    credentials = FlatchrCredentials.objects.filter(pk=link.integration.pk).first()
    heading = _("Connected")
    return _render(
        request,
        "done",
        link,
        token,
        step=3,
        heading=heading,
        progress=progress_of(link.integration),
        key_expires_at=credentials.key_expires_at if credentials else None,
        exchange_token=_exchange_token(link, token),
    )


@_public
def progress(request: HttpRequest, link: ConnectionLink, token: str) -> HttpResponseBase:
    """The moving part of the last page; says whether to ask again."""
    if link.used_at is None or link.integration is None:
        return _go(request, "link", token)
    now = progress_of(link.integration)
    response = render(request, "relais/connect/_watch.html", {"progress": now})
    response["X-Run-Live"] = "yes" if now.is_live else "no"
    return response


def _setup(request: HttpRequest, link: ConnectionLink, token: str) -> HttpResponseBase:
    """What a customer may choose once the tenant is connected."""
    integration: Any = link.integration
    heading = _("A few choices")
    if link.used_at is not None:
        return _render(
            request,
            "setup_done",
            link,
            token,
            heading=_("Saved"),
            exchange_token=_exchange_token(link, token),
        )
    steps = attempts.steps_of(integration)
    form = SetupForm(request.POST or None, integration=integration, steps=steps)
    if request.method == "POST" and form.is_valid():
        with suppress(links.LinkClosed):
            form.save(link)
        return _go(request, "link", token)
    return _render(
        request,
        "setup",
        link,
        token,
        heading=heading,
        form=form,
        asks_source=SetupStep.SOURCE in steps,
    )


def _exchange_token(link: ConnectionLink, token: str) -> str:
    """What the application can exchange for the tenant; empty once it is too late for that."""
    recent = link.used_at and timezone.now() - link.used_at < links.EXCHANGED_WITHIN
    return links.exchange_token(token) if recent else ""


def _stored(link: ConnectionLink) -> dict[str, str]:
    """What is known of an existing connection; neither is a secret, and the key is not shown."""
    if link.integration is None:
        return {}
    stored = FlatchrCredentials.objects.filter(pk=link.integration.pk).first()
    return {"company_key": stored.company_key, "slug": stored.slug} if stored else {}


def _to_map(link: ConnectionLink) -> list[MappedField]:
    """The custom fields, if the link asks about them; a tenant to be has mapped none of them."""
    if not link.maps_fields:
        return []
    return custom_fields_of(Integration())


def _heading(link: ConnectionLink) -> str:
    return _("Renew the connection") if link.kind == LinkKind.RELINK else _("Connect Flatchr")


def _render(
    request: HttpRequest, template: str, link: ConnectionLink, token: str, **context: Any
) -> HttpResponseBase:
    steps = [(1, _("What it is about")), (2, _("Your Flatchr keys")), (3, _("Done"))]
    return render(
        request,
        f"relais/connect/{template}.html",
        {
            "link": link,
            "relink": link.kind == LinkKind.RELINK,
            "languages": LANGUAGES,
            "steps": steps,
            "start_url": _address(request, "link", token),
            "keys_url": _address(request, "link_keys", token),
            "progress_url": _address(request, "link_progress", token),
            **context,
        },
    )


def _address(request: HttpRequest, name: str, token: str) -> str:
    """One of these pages, in the language that the visitor has chosen."""
    chosen = request.GET.get("lang", "")
    known = chosen in [code for code, _name in LANGUAGES]
    return reverse(name, args=[token]) + (f"?lang={chosen}" if known else "")


def _go(request: HttpRequest, name: str, token: str) -> HttpResponseBase:
    return HttpResponseRedirect(_address(request, name, token))
