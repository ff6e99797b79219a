"""The authenticator app of a user, whose key is encrypted at rest."""

from __future__ import annotations

from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from integrations.models.fields import UNREADABLE, EncryptedTextField


def new_key() -> str:
    """160 random bits (RFC 4226, section 4), in hexadecimal."""
    return str(random_hex(20))


class AuthenticatorApp(TimestampMixin, ThrottlingMixin, Device):
    """A second factor by TOTP, as django-otp's `TOTPDevice`, which keeps the key in the clear.

    Codes are checked by django-otp's own code. Its settings that no app lets people choose are
    those that every app understands.
    """

    step, t0, digits, tolerance = 30, 0, 6, 1

    key = EncryptedTextField(default=new_key)
    # By how many steps the app's clock is known to be off, and the step of the last code used.
    drift = models.SmallIntegerField(default=0)
    last_t = models.BigIntegerField(default=-1)

    verify_token = TOTPDevice.verify_token
    get_throttle_factor = TOTPDevice.get_throttle_factor

    class Meta(Device.Meta):
        verbose_name = "authenticator app"

    @property
    def is_readable(self) -> bool:
        """Whether one of `CREDENTIALS_KEYS` opens the key; without it no code can be checked."""
        return self.key != UNREADABLE

    @property
    def bin_key(self) -> bytes:
        return bytes.fromhex(self.key)
