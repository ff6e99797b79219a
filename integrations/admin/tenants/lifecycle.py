"""Disabling, enabling and deleting a tenant, and the list of deleted tenants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.formatting import plural
from integrations.admin.base.urls import change_url, record_url
from integrations.admin.base.views import AdminView, Breadcrumb, RecordView
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
                _(
                    "This is not the name of the tenant, so nothing was deleted. Type it as it is "
                    "shown above."
                )
            )
        return typed


def deleted_url() -> str:
    return reverse("admin:integrations_integration_deleted")


class EnabledView(RecordView[Integration]):
    """Says what disabling or enabling the tenant means; its button does it."""

    permission = Permission.CONFIGURE

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self.page(
            "relais/tenant_enabled.html",
            self.record,
            Breadcrumb(_("Disable") if self.record.enabled else _("Enable")),
            tenant_page=change_url(self.record),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant, wanted = self.record, request.POST.get("enabled") == "yes"
        if wanted != tenant.enabled:
            lifecycle.set_enabled(tenant, wanted)
            self.admin.log_change(request, tenant, _("Enabled") if wanted else _("Disabled"))
        done = (
            _("%(tenant)s is enabled: it is synchronised again, on schedule and on request.")
            if tenant.enabled
            else _("%(tenant)s is disabled: its data stays and is no longer synchronised.")
        )
        messages.success(request, done % {"tenant": tenant})
        return HttpResponseRedirect(change_url(tenant))


class RemoveView(RecordView[Integration]):
    """Shows what is deleted and when, asks for the tenant's name, and deletes it."""

    permission = Permission.DELETE_TENANT

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self._show(RemoveForm(None, tenant=self.record))

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant = self.record
        form = RemoveForm(request.POST, tenant=tenant)
        if not form.is_valid():
            return self._show(form)
        lifecycle.delete(tenant)
        self.admin.log_deletions(request, Integration.objects.filter(pk=tenant.pk))
        messages.success(
            request,
            _("%(tenant)s is deleted. Until its data is removed, it can be restored here.")
            % {"tenant": tenant},
        )
        return HttpResponseRedirect(deleted_url())

    def _show(self, form: RemoveForm) -> HttpResponse:
        tenant = self.record
        held = holdings_of(tenant)
        return self.page(
            "relais/tenant_remove.html",
            tenant,
            Breadcrumb(_("Delete")),
            form=form,
            lines=_lines(held),
            held=held,
            goes_at=lifecycle.goes_at(timezone.now()),
            kept_days=lifecycle.KEPT.days,
            tenant_page=change_url(tenant),
            disable_url=record_url(tenant, "enabled") if tenant.enabled else "",
        )


class DeletedTenantsView(AdminView):
    """The deleted tenants whose data is still here; each can be restored until it is removed."""

    permission = Permission.DELETE_TENANT

    def get(self, _request: HttpRequest) -> HttpResponse:
        rows = [
            (tenant, lifecycle.goes_at(tenant.deleted_at))
            for tenant in self._deleted()[:MOST_DELETED]
            if tenant.deleted_at
        ]
        return self.page(
            "relais/tenants_deleted.html",
            None,
            Breadcrumb(_("Deleted tenants")),
            title=_("Deleted tenants"),
            rows=rows,
            kept_days=lifecycle.KEPT.days,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant = self._deleted().filter(pk=request.POST.get("restore", "")).first()
        if tenant is None or not lifecycle.restore(tenant):
            messages.error(
                request,
                _("It is too late: its data has been removed or is about to be. Connect it again."),
            )
            return HttpResponseRedirect(deleted_url())
        self.admin.log_change(request, tenant, _("Restored"))
        messages.success(
            request,
            _("%(tenant)s is back with all its data. It is disabled: enable it to synchronise it.")
            % {"tenant": tenant},
        )
        return HttpResponseRedirect(change_url(tenant))

    def _deleted(self) -> QuerySet[Integration]:
        deleted: QuerySet[Integration] = Integration.objects.deleted().order_by("-deleted_at")
        return deleted


def _lines(held: Holdings) -> list[tuple[str, str]]:
    """Symbol and words of each kind of record that is deleted."""
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
