"""What somebody who is switched off has opened to others ends with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from integrations.accounts import members, users
from integrations.accounts.api_keys import InvalidKey, authenticate, create_key
from integrations.connecting import links
from integrations.models import AuditEntry, Event, Integration, LinkKind, LinkState, Role


def test_keys_links_and_invitations_of_somebody_switched_off_are_listed_and_end(
    connected_tenant: Integration, alice: User, bob: User, admin: User, logged_in: Any
) -> None:
    tenant, lasts = connected_tenant, links.FROM_DASHBOARD
    row, key = create_key(name="Mirror", integrations=[tenant], user=alice)
    _other, kept = create_key(name="Bob's", integrations=[tenant], user=bob)
    tokens = [
        links.new_link(organization="Own", environment="sandbox", lasts=lasts, user=alice),
        links.new_link(organization="By key", environment="sandbox", lasts=lasts, key=row),
    ]
    left = links.link_for(tenant, LinkKind.RELINK, lasts=lasts, user=bob)
    members.invite(tenant, "someone@mail.example", Role.VIEWER, by=alice)
    page = reverse("admin:auth_user_change", args=[alice.pk])
    client = logged_in(admin)

    shown = client.get(page).content.decode()
    client.post(page, {"do": "off"})

    for name in ("Mirror", "Own", "By key", "someone@mail.example"):
        assert f">{name}<" in shown or f" {name}," in shown, name
    assert "Bob&#x27;s" not in shown
    with pytest.raises(InvalidKey, match="revoked"):
        authenticate(f"Bearer {key}")
    assert authenticate(f"Bearer {kept}")
    states = [links.find(token) for token in [*tokens, left]]
    now = [found.state_at(found.created_at + lasts / 2) for found in states if found]
    assert now == [LinkState.EXPIRED, LinkState.EXPIRED, LinkState.OPEN]
    assert not tenant.invitations.exists()
    assert not users.opened_by(alice)
    told = set(AuditEntry.objects.filter(user_id=admin.pk).values_list("what", flat=True))
    assert told >= {Event.KEY_REVOKED, Event.LINK_WITHDRAWN, Event.INVITATION_ENDED}


def test_a_link_to_set_a_password_is_void_after_its_user_was_off(db: None) -> None:
    dora = users.invite(username="dora")
    link = users.password_link(dora)
    users.change(dora, is_active=False)
    users.change(dora, is_active=True)

    assert users.invited(*link) is None
    assert users.invited(*users.password_link(dora)) == dora
