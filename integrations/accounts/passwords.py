"""What a password must have beyond Django's own rules."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What somebody who attacks this very installation tries first.
WORDS = ("relais", "flatchr")
LEAST = 8


class OwnWordsValidator:
    """Refuses a password of which little is left without the names of Relais, Flatchr and the
    host.
    """

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002
        host = urlsplit(settings.PUBLIC_URL).hostname or ""
        words = {*WORDS, *(part for part in re.split(r"[.\d-]+", host) if len(part) > 3)}
        left = re.sub(
            "|".join(map(re.escape, sorted(words, key=len, reverse=True))), "", password.lower()
        )
        if len(left) < min(LEAST, len(password)):
            raise ValidationError(self.get_help_text(), code="password_of_own_words")

    def get_help_text(self) -> str:
        return _("The names of Relais, Flatchr and this site do not count towards its length.")
