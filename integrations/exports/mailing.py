"""Telling a user by e-mail that a scheduled export is ready: a link, never the data.

The e-mail is in the language of the one who gets it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from integrations import jobs
from integrations.accounts import mails
from integrations.accounts.users import language_of
from integrations.exports.selection import may_fetch
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import Export, ExportKind

logger = logging.getLogger(__name__)

# Until then nobody else sends it; and so long after a failure it is tried again.
PAUSE = timedelta(minutes=5)
MOST_ATTEMPTS = 12
# Mails that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20

NOT_SENT = Message("mail_not_taken")
NO_ADDRESS = Message("account_without_email")
NO_LONGER = Message("mail_access_lost")
OFF = Message("mail_switched_off")

SUBJECTS: dict[str, Any] = {
    ExportKind.CANDIDATE: _lazy("Candidates of %(tenant)s: your export is ready"),
    ExportKind.JOB: _lazy("Jobs of %(tenant)s: your export is ready"),
    ExportKind.APPLICATION: _lazy("Applications of %(tenant)s: your export is ready"),
}
READY: dict[str, Any] = {
    ExportKind.CANDIDATE: _lazy("The candidates of %(tenant)s are ready:"),
    ExportKind.JOB: _lazy("The jobs of %(tenant)s are ready:"),
    ExportKind.APPLICATION: _lazy("The applications of %(tenant)s are ready:"),
}


def _find_waiting(now: datetime) -> QuerySet[Export, int]:
    due = Export.objects.filter(mail_due_at__lte=now).order_by("mail_due_at")
    return due.values_list("pk", flat=True)[:MOST_CALLS]


MAILS = jobs.register(
    jobs.JobKind(
        name="mail about an export",
        task="integrations.tasks.send_mail",
        lane=Lane.SOON,
        find_waiting=_find_waiting,
    )
)


def sweep() -> None:
    """Send the mails that are due. A mail whose sender is killed may be sent twice."""
    while MAILS.work_on_next(send):
        pass


def send(export_id: int) -> bool:
    """Send the mail about that export, if it is due; False if there is nothing to do."""
    now = timezone.now()
    taken = Export.objects.filter(pk=export_id, mail_due_at__lte=now).update(
        mail_due_at=now + PAUSE, mail_attempts=F("mail_attempts") + 1
    )
    if taken:
        taken_up = Export.objects.select_related("user", "integration", "schedule")
        with jobs.failure_logged("The mail about export %s", export_id):
            _send(taken_up.get(pk=export_id))
    return bool(taken)


def _send(export: Export) -> None:
    user = export.user
    if user is None or not user.is_active or not may_fetch(export, user):
        _settle(export, mail_error=NO_LONGER)
    elif not user.email:
        _settle(export, mail_error=NO_ADDRESS)
    elif not settings.EMAIL_ENABLED:
        _settle(export, mail_error=OFF)
    else:
        # Whoever reads the e-mail: what is kept in the row is English, as everywhere.
        with translation.override(_language(export)):
            subject, text = _subject(export), _text(export)
        try:
            send_mail(subject, text, None, [user.email])
        except (SMTPException, OSError, ValueError) as error:
            # By its kind alone: the error names who was to get it.
            logger.warning(
                "The mail about export %s was not sent: %s", export.pk, type(error).__name__
            )
            # Of some addresses no header can be made, ever.
            hopeless = isinstance(error, ValueError)
            if hopeless or export.mail_attempts >= MOST_ATTEMPTS:
                _settle(export, mail_error=NOT_SENT)
            if not hopeless and not mails.is_about_one(error):
                # The others would wait as long for the same dead server.
                now = timezone.now()
                due = Export.objects.filter(mail_due_at__lte=now)
                due.update(mail_due_at=now + PAUSE)
        else:
            _settle(export, mailed_at=timezone.now())


def _settle(export: Export, **fields: object) -> None:
    Export.objects.filter(pk=export.pk).update(mail_due_at=None, **fields)


def _language(export: Export) -> str:
    planned = export.schedule
    return language_of(export.user, otherwise=planned.language if planned else "")


def _subject(export: Export) -> str:
    # A line break in a name would make another header of what follows it.
    return str(SUBJECTS[export.kind]) % {"tenant": " ".join(str(export.integration).split())}


def _text(export: Export) -> str:
    rows = export.rows or 0
    counted = ngettext("%(rows)s row, %(format)s.", "%(rows)s rows, %(format)s.", rows)
    until = timezone.localtime(export.expires_at or timezone.now())
    return "\n".join(
        [
            str(READY[export.kind]) % {"tenant": export.integration},
            counted
            % {
                "rows": number_format(rows, force_grouping=True),
                "format": export.get_format_display(),
            },
            "",
            f"{settings.PUBLIC_URL}/admin/integrations/export/{export.pk}/change/",
            "",
            _("You need to log in. The file is kept until %(until)s.")
            % {"until": date_format(until, "j F Y, H:i")},
            _("On the page Exports you can end these e-mails."),
        ]
    )
