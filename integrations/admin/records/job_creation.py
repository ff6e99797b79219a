"""A new job at Flatchr: its form, with the lists of Flatchr's, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.actions import service
from integrations.actions.inputs import ActionNotPossible, Actor, NoCredentials
from integrations.actions.kinds.job_creation import (
    CURRENCIES,
    LONGEST,
    JobChoices,
    job_choices,
    metier_choices,
)
from integrations.admin.actions.acting import ShownAction, shown_actions
from integrations.admin.base.urls import list_url
from integrations.admin.base.views import AdminView, Breadcrumb, live_fragment
from integrations.flatchr.errors import FlatchrError
from integrations.messages import translated
from integrations.models import Action, ActionKind, Integration, Job
from integrations.tenants import live_calls

CHOOSE = ("", _lazy("Choose…"))
EXPERIENCES = (
    ("1", _lazy("Less than 1 year")),
    ("2", _lazy("1 to 3 years")),
    ("4", _lazy("3 to 5 years")),
    ("6", _lazy("6 to 10 years")),
    ("11", _lazy("More than 10 years")),
)
PERIODS = (
    ("y", _lazy("a year")),
    ("m", _lazy("a month")),
    ("d", _lazy("a day")),
    ("h", _lazy("an hour")),
)
REMOTE = (
    ("notime", _lazy("On site")),
    ("parttime", _lazy("Hybrid")),
    ("fulltime", _lazy("Remote")),
)
LANGUAGES = (("fr_FR", _lazy("In French")), ("en_GB", _lazy("In English")))


def _long(label: Any, help_text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 5})
    return forms.CharField(label=label, max_length=LONGEST, widget=area, help_text=help_text)


def _one_of(label: Any, choices: Any = (), *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[CHOOSE, *choices], required=required)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class JobCreationForm(forms.Form):
    """The fields of `CreateJob`; those with lists of Flatchr's are given their choices."""

    title = forms.CharField(label=_lazy("Job title"), max_length=200)
    reference = forms.CharField(label=_lazy("Reference"), max_length=100, required=False)
    contract_type_id = _one_of(_lazy("Contract"))
    metier_id = _one_of(_lazy("Occupation"))
    activity_id = _one_of(_lazy("Sector"))
    education_level_id = _one_of(_lazy("Level of education"))
    experience = _one_of(_lazy("Experience"), EXPERIENCES)
    description = _long(
        _lazy("Description"), _lazy("Of the company. A blank line begins a new paragraph.")
    )
    mission = _long(_lazy("Mission"))
    profile = _long(_lazy("Profile sought"))
    language = forms.ChoiceField(label=_lazy("Language"), choices=LANGUAGES)
    salary = forms.CharField(label=_lazy("Salary from"), max_length=20, required=False)
    salary_max = forms.CharField(label=_lazy("Salary to"), max_length=20, required=False)
    currency = _one_of(_lazy("Currency"), [(one, one) for one in CURRENCIES], required=False)
    mensuality = _one_of(_lazy("Salary period"), PERIODS, required=False)
    remote = _one_of(_lazy("Remote work"), REMOTE, required=False)
    start_date = _day(_lazy("Starts on"))
    end_date = _day(_lazy("Ends on"))
    partial = forms.BooleanField(label=_lazy("Part time"), required=False)
    driver_license = forms.BooleanField(label=_lazy("Driving licence needed"), required=False)
    note = forms.CharField(
        label=_lazy("Internal note"), max_length=2000, required=False, widget=forms.Textarea
    )

    def __init__(self, choices: JobChoices, metiers: Mapping[str, str], *args: Any) -> None:
        super().__init__(*args)
        self.fields["note"].widget.attrs["rows"] = 2
        for name, listed in (
            ("contract_type_id", choices.contracts),
            ("education_level_id", choices.education_levels),
            ("activity_id", choices.activities),
            ("metier_id", metiers),
        ):
            field: Any = self.fields[name]
            field.choices = [CHOOSE, *listed.items()]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, last = given.get("start_date"), given.get("end_date")
        if first and last and last < first:
            self.add_error("end_date", _("The end date is before the start date."))
        return given

    def job(self) -> dict[str, Any]:
        """The fields as `service.start_job` takes them."""
        given = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        paragraphs = {name: _html(given[name]) for name in ("description", "mission", "profile")}
        return {**given, **paragraphs, "experience": int(given["experience"])}


class CreateJobView(AdminView):
    """The tenant and the job family, which decide what the lists hold; then the form."""

    permission = Permission.ACT
    route = "create/"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request, given=())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request, given=(request.POST,))

    def _answer(self, request: HttpRequest, *, given: tuple[Any, ...]) -> HttpResponseBase:
        tenants = list(tenants_where(request.user, Permission.ACT).order_by("organization", "pk"))
        tenant = _chosen(tenants, request.GET.get("tenant", ""))
        context: dict[str, Any] = {"tenants": tenants, "tenant": tenant, "family": ""}
        if tenant is not None:
            context |= _offered(tenant, request.GET.get("family", ""), given)
        form = context.get("form")
        if tenant is not None and given and form is not None and form.is_valid():
            try:
                action = service.start_job(
                    integration=tenant,
                    fields={**form.job(), "channel_id": context["family"]},
                    by=Actor(user=request.user),
                )
            except ActionNotPossible as error:
                form.add_error(None, translated(error))
            else:
                return HttpResponseRedirect(_state_url(action))
        context["title"] = _("Create a job")
        here = Breadcrumb(context["title"])
        return self.page("relais/job_creation.html", None, here, **context)


class JobCreationView(AdminView):
    """What has become of a job that was asked for: `?action=`; alone for scripts."""

    permission = Permission.ACT
    route = "creation/"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        action = self._action(request)
        if action is None:
            messages.warning(request, _("This new job is no longer listed here."))
            return HttpResponseRedirect(list_url(Job))
        [shown] = shown_actions([action], may_act=True)
        context = self._context(shown)
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return live_fragment(request, "relais/_job_creation.html", context, live=action.is_live)
        title = str(action.content.get("title") or _("New job"))
        return self.page(
            "relais/job_creation_state.html",
            None,
            Breadcrumb(title),
            title=title,
            live_url=_state_url(action),
            **context,
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Try again."""
        action = self._action(request)
        if action is None:
            return HttpResponseRedirect(list_url(Job))
        try:
            service.retry(action, by=Actor(user=request.user))
        except ActionNotPossible as error:
            messages.warning(request, translated(error))
        return HttpResponseRedirect(_state_url(action))

    def _action(self, request: HttpRequest) -> Action | None:
        return Action.objects.filter(
            pk=request.GET.get("action", "").replace("\0", ""),
            kind=ActionKind.CREATE_JOB,
            integration__in=tenants_where(request.user, Permission.ACT),
        ).first()

    def _context(self, shown: ShownAction) -> dict[str, Any]:
        action = shown.action
        return {
            "shown": shown,
            "live": action.is_live,
            "done": not action.is_live and not shown.can_retry,
            "jobs_url": list_url(Job, tenant=action.integration_id),
        }


def _chosen(tenants: list[Integration], asked: str) -> Integration | None:
    if not asked and len(tenants) == 1:
        return tenants[0]
    return next((one for one in tenants if one.pk == asked), None)


def _offered(tenant: Integration, asked: str, given: tuple[Any, ...]) -> dict[str, Any]:
    """The lists of the tenant's Flatchr and the form, or in `problem` why there are none."""
    try:
        with live_calls.live_call():
            choices = job_choices(tenant)
            family = asked if asked in choices.channels and asked.isdecimal() else ""
            metiers = metier_choices(tenant, int(family)) if family else {}
    except NoCredentials:
        return {"problem": _("This tenant has no Flatchr credentials yet.")}
    except FlatchrError as error:
        return {"problem": translated(error.message)}
    form = JobCreationForm(choices, metiers, *given) if family else None
    return {"families": choices.channels.items(), "family": family, "form": form}


def _state_url(action: Action) -> str:
    return f"{list_url(Job)}{JobCreationView.route}?{urlencode({'action': action.pk})}"


def _html(text: str) -> SafeString:
    """What was typed, as the HTML that Flatchr shows: nothing typed is markup."""
    lines = text.replace("\r\n", "\n").strip().split("\n\n")
    paragraphs = [escape(one.strip()).replace("\n", "<br>") for one in lines if one.strip()]
    return SafeString("".join(f"<p>{one}</p>" for one in paragraphs))
