"""For how long a tenant keeps people: a number of months, and who would go with it, counted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.urls import record_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.models import FlatchrSettings, Integration
from integrations.privacy.age import OldPeople, count_old
from integrations.tenants.people import LEAST, MOST, keep_for


class KeepForm(forms.Form):
    months = forms.IntegerField(
        label=_lazy("Months without activity"),
        min_value=LEAST,
        max_value=MOST,
        required=False,
        help_text=_lazy("24, for example. Blank keeps people for as long as Flatchr has them."),
    )


class KeepPeopleView(RecordView[Integration]):
    """Counts who would go with a number of months, and stores it."""

    permission = Permission.PEOPLE

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self._show(KeepForm(initial={"months": self._months()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = KeepForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        months = form.cleaned_data["months"]
        if request.POST.get("do") != "save":
            return self._show(form, count_old(self.record, months) if months else None)
        if keep_for(self.record, months, user=request.user):
            messages.success(request, _("The settings are saved."))
        return HttpResponseRedirect(record_url(self.record, "people"))

    def _show(self, form: KeepForm, counted: OldPeople | None = None) -> HttpResponse:
        context: dict[str, Any] = {"form": form, "counted": counted, "chosen": self._months()}
        return self.page(
            "relais/tenant_people.html", self.record, Breadcrumb(_("Retention")), **context
        )

    def _months(self) -> int | None:
        settings = FlatchrSettings.objects.filter(pk=self.record.pk).first()
        return settings.keep_months if settings is not None else None
