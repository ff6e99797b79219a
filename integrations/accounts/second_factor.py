"""The second factor: a code from an app on the phone, and recovery codes for when it is lost."""

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
from django_otp.plugins.otp_totp.models import TOTPDevice

from integrations.accounts.sessions import end_sessions
from integrations.audit.trail import record
from integrations.models import Event

CODES = 10
ISSUER = "Relais"
# Without those that are taken for one another: 0 and O, 1, I and L.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class TooSoon(Exception):
    """Too many wrong codes; `until` says when the next one is looked at."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("Too many wrong codes.")
        self.until = until


def required_of(user: Any) -> bool:
    """Whether the installation asks this user for a second factor."""
    if settings.REQUIRE_SECOND_FACTOR == "all":
        return True
    return bool(settings.REQUIRE_SECOND_FACTOR == "administrators" and user.is_superuser)


def has_one(user: Any) -> bool:
    return _apps(user).filter(confirmed=True).exists()


def codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def begin(user: Any) -> TOTPDevice:
    """The app that is being set up; it counts for nothing until `confirm`. Idempotent."""
    waiting = _apps(user).filter(confirmed=False).first()
    return waiting or TOTPDevice.objects.create(user=user, name="App", confirmed=False)


def typed_key(device: TOTPDevice) -> str:
    """The key as it is typed where no picture can be taken: groups of four."""
    key = b32encode(device.bin_key).decode()
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def picture(device: TOTPDevice) -> str:
    """The QR code that an app reads, as SVG for a page."""
    code = segno.make_qr(_address(device), error="m")
    return str(code.svg_inline(scale=5, border=4, dark="#0b1f24", light="#ffffff", omitsize=False))


def _address(device: TOTPDevice) -> str:
    label = quote(f"{ISSUER}:{device.user.get_username()}")
    key = b32encode(device.bin_key).decode().rstrip("=")
    return f"otpauth://totp/{label}?{urlencode({'secret': key, 'issuer': ISSUER})}"


def confirm(request: HttpRequest, code: str) -> list[str] | None:
    """Switch the second factor on for the user of `request`; the recovery codes, or None when the
    code is wrong. Other sessions of the user end. Raises `TooSoon`.
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
    return codes


def new_codes(user: Any) -> list[str]:
    """Recovery codes in place of those before, which are void. They cannot be shown again."""
    with transaction.atomic():
        record(Event.RECOVERY_CODES, about=user, name=user.get_username())
        return _make_codes(user)


def _make_codes(user: Any) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_kept(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _kept(code: str) -> str:
    """What is stored of a recovery code: nothing that it can be read from."""
    return salted_hmac("relais.recovery-code", code, algorithm="sha256").hexdigest()[:16]


def verify(user: Any, code: str) -> Device | None:
    """The device that a code is of, the app or a recovery code; None when it is wrong.

    A code is good once. Raises `TooSoon`.
    """
    plain = "".join(code.split()).replace("-", "").upper()
    with transaction.atomic():
        if plain.isdecimal() and len(plain) == 6:
            app = _apps(user).select_for_update().filter(confirmed=True).first()
            return app if app is not None and _accepted(app, plain) else None
        paper = StaticDevice.objects.select_for_update().filter(user=user).first()
        if paper is None or not _accepted(paper, _kept(plain)):
            return None
        record(
            Event.RECOVERY_CODE_USED,
            user=user,
            about=user,
            name=user.get_username(),
            left=codes_left(user),
        )
        return paper


def _accepted(device: Any, code: str) -> bool:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise TooSoon((why or {}).get("locked_until"))
    return bool(device.verify_token("".join(code.split())))


def switch_off(user: Any, *, by: Any = None) -> None:
    """Remove the second factor: by the user themselves, or reset `by` an administrator, which
    signs the user out everywhere. Idempotent.
    """
    with transaction.atomic():
        had = has_one(user)
        _apps(user).delete()
        StaticDevice.objects.filter(user=user).delete()
        if by is not None:
            end_sessions(user)
        if had:
            event = Event.SECOND_FACTOR_OFF if by is None else Event.SECOND_FACTOR_RESET
            record(event, user=by, about=user, name=user.get_username())


def _apps(user: Any) -> Any:
    return TOTPDevice.objects.filter(user=user)
