"""Value maps: what Flatchr's own words mean, decided for one tenant or for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import PermissionAdmin
from integrations.admin.base.badges import words
from integrations.admin.base.formatting import number
from integrations.admin.base.urls import list_url, record_url
from integrations.admin.base.views import Breadcrumb, RecordView, find_row
from integrations.admin.tenants.views import start_sync, tabs
from integrations.enumerations import EmploymentType, JobStatus
from integrations.flatchr.mapping.places import country_names
from integrations.flatchr.mapping.values import fold
from integrations.messages import translated
from integrations.models import Integration, Job, ValueDecision, ValueKind
from integrations.tenants import value_maps
from integrations.tenants.value_maps import SourceValue, UnknownValue

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value on the page. `spellings`: as Flatchr writes it, with the number of jobs and the
    address of their list.
    """

    met: SourceValue
    select: Any
    spellings: list[tuple[str, int, str]]
    status: str
    general: str

    @property
    def more(self) -> int:
        return self.met.jobs - len(self.met.examples)


@dataclass(frozen=True, slots=True)
class ValueSection:
    kind: ValueKind
    title: str
    about: str
    nothing: str
    rows: list[ValueRow]


class ValuesForm(forms.Form):
    """One choice for each value; the empty one leaves it as Flatchr sends it."""

    def __init__(self, *args: Any, met: Sequence[SourceValue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.met = met
        choices = {kind: unified_choices(kind) for kind in ValueKind}
        for value in met:
            known = choices[value.kind]
            self.fields[name_of(value)] = forms.ChoiceField(
                label=value.value,
                choices=[("", _empty(value, known)), *known],
                initial=value.own.unified if value.own else "",
                required=False,
            )

    def save(self, tenant: Integration | None, user: Any) -> int:
        """Decide and undo what was chosen; return the number of values changed.

        Values that the page did not have yet when it was opened are left alone. Raises
        `UnknownValue`.
        """
        changed = 0
        for value in self.met:
            name = name_of(value)
            chosen = self.cleaned_data[name]
            if name not in self.data or chosen == (value.own.unified if value.own else ""):
                continue
            if chosen:
                value_maps.decide(tenant, value.kind, value.value, chosen, user=user)
            elif value.own:
                value_maps.undo(value.own, user=user)
            changed += 1
        return changed


def name_of(value: SourceValue) -> str:
    """The form field of a value, derived from the value alone."""
    return f"map-{blake2b(f'{value.kind}:{value.key}'.encode(), digest_size=8).hexdigest()}"


def unified_choices(kind: ValueKind) -> Choices:
    """The closed list of a kind (`docs/unified-api.md §5`), with the words that people see."""
    if kind == ValueKind.COUNTRY:
        place = 0 if (get_language() or "").startswith("fr") else 1
        named = [(code, f"{names[place]} ({code})") for code, names in country_names().items()]
        return sorted(named, key=lambda choice: fold(choice[1]))
    values = EmploymentType if kind == ValueKind.CONTRACT else JobStatus
    return [(value.value, words(value)) for value in values]


def _empty(value: SourceValue, choices: Choices) -> str:
    if value.general is not None:
        meaning = dict(choices).get(value.general.unified, value.general.unified)
        return _("As for all tenants: %(meaning)s") % {"meaning": meaning}
    return _("Leave as Flatchr names it")


# The page of one tenant


class ValuesView(RecordView[Integration]):
    """What is decided is in the jobs after the next sync, which a second button starts at once."""

    permission = Permission.DECIDE

    def get(self, request: HttpRequest) -> HttpResponse:
        tenant = self.record
        form = ValuesForm(None, met=value_maps.source_values(tenant))
        may_define = may(request.user, Permission.DEFINE_FIELDS)
        return self.page(
            "relais/values.html",
            tenant,
            Breadcrumb(_("Value maps")),
            sections=_sections(form, tenant),
            tenant=tenant,
            general_url=list_url(ValueDecision) if may_define else "",
            tabs=tabs(request, tenant, "values"),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ValuesForm(request.POST, met=value_maps.source_values(self.record))
        if _saved(request, form, self.record) and "type" in request.POST:
            return start_sync(request, self.record)
        return HttpResponseRedirect(record_url(self.record, "values"))


def _saved(request: HttpRequest, form: ValuesForm, tenant: Integration | None) -> bool:
    """Save or undo what was posted; return False, with a message that says why, if refused."""
    if "undo" in request.POST:
        return _undone(request, tenant)
    if not form.is_valid():
        messages.error(
            request,
            _("One of the choices is not available. Nothing was saved."),
        )
        return False
    try:
        changed = form.save(tenant, request.user)
    except UnknownValue as unknown:
        messages.error(request, translated(unknown))
        return False
    if changed:
        messages.success(request, _("Saved. The jobs have this after the next sync."))
    elif "type" not in request.POST:
        messages.info(request, _("Nothing was changed."))
    return True


def _undone(request: HttpRequest, tenant: Integration | None) -> bool:
    decisions = ValueDecision.objects.filter(integration=tenant)
    decision = find_row(decisions, request.POST["undo"])
    if decision is None:
        messages.info(request, _("This decision has been taken back already."))
        return False
    value_maps.undo(decision, user=request.user)
    messages.success(
        request,
        _("“%(value)s” is left as Flatchr names it, after the next sync.")
        % {"value": decision.value},
    )
    return True


def _sections(form: ValuesForm, tenant: Integration | None) -> list[ValueSection]:
    texts = {
        ValueKind.CONTRACT: (
            _("Contract types"),
            _("Flatchr's own labels, such as “Vacation”, that are no known contract type."),
            _("Every contract type that jobs have is known."),
        ),
        ValueKind.STATUS: (
            _("Job statuses"),
            _("Codes other than Flatchr's 1, which is open, and 0, which is closed."),
            _("Every status that jobs have is known."),
        ),
        ValueKind.COUNTRY: (
            _("Countries"),
            _("Names that match no country in French or English."),
            _("Every country that jobs are in is known."),
        ),
    }
    return [
        ValueSection(
            kind,
            title,
            about,
            nothing,
            [_row(form, value, tenant) for value in form.met if value.kind == kind],
        )
        for kind, (title, about, nothing) in texts.items()
    ]


def _row(form: ValuesForm, value: SourceValue, tenant: Integration | None) -> ValueRow:
    select = form[name_of(value)]
    field: Any = select.field
    meanings = dict(field.choices)
    return ValueRow(
        met=value,
        select=select,
        spellings=[
            (spelling, count, _jobs_url(value.kind, spelling, tenant))
            for spelling, count in value.spellings.items()
        ],
        status=_status(value),
        general=meanings.get(value.general.unified, "") if value.general else "",
    )


def _jobs_url(kind: ValueKind, spelling: str, tenant: Integration | None) -> str:
    """The list of the jobs that have exactly this word now."""
    query = {value_maps.RULES[kind].column: spelling}
    return list_url(Job, **query, **({"tenant": tenant.pk} if tenant else {}))


def _status(value: SourceValue) -> str:
    if value.own is None and value.general is None:
        return ""
    if value.jobs:
        return ngettext(
            "%(count)s job gets it at the next sync.",
            "%(count)s jobs get it at the next sync.",
            value.jobs,
        ) % {"count": number(value.jobs)}
    return _("In effect.")


# The page for all tenants


class ValueDecisionAdmin(PermissionAdmin):
    """What Flatchr's words mean in every tenant that has no decision of its own."""

    permission = Permission.DEFINE_FIELDS
    plural = _lazy("value maps")

    def has_add_permission(self, request: HttpRequest) -> bool:  # type: ignore[override]  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            return super().changelist_view(request)
        met = value_maps.source_values(None)
        if request.method == "POST":
            _saved(request, ValuesForm(request.POST, met=met), None)
            return HttpResponseRedirect(list_url(ValueDecision))
        return self.page(
            request,
            "relais/values.html",
            None,
            title=_("Value maps"),
            sections=_sections(ValuesForm(None, met=met), None),
        )

    def change_page(self, request: HttpRequest, record: Any) -> HttpResponse:  # noqa: ARG002
        """A decision has no page of its own."""
        return HttpResponseRedirect(list_url(ValueDecision))
