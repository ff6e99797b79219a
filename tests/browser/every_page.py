"""Every page of the dashboard, found by asking all its addresses: a new page is among them by
itself, and a kind of record that the tests have none of is told of."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# What ends the session, or answers with no page of its own.
NOT_PAGES = {
    *("logout", "login", "jsi18n", "autocomplete", "search"),
    "integrations_application_cv_frame",
}
IDS = {"object_id", "id", "pk", "run_id"}
# Addresses whose name does not say of what kind the record is.
KINDS = {
    "integrations_passthroughcall_confirm": "integrations_preparedcall",
    "integrations_export_end_schedule": "integrations_exportschedule",
}


def pages(client: Client) -> list[str]:
    """Addresses under /admin/ that answer `client` with a whole page, each for the first record
    of its kind."""
    found = []
    for address in _addresses():
        answer = client.get(address)
        whole = not answer.streaming and answer.content.lstrip()[:9].lower() == b"<!doctype"
        if answer.status_code == 200 and whole:
            found.append(address)
    return found


def _addresses() -> Iterator[str]:
    for pattern in _patterns(get_resolver()):
        if pattern.name is None or pattern.name in NOT_PAGES:
            continue
        given = set(pattern.pattern.regex.groupindex)
        if not given:
            yield reverse(f"admin:{pattern.name}")
        elif len(given) == 1 and given <= IDS:
            yield reverse(f"admin:{pattern.name}", args=[quote(_record(pattern.name).pk)])


def _patterns(resolver: URLResolver, *, inside: bool = False) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one, inside=inside or one.namespace == "admin")
        elif inside:
            yield one


def _record(name: str) -> Model:
    kind = KINDS.get(name) or "_".join(name.split("_")[:2])
    model = apps.get_model(kind.replace("_", "."))
    record: Model | None = model._default_manager.order_by("pk").first()
    assert record, f"No {kind} to open {name} with: make one in `everything`."
    return record
