"""Members: Managers invite and learn nothing; who is invited decides, and is seen from then on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.accounts import members
from integrations.audit import trail
from integrations.models import AuditEntry, Event, Membership, MembershipInvitation, Role
from tests.admin.conftest import Data
from tests.admin.pages import tenant_address

pytestmark = pytest.mark.django_db

LogIn = Callable[[User], Client]
HOME = "admin:index"


@pytest.fixture
def dora(db: None) -> User:
    return User.objects.create_user("dora", "Dora@elsewhere.example", is_staff=True)


def invite(client: Client, data: Data, name: str, role: str = "viewer") -> Any:
    given = {"add": "1", "user": name, "role": role}
    return client.post(tenant_address(data, "members"), given, follow=True)


def bare(page: Any, name: str) -> str:
    """A page without what differs each time, nor the name that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())
    text = re.sub(r"They see every tenant:.*?</p>", "", text, flags=re.S)
    return re.sub(r'value="\d+"', "", text.replace(name, "NAME"))


def test_the_answer_is_the_same_whoever_is_named(
    alice: User, dora: User, charlie: User, logged_in: LogIn, data: Data
) -> None:
    """A user, one of another tenant, by e-mail, an administrator, one switched off, nobody."""
    User.objects.create_user("retired", is_staff=True, is_active=False)
    User.objects.create_superuser("overseer")
    client = logged_in(alice)
    pages = set()
    for name in (
        "dora",
        "dora@elsewhere.example",
        "charlie",
        "overseer",
        "retired",
        "nobody-at-all",
    ):
        pages.add(bare(invite(client, data, name), name))
        assert MembershipInvitation.objects.count() == 1
        MembershipInvitation.objects.all().delete()
    assert len(pages) == 1
    assert "NAME is invited." in pages.pop()
    assert not Membership.objects.filter(integration=data.tenant, user__in=[dora, charlie]).exists()


def test_who_is_invited_decides(alice: User, dora: User, logged_in: LogIn, data: Data) -> None:
    invite(logged_in(alice), data, " DORA ", "operator")
    theirs = logged_in(dora)
    page = theirs.get(reverse(HOME)).content.decode()
    assert "You are invited" in page
    assert "Atelier Nord" in page
    members_page = theirs.get(tenant_address(data, "members"))
    assert members_page.headers["Location"] == reverse(HOME)

    [invitation] = MembershipInvitation.objects.all()
    theirs.post(reverse("admin:invitations"), {"accept": invitation.pk})

    member = Membership.objects.get(user=dora)
    assert (member.integration, member.role) == (data.tenant, Role.OPERATOR)
    assert not MembershipInvitation.objects.exists()
    events = AuditEntry.objects.filter(integration_id=data.tenant.pk).order_by("id")
    assert list(events.values_list("what", "who")) == [
        (Event.MEMBER_INVITED, "alice"),
        (Event.MEMBER_ADDED, "dora"),
    ]


def test_an_invitation_can_be_declined_withdrawn_and_ends(
    alice: User, dora: User, logged_in: LogIn, data: Data
) -> None:
    mine, theirs = logged_in(alice), logged_in(dora)
    address = reverse("admin:invitations")
    for end in ("decline", "withdraw", "time"):
        invite(mine, data, "dora")
        [invitation] = MembershipInvitation.objects.all()
        if end == "decline":
            theirs.post(address, {"decline": invitation.pk})
        elif end == "withdraw":
            mine.post(tenant_address(data, "members"), {"withdraw": invitation.pk})
        else:
            MembershipInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        said = theirs.post(address, {"accept": invitation.pk}, follow=True).content.decode()
        assert "This invitation is over" in said
        members.retain()
        assert not MembershipInvitation.objects.exists()
    assert not Membership.objects.filter(user=dora).exists()


def test_nobody_accepts_for_another(
    alice: User, dora: User, charlie: User, logged_in: LogIn, data: Data
) -> None:
    """Nor does one of two users with the e-mail that was named."""
    User.objects.create_user("dora2", "dora@elsewhere.example", is_staff=True)
    for name, stranger in (("dora", charlie), ("dora@elsewhere.example", dora)):
        invite(logged_in(alice), data, name)
        [invitation] = MembershipInvitation.objects.all()
        client = logged_in(stranger)
        assert "You are invited" not in client.get(reverse(HOME)).content.decode()
        client.post(reverse("admin:invitations"), {"accept": invitation.pk})
        invitation.delete()
    # And a Manager of another tenant withdraws none of ours.
    invite(logged_in(alice), data, "dora")
    [invitation] = MembershipInvitation.objects.all()
    logged_in(charlie).post(tenant_address(data, "members"), {"withdraw": invitation.pk})
    assert MembershipInvitation.objects.filter(pk=invitation.pk).exists()
    assert not Membership.objects.filter(integration=data.tenant, user__in=[dora, charlie]).exists()


def test_invitations_are_bounded_and_members_are_told_apart(
    alice: User, bob: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    assert "is a member already" in invite(client, data, "BOB").content.decode()
    for number in range(members.MOST_INVITATIONS):
        members.invite(data.tenant, f"user{number}", Role.VIEWER, by=alice)
    assert "Too many invitations" in invite(client, data, "one-more").content.decode()
    invite(client, data, "user7", "manager")
    assert MembershipInvitation.objects.get(name="user7").role == Role.MANAGER
    assert MembershipInvitation.objects.count() == members.MOST_INVITATIONS


def test_an_administrator_adds_at_once(
    admin: User, dora: User, logged_in: LogIn, data: Data
) -> None:
    invite(logged_in(admin), data, "dora", "manager")
    assert Membership.objects.get(user=dora).role == Role.MANAGER
    assert "Nobody here has" in invite(logged_in(admin), data, "nobody").content.decode()


@pytest.mark.every_database
def test_what_a_user_did_before_joining_stays_their_own(
    alice: User, dora: User, logged_in: LogIn, data: Data
) -> None:
    """Somebody who connects a tenant and takes a user in learns nothing of the time before."""
    before = trail.record(Event.SIGNED_IN, user=dora, about=dora, name="dora")
    members.accept(members.invite(data.tenant, "dora", Role.VIEWER, by=alice), dora)
    after = trail.record(Event.SIGNED_IN, user=dora, about=dora, name="dora")

    client = logged_in(alice)
    shown = client.get(reverse("admin:integrations_auditentry_changelist"))
    pks = {entry.pk for entry in shown.context["cl"].result_list}
    assert after.pk in pks
    assert before.pk not in pks
    page = reverse("admin:integrations_auditentry_change", args=[before.pk])
    assert client.get(page).headers["Location"] == reverse(HOME)
