"""What a person may be in Relais."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """From the least to the most. Members of a tenant have one of the first three in it; an
    administrator is a superuser, in every tenant.
    """

    VIEWER = "viewer", _("Viewer")
    OPERATOR = "operator", _("Operator")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    @classmethod
    def of_members(cls) -> list[tuple[str, Any]]:
        """The choices for a membership."""
        return [(role.value, role.label) for role in cls if role is not cls.ADMINISTRATOR]
