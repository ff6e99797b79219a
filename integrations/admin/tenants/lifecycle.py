"""Switching a tenant off and on, deleting it, and the list of those deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import change_url, plural
from integrations.admin.base.permissions import require
from integrations.admin.home.tenant_summary import tenant_url
from integrations.connecting import lifecycle
from integrations.connecting.lifecycle import Holdings, holdings_of
from integrations.models import Integration

MOST_DELETED = 200


class RemoveForm(forms.Form):
    name = forms.CharField(
        label=_lazy("Name of the tenant"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, tenant: Integration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tenant = tenant

    def clean_name(self) -> str:
        typed = " ".join(str(self.cleaned_data["name"]).split())
        if typed.casefold() != " ".join(self._tenant.organization.split()).casefold():
            raise forms.ValidationError(
                _("This is not its name, so nothing was deleted. Type it as it is shown above.")
            )
        return typed


def deleted_url() -> str:
    return reverse("admin:integrations_integration_deleted")


def enabled_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Says what switching the tenant off or on means; pressing the button does it."""
    if request.method != "POST":
        return admin.page(
            request,
            "relais/tenant_enabled.html",
            tenant,
            Crumb(_("Disable") if tenant.enabled else _("Enable")),
            tenant_page=change_url(tenant),
        )
    wanted = request.POST.get("enabled") == "yes"
    if wanted != tenant.enabled:
        lifecycle.set_enabled(tenant, wanted)
        admin.log_change(request, tenant, _("Enabled") if wanted else _("Disabled"))
    messages.success(request, _switched(tenant))
    return HttpResponseRedirect(change_url(tenant))


def _switched(tenant: Integration) -> str:
    if tenant.enabled:
        return _("%(tenant)s is enabled: it is synchronised again, on schedule and on request.") % {
            "tenant": tenant
        }
    return _("%(tenant)s is disabled: its data stays and is no longer synchronised.") % {
        "tenant": tenant
    }


def remove_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Shows what goes and when, asks for the tenant's name, and deletes it."""
    form = RemoveForm(request.POST or None, tenant=tenant)
    if request.method == "POST" and form.is_valid():
        lifecycle.delete(tenant)
        admin.log_deletions(request, Integration.objects.filter(pk=tenant.pk))
        messages.success(
            request,
            _("%(tenant)s is deleted. Until its data is removed, it can be restored here.")
            % {"tenant": tenant},
        )
        return HttpResponseRedirect(deleted_url())
    held = holdings_of(tenant)
    return admin.page(
        request,
        "relais/tenant_remove.html",
        tenant,
        Crumb(_("Delete")),
        form=form,
        lines=_lines(held),
        held=held,
        goes_at=lifecycle.goes_at(timezone.now()),
        kept_days=lifecycle.KEPT.days,
        tenant_page=change_url(tenant),
        disable_url=tenant_url(tenant, "enabled") if tenant.enabled else "",
    )


def deleted_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """The deleted tenants whose data is still here; each can be restored until it goes."""
    require(request, Permission.DELETE_TENANT)
    deleted = Integration.objects.deleted().order_by("-deleted_at")
    if request.method == "POST":
        return _restore(admin, request, deleted.filter(pk=request.POST.get("restore", "")).first())
    rows = [
        (tenant, lifecycle.goes_at(tenant.deleted_at))
        for tenant in deleted[:MOST_DELETED]
        if tenant.deleted_at
    ]
    return admin.page(
        request,
        "relais/tenants_deleted.html",
        None,
        Crumb(_("Deleted tenants")),
        title=_("Deleted tenants"),
        rows=rows,
        kept_days=lifecycle.KEPT.days,
    )


def _restore(admin: Any, request: HttpRequest, tenant: Integration | None) -> HttpResponse:
    if tenant is None or not lifecycle.restore(tenant):
        messages.error(
            request, _("It is too late: its data is removed or about to be. Connect it again.")
        )
        return HttpResponseRedirect(deleted_url())
    admin.log_change(request, tenant, _("Restored"))
    messages.success(
        request,
        _("%(tenant)s is back with all its data. It is disabled: enable it to synchronise it.")
        % {"tenant": tenant},
    )
    return HttpResponseRedirect(change_url(tenant))


def _lines(held: Holdings) -> list[tuple[str, str]]:
    """What is removed, as symbol and words; what there is none of is left out."""
    lines = [
        ("work", held.jobs, plural(held.jobs, "job")),
        ("person", held.candidates, plural(held.candidates, "candidate")),
        ("assignment", held.applications, plural(held.applications, "application")),
        (
            "send",
            held.submissions,
            _("%(submissions)s, CVs included")
            % {"submissions": plural(held.submissions, "submission")},
        ),
        ("table_view", held.uploads, plural(held.uploads, "bulk upload")),
        (
            "sync",
            held.runs,
            _("the log of %(runs)s") % {"runs": plural(held.runs, "sync", "syncs")},
        ),
        (
            "download",
            held.exports,
            _("the record of %(exports)s") % {"exports": plural(held.exports, "export")},
        ),
        (
            "terminal",
            held.calls,
            _("the history of %(calls)s to Flatchr") % {"calls": plural(held.calls, "call")},
        ),
    ]
    return [(symbol, words) for symbol, number, words in lines if number]
