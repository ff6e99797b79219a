"""Attempts to connect, reconnect or set up a tenant, with a link or from the dashboard.

An `Attempt` yields the verdict on each input as soon as Flatchr has given it, and returns the
tenant. It raises `ConnectionRefused`, and saves nothing, when Flatchr does not confirm one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.connecting import links
from integrations.connecting.connect import (
    ConnectionRefused,
    credentials_of,
    refuse_known_account,
    save_changed,
    save_new,
    trial,
)
from integrations.flatchr.configuration import Credentials
from integrations.flatchr.credentials import Check
from integrations.messages import Message, translated
from integrations.models import (
    ConnectionLink,
    CustomField,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    LinkKind,
    Trigger,
)
from integrations.models.scopes import Part, Scopes
from integrations.sync.runs import SyncRefused, request_sync
from integrations.tenants import custom_fields, scopes
from integrations.webhooks import outbox

Attempt = Generator[Check, None, Integration]

# Of `stream_verdicts`.
CONTENT_TYPE = "application/x-ndjson"
# Proxies that keep answers back until they are whole pass this one on line by line.
UNBUFFERED = {"X-Accel-Buffering": "no"}

ANOTHER_COMPANY = Message("key_of_another_company")


@dataclass(frozen=True, slots=True)
class EnteredAccount:
    """What somebody has typed: the credentials, the source of submissions, and the mapping.

    `mapping` is the Flatchr field that each custom field is read from, by the custom field's id.
    """

    api_key: str
    company_key: str
    slug: str
    offerer_id: int | None = None
    source_id: str = ""
    user_key: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    # The operator's choice of data scopes, and the customer's opt-outs; None if not asked.
    scopes: Scopes | None = None
    declined: frozenset[Part] | None = None
    # The account may be connected already.
    allow_duplicate: bool = False

    @property
    def credentials(self) -> Credentials:
        return credentials_of(self.api_key, self.company_key, self.slug)


def use_link(link: ConnectionLink, entered: EnteredAccount) -> Attempt:
    """Connect or reconnect with a link.

    Raises `LinkClosed` and `TooManyTries` at once; `LinkClosed` also at the end, when the link was
    used or withdrawn in the meantime.
    """
    links.count_try(link)
    connect = _connect if link.kind == LinkKind.CONNECT else _reconnect
    return _reported(link, connect(link, entered))


def _reported(link: ConnectionLink, attempt: Attempt) -> Attempt:
    """`attempt`, of whose failure applications are told."""
    try:
        return (yield from attempt)
    except ConnectionRefused:
        outbox.connection_flow_failed(link)
        raise


def _connect(link: ConnectionLink, entered: EnteredAccount) -> Attempt:
    refuse_known_account(entered.credentials, environment=link.environment)
    yield from trial(link.environment, entered.credentials)
    # Read before the link has a tenant, whose scopes it has from then on.
    link_scopes = link.scopes
    with transaction.atomic():
        links.claim(link)
        integration = save_new(
            entered.credentials,
            organization=link.organization,
            environment=link.environment,
            origin_id=link.origin_id,
            contact_email=link.contact_email,
            offerer_id=entered.offerer_id,
            source_id=entered.source_id,
            user_key=entered.user_key,
            checked=True,
        )
        links.assign_tenant(link, integration)
        scopes.choose(integration, link_scopes)
        _apply_opt_outs(integration, entered)
        save_mapping(integration, entered.mapping)
        _sync(integration, Trigger.CONNECT)
    return integration


def _reconnect(link: ConnectionLink, entered: EnteredAccount) -> Attempt:
    integration: Any = link.integration
    _refuse_another_company(integration, entered)
    yield from trial(integration.environment, entered.credentials)
    with transaction.atomic():
        links.claim(link)
        save_changed(integration, entered.credentials)
        _apply_opt_outs(integration, entered)
        _sync(integration, Trigger.MANUAL)
    return integration


def _refuse_another_company(integration: Integration, entered: EnteredAccount) -> None:
    """Raise `ConnectionRefused` for another company's key: its records must not be mixed in."""
    stored = FlatchrCredentials.objects.filter(pk=integration.pk).first()
    known = stored is not None and stored.checked_at is not None
    if stored is not None and known and stored.company_key != entered.credentials.company_key:
        raise ConnectionRefused([Check("company", False, ANOTHER_COMPANY)])


def connect_tenant(entered: EnteredAccount, *, user: Any, **fields: str) -> Attempt:
    """Connect a tenant from the dashboard; `user` becomes its Manager.

    `fields` are `organization`, `environment`, `origin_id` and `contact_email`. An account that is
    connected already is refused unless it is to be there twice.
    """
    if not entered.allow_duplicate:
        refuse_known_account(entered.credentials, environment=fields["environment"])
    yield from trial(fields["environment"], entered.credentials)
    with transaction.atomic():
        integration = save_new(
            entered.credentials,
            offerer_id=entered.offerer_id,
            source_id=entered.source_id,
            user_key=entered.user_key,
            checked=True,
            user=user,
            **fields,
        )
        if entered.scopes is not None:
            scopes.choose(integration, entered.scopes, user=user)
        _sync(integration, Trigger.CONNECT, user)
    return integration


def renew_credentials(integration: Integration, entered: EnteredAccount, *, user: Any) -> Attempt:
    """Replace a tenant's credentials from the dashboard; an empty key keeps the stored one."""
    key = entered.api_key or integration.credentials.api_key
    credentials = credentials_of(key, entered.company_key, entered.slug)
    stored = FlatchrCredentials.objects.filter(pk=integration.pk).first()
    # One of two tenants that have the same account on purpose may get a new key.
    if stored is None or stored.company_key != credentials.company_key:
        refuse_known_account(credentials, environment=integration.environment, but=integration)
    yield from trial(integration.environment, credentials)
    with transaction.atomic():
        save_changed(integration, credentials)
        _sync(integration, Trigger.MANUAL, user)
    return integration


def set_up(
    link: ConnectionLink, *, source: tuple[int | None, str, str] | None, mapping: Mapping[str, str]
) -> None:
    """Save what a setup link has asked; `source` is an offerer id, a source id
    and a user key; None keeps them.

    Raises `LinkClosed`, and saves nothing, when the link was used or has ended.
    """
    integration: Any = link.integration
    with transaction.atomic():
        links.claim(link)
        if source is not None:
            offerer_id, source_id, user_key = source
            links.save_source(
                integration, offerer_id=offerer_id, source_id=source_id, user_key=user_key
            )
        save_mapping(integration, mapping)
        # A changed mapping is in the records after the next sync.
        _sync(integration, Trigger.MANUAL)


def _apply_opt_outs(integration: Integration, entered: EnteredAccount) -> None:
    if entered.declined is not None:
        scopes.opt_out(integration, entered.declined)


def _sync(integration: Integration, trigger: Trigger, user: Any = None) -> None:
    # A disabled tenant is not synchronised.
    with suppress(SyncRefused):
        request_sync(integration.pk, trigger=trigger, user=user)


def save_mapping(integration: Integration, mapping: Mapping[str, str]) -> None:
    """Map custom fields, given by id, each to the key of a field of Flatchr's or to none.

    A custom field that has been deleted since the page was rendered is skipped.
    """
    for field_id, key in mapping.items():
        with suppress(custom_fields.UnknownField):
            custom_fields.map_custom_field(integration, field_id, key or None)


class SetupStep(StrEnum):
    """What a setup link can ask of a connected tenant's customer (`docs/unified-api.md §12.5`)."""

    SOURCE = "source"
    FIELDS = "fields"


def steps_of(integration: Integration) -> list[SetupStep]:
    """The steps to ask: the source while none is known, the fields if any custom field exists."""
    steps: list[SetupStep] = []
    if not FlatchrSettings.objects.filter(integration=integration, offerer_id__gt=0).exists():
        steps.append(SetupStep.SOURCE)
    if CustomField.objects.exists():
        steps.append(SetupStep.FIELDS)
    return steps


def kinds_for(integration: Integration) -> list[LinkKind]:
    """The kinds of links that a connected tenant's customer can be sent."""
    setup = [LinkKind.SETUP] if steps_of(integration) else []
    return [LinkKind.RELINK, *setup]


def stream_verdicts(
    attempt: Attempt, *, language: str, done: Callable[[Integration | None], str]
) -> Iterator[bytes]:
    """Run an attempt, and give a line of JSON for each verdict as soon as it is known.

    A verdict is `{"name", "ok", "message"}`; the last line is `{"next": address}` or
    `{"failed": sentence}`. `done` gives the address of the next page; it is called with None when
    the link was used or ended in the meantime.
    """
    sent: list[Check] = []
    while True:
        # A stream is written after the view has returned, when its language is no longer active.
        with translation.override(language):
            try:
                check = next(attempt)
            except StopIteration as end:
                yield _line({"next": done(end.value)})
                return
            except links.LinkClosed:
                yield _line({"next": done(None)})
                return
            except ConnectionRefused as refused:
                for check in refused.checks:
                    if check not in sent:
                        yield _line(_verdict(check))
                yield _line(
                    {"failed": _("Nothing was saved. Correct what is marked below, and try again.")}
                )
                return
            sent.append(check)
            line = _line(_verdict(check))
        yield line


def _verdict(check: Check) -> dict[str, object]:
    return {"name": check.name, "ok": check.ok, "message": translated(check.message)}


def _line(value: dict[str, object]) -> bytes:
    return orjson.dumps(value) + b"\n"
