"""The table of what each role may do, and its copy in `docs/using.md`."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User

from integrations.accounts.permissions import Permission, may, tenants_where
from integrations.models import Integration, Membership, Role
from tests.support.commands import ROOT


def test_the_documentation_has_the_same_table() -> None:
    lines = (ROOT / "docs" / "using.md").read_text().splitlines()
    for permission in Permission:
        cells = ["yes" if role.rank >= permission.least.rank else "" for role in Role]
        row = f"| {permission.words} | {' | '.join(cells)} |".replace("|  |", "| |")
        assert row.replace("|  |", "| |") in lines, row


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.MANAGER])
def test_a_member_may_what_their_role_reaches_in_their_tenant_alone(
    role: Role, alice: User, tenant: Integration, other_tenant: Integration
) -> None:
    Membership.objects.filter(user=alice, integration=tenant).update(role=role)
    for permission in Permission:
        reached = role.rank >= permission.least.rank
        assert may(alice, permission, tenant) == reached, permission
        assert may(alice, permission, tenant.pk) == reached, permission
        assert may(alice, permission) == reached, permission
        assert not may(alice, permission, other_tenant), permission
        assert list(tenants_where(alice, permission)) == ([tenant] if reached else [])


def test_administrators_may_everything_and_those_who_are_switched_off_nothing(
    admin: User, alice: User, tenant: Integration
) -> None:
    assert all(may(admin, permission, tenant) for permission in Permission)
    for user in (admin, alice):
        assert list(tenants_where(user, Permission.READ_THROUGH)) == [tenant]
        user.is_active = False
        assert not any(may(user, permission, tenant) for permission in Permission)
        assert not any(tenants_where(user, permission).exists() for permission in Permission)
    assert not any(may(AnonymousUser(), permission) for permission in Permission)
