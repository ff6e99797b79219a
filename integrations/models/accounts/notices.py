"""What users are told of by e-mail about their own account, until it is sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _lazy


class AccountChange(models.TextChoices):
    PASSWORD = "password", _lazy("The password of your account was changed.")
    FACTOR_ON = "factor_on", _lazy("The second factor of your account was switched on.")
    FACTOR_OFF = "factor_off", _lazy("The second factor of your account was switched off.")
    FACTOR_RESET = (
        "factor_reset",
        _lazy("An administrator has reset the second factor of your account."),
    )
    RECOVERY_CODES = "recovery_codes", _lazy("New recovery codes were made for your account.")
    ADDRESS = "address", _lazy("The e-mail address of your account was changed.")


class AccountNotice(models.Model):
    """That one address is to be told of a change. The row is gone once it has been told, or given
    up. `due_at` is when it is sent, or tried again: who sends it puts it off first.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    change = models.CharField(max_length=20, choices=AccountChange)
    # The user's at the time: of a new address, the earlier one is told, too.
    address = models.CharField(max_length=254)
    ip = models.GenericIPAddressField(null=True)
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.change} of user {self.user_id}"
