"""Connection links: making them, finding them by their token, using them once, withdrawing them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone

from integrations.accounts import members
from integrations.accounts.permissions import Permission, may, tenants_where
from integrations.audit.trail import record
from integrations.messages import Message
from integrations.models import (
    ApiKey,
    ConnectionLink,
    Event,
    FlatchrSettings,
    Integration,
    LinkKind,
    LinkState,
    Role,
)
from integrations.models.scopes import EVERYTHING, Scopes, stored_choices

# How long a link is open (`docs/unified-api.md §10.8`): one that an application embeds in a page of
# its own, one that is sent to the customer, and one that the dashboard makes.
EMBEDDED = timedelta(hours=1)
MAGIC_LINK = timedelta(days=365)
FROM_DASHBOARD = timedelta(days=14)
# The application asks which tenant came of a link as soon as the customer has finished.
EXCHANGED_WITHIN = timedelta(hours=1)

# Each try costs requests to Flatchr, and whoever has the link may try any key.
MOST_TRIES = 20
TRIES_IN = timedelta(hours=1)


class LinkClosed(Exception):
    """The link was used or withdrawn in the meantime, or has expired; nothing was changed."""


class TooManyTries(Exception):
    """`MOST_TRIES` credentials were tried with the link; it may be tried again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(Message("too_many_tries"))
        self.until = until


def new_link(
    *,
    organization: str,
    environment: str,
    contact_email: str = "",
    origin_id: str = "",
    maps_fields: bool = False,
    scopes: Scopes = EVERYTHING,
    language: str = "",
    lasts: timedelta,
    key: ApiKey | None = None,
    user: Any = None,
) -> str:
    """Make a link that connects a new tenant; return its token, of which only a hash is stored.

    `key` made it, and will open the tenant; or `user`, who will be its Manager. `scopes` are what
    the tenant will have.
    """
    return _create(
        kind=LinkKind.CONNECT,
        organization=organization.strip(),
        environment=environment,
        contact_email=contact_email.strip(),
        origin_id=origin_id.strip(),
        maps_fields=maps_fields,
        scope_choices=stored_choices(scopes),
        language=language,
        expires_at=timezone.now() + lasts,
        created_by_key=key,
        created_by=user,
    )


def link_for(
    integration: Integration,
    kind: LinkKind,
    *,
    language: str = "",
    lasts: timedelta,
    key: ApiKey | None = None,
    user: Any = None,
) -> str:
    """Make a link that reconnects a tenant or sets it up; return its token."""
    return _create(
        kind=kind,
        integration=integration,
        organization=integration.organization,
        environment=integration.environment,
        contact_email=integration.contact_email,
        origin_id=integration.origin_id,
        language=language,
        expires_at=timezone.now() + lasts,
        created_by_key=key,
        created_by=user,
    )


def _create(**fields: Any) -> str:
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = ConnectionLink.objects.create(
            token_hash=_hash(token), exchange_hash=_hash(exchange_token(token)), **fields
        )
        record(
            Event.LINK_MADE,
            tenant=link.integration,
            about=link,
            user=link.created_by,
            key=link.created_by_key,
            name=link.organization,
            kind=link.kind,
        )
    return token


def address(token: str) -> str:
    """The link itself: absolute, under the address that users type."""
    return urljoin(settings.PUBLIC_URL, reverse("link", args=[token]))


def exchange_token(token: str) -> str:
    """The token that can be exchanged for the tenant once the link has been used.

    It is a hash of the link's own token: a page that has the link can show it again, and whoever
    has only the exchange token cannot open the link.
    """
    return sha256(f"exchange:{token}".encode()).hexdigest()


def find(token: str) -> ConnectionLink | None:
    """The link with this token, used or not; None also when its tenant has been deleted."""
    return _present().filter(token_hash=_hash(token)).first()


def connected_by(token: str, *, now: datetime | None = None) -> Integration | None:
    """The tenant that a link has connected, by its exchange token or by the link's own token.

    The exchange token is valid for `EXCHANGED_WITHIN` after the use, the link's own for ever: an
    application that has sent it to a customer asks now and then.
    """
    recent = (now or timezone.now()) - EXCHANGED_WITHIN
    given = _hash(token)
    link = (
        _present()
        .filter(
            Q(token_hash=given) | Q(exchange_hash=given, used_at__gt=recent), used_at__isnull=False
        )
        .first()
    )
    return link.integration if link is not None else None


def _present() -> QuerySet[ConnectionLink]:
    present = Q(integration=None) | Q(integration__deleted_at=None)
    return ConnectionLink.objects.select_related(
        "integration__flatchr_settings", "created_by_key"
    ).filter(present)


def visible_to(user: Any) -> QuerySet[ConnectionLink]:
    """The links that `user` may see in the dashboard, those of deleted tenants left out.

    These are the links of tenants that the user may connect, and links to new tenants that the
    user has made; for an administrator all.
    """
    links = ConnectionLink.objects.filter(Q(integration=None) | Q(integration__deleted_at=None))
    if user.is_superuser:
        return links
    own = Q(integration=None, created_by=user.pk)
    return links.filter(own | Q(integration__in=tenants_where(user, Permission.CONNECT)))


def may_withdraw(user: Any, link: ConnectionLink) -> bool:
    """Whether `user` may withdraw a link that they see: whoever may make such a link."""
    if link.integration is None:
        return may(user, Permission.CONNECT)
    return may(user, Permission.CONFIGURE, link.integration)


def count_try(link: ConnectionLink) -> None:
    """Count a try of credentials. Raises `TooManyTries`, and `LinkClosed`."""
    now = timezone.now()
    hour_ago = now - TRIES_IN
    row = ConnectionLink.objects.filter(pk=link.pk)
    counted = row.filter(Q(tries__lt=MOST_TRIES) | Q(tries_since__lte=hour_ago)).update(
        tries=Case(When(tries_since__lte=hour_ago, then=1), default=F("tries") + 1),
        tries_since=Case(When(tries_since__lte=hour_ago, then=now), default=F("tries_since")),
    )
    link.refresh_from_db()
    if link.state_at(now) is not LinkState.OPEN:
        raise LinkClosed
    if not counted:
        raise TooManyTries(link.tries_since + TRIES_IN)


def claim(link: ConnectionLink) -> None:
    """Mark the link as used, which succeeds once. Inside the transaction of what it is used for.

    Raises `LinkClosed` when it was used or has ended.
    """
    now = timezone.now()
    if not _open_at(now).filter(pk=link.pk).update(used_at=now):
        raise LinkClosed
    link.used_at = now


def withdraw(link: ConnectionLink) -> None:
    """End an open link at once, also for attempts that are under way.

    Raises `LinkClosed` when it was used or has ended.
    """
    with transaction.atomic():
        now = timezone.now()
        if not _open_at(now).filter(pk=link.pk).update(expires_at=now):
            raise LinkClosed
        record(
            Event.LINK_WITHDRAWN,
            tenant=link.integration,
            about=link,
            name=link.organization,
            kind=link.kind,
        )


def assign_tenant(link: ConnectionLink, integration: Integration) -> None:
    """Store the tenant that the link has connected, and give its maker access to it.

    An API key may open the tenant from now on. A user becomes its Manager, if they may still
    connect tenants.
    """
    with transaction.atomic():
        link.integration = integration
        link.save(update_fields=["integration"])
        key, user = link.created_by_key, link.created_by
        if key is not None and not key.every_tenant:
            key.integrations.add(integration)
        if user is not None and not user.is_superuser and may(user, Permission.CONNECT):
            members.add(integration, user, Role.MANAGER)


def save_source(
    integration: Integration, *, offerer_id: int | None, source_id: str, user_key: str
) -> None:
    """Store the Flatchr sources and user under which candidates are submitted."""
    FlatchrSettings.objects.update_or_create(
        integration=integration,
        defaults={
            "offerer_id": offerer_id,
            "source_id": source_id.strip(),
            "user_key": user_key.strip(),
        },
    )


def _open_at(now: datetime) -> QuerySet[ConnectionLink]:
    return ConnectionLink.objects.filter(used_at=None, expires_at__gt=now)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
