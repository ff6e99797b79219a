"""The export form: format, columns and schedule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation.trans_real import parse_accept_lang_header

from integrations.admin.base.formatting import label
from integrations.exports.formats import Style
from integrations.exports.preferences import NAME_LENGTH
from integrations.exports.resources import RESOURCES
from integrations.exports.schedules import HOUR, MONDAY
from integrations.exports.writing import Wanted
from integrations.models import (
    DateFormat,
    Delimiter,
    Every,
    ExportFormat,
    ExportPreference,
    PhoneFormat,
    Wording,
)

# Named, since browsers and Django strip a tab from a form's value.
DELIMITERS = {
    "comma": Delimiter.COMMA,
    "semicolon": Delimiter.SEMICOLON,
    "tab": Delimiter.TAB,
}
FORMAT_WORDS = [
    (ExportFormat.CSV, _lazy("CSV, for any spreadsheet and any program")),
    (ExportFormat.XLSX, _lazy("Excel, with real dates and numbers")),
    (ExportFormat.JSON, _lazy("JSON, for developers")),
]


class ExportForm(forms.Form):
    """`kind` decides on the columns; `with_tenant` adds those that name a record's tenant."""

    format = forms.ChoiceField(choices=FORMAT_WORDS, widget=forms.RadioSelect)
    columns = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _lazy("Choose at least one column."),
            "invalid_choice": _lazy("The column %(value)s is not known. Choose from those below."),
        },
    )
    delimiter = forms.ChoiceField(
        label=_lazy("Separator"),
        choices=[
            ("comma", _lazy("Comma ( , )")),
            ("semicolon", _lazy("Semicolon ( ; ), for a French spreadsheet")),
            ("tab", _lazy("Tab")),
        ],
        widget=forms.RadioSelect,
    )
    date_format = forms.ChoiceField(
        label=_lazy("Dates"), choices=DateFormat.choices, widget=forms.RadioSelect
    )
    # Whoever posts the form without these, as before they were there, gets what there was then.
    wording = forms.ChoiceField(
        label=_lazy("Headings and values"),
        choices=Wording.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    phones = forms.ChoiceField(
        label=_lazy("Phone numbers"),
        choices=[
            (PhoneFormat.INTERNATIONAL, _lazy("International: +33612345678")),
            (PhoneFormat.NATIONAL, _lazy("French ones as 06 12 34 56 78")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    bom = forms.BooleanField(
        label=_lazy("Open correctly in Excel"),
        required=False,
        help_text=_lazy(
            "Starts the file with a mark (BOM) so that Excel shows accents. "
            "Some programs reject it."
        ),
    )
    set_name = forms.CharField(label=_lazy("Name"), required=False, max_length=NAME_LENGTH)
    every = forms.ChoiceField(label=_lazy("How often"), choices=Every.choices, required=False)
    weekday = forms.ChoiceField(label=_lazy("Day"), choices=WEEKDAYS.items(), required=False)
    hour = forms.ChoiceField(
        label=_lazy("Hour"),
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
        required=False,
    )

    def __init__(self, *args: Any, kind: str, with_tenant: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        columns: Any = self.fields["columns"]
        columns.choices = column_choices(kind, with_tenant=with_tenant)

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        style = Style(
            DELIMITERS[given["delimiter"]],
            given["date_format"],
            given["bom"],
            given["wording"] or Wording.CODES,
            given["phones"] or PhoneFormat.INTERNATIONAL,
        )
        return Wanted(self.kind, given["columns"], given["format"], style)


def column_choices(kind: str, *, with_tenant: bool) -> list[tuple[str, str]]:
    """Names and labels of the columns."""
    kind_of = RESOURCES[kind]
    resource = kind_of(with_tenant=with_tenant, columns=kind_of.names(with_tenant=with_tenant))
    return [(field.attribute, label(field.label)) for field in resource.get_export_fields()]


def initial(preference: ExportPreference, columns: list[str], *, language: str) -> dict[str, Any]:
    """What the form begins with; `language` is that of the dashboard."""
    names = {delimiter: name for name, delimiter in DELIMITERS.items()}
    return {
        "format": preference.format,
        "delimiter": names[Delimiter(preference.delimiter)],
        "date_format": preference.date_format,
        "bom": preference.bom,
        "wording": preference.wording or language.partition("-")[0],
        "phones": preference.phones,
        "columns": columns,
        "every": Every.WEEK,
        "weekday": MONDAY,
        "hour": HOUR,
    }


def browser_language(request: HttpRequest) -> str:
    """The browser's preferred language, such as `fr-fr`; blank if it names none."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return accepted[0][0] if accepted else ""
