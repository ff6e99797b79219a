"""In which language a user is written to when no page of theirs is open."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from integrations.models import LanguageChoice


def language_of(user: Any, *, otherwise: str = "") -> str:
    """The user's own choice, else `otherwise`, else English; always one that Relais speaks."""
    chosen = LanguageChoice.objects.filter(pk=user.pk).values_list("language", flat=True).first()
    known = dict(settings.LANGUAGES)
    return next((one for one in (chosen, otherwise) if one in known), settings.LANGUAGE_CODE)
