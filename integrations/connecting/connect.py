"""Saving a tenant and its credentials, which are tried at Flatchr before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.audit.trail import record
from integrations.encryption.credentials import CredentialsKeysMissing
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Credentials, Policy, key_expiry
from integrations.flatchr.credentials import Check, checks_of
from integrations.ids import new_integration_id
from integrations.invisible_characters import visible
from integrations.messages import Message
from integrations.models import (
    Event,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Membership,
    Role,
)
from integrations.sync import schedule
from integrations.tenants import live_calls
from integrations.tenants.clients import endpoints
from integrations.webhooks import outbox, telling

# Shorter than a sync's: a user waits for the answer.
PATIENCE = Policy(connect_timeout=5, read_timeout=10, get_deadline=20, attempts=2)


class ConnectionRefused(Exception):
    """The credentials were not confirmed, and nothing was saved; `checks` says which and why."""

    def __init__(self, checks: Sequence[Check]) -> None:
        super().__init__(" ".join(check.message for check in checks if not check.ok))
        self.checks = list(checks)


@dataclass(frozen=True, slots=True)
class Connected:
    """A tenant that was saved, with the checks it passed (none when they were waived)."""

    integration: Integration
    checks: list[Check] = field(default_factory=list)


def trial(environment: str, credentials: Credentials) -> Iterator[Check]:
    """Try credentials live, each verdict as soon as it is known; nothing is saved.

    Raises `ConnectionRefused` after the last one unless Flatchr confirms key and company and does
    not deny the slug.
    """
    checks = []
    client = FlatchrClient(endpoints(environment), credentials, policy=PATIENCE)
    with live_calls.live_call(), client:
        for check in checks_of(client):
            checks.append(check)
            yield check
    if any(check.ok is False or (check.ok is None and check.name != "slug") for check in checks):
        raise ConnectionRefused(checks)


def refuse_known_account(
    credentials: Credentials, *, environment: str, but: Integration | None = None
) -> None:
    """Raise `ConnectionRefused` if a tenant other than `but` has the same key, company key or slug.

    Its records would be there twice, under other ids, and candidates be submitted twice.
    """
    stored = FlatchrCredentials.objects.filter(
        integration__environment=environment, integration__deleted_at=None
    ).exclude(integration=but)
    same = stored.filter(
        Q(company_key=credentials.company_key) | Q(slug__iexact=credentials.slug)
    ).exists()
    # Keys are encrypted, each in its own way.
    keys = stored.values_list("api_key", flat=True)
    if same or any(key == credentials.api_key for key in keys.iterator()):
        raise ConnectionRefused([Check("company", False, Message("account_known"))])


def connect(
    *,
    organization: str,
    environment: str,
    api_key: str,
    company_key: str,
    slug: str,
    origin_id: str = "",
    contact_email: str = "",
    offerer_id: int | None = None,
    source_id: str = "",
    user_key: str = "",
    check: bool = True,
    allow_duplicate: bool = False,
    integration_id: str = "",
    user: Any = None,
) -> Connected:
    """Save a new tenant, of which `user` becomes a member; no sync is started.

    It gets `integration_id`, if that is given, which no other has had.

    With `check`, the key, company key and slug are tried live first. Raises `ConnectionRefused`
    and saves nothing unless they pass (see `trial`), and if the account is connected already,
    unless `allow_duplicate`.
    """
    credentials = credentials_of(api_key, company_key, slug)
    if not allow_duplicate:
        refuse_known_account(credentials, environment=environment)
    checks = list(trial(environment, credentials)) if check else []
    integration = save_new(
        credentials,
        organization=organization,
        environment=environment,
        origin_id=origin_id,
        contact_email=contact_email,
        offerer_id=offerer_id,
        source_id=source_id,
        user_key=user_key,
        checked=check,
        integration_id=integration_id,
        user=user,
    )
    return Connected(integration, checks)


def credentials_of(api_key: str, company_key: str, slug: str) -> Credentials:
    """What was entered, without the blanks around it and without characters that nobody sees."""
    return Credentials(*(visible(value).strip() for value in (api_key, company_key, slug)))


def save_new(
    credentials: Credentials,
    *,
    organization: str,
    environment: str,
    origin_id: str = "",
    contact_email: str = "",
    offerer_id: int | None = None,
    source_id: str = "",
    user_key: str = "",
    checked: bool,
    integration_id: str = "",
    user: Any = None,
) -> Integration:
    """Save a new tenant with its credentials, of which `user` becomes the Manager.

    `checked`: a `trial` of them has passed.
    """
    with transaction.atomic():
        integration = Integration(
            id=integration_id or new_integration_id(),
            organization=organization.strip(),
            environment=environment,
            origin_id=visible(origin_id).strip(),
            contact_email=visible(contact_email).strip(),
        )
        schedule.plan(integration)
        integration.save(force_insert=True)
        FlatchrSettings.objects.create(
            integration=integration,
            offerer_id=offerer_id,
            source_id=visible(source_id).strip(),
            user_key=visible(user_key).strip(),
        )
        _store(FlatchrCredentials(integration=integration), credentials, checked=checked)
        if user is not None:
            Membership.objects.create(user=user, integration=integration, role=Role.MANAGER)
        record(
            Event.TENANT_CONNECTED,
            tenant=integration,
            about=integration,
            user=user,
            name=integration.organization,
            environment=environment,
        )
        outbox.integration_created(integration)
        telling.begin_tenants(Integration.objects.filter(pk=integration.pk))
    return integration


def save_changed(integration: Integration, credentials: Credentials) -> None:
    """Replace a tenant's credentials with such as have passed a `trial`."""
    with transaction.atomic():
        stored = FlatchrCredentials.objects.filter(pk=integration.pk).first()
        _store(stored or FlatchrCredentials(integration=integration), credentials, checked=True)
        Integration.objects.filter(pk=integration.pk).update(credentials_invalid_at=None)
        record(Event.CREDENTIALS_CHANGED, tenant=integration, about=integration)
        telling.tell_soon(integration.pk)


def _store(row: FlatchrCredentials, credentials: Credentials, *, checked: bool) -> None:
    row.api_key = credentials.api_key
    row.company_key = credentials.company_key
    row.slug = credentials.slug
    row.key_expires_at = key_expiry(credentials.api_key)
    row.checked_at = timezone.now() if checked else None
    try:
        row.save()
    except CredentialsKeysMissing as error:
        raise ConnectionRefused(
            [Check("key", False, Message("no_keys_to_encrypt_with"))]
        ) from error
