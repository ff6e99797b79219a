"""The permissions of each role, in one table, and the checks."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration, Membership, Role


class Permission(Enum):
    """A permission: the least role that has it, and its description.

    `docs/using.md` has the same table; a test compares the two.
    """

    SEE = (Role.VIEWER, _("See records, syncs, submissions and exports"))
    EXPORT = (Role.OPERATOR, _("Export data as files"))
    SYNC = (Role.OPERATOR, _("Start and cancel syncs"))
    SUBMIT = (Role.OPERATOR, _("Submit candidates, one by one and in bulk; download their CVs"))
    ACT = (
        Role.OPERATOR,
        _("Act on applications, candidates and jobs at Flatchr: move, reject, tag, comment"),
    )
    DECIDE = (
        Role.OPERATOR,
        _("Decide on held deletions, value maps and field mappings; snooze issues"),
    )
    READ_THROUGH = (Role.OPERATOR, _("Read from Flatchr in the console"))
    CONNECT = (Role.OPERATOR, _("Connect a new tenant, and become its Manager"))
    CONFIGURE = (Role.MANAGER, _("Change settings and credentials, disable and enable"))
    MANAGE_MEMBERS = (Role.MANAGER, _("Add and remove members, change their roles"))
    WEBHOOKS = (Role.MANAGER, _("Manage webhooks, see and send again what was delivered"))
    PEOPLE = (
        Role.MANAGER,
        _("Hand over or erase all that is held of a person, and remove people by age"),
    )
    AUDIT = (Role.MANAGER, _("Read and export the audit trail"))
    WRITE_THROUGH = (Role.ADMINISTRATOR, _("Change something at Flatchr in the console"))
    DELETE_TENANT = (Role.ADMINISTRATOR, _("Delete and restore a tenant"))
    MANAGE_KEYS = (Role.ADMINISTRATOR, _("Make and revoke API keys"))
    DEFINE_FIELDS = (Role.ADMINISTRATOR, _("Define custom fields, and value maps of all tenants"))
    MANAGE_USERS = (Role.ADMINISTRATOR, _("Invite users, switch them off, unlock them"))
    OPERATE = (Role.ADMINISTRATOR, _("See how the installation is, on the page System status"))

    @property
    def least(self) -> Role:
        return self.value[0]

    @property
    def words(self) -> str:
        return str(self.value[1])


def may(user: Any, permission: Permission, tenant: Integration | str | None = None) -> bool:
    """Whether `user` has the permission in `tenant`, given as a row or by its id.

    Without a tenant: whether they have it in any. A user who is switched off may do nothing.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    if user.is_superuser:
        return True
    if tenant is None:
        return any(_reaches(role, permission) for role in _roles(user).values())
    role = _roles(user).get(tenant if isinstance(tenant, str) else tenant.pk)
    return role is not None and _reaches(role, permission)


def tenants_where(user: Any, permission: Permission) -> Any:
    """The tenants in which `user` has the permission, without deleted ones."""
    if may(user, permission) and user.is_superuser:
        return Integration.objects.present()
    mine = [pk for pk, role in _roles(user).items() if _reaches(role, permission)]
    return Integration.objects.present().filter(pk__in=mine if user.is_active else [])


def role_of(user: Any, tenant: Integration) -> Role | None:
    """The user's role in the tenant; None for a user who is no member."""
    return Role.ADMINISTRATOR if user.is_superuser else _roles(user).get(tenant.pk)


def _reaches(role: Role, permission: Permission) -> bool:
    return role.rank >= permission.least.rank


def _roles(user: Any) -> dict[str, Role]:
    """The user's role in each tenant; queried once per user object, so once a request in a page."""
    found: dict[str, Role] | None = getattr(user, "_relais_roles", None)
    if found is None:
        rows = Membership.objects.filter(user=user.pk).values_list("integration_id", "role")
        found = {pk: Role(role) for pk, role in rows}
        user._relais_roles = found
    return found


class TemplatePermissions:
    """Permissions for templates: `{% if rights.sync %}`, in the tenant that the page is about."""

    def __init__(self, user: Any, tenant: Integration | str | None = None) -> None:
        self._user = user
        self._tenant = tenant

    def __getitem__(self, name: str) -> bool:
        return may(self._user, Permission[name.upper()], self._tenant)


def tenant_of(record: Model | None) -> Integration | str | None:
    """The tenant of a record; None if it belongs to none, or to several."""
    if record is None or isinstance(record, Integration):
        return record
    found: str | None = getattr(record, "integration_id", None)
    return found
