"""What a browser may load, run and send on our pages: the header Content-Security-Policy.

Scripts and styles are files of our own, so that neither nonces nor hashes are needed: an inline
script runs nowhere. The theme's Alpine makes functions of the expressions in its attributes, which
is `unsafe-eval`; its build without that refuses many of the theme's expressions (arrow functions,
`if`, `localStorage`). Pages without the theme go without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"
_SHARED = (
    "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
PAGE = f"{_SHARED}; script-src 'self'; style-src 'self'"
# The theme sets widths by the attribute `style`, too.
THEME_PAGE = (
    f"{_SHARED}; script-src 'self' 'unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'"
)
# What is no page loads nothing, should a browser be made to show it.
NO_PAGE = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


class ContentPolicyMiddleware:
    """Gives an answer the policy that it needs, unless it has one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        if HEADER not in answer.headers:
            answer.headers[HEADER] = _policy(request, answer)
        return answer


def _policy(request: Any, answer: HttpResponseBase) -> str:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return NO_PAGE
    # Said by the theme's frame, when it was drawn: `{% theme_page %}`.
    return THEME_PAGE if getattr(request, "is_theme_page", False) else PAGE
