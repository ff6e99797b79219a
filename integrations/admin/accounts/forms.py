"""The forms of a user, of an invitation and a membership, of passwords and codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations import client_address
from integrations.accounts import check_limits
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
    """A new user, and the first tenants that they see."""

    username = forms.CharField(
        label=_lazy("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=_lazy("For signing in; an e-mail address will do."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    tenant: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        label=_lazy("Tenants"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    role = forms.ChoiceField(
        label=_lazy("Role there"), choices=Role.of_members(), initial=Role.VIEWER, required=False
    )
    by_email = forms.BooleanField(
        label=_lazy("Send the link by e-mail"), required=False, initial=True
    )
    field_order = ("username", "first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tenant"]
        field.queryset = Integration.objects.present()
        if not settings.EMAIL_ENABLED:
            del self.fields["by_email"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("by_email") and "email" in given and not given["email"]:
            self.add_error("email", _("Enter the address that the link is sent to."))
        return given

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(
                _("There is already a user of this name. Choose another one.")
            )
        return name


class MembershipForm(forms.Form):
    tenant: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        label=_lazy("Tenants"), queryset=None, widget=forms.CheckboxSelectMultiple
    )
    role = forms.ChoiceField(label=_lazy("Role"), choices=Role.of_members(), initial=Role.VIEWER)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tenant"]
        field.queryset = Integration.objects.present().exclude(memberships__user=user)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
        help_text=_lazy("The six digits that your app shows, or one of your recovery codes."),
    )


class OwnForm(forms.Form):
    """A form that users fill in about themselves."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user


class NewPasswordForm(OwnForm):
    """A password, typed twice."""

    first = forms.CharField(
        label=_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    second = forms.CharField(
        label=_lazy("Repeat the new password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, second = given.get("first"), given.get("second")
        if first and second and first != second:
            self.add_error("second", _("The two are not the same. Type both again."))
        elif first:
            try:
                password_validation.validate_password(first, self._user)
            except ValidationError as error:
                self.add_error("first", error)
        return given


class ForgottenForm(forms.Form):
    name = forms.CharField(
        label=_lazy("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )


class SecondFactorSetUpForm(CodeForm):
    """The first code that an app shows, before there are recovery codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("The six digits that the app shows now.")


class OwnPasswordForm(OwnForm):
    """Asks for the user's own password, to confirm what follows."""

    password = forms.CharField(
        label=_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        try:
            check = check_limits.begin_check(client_address.current(), self._user)
        except check_limits.TooManyChecks as wait:
            at = formats.time_format(timezone.localtime(wait.until), "H:i:s")
            raise forms.ValidationError(
                _("Too many wrong passwords and codes. Wait until %(time)s.") % {"time": at}
            ) from None
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password. Type it again."))
        check.was_right(forget=False)
        return password


class OwnPersonForm(forms.ModelForm):
    """The user's own name. The e-mail address is an administrator's to change: invitations are
    addressed to it, and links for a forgotten password go there.
    """

    class Meta:
        model = User
        fields = ["first_name", "last_name"]
        labels = {"first_name": _lazy("First name"), "last_name": _lazy("Last name")}


class OwnFactorForm(OwnPasswordForm):
    """The user's own password and a code, to confirm what is done to the second factor."""

    code = forms.CharField(
        label=_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
        help_text=_lazy("The six digits that your app shows, or one of your recovery codes."),
    )


class ChangePasswordForm(NewPasswordForm, OwnPasswordForm):
    """The present password and the new one."""

    field_order = ("password", "first", "second")
