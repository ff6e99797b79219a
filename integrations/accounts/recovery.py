"""A forgotten password: a link by e-mail with which its user sets another one.

Whoever asks learns nothing of whether anybody was found. A link works once, for an hour, and gives
no session: signing in asks for the second factor as ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from integrations import client_address, jobs
from integrations.accounts import check_limits, mails, users
from integrations.audit.trail import record
from integrations.models import CheckCount, Event

LINK_LASTS = timedelta(hours=1)
# Of one account and from one network, in `WINDOW`.
MOST_LINKS = 3
MOST_ASKED = 10
WINDOW = timedelta(hours=1)
# Of several accounts with one e-mail address each gets a link, but no more than these.
MOST_ACCOUNTS = 3
SALT = "relais.password-reset"


class AskedTooOften(Exception):
    """Nothing is sent to anybody before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def ask(name: str, *, address: str | None) -> None:
    """Send a link to each user with this user name or e-mail address who has an address.

    Says nothing of whether there was one, and waits for no mail server. Raises `AskedTooOften` by
    the network that asks alone: what was sent to an account is not told either.
    """
    until = _counted(f"reset:{check_limits.network_key(address)}", MOST_ASKED)
    if until is not None:
        raise AskedTooOften(until)
    name = name.strip()
    active = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    named = active.filter(Q(username__iexact=name) | Q(email__iexact=name)).exclude(email="")
    for user in named.order_by("pk")[:MOST_ACCOUNTS] if name else ():
        if _counted(f"reset:{check_limits.account_key(user)}", MOST_LINKS) is None:
            record(Event.PASSWORD_LINK_SENT, about=user, name=user.get_username())
            _send(user)


def token_of(user: Any) -> str:
    """What a link holds: signed, and void once the password changes or the user signs in."""
    return signing.dumps([user.pk, _state(user)], salt=SALT)


def user_of(token: str) -> Any:
    """The user of a link; None if it was used, is older than an hour, or is invalid."""
    try:
        pk, state = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = get_user_model()._default_manager.filter(pk=pk, is_active=True).first()
    return user if user is not None and constant_time_compare(state, _state(user)) else None


def _state(user: Any) -> str:
    last = user.last_login.isoformat() if user.last_login else ""
    told = f"{user.password} {last} {user.email}"
    return salted_hmac(SALT, told, algorithm="sha256").hexdigest()[:32]


def _send(user: Any) -> None:
    url = urljoin(settings.PUBLIC_URL, reverse("admin:password_reset", args=[token_of(user)]))
    with translation.override(users.language_of(user, otherwise=translation.get_language() or "")):
        request = client_address.current()
        address = client_address.client_ip(request) if request else None
        lines = [
            _("Hello %(name)s,") % {"name": user.get_full_name() or user.get_username()},
            "",
            _("Somebody asked for a new password for your account, %(user)s. Choose it here:")
            % {"user": user.get_username()},
            url,
            "",
            _("The link works once, for one hour. A second factor is still asked for afterwards."),
            *([_("From: %(address)s") % {"address": address}] if address else []),
            _("If this was not you, do nothing: your password stays as it is."),
        ]
        subject = _("Relais: choose a new password")
    mails.send_soon(user, subject, lines)


def _counted(key: str, most: int) -> datetime | None:
    """Count one; the moment until which there are too many, or None."""
    now = jobs.now()
    with transaction.atomic():
        CheckCount.objects.bulk_create([CheckCount(key=key, last_at=now)], ignore_conflicts=True)
        count = CheckCount.objects.select_for_update().get(key=key)
        if count.blocked_until is None or count.blocked_until <= now:
            # `blocked_until` is the end of the window here.
            count.failures, count.blocked_until = 0, now + WINDOW
        if count.failures >= most:
            return count.blocked_until
        count.failures += 1
        count.last_at = now
        count.save(update_fields=["failures", "last_at", "blocked_until"])
    return None
