"""Which pages of other sites may call the API from a browser: none, unless `API_CORS_ORIGINS` names
their origins.

A browser asks beforehand (a preflight, without the key), and shows the answer to the page if it is
allowed to. Nothing here lets anybody in: a request needs its key, and no cookie is of any use.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
SENT = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Integration-Id"
SHOWN = (
    "Allow, Concurrency-Limit, Concurrency-Remaining, ETag, Idempotent-Replayed, ratelimit-limit, "
    "ratelimit-remaining, ratelimit-reset, Retry-After, X-Server-Time"
)
# Seconds for which a browser need not ask again.
REMEMBERED = 600


def preflight(request: HttpRequest) -> HttpResponse | None:
    """The answer to a browser that asks for an allowed page; None for every other request."""
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not asks or not _is_allowed(request):
        return None
    answer = HttpResponse(status=204)
    answer.headers["Access-Control-Allow-Methods"] = METHODS
    answer.headers["Access-Control-Allow-Headers"] = SENT
    answer.headers["Access-Control-Max-Age"] = str(REMEMBERED)
    share(request, answer)
    return answer


def share(request: HttpRequest, answer: HttpResponse) -> None:
    """Let the page that has sent the request read the answer, if its origin is allowed."""
    if not settings.API_CORS_ORIGINS:
        return
    patch_vary_headers(answer, ["Origin"])
    if _is_allowed(request):
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer.headers["Access-Control-Expose-Headers"] = SHOWN


def _is_allowed(request: HttpRequest) -> bool:
    return request.headers.get("Origin", "") in settings.API_CORS_ORIGINS
