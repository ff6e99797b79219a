"""What connecting, reconnecting and setting up do, whichever door somebody came in by.

An `Attempt` yields the verdict on each input as soon as Flatchr has given it, and returns the
tenant. It raises `ConnectionRefused` when one was not good, and saves nothing then.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from integrations.connecting import links
from integrations.connecting.connect import (
    ConnectionRefused,
    credentials_of,
    save_changed,
    save_new,
    trial,
)
from integrations.flatchr.credentials import Check
from integrations.flatchr.exchange_log import Credentials
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
from integrations.tenants import custom_fields as fields
from integrations.tenants import scopes

Attempt = Generator[Check, None, Integration]

ANOTHER_COMPANY = gettext_noop(
    "This is the key of another company than the one that is connected. Enter the company key "
    "of the same company, or ask for a new link to connect another."
)


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody typed: the credentials, where submitted candidates are filed, and by id which
    of Flatchr's fields each custom field is read from.
    """

    api_key: str
    company_key: str
    slug: str
    offerer_id: int | None = None
    user_key: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    # The operator's choice of what is read, and what the customer said no to; None: not asked.
    scopes: Scopes | None = None
    declined: frozenset[Part] | None = None

    @property
    def credentials(self) -> Credentials:
        return credentials_of(self.api_key, self.company_key, self.slug)


def by_link(link: ConnectionLink, entered: Entered) -> Attempt:
    """Connect or reconnect with a link.

    Raises `LinkClosed` and `TooManyTries` at once; `LinkClosed` also at the end, when the same
    link was used elsewhere in the meantime.
    """
    links.count_try(link)
    return _connect(link, entered) if link.kind == LinkKind.CONNECT else _reconnect(link, entered)


def _connect(link: ConnectionLink, entered: Entered) -> Attempt:
    yield from trial(link.environment, entered.credentials)
    # The link has scopes of its own until it has a tenant.
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
            user_key=entered.user_key,
            checked=True,
        )
        links.settle(link, integration)
        scopes.choose(integration, link_scopes)
        _say_no(integration, entered)
        save_mapping(integration, entered.mapping)
        _sync(integration, Trigger.CONNECT)
    return integration


def _reconnect(link: ConnectionLink, entered: Entered) -> Attempt:
    integration: Any = link.integration
    _refuse_another_company(integration, entered)
    yield from trial(integration.environment, entered.credentials)
    with transaction.atomic():
        links.claim(link)
        save_changed(integration, entered.credentials)
        _say_no(integration, entered)
        _sync(integration, Trigger.MANUAL)
    return integration


def _refuse_another_company(integration: Integration, entered: Entered) -> None:
    """A customer renews the key of a company; two companies' records must not come to mix."""
    stored = FlatchrCredentials.objects.filter(pk=integration.pk).first()
    known = stored is not None and stored.checked_at is not None
    if stored is not None and known and stored.company_key != entered.credentials.company_key:
        raise ConnectionRefused([Check("company", False, ANOTHER_COMPANY)])


def new_tenant(entered: Entered, *, user: Any, **fields: str) -> Attempt:
    """Connect a tenant in the dashboard, of which `user` becomes a member.

    `fields` are `organization`, `environment`, `origin_id` and `contact_email`.
    """
    yield from trial(fields["environment"], entered.credentials)
    with transaction.atomic():
        integration = save_new(
            entered.credentials,
            offerer_id=entered.offerer_id,
            user_key=entered.user_key,
            checked=True,
            user=user,
            **fields,
        )
        if entered.scopes is not None:
            scopes.choose(integration, entered.scopes, user=user)
        _sync(integration, Trigger.CONNECT, user)
    return integration


def renewed(integration: Integration, entered: Entered, *, user: Any) -> Attempt:
    """Replace a tenant's credentials in the dashboard; an empty key keeps the stored one."""
    key = entered.api_key or integration.credentials.api_key
    credentials = credentials_of(key, entered.company_key, entered.slug)
    yield from trial(integration.environment, credentials)
    with transaction.atomic():
        save_changed(integration, credentials)
        _sync(integration, Trigger.MANUAL, user)
    return integration


def set_up(
    link: ConnectionLink, *, source: tuple[int | None, str] | None, mapping: Mapping[str, str]
) -> None:
    """Do what a setup link is for; `source` is an offerer id and a user key, None leaves it.

    Raises `LinkClosed`, and saves nothing then.
    """
    integration: Any = link.integration
    with transaction.atomic():
        links.claim(link)
        if source is not None:
            links.save_source(integration, offerer_id=source[0], user_key=source[1])
        save_mapping(integration, mapping)
        # A changed mapping is in the records after the next sync.
        _sync(integration, Trigger.MANUAL)


def _say_no(integration: Integration, entered: Entered) -> None:
    if entered.declined is not None:
        scopes.opt_out(integration, entered.declined)


def _sync(integration: Integration, trigger: Trigger, user: Any = None) -> None:
    # A disabled tenant takes its new key and stays as it is.
    with suppress(SyncRefused):
        request_sync(integration.pk, trigger=trigger, user=user)


# What a setup link can ask of a customer once the tenant is connected
# (`docs/unified-api.md §12.5`).
class Step(StrEnum):
    SOURCE = "source"
    FIELDS = "fields"


def steps_of(integration: Integration) -> list[Step]:
    """The steps that are enabled: the source while none is known, the fields while any is
    defined.
    """
    steps: list[Step] = []
    if not FlatchrSettings.objects.filter(integration=integration, offerer_id__gt=0).exists():
        steps.append(Step.SOURCE)
    if CustomField.objects.exists():
        steps.append(Step.FIELDS)
    return steps


def save_mapping(integration: Integration, mapping: Mapping[str, str]) -> None:
    """Map custom fields, given by id, each to the key of a field of Flatchr's or to none.

    A custom field that has been deleted since the page was drawn is passed over.
    """
    for field_id, key in mapping.items():
        with suppress(fields.UnknownField):
            fields.map_custom_field(integration, field_id, key or None)
