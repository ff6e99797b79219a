"""What is read of a tenant and what is left out, as it is stored: part by part on, off, or up to
the customer (`docs/unified-api.md §12.6`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.models.fields import IdField


class Part(StrEnum):
    """What can be left out, in the order in which it is shown.

    Jobs and stages cannot: everything else hangs on them. Applications and candidates are one
    part, since Flatchr gives them in one and the same list. Every other part is something of
    candidates, so it is left out with them.
    """

    APPLICATIONS = "applications"
    NAMES = "names"
    EMAILS = "email_addresses"
    PHONES = "phone_numbers"
    TAGS = "tags"
    RAW = "remote_data"
    FILES = "attachments"


# What a person can be recognised by.
OF_PERSON = (Part.NAMES, Part.EMAILS, Part.PHONES)


class Choice(models.TextChoices):
    """What the operator says of a part; ON is what nobody has said anything of."""

    ON = "on", pgettext_lazy("scope", "Read")
    OFF = "off", pgettext_lazy("scope", "Not read")
    OPTIONAL = "optional", _lazy("The customer may opt out")


@dataclass(frozen=True, slots=True)
class Scopes:
    """`choices` are the operator's, those that are ON left out; `opted_out` is what the customer
    has said no to, which counts for the parts that are OPTIONAL at present.
    """

    choices: Mapping[Part, Choice]
    opted_out: frozenset[Part] = frozenset()

    def choice(self, part: Part) -> Choice:
        return self.choices.get(part, Choice.ON)

    def declined(self, part: Part) -> bool:
        """Whether the customer was asked, and said no."""
        return part in self.opted_out and self.choice(part) is Choice.OPTIONAL

    def reads(self, part: Part) -> bool:
        """Whether `part` is read and kept. The rest of an object is not without the whole of the
        person, which it may repeat.
        """
        if part is not Part.APPLICATIONS and not self.reads(Part.APPLICATIONS):
            return False
        if part is Part.RAW and not all(map(self.reads, OF_PERSON)):
            return False
        return self.choice(part) is not Choice.OFF and not self.declined(part)

    @property
    def left_out(self) -> frozenset[Part]:
        if not self.choices:
            return frozenset()
        return frozenset(part for part in Part if not self.reads(part))

    @property
    def optional(self) -> list[Part]:
        """What the customer is asked about."""
        if self.choice(Part.APPLICATIONS) is Choice.OFF:
            return []
        return [part for part in Part if self.choice(part) is Choice.OPTIONAL]


EVERYTHING = Scopes({})


def scopes_from(choices: Any, opted_out: Any = ()) -> Scopes:
    """The scopes that two JSON columns hold. A word that is unknown, as after going back to an
    older version, leaves the part it was said of out: reading less can be made good.
    """
    if not choices:
        return EVERYTHING
    known: dict[Part, Choice] = {}
    for part in Part:
        said = choices.get(part.value, Choice.ON.value)
        if said != Choice.ON:
            known[part] = Choice(said) if said in Choice.values else Choice.OFF
    return Scopes(known, frozenset(part for part in Part if part.value in opted_out))


def stored_choices(scopes: Scopes) -> dict[str, str]:
    return {part.value: choice.value for part, choice in scopes.choices.items()}


def stored_opt_outs(opted_out: Collection[Part]) -> list[str]:
    return [part.value for part in Part if part in opted_out]


ALIAS = RegexValidator(
    r"\A[A-Za-z0-9._:-]+\Z", _lazy("Use letters without accents, digits, and . _ : - alone.")
)


class ScopeConfig(models.Model):
    """A choice of parts under an id that applications send as `scope_config_id`, such as the id
    that they have used with another server of the unified API.

    A tenant takes its own copy when it is connected, so a later change is for those to come.
    """

    id = IdField(primary_key=True, max_length=100, validators=[ALIAS])
    name = models.CharField(max_length=100)
    choices = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _lazy("scope configuration")
        verbose_name_plural = _lazy("scope configurations")

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> Scopes:
        return scopes_from(self.choices)
