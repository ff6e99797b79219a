"""The language that each user reads the dashboard in."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class LanguageChoice(models.Model):
    """A user's own choice; without one, the browser's language counts."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    language = models.CharField(max_length=8)

    def __str__(self) -> str:
        return self.language
