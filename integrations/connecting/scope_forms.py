"""Forms for a tenant's data scopes: the operator's choices, and the customer's opt-outs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.scopes import EVERYTHING, Choice, Part, Scopes

LABELS: Mapping[Part, Any] = {
    Part.APPLICATIONS: _lazy("Candidates and applications"),
    Part.NAMES: _lazy("Names of candidates"),
    Part.EMAILS: _lazy("E-mail addresses of candidates"),
    Part.PHONES: _lazy("Phone numbers of candidates"),
    Part.TAGS: _lazy("Tags of candidates"),
    Part.RAW: _lazy("What else Flatchr tells of candidates"),
    Part.FILES: _lazy("CVs of candidates"),
}
# What switching it off means, and what happens to what was stored.
MEANINGS: Mapping[Part, Promise] = {
    Part.APPLICATIONS: _lazy(
        "When this is not read, neither is anything below. Those that were stored leave the lists "
        "with the next sync, and their data is erased 14 days later. Jobs and stages are always "
        "read."
    ),
    Part.NAMES: _lazy(
        "Without them, candidates are shown by their Flatchr ID. Stored names are erased at "
        "the next sync."
    ),
    Part.EMAILS: _lazy(
        "Without them, a code that nobody can turn back into the address keeps a person's "
        "applications together. Stored addresses are erased at the next sync."
    ),
    Part.PHONES: _lazy(
        "Without them, nobody is found by their number. Stored numbers are erased at the next sync."
    ),
    Part.TAGS: _lazy(
        "Without them, Flatchr is not asked for tags at all. Those that were stored leave the "
        "lists with the next sync."
    ),
    Part.RAW: _lazy(
        "Such as the source of an application, which Relais keeps beside its own fields. It is "
        "left out as soon as names, addresses or numbers are, as it may repeat them. What was "
        "stored is erased at the next sync."
    ),
    Part.FILES: _lazy(
        "Relais keeps no copy of them: applications fetch a CV from Flatchr through the API when "
        "they need it. When this is switched off, they cannot, at once."
    ),
}
# To the customer, of what it is read for.
PURPOSES: Mapping[Part, Promise] = {
    Part.APPLICATIONS: _lazy("Who has applied for which job, at which stage, and how it ended."),
    Part.NAMES: _lazy("First and last name. Without them, candidates have a number only."),
    Part.EMAILS: _lazy("To write to candidates, and to know who has applied before."),
    Part.PHONES: _lazy("To call candidates, and to find them by their number."),
    Part.TAGS: _lazy("The tags that you give candidates in Flatchr."),
    Part.RAW: _lazy("Such as the source of an application."),
    Part.FILES: _lazy("Fetched from Flatchr when somebody asks for one. No copy is kept."),
}


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One part as a page shows it. `field` is None where there is nothing to choose."""

    label: Any
    about: Promise
    field: forms.BoundField | None
    read: bool
    declined: bool = False


class ScopesForm(forms.Form):
    """What is read, as the operator chooses it."""

    def __init__(self, *args: Any, scopes: Scopes = EVERYTHING, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scopes = scopes
        for part in Part:
            self.fields[_name(part)] = forms.ChoiceField(
                label=LABELS[part],
                choices=Choice.choices,
                initial=scopes.choice(part).value,
                # A page that was rendered before the part existed does not send it.
                required=False,
            )

    @property
    def scope_rows(self) -> list[ScopeRow]:
        return [
            ScopeRow(
                LABELS[part],
                MEANINGS[part],
                self[_name(part)],
                self._scopes.reads(part),
                self._scopes.declined(part),
            )
            for part in Part
        ]

    def scopes(self) -> Scopes:
        """What was chosen; only when the form is valid."""
        choices = {part: self.cleaned_data[_name(part)] for part in Part}
        chosen = {
            part: Choice(choice or self._scopes.choice(part)) for part, choice in choices.items()
        }
        return Scopes({part: choice for part, choice in chosen.items() if choice is not Choice.ON})


class OptOutForm(forms.Form):
    """What is read, and what of it the customer may say no to."""

    def __init__(self, *args: Any, scopes: Scopes = EVERYTHING, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scopes = scopes
        for part in scopes.optional:
            self.fields[_name(part)] = forms.BooleanField(
                label=LABELS[part], required=False, initial=not scopes.declined(part)
            )

    @property
    def scope_rows(self) -> list[ScopeRow]:
        return list(scope_rows_of(self._scopes, self))

    def declined(self) -> frozenset[Part] | None:
        """What was left unticked; None where nothing was asked."""
        if not self._scopes.optional:
            return None
        return frozenset(
            part for part in self._scopes.optional if not self.cleaned_data[_name(part)]
        )


def scope_rows_of(scopes: Scopes, form: OptOutForm | None = None) -> Iterator[ScopeRow]:
    """What is read, for the customer; what the operator has left out is left out here, too."""
    for part in Part:
        asked = part in scopes.optional
        if asked or scopes.reads(part):
            field = form[_name(part)] if form is not None and asked else None
            yield ScopeRow(LABELS[part], PURPOSES[part], field, read=not asked)


def _name(part: Part) -> str:
    return f"scope_{part.value}"
