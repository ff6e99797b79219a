"""E-mails to one user that are sent by the process at hand, once; what its errors mean."""

from __future__ import annotations

import logging
import threading
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

logger = logging.getLogger(__name__)

# Seconds that the mail server may take for each of its answers: somebody waits for the page.
PATIENCE = 5


def send_now(user: Any, subject: str, lines: list[str]) -> bool:
    """Send the user an e-mail; whether the mail server has taken it."""
    return bool(user.email and settings.EMAIL_ENABLED) and _sent(user, subject, lines)


def send_soon(user: Any, subject: str, lines: list[str]) -> None:
    """Send the user an e-mail beside the request, which takes as long whether one is sent or not.

    One that cannot be sent is logged. Call it after what it tells of is committed.
    """
    if user.email and settings.EMAIL_ENABLED:
        threading.Thread(target=_sent, args=(user, subject, lines), name="mail").start()


def send(address: str, subject: str, lines: list[str], **headers: str) -> None:
    """Send an e-mail. Raises `SMTPException`, `OSError`, or `ValueError` if the address is none."""
    connection = get_connection(timeout=PATIENCE)
    EmailMessage(
        subject, "\n".join(lines), None, [address], connection=connection, headers=headers
    ).send()


def is_about_one(error: Exception) -> bool:
    """Whether only this e-mail, or its recipient, was refused.

    Else the mail server itself is the trouble (dead, slow, or it does not take our password or our
    address), and every other e-mail would fail as well: each attempt costs a time-out, or counts
    as one more log-in that failed.
    """
    return isinstance(error, SMTPRecipientsRefused | SMTPDataError)


def _sent(user: Any, subject: str, lines: list[str]) -> bool:
    try:
        send(user.email, subject, lines)
    except (SMTPException, OSError, ValueError) as error:
        # By its kind alone: the error names who was to get it.
        logger.warning("An e-mail to user %s was not sent: %s", user.pk, type(error).__name__)
        return False
    return True
