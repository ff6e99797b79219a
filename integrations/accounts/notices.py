"""Telling users by e-mail that something which opens their account has changed.

Sent at once by the process that made the change, and not again: the audit trail has it in any case.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from enum import Enum
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations import client_address
from integrations.accounts import users

logger = logging.getLogger(__name__)

# Seconds: somebody waits for the page.
PATIENCE = 5


class AccountChange(Enum):
    PASSWORD = _lazy("The password of your account was changed.")
    FACTOR_ON = _lazy("The second factor of your account was switched on.")
    FACTOR_OFF = _lazy("The second factor of your account was switched off.")
    FACTOR_RESET = _lazy("An administrator has reset the second factor of your account.")
    RECOVERY_CODES = _lazy("New recovery codes were made for your account.")
    ADDRESS = _lazy("The e-mail address of your account was changed.")


def tell(user: Any, change: AccountChange, *, addresses: Iterable[str] = ()) -> None:
    """Tell the user, at their address or at these. Call it after the change is committed.

    An e-mail that cannot be sent is logged, and the change stands.
    """
    to = [address for address in dict.fromkeys(addresses or [user.email]) if address]
    if not to or not settings.EMAIL_ENABLED:
        return
    request = client_address.current()
    address = client_address.client_ip(request) if request else None
    with translation.override(users.language_of(user)):
        subject = _("Relais: your account was changed")
        lines = [
            _("Hello %(name)s,") % {"name": user.get_full_name() or user.get_username()},
            "",
            str(change.value),
            _("When: %(when)s")
            % {"when": date_format(timezone.localtime(timezone.now()), "j F Y, H:i")},
            *([_("From: %(address)s") % {"address": address}] if address else []),
            "",
            _(
                "If this was not you, change your password at once, end the other sessions and "
                "tell your administrator."
            ),
            settings.PUBLIC_URL,
        ]
    _send(user.pk, subject, lines, to)


def send_now(user: Any, subject: str, lines: list[str]) -> bool:
    """Send the user an e-mail; whether the mail server has taken it."""
    return bool(user.email and settings.EMAIL_ENABLED) and _send(
        user.pk, subject, lines, [user.email]
    )


def send_soon(user: Any, subject: str, lines: list[str]) -> None:
    """Send the user an e-mail beside the request, which takes as long whether one is sent or not.

    One that cannot be sent is logged. Call it after what it tells of is committed.
    """
    if user.email and settings.EMAIL_ENABLED:
        sending = (user.pk, subject, lines, [user.email])
        threading.Thread(target=_send, args=sending, name="notice").start()


def _send(pk: int, subject: str, lines: list[str], to: list[str]) -> bool:
    try:
        connection = get_connection(timeout=PATIENCE)
        # One each, so that the old address does not learn the new one.
        connection.send_messages(
            [
                EmailMessage(subject, "\n".join(lines), None, [one], connection=connection)
                for one in to
            ]
        )
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("A notice to user %s was not sent: %s", pk, type(error).__name__)
        return False
    return True
