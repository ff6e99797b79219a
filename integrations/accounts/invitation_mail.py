"""E-mails of invitations: to a new user with the link for a password, and to one whom a Manager
invites to a tenant.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.accounts import mails, users
from integrations.models import MembershipInvitation


def send_link(user: Any, *, url: str, by: Any) -> bool:
    """Send a user the link that sets their password; False if the mail server did not take it, or
    there is no server or no address.
    """
    with translation.override(users.language_of(user, otherwise=translation.get_language() or "")):
        lines = [
            _("Hello %(name)s,") % {"name": user.get_full_name() or user.get_username()},
            "",
            _("%(inviter)s gives you access to Relais. Choose your password here:")
            % {"inviter": by.get_full_name() or by.get_username()},
            url,
            "",
            _("The link works once, within three days. You sign in with the user name %(user)s.")
            % {"user": user.get_username()},
        ]
        subject = _("Relais: your invitation")
    return mails.send_now(user, subject, lines)


def tell_of_tenant(invitation: MembershipInvitation, user: Any) -> None:
    """Tell a user of an invitation to a tenant, beside the request. Call it after the commit."""
    with translation.override(users.language_of(user, otherwise=translation.get_language() or "")):
        inviter = invitation.invited_by
        lines = [
            _("Hello %(name)s,") % {"name": user.get_full_name() or user.get_username()},
            "",
            _("%(inviter)s invites you to the tenant %(tenant)s. Accept or decline here:")
            % {
                "inviter": inviter.get_full_name() or inviter.get_username() if inviter else "",
                "tenant": invitation.integration,
            },
            urljoin(settings.PUBLIC_URL, reverse("admin:invitations")),
        ]
        subject = _("Relais: you are invited to a tenant")
    mails.send_soon(user, subject, lines)
