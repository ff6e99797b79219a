"""The form of the console: a request to Flatchr, typed by hand or begun from a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.flatchr.exchange_log import MASK
from integrations.flatchr.request_guard import (
    UnsafeRequest,
    checked_headers,
    checked_params,
    checked_path,
)
from integrations.messages import translated
from integrations.models import PASSTHROUGH_METHODS, BodyKind, FlatchrHost, PassthroughCall
from integrations.passthrough.endpoints import Endpoint, placeholders
from integrations.passthrough.request import (
    FormFile,
    InvalidPassthrough,
    PassthroughRequest,
    check_request,
)

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
# Methods for users who may only read: the search for applicants is a POST.
READING_METHODS = ("GET", "POST")


def _lines(rows: int, example: str) -> forms.Textarea:
    return forms.Textarea(
        attrs={"rows": rows, "placeholder": example, "spellcheck": "false", "autocomplete": "off"}
    )


class ConsoleForm(forms.Form):
    """If valid, `asked` is the request that was typed."""

    tenant = forms.ChoiceField(choices=())
    host = forms.ChoiceField(
        label=_lazy("Send to"),
        choices=[(FlatchrHost.API, "API"), (FlatchrHost.CAREERS, _lazy("Career site"))],
        initial=FlatchrHost.API,
    )
    method = forms.ChoiceField(initial="GET")
    path = forms.CharField(
        max_length=4_000,
        widget=forms.TextInput(
            attrs={
                "placeholder": "/company/…/columns",
                "spellcheck": "false",
                "autocomplete": "off",
                "autocapitalize": "off",
            }
        ),
        help_text=_lazy("Without https:// and host: these and the API key are added here."),
    )
    params = forms.CharField(
        label=_lazy("Query parameters"),
        required=False,
        widget=_lines(2, "fields=address,tags"),
        help_text=_lazy("One on each line, as name=value."),
    )
    headers = forms.CharField(
        required=False,
        widget=_lines(2, "Accept-Language: fr"),
        help_text=_lazy("One on each line, as Name: value. The API key is added by itself."),
    )
    body_kind = forms.ChoiceField(
        label=_lazy("Body"),
        required=False,
        choices=[
            (BodyKind.NONE, _lazy("None")),
            (BodyKind.JSON, "JSON"),
            (BodyKind.FORM, _lazy("Form, with a file if needed")),
        ],
        initial=BodyKind.NONE,
    )
    body = forms.CharField(
        label="JSON", required=False, widget=_lines(8, '{"email": "nadia.perrot@mail.example"}')
    )
    fields_ = forms.CharField(
        label=_lazy("Fields of the form"),
        required=False,
        widget=_lines(5, "firstname=Nadia"),
        help_text=_lazy("One on each line, as name=value."),
    )
    file_field = forms.CharField(
        label=_lazy("Name of the file's field"), max_length=200, required=False
    )
    file = forms.FileField(required=False)

    asked: PassthroughRequest

    def __init__(
        self, *args: Any, tenants: Mapping[str, str], may_change: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["tenant"]
        choices.choices = [("", _("Choose a tenant")), *tenants.items()]
        if len(tenants) == 1:
            choices.initial = next(iter(tenants))
            choices.widget = forms.HiddenInput()
        methods: Any = self.fields["method"]
        offered = PASSTHROUGH_METHODS if may_change else READING_METHODS
        methods.choices = [(method, method) for method in offered]

    def clean_path(self) -> str:
        path = str(self.cleaned_data["path"])
        _check_filled(path)
        return str(_held(checked_path, path))

    def clean_params(self) -> dict[str, str]:
        text = self.cleaned_data["params"]
        _check_filled(text)
        return dict(_held(checked_params, _pairs(text, "=")))

    def clean_headers(self) -> dict[str, str]:
        return dict(_held(checked_headers, _pairs(self.cleaned_data["headers"], ":")))

    def clean_fields_(self) -> dict[str, str]:
        text = self.cleaned_data["fields_"]
        if self.data.get("body_kind") != BodyKind.FORM:
            return {}
        _check_filled(text)
        return _pairs(text, "=")

    def clean_body(self) -> Any:
        text = str(self.cleaned_data["body"]).strip()
        if not text or self.data.get("body_kind") != BodyKind.JSON:
            return None
        _check_filled(text)
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(
                _("This is not JSON: look at line %(lineno)s, character %(colno)s.")
                % {"lineno": error.lineno, "colno": error.colno}
            ) from None

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        most = settings.SUBMISSION_MAX_BYTES
        if file is not None and (file.size or 0) > most:
            raise forms.ValidationError(
                _("The file is larger than %(most)s. Choose a smaller one.")
                % {"most": filesizeformat(most)}
            )
        return file

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        kind = given["body_kind"]
        form = self._form(given) if kind == BodyKind.FORM else ()
        if self.errors:
            return given
        self.asked = PassthroughRequest(
            host=given["host"],
            method=given["method"],
            path=given["path"],
            params=given["params"],
            headers=given["headers"],
            data=given["body"] if kind == BodyKind.JSON else None,
            form=form,
        )
        try:
            check_request(self.asked)
        except InvalidPassthrough as error:
            self.add_error(None, translated(error))
        return given

    def _form(self, given: dict[str, Any]) -> tuple[tuple[str, str | FormFile], ...]:
        parts: list[tuple[str, str | FormFile]] = list(given["fields_"].items())
        if file := given["file"]:
            if not given["file_field"]:
                self.add_error("file_field", _("Flatchr needs a name for the file's field."))
            parts.append((given["file_field"], _file(file)))
        if not parts:
            self.add_error("fields_", _("Type at least one field, or choose “None” as the body."))
        return tuple(parts)


def initial_of_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """The form filled in from a template."""
    body = ""
    if endpoint.body is not None:
        body = orjson.dumps(endpoint.body, option=orjson.OPT_INDENT_2).decode()
    return {
        "host": endpoint.host,
        "method": endpoint.method,
        "path": endpoint.path,
        "params": _written(endpoint.params, "="),
        "body_kind": _kind(body, bool(endpoint.form)),
        "body": body,
        "fields_": _written(endpoint.form, "="),
        "file_field": endpoint.file,
    }


def initial_of_asked(asked: PassthroughRequest) -> dict[str, Any]:
    """The form as it was when `asked` was typed, except its file, which cannot be prefilled."""
    body = ""
    if asked.data is not None:
        body = orjson.dumps(asked.data, option=orjson.OPT_INDENT_2).decode()
    texts = {name: value for name, value in asked.form if isinstance(value, str)}
    files = [name for name, value in asked.form if isinstance(value, FormFile)]
    return {
        "host": asked.host,
        "method": asked.method,
        "path": asked.path,
        "params": _written(asked.params, "="),
        "headers": _written(asked.headers, ": "),
        "body_kind": _kind(body, bool(asked.form)),
        "body": body,
        "fields_": _written(texts, "="),
        "file_field": files[0] if files else "",
    }


def initial_of_call(call: PassthroughCall) -> dict[str, Any]:
    """The form with what the history has of a call, without the headers that Relais added."""
    headers = {n: v for n, v in call.headers.items() if n.lower() != "content-type"}
    values: dict[str, Any] = {
        "host": call.host,
        "method": call.method,
        "path": call.path,
        "params": _written(call.params, "="),
        "headers": _written(headers, ": "),
        "body_kind": call.body_kind if call.body_kind != BodyKind.TEXT else BodyKind.JSON,
    }
    if call.body_kind == BodyKind.FORM:
        return {**values, **_form_again(call)}
    if not call.body_cut:
        values["body"] = call.body
    return values


def is_whole(call: PassthroughCall) -> bool:
    """Whether the history has all that was sent, so that it can be sent again unchanged."""
    kept = f"{call.path}{call.params}{call.headers}{call.body}"
    return not call.body_cut and MASK not in kept and '"[file ' not in call.body


def _form_again(call: PassthroughCall) -> dict[str, Any]:
    fields, file_field = {}, ""
    for line in call.body.splitlines():
        try:
            ((name, value),) = orjson.loads(f"{{{line}}}").items()
        except ValueError:
            continue
        if value.startswith("[file "):
            file_field = name
        else:
            fields[name] = value
    return {"fields_": _written(fields, "="), "file_field": file_field}


def _kind(body: str, has_form: bool) -> BodyKind:
    if has_form:
        return BodyKind.FORM
    return BodyKind.JSON if body else BodyKind.NONE


def _check_filled(text: str) -> None:
    if missing := placeholders(text):
        raise forms.ValidationError(
            _("Put a value in the place of %(missing)s.") % {"missing": ", ".join(missing)}
        )


def _held(rule: Any, given: Any) -> Any:
    try:
        return rule(given)
    except UnsafeRequest as error:
        raise forms.ValidationError(translated(error)) from None


def _pairs(text: str, mark: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, divider, value = line.partition(mark)
        name = name.strip()
        if not divider or not name:
            raise forms.ValidationError(
                _("“%(line)s” has no %(mark)s between a name and a value.")
                % {"line": line.strip()[:60], "mark": mark}
            )
        if name in found:
            raise forms.ValidationError(_("%(name)s is given twice.") % {"name": name[:60]})
        found[name] = value.strip()
    return found


def _written(pairs: Mapping[str, str], mark: str) -> str:
    return "\n".join(f"{name}{mark}{value}" for name, value in pairs.items())


def _file(file: UploadedFile) -> FormFile:
    said = file.content_type or ""
    content_type = said if _CONTENT_TYPE.fullmatch(said) else "application/octet-stream"
    return FormFile(file.name or "file", content_type, file.read())
