"""Pages of one tenant: its own, its settings, what is read of it, and the sync button."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.urls import change_url, export_url, list_url, record_url, submit_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.admin.home.charts import of_tenant
from integrations.admin.home.tenant_summary import full_view
from integrations.admin.issues.admin import EVERY, open_issues
from integrations.admin.tenants.forms import FlatchrSettingsForm, TenantForm
from integrations.audit import trail
from integrations.connecting.scope_forms import ScopesForm
from integrations.messages import translated
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Event,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Issue,
    Job,
    PassthroughCall,
    Submission,
    SubmissionKind,
    SyncRun,
    SyncType,
    Tag,
    Trigger,
)
from integrations.sync import schedule
from integrations.sync.runs import SyncRefused, request_sync
from integrations.sync.tags import rounds
from integrations.tenants import scopes
from integrations.tenants.health import KEY_EXPIRES_NOW, KEY_EXPIRES_SOON, key_ends
from integrations.webhooks.incoming.report import report_of

RECENT_RUNS = 8


def hub_context(request: HttpRequest, tenant: Integration) -> dict[str, Any]:
    """The context of the tenant's own page: its state, charts, syncs and records."""
    view = full_view(tenant)
    runs = SyncRun.objects.filter(integration=tenant).order_by("-id")[:RECENT_RUNS]
    return {
        "view": view,
        "runs": runs,
        "tags": rounds.figures(tenant),
        "charts": of_tenant(tenant, view.figures, view.strip),
        **key_context(tenant),
        "events": report_of(tenant),
        "tabs": tabs(request, tenant, "change"),
        "records": [
            (_("Jobs"), "work", list_url(Job, tenant=tenant.pk)),
            (_("Candidates"), "person", list_url(Candidate, tenant=tenant.pk)),
            (_("Applications"), "assignment", list_url(Application, tenant=tenant.pk)),
            (_("Stages"), "view_kanban", list_url(ApplicationStage, tenant=tenant.pk)),
            (_("Tags"), "sell", list_url(Tag, tenant=tenant.pk)),
            (_("Submissions"), "send", list_url(Submission, tenant=tenant.pk)),
            (_("Calls to Flatchr"), "terminal", list_url(PassthroughCall, tenant=tenant.pk)),
        ],
        "issues": open_issues(tenant, request.user),
        "issues_url": list_url(Issue, tenant=tenant.pk, state=EVERY),
        "runs_url": list_url(SyncRun, tenant=tenant.pk),
        "submit_url": submit_url(SubmissionKind.CANDIDATE, tenant=tenant.pk),
    }


def key_context(tenant: Integration) -> dict[str, Any]:
    """What `_credentials.html` shows; `key_ends_soon` is a colour, or empty."""
    stored = FlatchrCredentials.objects.filter(pk=tenant.pk).first()
    ends, now = stored.key_expires_at if stored else None, timezone.now()
    urgent = key_ends(ends, now, within=KEY_EXPIRES_NOW)
    soon = key_ends(ends, now, within=KEY_EXPIRES_SOON)
    return {
        "credentials": stored,
        "key_ends_soon": "danger" if urgent else "warning" if soon else "",
    }


def tabs(request: HttpRequest, tenant: Integration, current: str) -> list[dict[str, Any]]:
    pages = [
        (Permission.SEE, "change", _("Overview")),
        (Permission.CONFIGURE, "credentials", _("Connection")),
        (Permission.CONFIGURE, "settings", _("Settings")),
        (Permission.CONFIGURE, "scopes", _("What is read")),
        (Permission.CONFIGURE, "events", _("Flatchr's events")),
        (Permission.DECIDE, "fields", _("Fields")),
        (Permission.DECIDE, "values", _("Value maps")),
        (Permission.MANAGE_MEMBERS, "members", _("Members")),
    ]
    return [
        {"title": title, "url": record_url(tenant, name), "current": name == current}
        for permission, name, title in pages
        if may(request.user, permission, tenant)
    ]


def start_sync(request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Start the sync that a form asks for and show it; when one is live already, show that."""
    kind = SyncType.DELTA if request.POST.get("type") == SyncType.DELTA else SyncType.FULL
    try:
        run, new = request_sync(tenant.pk, type=kind, trigger=Trigger.MANUAL, user=request.user)
    except SyncRefused as refused:
        messages.error(request, translated(refused))
        return HttpResponseRedirect(change_url(tenant))
    if not new:
        messages.info(
            request, _("A sync of %(tenant)s is already running: this is it.") % {"tenant": tenant}
        )
    return HttpResponseRedirect(change_url(run))


class SyncView(RecordView[Integration]):
    permission = Permission.SYNC

    def post(self, request: HttpRequest) -> HttpResponse:
        return start_sync(request, self.record)


class ExportCandidatesView(RecordView[Integration]):
    """Leads to the export form with the tenant's candidates."""

    permission = Permission.EXPORT

    def get(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(export_url(Candidate, tenant=self.record.pk))

    post = get


class SettingsView(RecordView[Integration]):
    """Name, schedule and Flatchr settings."""

    permission = Permission.CONFIGURE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, TenantForm(instance=self.record), self._flatchr_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TenantForm(request.POST, instance=self.record)
        flatchr_form = self._flatchr_form(request.POST)
        if not (form.is_valid() and flatchr_form.is_valid()):
            return self._show(request, form, flatchr_form)
        changed = form.save(commit=False)
        if {"full_interval", "delta_interval"} & set(form.changed_data):
            schedule.plan(changed, after=SyncType.FULL)
        # By name: a sync may be changing the tenant's other columns at the same moment.
        with transaction.atomic():
            changed.save(update_fields=[*form.changed_data, "next_full_at", "next_delta_at"])
            flatchr_form.save()
            trail.record(
                Event.SETTINGS_CHANGED,
                tenant=changed,
                about=changed,
                name=changed.organization,
                changed=[*form.changed_data, *flatchr_form.changed_data],
            )
        messages.success(request, _("The settings are saved."))
        return HttpResponseRedirect(record_url(self.record, "settings"))

    def _flatchr_form(self, data: QueryDict | None = None) -> FlatchrSettingsForm:
        stored = FlatchrSettings.objects.filter(pk=self.record.pk).first()
        return FlatchrSettingsForm(
            data, instance=stored or FlatchrSettings(integration=self.record)
        )

    def _show(
        self, request: HttpRequest, form: TenantForm, flatchr_form: FlatchrSettingsForm
    ) -> HttpResponse:
        return self.page(
            "relais/tenant_settings.html",
            # As stored: the form has filled in what was typed.
            Integration.objects.get(pk=self.record.pk),
            Breadcrumb(_("Settings")),
            form=form,
            flatchr_form=flatchr_form,
            tabs=tabs(request, self.record, "settings"),
        )


class ScopesView(RecordView[Integration]):
    """What is read of a tenant. It holds from the next sync on, which a second button starts."""

    permission = Permission.CONFIGURE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, ScopesForm(None, scopes=scopes.scopes_of(self.record.pk)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ScopesForm(request.POST, scopes=scopes.scopes_of(self.record.pk))
        if not form.is_valid():
            return self._show(request, form)
        changed = scopes.choose(self.record, form.scopes(), user=request.user)
        if "type" in request.POST and may(request.user, Permission.SYNC, self.record):
            return start_sync(request, self.record)
        if changed:
            messages.success(
                request, _("Saved. The next sync is a full one and applies your choice.")
            )
        else:
            messages.info(request, _("Nothing was changed."))
        return HttpResponseRedirect(record_url(self.record, "scopes"))

    def _show(self, request: HttpRequest, form: ScopesForm) -> HttpResponse:
        return self.page(
            "relais/tenant_scopes.html",
            self.record,
            Breadcrumb(_("What is read")),
            form=form,
            tabs=tabs(request, self.record, "scopes"),
        )
