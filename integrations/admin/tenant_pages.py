"""The pages of one tenant: hub, connection, settings, members, and the buttons on them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from integrations.admin.crumbs import Crumb
from integrations.admin.display import change_url, list_url
from integrations.admin.overview import tenant_url, tenant_views
from integrations.admin.submission_links import new_url
from integrations.admin.tenant_forms import (
    ConnectForm,
    CredentialsForm,
    FlatchrSettingsForm,
    MemberForm,
    TenantForm,
)
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Job,
    Membership,
    Submission,
    SubmissionKind,
    SyncRun,
    SyncType,
    Tag,
    Trigger,
)
from integrations.sync import schedule
from integrations.sync.connect import ConnectionRefused, change_credentials, connect
from integrations.sync.runs import SyncRefused, request_sync

RECENT_RUNS = 8


def hub_context(request: HttpRequest, tenant: Integration) -> dict[str, Any]:
    """The tenant's own page: what state it is in and where everything about it is."""
    [view] = tenant_views([tenant])
    runs = SyncRun.objects.filter(integration=tenant).order_by("-id")[:RECENT_RUNS]
    return {
        "view": view,
        "runs": runs,
        "credentials": FlatchrCredentials.objects.filter(pk=tenant.pk).first(),
        "tabs": _tabs(request, tenant, "change"),
        "records": [
            ("Jobs", "work", list_url(Job, tenant=tenant.pk)),
            ("Candidates", "person", list_url(Candidate, tenant=tenant.pk)),
            ("Applications", "assignment", list_url(Application, tenant=tenant.pk)),
            ("Stages", "view_kanban", list_url(ApplicationStage, tenant=tenant.pk)),
            ("Tags", "sell", list_url(Tag, tenant=tenant.pk)),
            ("Submissions", "send", list_url(Submission, tenant=tenant.pk)),
        ],
        "runs_url": list_url(SyncRun, tenant=tenant.pk),
        "submit_url": new_url(SubmissionKind.CANDIDATE, tenant=tenant.pk),
    }


def _tabs(request: HttpRequest, tenant: Integration, current: str) -> list[dict[str, Any]]:
    pages = [("change", "Overview"), ("credentials", "Connection"), ("settings", "Settings")]
    if request.user.is_superuser:
        pages.append(("members", "Members"))
    return [
        {"title": title, "url": tenant_url(tenant, name), "current": name == current}
        for name, title in pages
    ]


def connect_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """Connect a tenant: Flatchr is asked before anything is saved."""
    form = ConnectForm(request.POST or None)
    checks = []
    if request.method == "POST" and form.is_valid():
        try:
            connected = connect(**form.cleaned_data, user=request.user)
        except ConnectionRefused as refused:
            checks = refused.checks
        else:
            return _start_first_sync(request, connected.integration)
    if request.method == "POST" and (checks or form.errors):
        # The key is not sent back to the browser, so it has to be typed once more.
        form["api_key"].help_text = "Enter the key again: it is not kept on this page."
    return admin.page(
        request,
        "relais/tenant_connect.html",
        None,
        Crumb("Connect a tenant"),
        form=form,
        checks=checks,
        title="Connect a tenant",
    )


def _start_first_sync(request: HttpRequest, tenant: Integration) -> HttpResponse:
    messages.success(request, f"{tenant} is connected. Its first sync has begun.")
    try:
        run, _ = request_sync(tenant.pk, trigger=Trigger.CONNECT, user=request.user)
    except SyncRefused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(change_url(tenant))
    return HttpResponseRedirect(change_url(run))


def sync_view(_admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Start a sync and show it; when one is live already, show that."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind = SyncType.DELTA if request.POST.get("type") == SyncType.DELTA else SyncType.FULL
    try:
        run, new = request_sync(tenant.pk, type=kind, trigger=Trigger.MANUAL, user=request.user)
    except SyncRefused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(change_url(tenant))
    if not new:
        messages.info(request, f"A sync of {tenant} is already running: this is it.")
    return HttpResponseRedirect(change_url(run))


def credentials_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """The connection card and its form; saving asks Flatchr first."""
    stored = FlatchrCredentials.objects.filter(pk=tenant.pk).first()
    initial = {"company_key": stored.company_key, "slug": stored.slug} if stored else {}
    form = CredentialsForm(request.POST or None, initial=initial, credentials=stored)
    checks = []
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "api_key": form.cleaned_data["api_key"] or None}
        try:
            checks = change_credentials(tenant, **values)
        except ConnectionRefused as refused:
            checks = refused.checks
        else:
            messages.success(request, "Saved. Flatchr accepts the connection.")
            return HttpResponseRedirect(tenant_url(tenant, "credentials"))
    return admin.page(
        request,
        "relais/tenant_credentials.html",
        tenant,
        Crumb("Connection"),
        form=form,
        checks=checks,
        credentials=stored,
        tabs=_tabs(request, tenant, "credentials"),
    )


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
        changed.save(update_fields=[*form.changed_data, "next_full_at", "next_delta_at"])
        flatchr_form.save()
        messages.success(request, "The settings are saved.")
        return HttpResponseRedirect(tenant_url(tenant, "settings"))
    return admin.page(
        request,
        "relais/tenant_settings.html",
        Integration.objects.get(pk=tenant.pk),
        Crumb("Settings"),
        form=form,
        flatchr_form=flatchr_form,
        tabs=_tabs(request, tenant, "settings"),
    )


def members_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Who may see the tenant. Superusers only."""
    if not request.user.is_superuser:
        raise PermissionDenied
    form = MemberForm(request.POST if "add" in request.POST else None, tenant=tenant)
    if request.method == "POST":
        if "remove" in request.POST:
            tenant.memberships.filter(pk=request.POST["remove"]).delete()
            messages.success(request, "The member has been removed.")
            return HttpResponseRedirect(tenant_url(tenant, "members"))
        if form.is_valid():
            Membership.objects.get_or_create(user=form.cleaned_data["user"], integration=tenant)
            messages.success(request, f"{form.cleaned_data['user']} is a member now.")
            return HttpResponseRedirect(tenant_url(tenant, "members"))
    return admin.page(
        request,
        "relais/tenant_members.html",
        tenant,
        Crumb("Members"),
        form=form,
        members=tenant.memberships.select_related("user").order_by("user__username"),
        superusers=get_user_model()._default_manager.filter(is_superuser=True, is_active=True),
        tabs=_tabs(request, tenant, "members"),
    )
