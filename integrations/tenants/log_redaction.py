"""A log of requests that does not keep what a tenant leaves out.

The log holds the beginning of each answer, and the beginning of a list of applicants is the first
of them, whole. Where anything of people is left out, such answers are not kept.
"""

from __future__ import annotations

from dataclasses import replace

from integrations.flatchr.exchange_log import Exchange, Observer
from integrations.models import Integration
from integrations.sync.scope_filter import leaves_out_of_people
from integrations.tenants.scopes import scopes_of

# Parts of the paths whose answers tell of people (`docs/flatchr-api.md §5, §6, §8, §10`).
ABOUT_APPLICANTS = ("/search/", "/applicant/")
WITHHELD = "Not kept, as this tenant leaves out some of what Flatchr knows of candidates."


def discreet(observer: Observer, integration: Integration) -> Observer:
    """`observer`, who is told no answer about people where the tenant leaves out anything of
    them; itself where it does not.
    """
    if not leaves_out_of_people(scopes_of(integration.pk)):
        return observer
    return _Discreet(observer)


class _Discreet:
    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def exchange(self, exchange: Exchange) -> None:
        if exchange.response_body and any(part in exchange.path for part in ABOUT_APPLICANTS):
            exchange = replace(exchange, response_body=WITHHELD)
        self._observer.exchange(exchange)

    def waiting(self, seconds: float, reason: str) -> None:
        self._observer.waiting(seconds, reason)

    def tick(self) -> None:
        self._observer.tick()
