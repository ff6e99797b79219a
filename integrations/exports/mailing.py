"""Telling a user by e-mail that a scheduled export is ready: a link, never the data."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format

from integrations.exports.working import may_fetch
from integrations.models import Export

logger = logging.getLogger(__name__)

# Until then nobody else sends it; and so long after a failure it is tried again.
PAUSE = timedelta(minutes=5)
MOST_ATTEMPTS = 12

NOT_SENT = "The mail server did not take the e-mail. The file can be downloaded here."
NO_ADDRESS = "Your account has no e-mail address. Ask an administrator to enter it."
NO_LONGER = "No e-mail was sent: this user may no longer see the tenant."
OFF = "Relais cannot send e-mail any more. The file can be downloaded here."


def sweep() -> None:
    """Send the mails that are due. A mail whose sender is killed may be sent twice."""
    now = timezone.now()
    for export_id in list(
        Export.objects.filter(mail_due_at__lte=now).values_list("pk", flat=True)[:50]
    ):
        taken = Export.objects.filter(pk=export_id, mail_due_at__lte=now).update(
            mail_due_at=now + PAUSE, mail_attempts=F("mail_attempts") + 1
        )
        if taken:
            _send(Export.objects.select_related("user", "integration").get(pk=export_id))


def _send(export: Export) -> None:
    user = export.user
    if user is None or not user.is_active or not may_fetch(export, user):
        _settle(export, mail_error=NO_LONGER)
    elif not user.email:
        _settle(export, mail_error=NO_ADDRESS)
    elif not settings.EMAIL_ENABLED:
        _settle(export, mail_error=OFF)
    else:
        try:
            send_mail(_subject(export), _text(export), None, [user.email])
        except (SMTPException, OSError):
            logger.warning("The mail about export %s was not sent", export.pk, exc_info=True)
            if export.mail_attempts >= MOST_ATTEMPTS:
                _settle(export, mail_error=NOT_SENT)
        else:
            _settle(export, mailed_at=timezone.now())


def _settle(export: Export, **fields: object) -> None:
    Export.objects.filter(pk=export.pk).update(mail_due_at=None, **fields)


def _subject(export: Export) -> str:
    # A line break in a name would make another header of what follows it.
    organization = " ".join(str(export.integration).split())
    return f"{export.get_kind_display()} of {organization}: your export is ready"


def _text(export: Export) -> str:
    until = export.expires_at or timezone.now()
    return "\n".join(
        [
            f"The {export.get_kind_display().lower()} of {export.integration} are ready:",
            f"{export.rows or 0:,} rows, {export.get_format_display()}.",
            "",
            f"{settings.PUBLIC_URL}/admin/integrations/export/{export.pk}/change/",
            "",
            f"You need to log in. The file is kept until "
            f"{date_format(timezone.localtime(until), 'j F Y, H:i')}.",
            "On the page Exports you can end these e-mails.",
        ]
    )
