"""The pages of one tenant: hub, settings, members, and the buttons on them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import change_url, list_url
from integrations.admin.home.charts import of_tenant
from integrations.admin.home.tenant_summary import full_view, tenant_url
from integrations.admin.submissions.links import new_url
from integrations.admin.tenants.forms import FlatchrSettingsForm, TenantForm
from integrations.audit import trail
from integrations.messages import translated
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Event,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
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
from integrations.tenants.health import KEY_EXPIRES_NOW, KEY_EXPIRES_SOON, key_ends

RECENT_RUNS = 8


def hub_context(request: HttpRequest, tenant: Integration) -> dict[str, Any]:
    """The tenant's own page: what state it is in and where everything about it is."""
    view = full_view(tenant)
    runs = SyncRun.objects.filter(integration=tenant).order_by("-id")[:RECENT_RUNS]
    return {
        "view": view,
        "runs": runs,
        "charts": of_tenant(tenant, view.figures, view.strip),
        **key_context(tenant),
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
        "runs_url": list_url(SyncRun, tenant=tenant.pk),
        "submit_url": new_url(SubmissionKind.CANDIDATE, tenant=tenant.pk),
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
        (Permission.DECIDE, "fields", _("Fields")),
        (Permission.DECIDE, "values", _("Value maps")),
        (Permission.MANAGE_MEMBERS, "members", _("Members")),
    ]
    return [
        {"title": title, "url": tenant_url(tenant, name), "current": name == current}
        for permission, name, title in pages
        if may(request.user, permission, tenant)
    ]


def sync_view(_admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Start a sync and show it; when one is live already, show that."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
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


def settings_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Name, schedule and Flatchr settings."""
    flatchr_settings = FlatchrSettings.objects.filter(pk=tenant.pk).first() or FlatchrSettings(
        integration=tenant
    )
    data = request.POST or None
    form = TenantForm(data, instance=tenant)
    flatchr_form = FlatchrSettingsForm(data, instance=flatchr_settings)
    if request.method == "POST" and form.is_valid() and flatchr_form.is_valid():
        changed = form.save(commit=False)
        if {"full_interval", "delta_interval"} & set(form.changed_data):
            schedule.plan(changed, after=SyncType.FULL)
        # By name: a sync may be moving the tenant's other columns at the same moment.
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
        return HttpResponseRedirect(tenant_url(tenant, "settings"))
    return admin.page(
        request,
        "relais/tenant_settings.html",
        Integration.objects.get(pk=tenant.pk),
        Crumb(_("Settings")),
        form=form,
        flatchr_form=flatchr_form,
        tabs=tabs(request, tenant, "settings"),
    )
