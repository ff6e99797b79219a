"""Sending what waits in the outbox: all that is due to one reader in one message.

Whether it is still to be told is asked when it is sent. A message whose sender is killed in that
moment may be sent twice; its `Message-ID` is the same.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation

from integrations import jobs, telemetry
from integrations.accounts import mails
from integrations.accounts.users import language_of
from integrations.alerts import audience, chat, wording
from integrations.alerts.audience import Wishes
from integrations.alerts.chat import ChatRefused
from integrations.alerts.outbox import NOTICES, waiting
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import Notice, NoticeChannel, NoticeState, ProcessKind
from integrations.operations.heartbeats import processes

logger = logging.getLogger(__name__)

# Longer than a mail server can take that lets each of its answers wait.
LEASE = timedelta(minutes=5)
# One reader gets no message sooner after the last one; what happens meanwhile is told together.
PAUSE = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
BACKOFF = tuple(minutes * MINUTE for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 720))


def send(notice_id: int) -> bool:
    """Tell the reader of a notice that is due of all that is; False if there is nothing to do."""
    now = jobs.now()
    first = Notice.objects.filter(waiting(now), pk=notice_id).first()
    if first is None:
        return False
    of_reader = Notice.objects.filter(channel=first.channel, user=first.user_id)
    last = of_reader.filter(sent_at__gt=now - PAUSE).order_by("-sent_at").first()
    if last is not None and last.sent_at:
        of_reader.filter(waiting(now)).update(due_at=last.sent_at + PAUSE)
        return True
    owner = jobs.claim(of_reader.filter(waiting(now)), length=LEASE, attempts=F("attempts") + 1)
    if owner is None:
        return False
    mine = Notice.objects.filter(lease_owner=owner).select_related("issue__integration", "user")
    wanted = _still_wanted(list(mine), now)
    if not wanted:
        return True
    try:
        if first.channel == NoticeChannel.CHAT:
            _post(wanted)
        else:
            _mail(wanted)
    except (SMTPException, OSError, ChatRefused) as error:
        _failed(wanted, error)
    except ValueError as error:
        # An address of which no header can be made, ever; the error names it.
        logger.error("An alert could not be written: %s", type(error).__name__)
        _release(wanted, state=NoticeState.FAILED, error=Message("alert_mail_not_taken"))
    else:
        _release(wanted, state=NoticeState.SENT, sent_at=timezone.now())
        for notice in wanted:
            telemetry.alert_sent(
                issue=notice.issue_id,
                tenant=notice.issue.integration_id,
                kind=notice.issue.kind,
                channel=notice.channel,
                user=notice.user_id,
                over=notice.is_end,
            )
    return True


def send_test(user: Any) -> str:
    """Send the user an e-mail now; why that did not go, else blank."""
    if not settings.EMAIL_ENABLED:
        return Message("alert_mail_off")
    if not user.email:
        return Message("alert_no_address")
    with translation.override(language_of(user)):
        subject, text = wording.test_mail()
    try:
        EmailMessage(subject, text, None, [user.email]).send()
    except (SMTPException, OSError, ValueError) as error:
        # By its kind alone: the error names who was to get it.
        logger.warning("A test e-mail was not sent: %s", type(error).__name__)
        return Message("alert_mail_not_taken")
    return ""


def send_without_workers() -> None:
    """Send what is due from this process, if no worker that would has been heard of."""
    with jobs.failure_logged("Sending alerts without a worker"):
        serving = any(
            process.is_alive
            and process.kind is ProcessKind.WORKER
            and Lane.SOON.value in process.queues
            for process in processes()
        )
        while not serving and NOTICES.work_on_next(send):
            pass


def _still_wanted(notices: Sequence[Notice], now: datetime) -> list[Notice]:
    """Those of one reader's that are to be sent now; the others are dropped or put off."""
    user = notices[0].user if notices else None
    wishes = None
    if user is not None:
        wishes = audience.wishes_of(user, [notice.issue for notice in notices])
    unreachable = _unreachable(user)
    wanted = []
    dropped: defaultdict[str, list[Notice]] = defaultdict(list)
    put_off: defaultdict[datetime, list[Notice]] = defaultdict(list)
    for notice in notices:
        issue = notice.issue
        if why := _why_not(notice, wishes) or unreachable:
            dropped[why].append(notice)
        elif not notice.is_end and issue.snoozed_until and issue.is_snoozed(now):
            due_at = issue.snoozed_until
            if wishes is not None:
                due_at = audience.due_at(wishes.preference, due_at)
            put_off[due_at].append(notice)
        else:
            wanted.append(notice)
    for why, some in dropped.items():
        _release(some, state=NoticeState.DROPPED, error=why)
    for due_at, some in put_off.items():
        _release(some, due_at=due_at, attempts=0)
    return wanted


def _unreachable(user: Any) -> str:
    """Why nothing can reach the reader now, else blank; None is the chat."""
    if user is None:
        return "" if chat.target().url else Message("alert_chat_off")
    if not settings.EMAIL_ENABLED:
        return Message("alert_mail_off")
    return "" if user.email else Message("alert_no_address")


def _why_not(notice: Notice, wishes: Wishes | None) -> str:
    issue = notice.issue
    if issue.integration is not None and issue.integration.deleted_at:
        return Message("alert_access_lost")
    if notice.is_end != (issue.resolved_at is not None):
        # It ended before it could be told, or has come again.
        return Message("alert_over")
    if wishes is None:
        return ""
    if issue.pk not in wishes.seen:
        return Message("alert_access_lost")
    # Who was told of the beginning is told of the end, whatever they want by now.
    if notice.is_end or issue.pk in wishes.wanted:
        return ""
    return Message("alert_not_wanted")


def _mail(notices: Sequence[Notice]) -> None:
    user: Any = notices[0].user
    with translation.override(language_of(user)):
        subject, text = wording.subject(notices), wording.mail_text(notices)
    host = settings.PUBLIC_URL.partition("//")[2].partition("/")[0].partition(":")[0]
    named = f"alert-{notices[0].pk}-{notices[-1].pk}"
    EmailMessage(
        subject,
        text,
        None,
        [user.email],
        headers={
            "Message-ID": f"<{named}@{host}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{wording.choices_url()}>",
        },
    ).send()


def _post(notices: Sequence[Notice]) -> None:
    target = chat.target()
    with translation.override(target.language):
        text = wording.chat_text(notices)
    chat.post(target.url, text)


def _failed(notices: Sequence[Notice], error: Exception) -> None:
    """Try again later, at growing distances.

    The others wait, too, where their server is the trouble, so that a dead one is tried once a
    minute and not once for each reader.
    """
    channel = notices[0].channel
    logger.warning("An alert (%s) was not sent: %s", channel, type(error).__name__)
    why = Message("alert_mail_not_taken")
    if isinstance(error, ChatRefused):
        why = Message("alert_chat_not_taken", reason=str(error))
    now = jobs.now()
    by_attempts: defaultdict[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_attempts[notice.attempts].append(notice)
    for attempts, some in by_attempts.items():
        if attempts > len(BACKOFF):
            _release(some, state=NoticeState.FAILED, error=why)
        else:
            _release(some, due_at=now + BACKOFF[attempts - 1], error=why)
    if not mails.is_about_one(error):
        others = Notice.objects.filter(waiting(now), channel=channel)
        others.update(due_at=now + BACKOFF[0])


def _release(notices: Sequence[Notice], **fields: object) -> None:
    """End this worker's lease of them and set `fields`; of a lease that was lost, nothing."""
    owner = notices[0].lease_owner
    Notice.objects.filter(pk__in=[one.pk for one in notices], lease_owner=owner).update(
        lease_owner="", lease_expires_at=None, **fields
    )
