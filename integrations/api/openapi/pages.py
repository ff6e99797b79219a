"""GET /openapi.json and GET /docs: public, the same for everybody, and kept ready."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from integrations.api.openapi.document import CachedBody, document, stored
from integrations.api.openapi.inputs import TENANT
from integrations.api.openapi.reference import codes, reference
from integrations.api.reads.listing import MOST

# What the page loads is ours; it opens no connection and can be put into no other page.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The document. Other sites may read it: tools that run in a browser do."""
    answer = _answer(request, stored(), "application/json")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The reference, drawn from the document."""
    answer = _answer(request, _page(settings.PUBLIC_URL), "text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Content-Language"] = "en"
    return answer


def _answer(request: HttpRequest, ready: CachedBody, content_type: str) -> HttpResponse:
    """What is ready; 304 to who has it already."""
    answer = HttpResponse(ready.body, content_type=content_type)
    answer.headers["ETag"] = ready.etag
    answer.headers["Cache-Control"] = "public, no-cache"
    found = get_conditional_response(request, etag=ready.etag, response=answer)
    return found if isinstance(found, HttpResponse) else answer


@lru_cache(maxsize=4)
def _page(address: str) -> CachedBody:
    whole = document()
    shown = {
        "chapters": reference(whole),
        "codes": codes(whole),
        "server": f"{address}/v1",
        "tenant": TENANT,
        "rate_limit": settings.API_RATE_LIMIT,
        "concurrency": settings.API_CONCURRENCY,
        "largest_page": MOST,
    }
    # For developers, and about an English interface: in English for everybody.
    with translation.override("en"):
        body = render_to_string("relais/docs.html", shown).encode()
    return CachedBody(body, f'"{sha256(body).hexdigest()[:32]}"')
