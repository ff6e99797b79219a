"""The page Personal data: what is held of one person, handed over as one file, or erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.admin.base.theme import AdminSite
from integrations.admin.base.views import require
from integrations.messages import Message, translated
from integrations.models import Integration
from integrations.privacy import access, erasure
from integrations.privacy.erasure import Erased, PersonInUse, Preview
from integrations.privacy.people import NoAddress, address


class PersonSearchForm(forms.Form):
    email = forms.CharField(
        label=_lazy("The person's e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    tenant = forms.ModelChoiceField(
        label=_lazy("Tenant"),
        queryset=Integration.objects.none(),
        required=False,
        empty_label=_lazy("All tenants"),
    )

    def __init__(self, *args: Any, tenants: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tenant"]
        field.queryset = tenants

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"])
        try:
            return address(typed)
        except NoAddress:
            raise forms.ValidationError(Message("person_address_invalid", typed=typed)) from None


class EraseForm(forms.Form):
    again = forms.CharField(
        label=_lazy("The person's e-mail address, once more"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_again(self) -> str:
        typed = str(self.cleaned_data["again"]).strip().lower()
        if typed != self._email:
            raise forms.ValidationError(
                _("This is not the address that you looked for, so nothing was erased.")
            )
        return typed


@dataclass(frozen=True, slots=True)
class HeldByTenant:
    """What one tenant holds, in the reader's language."""

    tenant: Integration | None
    rows: Sequence[tuple[str, int]]
    at_flatchr: int
    reasons: Sequence[str] = ()
    reference: str = ""


def person_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Looks for a person, and does with what is held what the button says.

    The address is in no URL, as those are logged: everything is posted. Raises `PermissionDenied`
    for who may do this in no tenant.
    """
    require(request, Permission.PEOPLE)
    request.current_app = site.name
    return _PersonPage(request, site).answer()


class _PersonPage:
    def __init__(self, request: HttpRequest, site: AdminSite) -> None:
        self.request = request
        self.site = site
        self.allowed = tenants_where(request.user, Permission.PEOPLE).order_by("organization", "pk")

    def answer(self) -> HttpResponseBase:
        if self.request.method != "POST":
            return self.page(form=PersonSearchForm(None, tenants=self.allowed))
        form = PersonSearchForm(self.request.POST, tenants=self.allowed)
        if not form.is_valid():
            return self.page(form=form)
        email, chosen = form.cleaned_data["email"], form.cleaned_data["tenant"]
        tenants = [chosen] if chosen else erasure.holders(self.allowed, email)
        match self.request.POST.get("do"):
            case "export":
                return self.file(tenants, email)
            case "erase":
                return self.erase(form, tenants, email)
        return self.preview(form, tenants, email, EraseForm(None, email=email))

    def preview(
        self,
        form: PersonSearchForm,
        tenants: Sequence[Integration],
        email: str,
        erase_form: EraseForm,
        reasons: Sequence[str] = (),
    ) -> TemplateResponse:
        shown = [erasure.preview(tenant, email) for tenant in tenants]
        if self.is_everywhere(form) and (invited := erasure.preview_invitation(email)):
            shown.append(invited)
        held = [_shown(one) for one in shown if one.total]
        return self.page(
            form=form,
            looked=True,
            email=email,
            chosen=form.cleaned_data["tenant"],
            held=held,
            at_flatchr=sum(one.at_flatchr for one in held),
            reasons=reasons or [reason for one in held for reason in one.reasons],
            erase_form=erase_form,
        )

    def file(self, tenants: Sequence[Integration], email: str) -> HttpResponse:
        made = access.hand_over(tenants, email, user=self.request.user)
        name = f"person-{timezone.localdate():%Y-%m-%d}.zip"
        return HttpResponse(
            made.as_zip(),
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    def erase(
        self, form: PersonSearchForm, tenants: Sequence[Integration], email: str
    ) -> TemplateResponse:
        erase_form = EraseForm(self.request.POST, email=email)
        if not erase_form.is_valid():
            return self.preview(form, tenants, email, erase_form)
        done: list[HeldByTenant] = []
        reasons: list[str] = []
        for tenant in tenants:
            try:
                erased = erasure.erase(tenant, email, user=self.request.user)
            except PersonInUse as error:
                reasons += [translated(reason) for reason in error.reasons]
                continue
            if erased is not None:
                done.append(_erased(erased))
        if self.is_everywhere(form):
            unused = erasure.forget_invitation(email, user=self.request.user)
            done += [_erased(unused)] if unused else []
        if not done and reasons:
            return self.preview(form, tenants, email, erase_form, reasons)
        return self.page(
            form=PersonSearchForm(None, tenants=self.allowed),
            erased=done,
            reasons=reasons,
            was_erased=True,
            at_flatchr=sum(one.at_flatchr for one in done),
        )

    def is_everywhere(self, form: PersonSearchForm) -> bool:
        """Whether all of the installation is meant, with what is of no tenant yet."""
        user: Any = self.request.user
        return bool(user.is_superuser) and form.cleaned_data["tenant"] is None

    def page(self, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            self.request,
            "relais/person.html",
            {
                **self.site.each_context(self.request),
                "title": _("Personal data"),
                "comes_back": translated(Message("person_comes_back")),
                **context,
            },
        )


def _shown(one: Preview) -> HeldByTenant:
    return HeldByTenant(
        one.tenant,
        [(str(held.label), number) for held, number in one.counts.items()],
        one.at_flatchr,
        [translated(reason) for reason in one.reasons],
    )


def _erased(one: Erased) -> HeldByTenant:
    return HeldByTenant(
        one.tenant,
        [(str(held.label), number) for held, number in one.counts.items()],
        one.at_flatchr,
        reference=one.reference,
    )
