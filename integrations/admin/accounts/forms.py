"""The forms of a user: the person, the invitation, a membership."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.models import Integration, Role


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "is_superuser"]
        labels = {
            "first_name": _lazy("First name"),
            "last_name": _lazy("Last name"),
            "email": _lazy("E-mail"),
            "is_superuser": _lazy("Administrator"),
        }
        help_texts = {
            "is_superuser": _lazy("Sees every tenant, and manages users and API keys."),
        }


class InvitationForm(PersonForm):
    """A new user, and the first tenant that they see."""

    username = forms.CharField(
        label=_lazy("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=_lazy("For signing in; an e-mail address will do."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    tenant: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_lazy("Tenant"), queryset=None, required=False, empty_label=_lazy("None yet")
    )
    role = forms.ChoiceField(
        label=_lazy("Role there"),
        choices=Role.of_members(),
        initial=Role.OPERATOR,
        required=False,
    )
    field_order = ("username", "first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tenant"]
        field.queryset = Integration.objects.present()

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("There is a user of this name. Choose another one."))
        return name


class MembershipForm(forms.Form):
    tenant: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_lazy("Tenant"), queryset=None, empty_label=_lazy("Choose a tenant")
    )
    role = forms.ChoiceField(label=_lazy("Role"), choices=Role.of_members(), initial=Role.OPERATOR)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tenant"]
        field.queryset = Integration.objects.present().exclude(memberships__user=user)
