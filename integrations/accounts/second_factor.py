"""The second factor: a code from an authenticator app (TOTP), and recovery codes."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from integrations.accounts import notices
from integrations.accounts.sessions import end_sessions
from integrations.audit.trail import record
from integrations.messages import Message
from integrations.models import AccountChange, AuthenticatorApp, Event

RECOVERY_CODES = 10
ISSUER = "Relais"
# The alphabet of recovery codes, without characters that look alike: 0 and O, 1, I and L.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class CodeThrottled(Exception):
    """Too many wrong codes; `until` is when the next one is checked."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(Message("too_many_wrong_codes"))
        self.until = until


class AppKeyUnreadable(Exception):
    """None of `CREDENTIALS_KEYS` opens the key of the user's app: no code of it can be checked."""


def is_required(user: Any) -> bool:
    """Whether the installation asks this user for a second factor."""
    if settings.REQUIRE_SECOND_FACTOR == "all":
        return True
    return bool(settings.REQUIRE_SECOND_FACTOR == "administrators" and user.is_superuser)


def is_enrolled(user: Any) -> bool:
    return _apps(user).filter(confirmed=True).exists()


def recovery_codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def begin_enrolment(user: Any) -> AuthenticatorApp:
    """The app being set up; it is no second factor until `confirm_enrolment`. Idempotent.

    Raises `CredentialsKeysMissing`.
    """
    waiting: AuthenticatorApp | None = _apps(user).filter(confirmed=False).first()
    if waiting is not None and waiting.is_readable:
        return waiting
    with transaction.atomic():
        _apps(user).filter(confirmed=False).delete()
        return AuthenticatorApp.objects.create(user=user, name="App", confirmed=False)


def app_of(user: Any) -> AuthenticatorApp | None:
    """The app that the user's codes come from."""
    found: AuthenticatorApp | None = _apps(user).filter(confirmed=True).first()
    return found


def setup_key(device: AuthenticatorApp) -> str:
    """The key in groups of four, for typing it into an app that cannot scan the QR code."""
    key = b32encode(device.bin_key).decode()
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def qr_code(device: AuthenticatorApp) -> str:
    """The QR code for an app, as inline SVG."""
    label = quote(f"{ISSUER}:{device.user.get_username()}")
    key = b32encode(device.bin_key).decode().rstrip("=")
    address = f"otpauth://totp/{label}?{urlencode({'secret': key, 'issuer': ISSUER})}"
    code = segno.make_qr(address, error="m")
    return str(code.svg_inline(scale=5, border=4, dark="#0b1f24", light="#ffffff", omitsize=False))


def confirm_enrolment(request: HttpRequest, code: str) -> list[str] | None:
    """Switch the second factor on for the user of `request`; the recovery codes, or None when the
    code is wrong. Other sessions of the user end. Raises `CodeThrottled`.
    """
    user: Any = request.user
    with transaction.atomic():
        device = _apps(user).select_for_update().filter(confirmed=False).first()
        if device is None or not _accepted(device, code):
            return None
        device.confirmed = True
        device.save()
        _apps(user).exclude(pk=device.pk).delete()
        record(Event.SECOND_FACTOR_ON, about=user, name=user.get_username())
        codes = _make_codes(user)
        end_sessions(user, but=request.session.session_key)
        notices.tell(user, AccountChange.FACTOR_ON)
    return codes


def new_recovery_codes(user: Any) -> list[str]:
    """New recovery codes; earlier ones become void. They cannot be shown again."""
    with transaction.atomic():
        record(Event.RECOVERY_CODES, about=user, name=user.get_username())
        codes = _make_codes(user)
        notices.tell(user, AccountChange.RECOVERY_CODES)
    return codes


def _make_codes(user: Any) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_hash(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash(code: str, secret: str | None = None) -> str:
    """The hash of a recovery code, which is stored in place of it; under `SECRET_KEY`, unless
    another is given.
    """
    digest = salted_hmac("relais.recovery-code", code, secret=secret, algorithm="sha256")
    return digest.hexdigest()[:16]


def _stored_hash(paper: StaticDevice, code: str) -> str:
    """The hash under which the code is stored, maybe since an earlier `SECRET_KEY`."""
    hashes = [_hash(code, secret) for secret in (None, *settings.SECRET_KEY_FALLBACKS)]
    found = paper.token_set.filter(token__in=hashes).first()
    return hashes[0] if found is None else found.token


def verify(user: Any, code: str) -> Device | None:
    """The device of a code, either the app or the recovery codes; None if it is wrong.

    A code works once. Raises `CodeThrottled`, `AppKeyUnreadable`.
    """
    plain = "".join(code.split()).replace("-", "").upper()
    with transaction.atomic():
        if plain.isdecimal() and len(plain) == 6:
            app = _apps(user).select_for_update().filter(confirmed=True).first()
            if app is not None and not app.is_readable:
                raise AppKeyUnreadable
            return app if app is not None and _accepted(app, plain) else None
        paper = StaticDevice.objects.select_for_update().filter(user=user).first()
        if paper is None or not _accepted(paper, _stored_hash(paper, plain)):
            return None
        record(
            Event.RECOVERY_CODE_USED,
            user=user,
            about=user,
            name=user.get_username(),
            left=recovery_codes_left(user),
        )
        return paper


def _accepted(device: Any, code: str) -> bool:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise CodeThrottled((why or {}).get("locked_until"))
    return bool(device.verify_token("".join(code.split())))


def disable(user: Any, *, by: Any = None) -> None:
    """Remove the second factor: by the user themselves, or reset `by` an administrator, which
    signs the user out everywhere. Idempotent.
    """
    with transaction.atomic():
        had = is_enrolled(user)
        _apps(user).delete()
        StaticDevice.objects.filter(user=user).delete()
        if by is not None:
            end_sessions(user)
        if had:
            event = Event.SECOND_FACTOR_OFF if by is None else Event.SECOND_FACTOR_RESET
            record(event, user=by, about=user, name=user.get_username())
            change = AccountChange.FACTOR_OFF if by is None else AccountChange.FACTOR_RESET
            notices.tell(user, change)


def _apps(user: Any) -> Any:
    return AuthenticatorApp.objects.filter(user=user)
