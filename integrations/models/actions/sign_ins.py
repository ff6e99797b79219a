"""Users' own sign-ins to Flatchr, which its API wants for what is written in a person's name."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.fields import EncryptedTextField
from integrations.models.integration import Integration


class FlatchrSignIn(models.Model):
    """A user's token at a tenant's Flatchr until it ends (`docs/flatchr-api.md §0.2`).

    The password that it was had for is kept nowhere.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    token = EncryptedTextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "integration"], name="one_flatchr_sign_in_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.integration}"
