"""The page Alerts: what the user is told of and when, and for administrators the chat."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.filters import tenants
from integrations.admin.base.theme import AdminSite
from integrations.alerts import audience, chat, delivery
from integrations.alerts.chat import ChatRefused
from integrations.messages import translated
from integrations.models import AlertLevel, AlertPace, AlertPreference, Integration, Role

INSTALLATION = "installation"


class AlertsForm(forms.Form):
    """The user's choices: for all tenants, and for each one."""

    pace = forms.ChoiceField(label=_lazy("When"), choices=AlertPace.choices)
    digest_hour = forms.TypedChoiceField(
        label=_lazy("Hour of the daily e-mail"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )
    level = forms.ChoiceField(label=_lazy("What you are told of"), required=False)

    def __init__(self, *args: Any, user: Any, tenants: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        preference, chosen = audience.choices_of(user)
        self.initial = {
            "pace": preference.pace,
            "digest_hour": preference.digest_hour,
            "level": preference.level,
        }
        usual = _lazy("As usual for your role")
        level: Any = self.fields["level"]
        level.choices = [("", usual), *AlertLevel.choices]
        hour: Any = self.fields["digest_hour"]
        hour.help_text = _("In the time zone of this installation, %(zone)s.") % {
            "zone": settings.TIME_ZONE
        }
        rows = {INSTALLATION: _("The installation itself")} if user.is_superuser else {}
        self.names = {**rows, **tenants}
        for pk, name in self.names.items():
            self.fields[pk] = forms.ChoiceField(
                label=name,
                required=False,
                choices=[("", _lazy("As chosen above")), *AlertLevel.choices],
                initial=chosen.get(None if pk == INSTALLATION else pk, ""),
            )

    @property
    def of_tenants(self) -> list[Any]:
        return [self[name] for name in self.names]

    def preference(self, user: Any) -> AlertPreference:
        given = self.cleaned_data
        return AlertPreference(
            user=user,
            pace=given["pace"],
            digest_hour=given["digest_hour"],
            level=given["level"],
        )

    def levels(self) -> dict[str | None, str]:
        return {
            None if name == INSTALLATION else name: self.cleaned_data[name] for name in self.names
        }


class ChatForm(forms.Form):
    """The chat of the installation; an address that is stored is not shown again."""

    url = forms.CharField(
        label=_lazy("Address of the incoming webhook"),
        required=False,
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_lazy("Of Slack, Mattermost or anything that takes the same. It is a secret."),
    )
    chat_level = forms.ChoiceField(label=_lazy("What is told there"), choices=AlertLevel.choices)
    language = forms.ChoiceField(label=_lazy("Language"), choices=settings.LANGUAGES)


def alerts_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The page, and what its buttons do."""
    user: Any = request.user
    asked = request.POST.get("do") if request.method == "POST" else None
    form = AlertsForm(
        request.POST if asked == "choose" else None, user=user, tenants=tenants(request)
    )
    chat_form = _chat_form(request.POST if asked == "chat" else None)
    done = False
    if asked == "choose" and form.is_valid():
        audience.choose(user, form.preference(user), form.levels())
        messages.success(request, _("Your choices are saved."))
        done = True
    elif asked == "test":
        done = _test_mail(request)
    elif asked and user.is_superuser:
        done = _chat(request, asked, chat_form)
    if done:
        return HttpResponseRedirect(reverse("admin:alerts"))
    request.current_app = site.name
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Alerts"),
        "form": form,
        "mail_on": settings.EMAIL_ENABLED,
        "role_words": _usual(user),
    }
    if user.is_superuser:
        stored = chat.target()
        context |= {
            "chat_form": chat_form,
            "chat_set": bool(stored.url),
            "chat_fixed": bool(settings.ALERTS_CHAT_URL),
        }
    return TemplateResponse(request, "relais/alerts.html", context)


def _chat_form(data: Any) -> ChatForm:
    stored = chat.target()
    return ChatForm(data, initial={"chat_level": stored.level, "language": stored.language})


def _usual(user: Any) -> str:
    """What the user is told of without a choice, in words."""
    managed = Integration.objects.visible_to(user).filter(
        memberships__user=user, memberships__role=Role.MANAGER
    )
    role = Role.MANAGER if managed.exists() else None
    level = audience.default_level(is_superuser=user.is_superuser, role=role)
    return str(level.label)


def _test_mail(request: HttpRequest) -> bool:
    user: Any = request.user
    if why := delivery.send_test(user):
        messages.error(request, translated(why))
    else:
        messages.success(request, _("An e-mail is on its way to %(to)s.") % {"to": user.email})
    return True


def _chat(request: HttpRequest, asked: str, form: ChatForm) -> bool:
    """Whether the page is to be shown anew."""
    try:
        if asked == "chat_test":
            chat.send_test()
            messages.success(request, _("The chat has taken a message."))
        elif asked == "chat_remove":
            chat.choose(url="", level=chat.target().level, language=chat.target().language)
            messages.success(request, _("The chat is told nothing any more."))
        elif not form.is_valid():
            return False
        else:
            given = form.cleaned_data
            chat.choose(
                url=given["url"] or None, level=given["chat_level"], language=given["language"]
            )
            messages.success(request, _("The chat is set."))
    except ChatRefused as refused:
        if asked != "chat":
            messages.error(request, translated(refused))
            return True
        form.add_error("url", translated(refused))
        return False
    return True
