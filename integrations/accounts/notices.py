"""Telling users by e-mail that something which opens their account has changed.

A row for each address is written with the change (an outbox). The process that made the change
sends it at once; where that fails, or the process ends before, a worker of the lane `soon` tries
again. An e-mail whose sender is killed in that moment may be sent twice; its `Message-ID` is the
same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations import client_address, jobs
from integrations.accounts import mails, users
from integrations.lanes import Lane
from integrations.models import AccountChange, AccountNotice

logger = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
# After each attempt, the time to the next one; after the last of them, the notice is given up.
BACKOFF = tuple(minutes * MINUTE for minutes in (1, 5, 15, 30, 60, 120, 240, 480))
# Notices that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20


def _find_waiting(now: datetime) -> QuerySet[AccountNotice, int]:
    found = AccountNotice.objects.filter(due_at__lte=now).order_by("due_at")
    return found.values_list("pk", flat=True)[:MOST_CALLS]


ACCOUNT_NOTICES = jobs.register(
    jobs.JobKind(
        name="account notice",
        task="integrations.tasks.send_mail",
        lane=Lane.SOON,
        find_waiting=_find_waiting,
    )
)


def tell(user: Any, change: AccountChange, *, addresses: Iterable[str] = ()) -> None:
    """Tell the user, at their address or at these. Call it in the transaction of the change."""
    to = [address for address in dict.fromkeys(addresses or [user.email]) if address]
    if not settings.EMAIL_ENABLED:
        return
    request = client_address.current()
    now = timezone.now()
    for address in to:
        notice = AccountNotice.objects.create(
            user=user,
            change=change,
            address=address,
            ip=client_address.client_ip(request) if request else None,
            happened_at=now,
            due_at=now,
        )
        transaction.on_commit(partial(send, notice.pk))


def send(notice_id: int) -> bool:
    """Send a notice that is due; False if there is nothing to do."""
    now = jobs.now()
    # So that the process that made it may send it at once, whatever its clock says.
    notice = AccountNotice.objects.filter(pk=notice_id).select_related("user").first()
    if notice is None or (notice.attempts and notice.due_at > now):
        return False
    later = now + BACKOFF[min(notice.attempts, len(BACKOFF) - 1)]
    mine = AccountNotice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    if not mine.update(due_at=later, attempts=F("attempts") + 1):
        return False
    try:
        _mail(notice)
    except (SMTPException, OSError, ValueError) as error:
        _failed(notice, error, now)
    else:
        notice.delete()
    return True


def _failed(notice: AccountNotice, error: Exception, now: datetime) -> None:
    # By its kind alone: the error names who was to get it.
    kind = type(error).__name__
    # Of some addresses no header can be made, ever.
    if isinstance(error, ValueError) or notice.attempts >= len(BACKOFF):
        logger.error("A notice to user %s was given up: %s", notice.user_id, kind)
        notice.delete()
        return
    logger.warning("A notice to user %s was not sent, and will be: %s", notice.user_id, kind)
    if not mails.is_about_one(error):
        # The others would wait as long for the same dead server.
        AccountNotice.objects.filter(due_at__lte=now).update(due_at=now + BACKOFF[0])


def _mail(notice: AccountNotice) -> None:
    user: Any = notice.user
    host = settings.PUBLIC_URL.partition("//")[2].partition("/")[0].partition(":")[0]
    with translation.override(users.language_of(user)):
        mails.send(
            notice.address,
            _("Relais: your account was changed"),
            [
                _("Hello %(name)s,") % {"name": user.get_full_name() or user.get_username()},
                "",
                str(AccountChange(notice.change).label),
                _("When: %(when)s")
                % {"when": date_format(timezone.localtime(notice.happened_at), "j F Y, H:i")},
                *([_("From: %(address)s") % {"address": notice.ip}] if notice.ip else []),
                "",
                _(
                    "If this was not you, change your password at once, end the other sessions "
                    "and tell your administrator."
                ),
                settings.PUBLIC_URL,
            ],
            **{"Message-ID": f"<account-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated"},
        )
