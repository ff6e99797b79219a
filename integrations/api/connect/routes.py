"""Connection links over the API (`docs/unified-api.md §10.8`)."""

from __future__ import annotations

from integrations.api.connect import links, tokens
from integrations.api.routing import Route, View


def _link(path: str, view: View) -> Route:
    # An `Idempotency-Key` has no effect: an answer that is kept would keep the link with it, and
    # one link more does no harm.
    return Route("POST", path, view, writes=True, general=True, own_idempotency=True)


ROUTES = [
    _link("connect/create-link", links.create),
    _link("integrations/{integration_id}/relink", links.relink),
    _link("integrations/{integration_id}/setup-link", links.setup),
    Route("GET", "connect/integration-by-token/{token}", tokens.by_token, general=True),
    Route("POST", "connect/activate-integration", tokens.activate, general=True),
]
