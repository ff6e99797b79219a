"""Users: invitations, password links, changes, language.

Nobody but the user ever knows the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from integrations.accounts import api_keys, members, notices
from integrations.accounts.sessions import end_sessions
from integrations.audit.trail import record
from integrations.models import (
    AccountChange,
    ApiKey,
    ConnectionLink,
    Event,
    LanguageChoice,
    MembershipInvitation,
)
from integrations.models.access import KeyState

AUDITED_FIELDS = ("first_name", "last_name", "email", "is_superuser", "is_active")


def invite(*, username: str, administrator: bool = False, **person: str) -> Any:
    """A new user, who can sign in once a password is set by `password_link`.

    `person` are `first_name`, `last_name` and `email`.
    """
    user = get_user_model()(username=username, is_staff=True, is_superuser=administrator, **person)
    user.set_unusable_password()
    with transaction.atomic():
        user.save()
        record(Event.USER_INVITED, about=user, name=username, administrator=administrator)
    return user


def password_link(user: Any) -> tuple[str, str]:
    """The two parts of an address at which a password is set, once, within
    `PASSWORD_RESET_TIMEOUT`. Signing in, too, makes an earlier link void.
    """
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def invited(uid: str, token: str) -> Any:
    """The user of a password link; None if it was used, has expired, or is invalid."""
    try:
        pk = force_str(urlsafe_base64_decode(uid))
        user = get_user_model()._default_manager.filter(pk=int(pk), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user and default_token_generator.check_token(user, token) else None


def set_password(user: Any, password: str) -> bool:
    """Set another password; False if it was changed since `user` was read, as by somebody who used
    the same link in that moment. Open sessions end, as their hash changes.
    """
    before = user.password
    with transaction.atomic():
        user.set_password(password)
        rows = get_user_model()._default_manager.filter(pk=user.pk, password=before)
        if not rows.update(password=user.password):
            return False
        user.save(update_fields=["password"])
        record(Event.PASSWORD_CHANGED, user=user, about=user, name=user.get_username())
        notices.tell(user, AccountChange.PASSWORD)
    return True


@dataclass(frozen=True, slots=True)
class Opened:
    """What a user has made that opens something to whoever holds it, without the user."""

    keys: list[ApiKey]
    links: list[ConnectionLink]
    invitations: list[MembershipInvitation]

    def __bool__(self) -> bool:
        return bool(self.keys or self.links or self.invitations)


def opened_by(user: Any) -> Opened:
    """The API keys, connection links and invitations of the user that still open something; of the
    links also those that the user's keys have made.
    """
    now = timezone.now()
    keys = [
        key
        for key in ApiKey.objects.filter(created_by=user, revoked_at=None)
        if key.state_at(now) is KeyState.ACTIVE
    ]
    links = ConnectionLink.objects.filter(used_at=None, expires_at__gt=now)
    return Opened(
        keys,
        list(links.filter(Q(created_by=user) | Q(created_by_key__in=keys)).order_by("pk")),
        list(MembershipInvitation.objects.filter(invited_by=user, expires_at__gt=now)),
    )


def _end_opened(user: Any) -> None:
    opened = opened_by(user)
    for key in opened.keys:
        api_keys.revoke(key)
    for invitation in opened.invitations:
        members.end_invitation(invitation)
    for link in opened.links:
        ConnectionLink.objects.filter(pk=link.pk, used_at=None).update(expires_at=timezone.now())
        record(
            Event.LINK_WITHDRAWN,
            tenant=link.integration,
            about=link,
            name=link.organization,
            kind=link.kind,
        )


def change(user: Any, **fields: Any) -> None:
    """Change fields of a user. A user who is switched off loses every session, and what `opened_by`
    lists ends.
    """
    before = {name: getattr(user, name) for name in AUDITED_FIELDS}
    for name, value in fields.items():
        setattr(user, name, value)
    changed = [name for name in AUDITED_FIELDS if getattr(user, name) != before[name]]
    if not changed:
        return
    with transaction.atomic():
        user.save(update_fields=changed)
        rights = {name: getattr(user, name) for name in changed if name.startswith("is_")}
        record(Event.USER_CHANGED, about=user, name=user.get_username(), changed=changed, **rights)
        if not user.is_active:
            end_sessions(user)
            _end_opened(user)
            if not user.has_usable_password():
                # No link to set one, which was not used, is valid once the user is on again.
                user.set_unusable_password()
                user.save(update_fields=["password"])
        if "email" in changed:
            notices.tell(user, AccountChange.ADDRESS, addresses=[before["email"], user.email])


def language_of(user: Any, *, otherwise: str = "") -> str:
    """The language for e-mails: the user's choice, else `otherwise`, else English.

    Always one of `settings.LANGUAGES`.
    """
    chosen = LanguageChoice.objects.filter(pk=user.pk).values_list("language", flat=True).first()
    known = dict(settings.LANGUAGES)
    return next((one for one in (chosen, otherwise) if one in known), settings.LANGUAGE_CODE)
