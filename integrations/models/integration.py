"""Tenants, how Relais signs in to their Flatchr, and who may see and do what in them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.ids import new_integration_id
from integrations.models.fields import UNREADABLE, EncryptedTextField, IdField
from integrations.models.scopes import Scopes, scopes_from


class Role(models.TextChoices):
    """From the least to the most. Members of a tenant have one of the first three in it; an
    administrator is a superuser, in every tenant.
    """

    VIEWER = "viewer", _lazy("Viewer")
    OPERATOR = "operator", _lazy("Operator")
    MANAGER = "manager", _lazy("Manager")
    ADMINISTRATOR = "administrator", _lazy("Administrator")

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    @classmethod
    def of_members(cls) -> list[tuple[str, Any]]:
        """The choices for a membership."""
        return [(role.value, role.label) for role in cls if role is not cls.ADMINISTRATOR]


class Environment(models.TextChoices):
    """Which Flatchr a tenant lives in; the addresses are in `settings.FLATCHR_ENDPOINTS`."""

    PRODUCTION = "production", _lazy("Production")
    DEMO = "demo", _lazy("Flatchr demo")
    SANDBOX = "sandbox", _lazy("Local sandbox")


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def visible_to(self, user: Any) -> IntegrationQuerySet:
        """The tenants `user` is a member of; all of them for a superuser. None that is deleted."""
        if user.is_superuser:
            return self.present()
        return self.present().filter(memberships__user=user.pk)

    def present(self) -> IntegrationQuerySet:
        """Those that nobody has deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> IntegrationQuerySet:
        """Those whose data is still here and is shown to nobody."""
        return self.filter(deleted_at__isnull=False)


class Integration(models.Model):
    """One tenant: a company and its Flatchr account."""

    id = IdField(primary_key=True, max_length=40, default=new_integration_id, editable=False)
    organization = models.CharField(max_length=200)
    environment = models.CharField(
        max_length=12, choices=Environment, default=Environment.PRODUCTION
    )
    origin_id = models.CharField(
        _lazy("origin ID"),
        max_length=200,
        blank=True,
        help_text=_lazy("Your own identifier of this customer."),
    )
    contact_email = models.EmailField(_lazy("contact e-mail"), blank=True)
    enabled = models.BooleanField(
        default=True,
        help_text=_lazy("A disabled tenant keeps its data and is no longer synchronised."),
    )
    full_interval = models.PositiveIntegerField(
        _lazy("full sync every"),
        default=600,
        validators=[MinValueValidator(15)],
        help_text=_lazy("Minutes between full syncs, which read everything and find deletions."),
    )
    delta_interval = models.PositiveIntegerField(
        _lazy("delta sync every"),
        default=60,
        validators=[MinValueValidator(5)],
        help_text=_lazy("Minutes between delta syncs, which read what has changed."),
    )
    next_full_at = models.DateTimeField(null=True, editable=False)
    next_delta_at = models.DateTimeField(null=True, editable=False)
    # When the last read of applicants that succeeded began: a delta asks for what changed since.
    applicants_read_at = models.DateTimeField(null=True, editable=False)
    # Set by a sync that Flatchr refused for its key, cleared by one that it answered: a schedule
    # does not go on knocking with a key that is known to be wrong.
    credentials_invalid_at = models.DateTimeField(null=True, editable=False)
    # Set when something else is to be read than what the last full sync read; cleared by one that
    # has applied it. Until then every sync is a full one.
    scopes_changed_at = models.DateTimeField(null=True, editable=False)
    # A deleted tenant is disabled and shown to nobody; its data goes 14 days later.
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "id"]
        verbose_name = _lazy("tenant")
        verbose_name_plural = _lazy("tenants")
        indexes = [
            models.Index(fields=["next_full_at"], name="integration_next_full"),
            models.Index(fields=["next_delta_at"], name="integration_next_delta"),
        ]

    def __str__(self) -> str:
        return self.organization


class FlatchrCredentials(models.Model):
    """What Flatchr asks of a client: API key, company key and slug (`docs/flatchr-api.md §0.2`)."""

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="credentials"
    )
    api_key = EncryptedTextField(pgettext_lazy("field", "API key"))
    company_key = models.CharField(max_length=64)
    slug = models.CharField(_lazy("career site slug"), max_length=100)
    # From the key itself where it is a JWT; keys live for 365 days.
    key_expires_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(_lazy("last checked"), null=True, editable=False)

    class Meta:
        verbose_name = _lazy("Flatchr credentials")
        verbose_name_plural = _lazy("Flatchr credentials")

    def __str__(self) -> str:
        return f"Flatchr credentials of {self.integration}"

    @property
    def readable(self) -> bool:
        """Whether the stored key can be decrypted with the configured keys."""
        return self.api_key != UNREADABLE


class FlatchrSettings(models.Model):
    """A tenant's choices on how it is read from, and written to, Flatchr."""

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="flatchr_settings"
    )
    offerer_id = models.PositiveBigIntegerField(
        _lazy("offerer ID"),
        null=True,
        blank=True,
        help_text=_lazy(
            "The source that Flatchr gave you: candidates submitted here are filed under it."
        ),
    )
    # A number or an encoded id: which is not documented.
    source_id = models.CharField(
        _lazy("source ID"),
        max_length=64,
        blank=True,
        help_text=_lazy("One of your own sources in Flatchr."),
    )
    user_key = models.CharField(
        max_length=64,
        blank=True,
        help_text=_lazy("The Flatchr user to whom submitted candidates are attributed."),
    )
    mails_candidates = models.BooleanField(
        _lazy("Flatchr may e-mail candidates"),
        default=True,
        help_text=_lazy(
            "Whether the account in Flatchr sends automatic messages when somebody is moved or "
            "rejected: Relais says so before it does either."
        ),
    )
    # The most applicants whose tags are read after one sync; null is no limit, 0 reads none.
    trait_budget = models.PositiveIntegerField(
        _lazy("candidate tag requests after a sync"),
        null=True,
        blank=True,
        help_text=_lazy("Flatchr gives a candidate's tags one applicant at a time."),
    )
    # Keys of `docs/mapping.md`'s integration fields that are switched on for jobs.
    integration_fields = models.JSONField(default=list, blank=True)
    # What is left out, and what the customer said no to: read them as `scopes`.
    scope_choices = models.JSONField(default=dict, blank=True, editable=False)
    scope_opt_outs = models.JSONField(default=list, blank=True, editable=False)
    # Months without activity after which a person is removed; null keeps them while Flatchr does.
    keep_months = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    api_remote_data = models.BooleanField(_lazy("raw objects in the API"), default=False)
    api_only_created = models.BooleanField(
        _lazy("only created applications in the API"), default=False
    )

    class Meta:
        verbose_name = _lazy("Flatchr settings")
        verbose_name_plural = _lazy("Flatchr settings")

    def __str__(self) -> str:
        return f"Flatchr settings of {self.integration}"

    @property
    def scopes(self) -> Scopes:
        return scopes_from(self.scope_choices, self.scope_opt_outs)


class Membership(models.Model):
    """A user who may see one tenant, and what they may do there. Superusers need none."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tenant_memberships"
    )
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.of_members(), default=Role.OPERATOR)
    # From then on, the tenant's Managers see when and from where the user signs in.
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "integration"], name="one_membership_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.integration}"


class MembershipInvitation(models.Model):
    """Somebody was asked to become a member, by a user name or e-mail that may be nobody's: the row
    is the same, so that whoever invites learns nothing of who has an account.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="invitations")
    # In lower case.
    name = models.CharField(max_length=254, db_index=True)
    role = models.CharField(max_length=16, choices=Role.of_members(), default=Role.OPERATOR)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "name"], name="one_invitation_each")
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.integration}"


class CheckCount(models.Model):
    """How often passwords and codes were wrong lately: of one account, or from one network."""

    # What it counts and of whom, such as "account:12" and "network:203.0.113.7".
    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    blocked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class LanguageChoice(models.Model):
    """A user's own choice; without one, the browser's language counts."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    language = models.CharField(max_length=8)

    def __str__(self) -> str:
        return self.language
