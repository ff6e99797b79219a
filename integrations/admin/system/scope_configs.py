"""Choices of what is read under ids of their own, for links that applications make."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.access import PermissionAdmin
from integrations.admin.base.urls import change_url, list_url, record_url
from integrations.admin.base.views import Breadcrumb
from integrations.connecting.scope_forms import LABELS, ScopesForm
from integrations.models import ScopeConfig
from integrations.models.scopes import ALIAS, Choice, stored_choices

RESERVED = ("default", "optional", "own")


class ScopeConfigForm(ScopesForm):
    """A name, an id that stays as it is, and what is read."""

    name = forms.CharField(label=_lazy("Name"), max_length=100)
    alias = forms.CharField(
        label=_lazy("ID"),
        max_length=100,
        validators=[ALIAS],
        help_text=_lazy(
            "What applications send as scope_config_id; the one that they have used so far, for "
            "instance. It cannot be changed later."
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, config: ScopeConfig | None = None, **kwargs: Any) -> None:
        given = {"scopes": config.scopes} if config else {}
        super().__init__(*args, **given, **kwargs)
        self.config = config
        if config is not None:
            del self.fields["alias"]
            self.fields["name"].initial = config.name

    def clean_alias(self) -> str:
        alias: str = self.cleaned_data["alias"]
        if alias in RESERVED or ScopeConfig.objects.filter(pk=alias).exists():
            raise ValidationError(_("There is a configuration with this ID already."))
        return alias

    def save(self) -> ScopeConfig:
        config = self.config or ScopeConfig(pk=self.cleaned_data["alias"])
        config.name = self.cleaned_data["name"]
        config.choices = stored_choices(self.scopes())
        config.save(force_insert=self.config is None)
        return config


class ScopeConfigAdmin(PermissionAdmin):
    """Grants administrators to name choices of what is read."""

    permission = Permission.DEFINE_FIELDS
    add_label = _lazy("Add scope configuration")
    list_display = ("config_name", "alias", "left_out")
    search_fields = ("name", "id")
    search_placeholder = _lazy("Name or ID")
    ordering = ("name", "id")
    sortable_by = ()
    plural = _lazy("Scope configurations")
    empty_text = _lazy(
        "Applications that make connection links may say what is to be read of the new tenant, by "
        "the ID of a scope configuration. Add the IDs here that yours send."
    )

    @display(description=_lazy("Name"))
    def config_name(self, config: ScopeConfig) -> str:
        return config.name

    @display(description=_lazy("ID"))
    def alias(self, config: ScopeConfig) -> SafeString:
        return format_html("<code>{}</code>", config.pk)

    @display(description=_lazy("Not read"))
    def left_out(self, config: ScopeConfig) -> str:
        scopes = config.scopes
        off = [str(LABELS[part]) for part in LABELS if scopes.choice(part) is Choice.OFF]
        return ", ".join(off) or _("Nothing is left out")

    # Pages

    def add_page(self, request: HttpRequest) -> HttpResponse:
        form = ScopeConfigForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    config = form.save()
            except IntegrityError:
                # Made in this moment by somebody else, or by pressing twice.
                form.add_error("alias", _("There is a configuration with this ID already."))
            else:
                self.log_addition(request, config, [{"added": {}}])
                messages.success(request, _("“%(config)s” was added.") % {"config": config})
                return HttpResponseRedirect(list_url(ScopeConfig))
        return self._form_page(request, form, None, _("Add scope configuration"))

    def change_page(self, request: HttpRequest, config: ScopeConfig) -> HttpResponse:
        form = ScopeConfigForm(request.POST or None, config=config)
        if request.method == "POST" and form.is_valid():
            self.log_change(request, form.save(), [{"changed": {"fields": form.changed_data}}])
            messages.success(request, _("“%(config)s” is saved.") % {"config": config})
            return HttpResponseRedirect(list_url(ScopeConfig))
        return self._form_page(request, form, config, str(config))

    def _form_page(
        self, request: HttpRequest, form: ScopeConfigForm, config: ScopeConfig | None, title: str
    ) -> HttpResponse:
        return self.page(
            request,
            "relais/scope_config_form.html",
            config,
            *([] if config else [Breadcrumb(title)]),
            form=form,
            title=title,
            delete_url=record_url(config, "delete") if config else "",
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Asks once more, and deletes it."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        config = self.get_object(request, unquote(object_id))
        if config is None:
            return self.unknown(request)
        if request.method == "POST":
            self.log_deletions(request, ScopeConfig.objects.filter(pk=config.pk))
            config.delete()
            messages.success(request, _("“%(config)s” is deleted.") % {"config": config})
            return HttpResponseRedirect(list_url(ScopeConfig))
        return self.page(
            request,
            "relais/scope_config_delete.html",
            config,
            Breadcrumb(_("Delete")),
            title=str(config),
            config_url=change_url(config),
        )
