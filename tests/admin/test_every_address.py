"""Every address of the site, with every role, in one's own tenant, in another's and signed out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from integrations.accounts.api_keys import create_key
from integrations.accounts.permissions import Permission
from integrations.connecting import links
from integrations.ids import random_id
from integrations.models import (
    ActionGroup,
    AuditEntry,
    BulkUpload,
    ConnectionLink,
    CustomField,
    Event,
    Export,
    ExportSchedule,
    FailedCall,
    Issue,
    LinkKind,
    Membership,
    Role,
    ScopeConfig,
    Submission,
    ValueDecision,
)
from integrations.passthrough import confirmation
from integrations.passthrough.request import PassthroughRequest
from integrations.webhooks import replay
from integrations.webhooks.endpoints import create_endpoint
from tests.admin.addresses import TABLE, Door, Row
from tests.admin.conftest import Data

# The API's addresses have a table of their own: tests/api/test_permissions.py.
OF_THE_API = re.compile(r"^\^(v1|\(\?P<path>)")
# Django's: an unknown address below /admin/, and a record's without "change/", which leads there.
OF_DJANGO = re.compile(r"\(\?P<url>\.\*\)\$$|<path:object_id>/$")
SIGN_IN, REFUSED, UNKNOWN, ANSWERED = "sign in", "refused", "unknown", "answered"
OURS, THEIRS = "Atelier Nord", "Maison Sud"


def _patterns(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, path)
        elif not OF_THE_API.match(path) and (pattern.name or not OF_DJANGO.search(path)):
            yield path, pattern


ADDRESSES = dict(_patterns(get_resolver()))
BY_NAME = {str(pattern.name): path for path, pattern in ADDRESSES.items()}


def test_the_table_has_every_address_and_no_other() -> None:
    assert set(BY_NAME) == set(TABLE)
    assert len(BY_NAME) == len(ADDRESSES), "Two addresses have one name."


@pytest.fixture
def people(db: None, data: Data, other_data: Data, admin: User) -> dict[str, Client]:
    """A client for each role at our tenant, for a Manager of another tenant who is nothing at ours
    (`stranger`) or a Viewer (`divided`), and for nobody.
    """
    users = {"administrator": admin}
    for role in (Role.VIEWER, Role.OPERATOR, Role.MANAGER):
        users[role.value] = User.objects.create_user(role.value, is_staff=True)
        Membership.objects.create(user=users[role.value], integration=data.tenant, role=role)
    for name in ("stranger", "divided"):
        users[name] = User.objects.create_user(name, is_staff=True)
        Membership.objects.create(
            user=users[name], integration=other_data.tenant, role=Role.MANAGER
        )
    Membership.objects.create(user=users["divided"], integration=data.tenant, role=Role.VIEWER)
    clients = {"nobody": Client()}
    for name, user in users.items():
        clients[name] = Client()
        clients[name].force_login(user)
    return clients


@pytest.fixture
def known(people: dict[str, Client], data: Data) -> dict[str, Any]:
    """A record of our tenant for each kind of address."""
    tenant, user = data.tenant, User.objects.get(username="manager")
    common, now = {"integration": tenant}, timezone.now()
    link = links.link_for(tenant, LinkKind.RELINK, lasts=links.FROM_DASHBOARD)
    endpoint, _ = create_endpoint(url="https://receiver.example/", integrations=[tenant])
    prepared = confirmation.prepare(
        user, tenant, PassthroughRequest(host="api", method="GET", path="/x")
    )
    key, _ = create_key(name=OURS, integrations=[tenant])
    return {
        "integration": tenant.pk,
        "job": data.jobs[0].pk,
        "candidate": data.candidates[0].pk,
        "application": data.applications[0].pk,
        "applicationstage": data.stages[0].pk,
        "tag": data.tags[0].pk,
        "syncrun": data.runs[0].pk,
        "actiongroup": ActionGroup.objects.create(**common, kind="REJECT").pk,
        "issue": Issue.objects.create(
            kind="disk",
            severity="warning",
            text=OURS,
            first_seen_at=now,
            last_seen_at=now,
            **common,
        ).pk,
        "submission": Submission.objects.create(kind="CANDIDATE", **common).pk,
        "bulkupload": BulkUpload.objects.create(sheet_name=f"{OURS}.csv", **common).pk,
        "export": Export.objects.create(rows=3, **common).pk,
        "passthroughcall": data.calls[0].pk,
        "failedcall": FailedCall.objects.create(
            id=random_id(),
            api_key=key,
            method="GET",
            route="ats/jobs",
            status=400,
            message=OURS,
            **common,
        ).pk,
        "prepared": prepared.pk,
        "auditentry": AuditEntry.objects.create(
            what=Event.SYNC_STARTED, integration_id=tenant.pk, tenant=OURS
        ).pk,
        "apikey": key.pk,
        "customfield": CustomField.objects.create(key="cost", label="Cost", model="jobs").pk,
        "scopeconfig": ScopeConfig.objects.create(id="theirs", name=OURS).pk,
        "valuedecision": ValueDecision.objects.create(kind="contract", value="x", key="x").pk,
        "user": user.pk,
        "schedule": ExportSchedule.objects.create(user=user, next_at=None, **common).pk,
        "link": link,
        "connectionlink": ConnectionLink.objects.get().pk,
        "webhookendpoint": endpoint.pk,
        "webhookdelivery": replay.send_test(endpoint, "data-changed").pk,
    }


def address(name: str, known: dict[str, Any]) -> str:
    """The address of that name, about records of our tenant."""
    model = name.split("_")[1] if name.count("_") > 1 else ""
    record = quote(known.get("user" if name.startswith("auth_") else model, ""))
    special = {
        "integrations_passthroughcall_confirm": {"pk": known["prepared"]},
        "integrations_export_end_schedule": {"pk": known["schedule"]},
        "view_on_site": {"content_type_id": 1, "object_id": 1},
        "app_list": {"app_label": "integrations"},
        "welcome": {"uid": "MQ", "token": "none"},
    }
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", BY_NAME[name])
    given = {"token": known["link"], "kind": "csv"}
    kwargs = special.get(name) or {key: given.get(key, record) for key in wanted}
    prefix = "admin:" if BY_NAME[name].startswith("admin/") and name != "set_language" else ""
    return reverse(prefix + name, kwargs={key: kwargs[key] for key in kwargs if key in wanted})


def outcome(answer: Any) -> str:
    where = answer.headers.get("Location", "")
    if answer.status_code == 302 and "/admin/login/" in where:
        return SIGN_IN
    if answer.status_code == 403:
        return REFUSED
    # What is not there, or not theirs, leads to the page above it.
    above = (reverse("admin:index"), reverse("admin:integrations_passthroughcall_console"))
    if answer.status_code == 404 or (answer.status_code == 302 and where in above):
        return UNKNOWN
    # That no worker runs beside these tests is for `/healthz` to say.
    assert answer.status_code < 500 or answer.request["PATH_INFO"] == reverse("healthz")
    return ANSWERED


def expected(rights: Permission | Door, who: str, about_a_record: bool) -> set[str]:
    if rights is Door.OPEN:
        return {ANSWERED, UNKNOWN, SIGN_IN}
    if who == "nobody":
        return {SIGN_IN}
    if rights is Door.NOBODY:
        return {REFUSED, UNKNOWN}
    if rights is Door.OWN:
        return {ANSWERED, UNKNOWN}
    assert isinstance(rights, Permission)
    if who in ("stranger", "divided"):
        if about_a_record and (who == "stranger" or rights is not Permission.SEE):
            return {UNKNOWN, REFUSED}
        role = Role.MANAGER
    else:
        role = Role(who)
    return {ANSWERED, UNKNOWN} if role.rank >= rights.least.rank else {REFUSED}


def ask(client: Client, method: str, path: str) -> Any:
    """The answer; whatever it has changed is undone."""
    point, cookies = transaction.savepoint(), deepcopy(client.cookies)
    try:
        answer = client.generic(method, path) if method != "POST" else client.post(path)
        return answer, (b"" if answer.streaming else answer.content).decode(errors="replace")
    finally:
        transaction.savepoint_rollback(point)
        client.cookies = cookies


@pytest.mark.parametrize("who", ["nobody", "stranger", "divided", *[role.value for role in Role]])
def test_everybody_gets_what_the_table_says(
    who: str, people: dict[str, Client], known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if who not in ("stranger", "administrator"):
        # What these are shown is theirs; drawing it for each would be most of the time.
        monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    wrong = []
    for name, row in TABLE.items():
        path = address(name, known)
        about_a_record = "<" in BY_NAME[name]
        for method, rights in (("GET", row.get), ("POST", row.post)):
            answer, content = ask(people[who], method, path)
            allowed = expected(rights, who, about_a_record)
            if _not_answered(row, method) and who != "nobody":
                allowed = {*allowed, ANSWERED} if answer.status_code == 405 else allowed
            if outcome(answer) not in allowed:
                wrong.append(f"{method} {path}: {answer.status_code}, not {sorted(allowed)}")
            if who == "stranger" and rights is not Door.OPEN and OURS in content:
                wrong.append(f"{method} {path} names the other tenant")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", ["nobody", "stranger", "divided", "viewer"])
def test_another_method_does_no_more_than_looking(
    who: str, people: dict[str, Client], known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opens nothing that GET does not, and leaves no entry in the audit trail.

    With the test above and that of the API's routes, these are more than 5,000 combinations of
    address, person, method and tenant.
    """
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    before, wrong = AuditEntry.objects.count(), []
    for name, row in TABLE.items():
        path = address(name, known)
        allowed = expected(row.get, who, "<" in BY_NAME[name]) | {REFUSED, UNKNOWN}
        for method in ("PUT", "PATCH", "DELETE"):
            answer, _content = ask(people[who], method, path)
            if answer.status_code != 405 and outcome(answer) not in allowed:
                wrong.append(f"{method} {path}: {answer.status_code}, not {sorted(allowed)}")
    assert not wrong, "\n".join(wrong)
    assert AuditEntry.objects.count() == before


def _not_answered(row: Row, method: str) -> bool:
    return bool(row.method and row.method != method)


def test_a_role_that_is_enough_gets_an_answer_and_not_just_no_refusal(
    people: dict[str, Client], known: dict[str, Any]
) -> None:
    pages = ("credentials", "settings", "fields", "members", "enabled", "connected", "values")
    for page in pages:
        path = address(f"integrations_integration_{page}", known)
        assert people["manager"].get(path).status_code == 200, path
    for name in ("integrations_syncrun_change", "integrations_job_change", "index"):
        assert people["viewer"].get(address(name, known)).status_code == 200, name


def test_each_page_of_records_is_under_one_entry_of_the_navigation(
    people: dict[str, Client], known: dict[str, Any]
) -> None:
    wrong = {}
    for name in TABLE:
        if name.startswith("integrations_") and name.endswith(("_changelist", "_change")):
            answer = people["administrator"].get(address(name, known))
            marked = answer.content.count(b' active" aria-current="')
            # Some kinds of record have no page of their own.
            if answer.status_code == 200 and marked != 1:
                wrong[name] = marked
    assert wrong == {}


def test_a_user_who_is_switched_off_is_signed_out(
    people: dict[str, Client], known: dict[str, Any]
) -> None:
    User.objects.filter(username="manager").update(is_active=False)

    assert outcome(people["manager"].get(reverse("admin:index"))) == SIGN_IN


def test_a_viewer_is_shown_no_button_that_is_refused(
    people: dict[str, Client], known: dict[str, Any]
) -> None:
    pages = ["index", "integrations_integration_change", "integrations_candidate_changelist"]
    pages += ["integrations_candidate_change", "integrations_syncrun_change"]
    for model in ("submission", "bulkupload", "passthroughcall", "export", "job", "application"):
        pages += [f"integrations_{model}_changelist", f"integrations_{model}_change"]
    refused = re.compile(
        r"/(sync|credentials|link|(job|candidate|application)/export|add|edit|cancel|submit|retry"
        r"|enabled|remove|settings|console|start|discard|result|file|confirm|keep)/"
    )
    for name in pages:
        content = people["viewer"].get(address(name, known)).content.decode()
        main = content[content.index('id="content-main"') :]
        found = re.findall(r'(?:href|action)="([^"]*)"', main)
        assert [link for link in found if refused.search(link)] == [], name
