"""Who may do what: one table of every route, and every kind of key against each of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from integrations.accounts.api_keys import create_key, revoke
from integrations.api import urls
from integrations.models import (
    ApiKey,
    Application,
    ApplicationStage,
    Candidate,
    Integration,
    Job,
    Submission,
    SyncRun,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

READ, WRITE, OPEN, MAKE = "read", "write", "open", "make"


@dataclass(frozen=True)
class Row:
    """`rights`: READ of a tenant, WRITE to a tenant, OPEN to every key, or MAKE, which is open to
    every key that may write. `answer`: the status for a key that may, sent `body` about records
    that do not exist.
    """

    method: str
    path: str
    rights: str
    answer: int
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


NOTE = {"content": "Bien", "content_type": "PLAIN_TEXT"}
UNKNOWN_TAG = {"tag": {"name": "Nobody"}}
EMBEDDED = {"link_type": "EMBEDDED"}
NEW_LINK = {
    "end_user_email": "rh@ouest.example",
    "end_user_organization_name": "Clinique Ouest",
    "integration_tool": "flatchr",
}
TABLE = [
    Row("GET", "check-api-key", OPEN, 200),
    Row("GET", "tools/{category}", OPEN, 200),
    Row("GET", "changes", READ, 200),
    Row("POST", "force-sync", WRITE, 200),
    Row("GET", "integrations/{integration_id}", READ, 200),
    Row("DELETE", "integrations/{integration_id}", WRITE, 200, {}),
    Row("PUT", "integrations/{integration_id}/enabled", WRITE, 200, {"value": False}),
    Row("GET", "integrations/{integration_id}/integration-fields", READ, 200),
    Row("PATCH", "integrations/{integration_id}/integration-fields/{field_id}", WRITE, 400, {}),
    Row("GET", "integrations/{integration_id}/custom-fields", READ, 200),
    Row("PUT", "integrations/{integration_id}/custom-fields/{field_id}", WRITE, 400, {}),
    Row("POST", "connect/create-link", MAKE, 200, NEW_LINK),
    Row("GET", "connect/integration-by-token/{token}", OPEN, 404),
    Row("POST", "connect/activate-integration", OPEN, 404, {"token": "none"}),
    Row("POST", "integrations/{integration_id}/relink", WRITE, 200, {}),
    Row("POST", "integrations/{integration_id}/setup-link", WRITE, 200, EMBEDDED),
    Row("GET", "webhooks", OPEN, 200),
    Row("POST", "webhooks", MAKE, 200, {"url": "https://receiver.example/hook"}),
    Row("GET", "webhooks/{webhook_id}", OPEN, 404),
    Row("PATCH", "webhooks/{webhook_id}", MAKE, 404, {}),
    Row("DELETE", "webhooks/{webhook_id}", MAKE, 404),
    Row("POST", "webhooks/{webhook_id}/rotate-secret", MAKE, 404, {}),
    Row("POST", "webhooks/{webhook_id}/test", MAKE, 404, {}),
    Row("GET", "webhooks/{webhook_id}/deliveries", OPEN, 404),
    Row("POST", "webhooks/{webhook_id}/replay", MAKE, 404, {"failed": True}),
    Row("GET", "ats/jobs", READ, 200),
    Row("GET", "ats/candidates", READ, 200),
    Row("GET", "ats/applications", READ, 200),
    Row("GET", "ats/application-stages", READ, 200),
    Row("GET", "ats/tags", READ, 200),
    Row("GET", "ats/users", READ, 503),
    Row("GET", "ats/roles", READ, 400),
    Row("GET", "ats/offers", READ, 400),
    Row("GET", "ats/rejection-reasons", READ, 400),
    Row("GET", "ats/interviews", READ, 400),
    Row("GET", "ats/notes", READ, 400),
    Row("GET", "ats/scorecards", READ, 400),
    Row("GET", "ats/attachments", READ, 400),
    Row("GET", "ats/actions/{action_id}", READ, 404),
    Row("GET", "submissions/{submission_id}", OPEN, 404),
    Row("POST", "ats/candidates", WRITE, 400, {}),
    Row("POST", "ats/jobs/{job_id:path}/applications", WRITE, 400, {}),
    Row("PUT", "ats/applications/{application_id}/stage", WRITE, 400, {"stage_id": "none"}),
    Row("POST", "ats/applications/{application_id}/reject", WRITE, 400, {}),
    Row("GET", "ats/applications/{application_id}/attachments", READ, 400),
    Row("GET", "ats/candidates/{candidate_id}/attachments", READ, 400),
    Row("POST", "ats/candidates/{candidate_id}/tags", WRITE, 400, UNKNOWN_TAG),
    Row("DELETE", "ats/candidates/{candidate_id}/tags", WRITE, 400, UNKNOWN_TAG),
    Row("POST", "ats/applications/{application_id}/notes", WRITE, 400, NOTE),
    Row("POST", "ats/applications/{application_id}/result-links", WRITE, 400, {}),
    Row("POST", "ats/candidates/{candidate_id}/result-links", WRITE, 400, {}),
    Row("POST", "ats/applications/{application_id}/attachments", WRITE, 400, {}),
    Row("POST", "ats/candidates/{candidate_id}/attachments", WRITE, 400, {}),
    Row("POST", "ats/import-tracked-application", WRITE, 400, {}),
    # What it may do is in its body; the tests below have that.
    Row("POST", "passthrough/{tool}/{api}", READ, 400, {}),
]
ABOUT_RECORDS = [
    row
    for row in TABLE
    if row.path.startswith("ats/") and "{" in row.path and "action_id" not in row.path
]


@pytest.fixture(autouse=True)
def set_up(tenant: Integration, other_tenant: Integration) -> None:
    """Both tenants have been read; nothing listens where their Flatchr would be."""
    Integration.objects.update(applicants_read_at=timezone.now())


def address(row: Row, tenant: Integration, record: str = "none") -> str:
    path = row.path.replace("{integration_id}", tenant.pk).replace("{category}", "ats")
    path = path.replace("{tool}", "flatchr").replace("{api}", "api")
    for name in (
        "job_id:path",
        "action_id",
        "application_id",
        "candidate_id",
        "submission_id",
        "field_id",
        "token",
        "webhook_id",
    ):
        path = path.replace("{" + name + "}", record)
    assert "{" not in path, "A parameter of this route has no value in the tests."
    return f"/v1/{path}"


def send(row: Row, tenant: Integration, key: str = "", **more: Any) -> Any:
    headers = {"X-Integration-Id": tenant.pk}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return Client().generic(
        row.method,
        address(row, tenant, **more),
        "" if row.body is None else json.dumps(row.body),
        content_type="application/json",
        headers=headers,
    )


def told(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error", {}).get("code")


def test_the_table_has_every_route() -> None:
    routes = {(route.method, route.path) for route in urls.router.routes}
    assert {(row.method, row.path) for row in TABLE} == routes


def test_no_address_bypasses_the_routes_but_links_and_the_reference() -> None:
    patterns = [str(pattern.pattern) for pattern in urls.urlpatterns]
    bypassing = [pattern for pattern in patterns if "(?P<path>" not in pattern]
    assert bypassing == [
        "link/<str:token>",
        "link/<str:token>/keys",
        "link/<str:token>/done",
        "link/<str:token>/progress",
        "hooks/flatchr/<str:token>",
        r"^v1/attachments/(?P<token>[\w:-]+)$",
        r"^(?:v1/)?openapi\.json$",
        r"^docs/?$",
    ]
    assert get_resolver().resolve("/v1/ats/jobs").func.csrf_exempt


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_route_opens_to_the_keys_that_it_is_for(
    row: Row, tenant: Integration, other_tenant: Integration
) -> None:
    own = create_key(name="Own", integrations=[tenant])[1]
    every = create_key(name="Every")[1]
    read_only = create_key(name="Read only", integrations=[tenant], read_only=True)[1]
    anothers = create_key(name="Another's", integrations=[other_tenant])[1]
    revoked_row, revoked = create_key(name="Revoked", integrations=[tenant])
    revoke(revoked_row)
    ended = timezone.now() - timedelta(seconds=1)
    expired = create_key(name="Expired", integrations=[tenant], expires_at=ended)[1]

    for key in (revoked, expired, "", "unknown"):
        assert told(send(row, tenant, key)) == (401, "PLATFORM.AUTHENTICATION_INVALID")
    if row.rights in (OPEN, MAKE):
        assert send(row, tenant, anothers).status_code == row.answer
    else:
        assert told(send(row, tenant, anothers)) == (404, "PLATFORM.INTEGRATION_NOT_FOUND")
    refused = told(send(row, tenant, read_only))
    if row.rights in (WRITE, MAKE):
        assert refused == (403, "PLATFORM.INPUT_INVALID")
    else:
        assert refused[0] == row.answer
    # Nobody who may not has changed anything.
    assert not SyncRun.objects.exists()
    assert not Submission.objects.exists()
    assert Integration.objects.present().filter(enabled=True).count() == 2
    assert send(row, tenant, every).status_code == row.answer
    Integration.objects.update(enabled=True, deleted_at=None)
    assert send(row, tenant, own).status_code == row.answer


@pytest.mark.parametrize("row", ABOUT_RECORDS, ids=str)
def test_a_record_of_another_tenant_answers_as_one_that_does_not_exist(
    row: Row, tenant: Integration, other_tenant: Integration
) -> None:
    common = {"integration": other_tenant, "changed_at": timezone.now()}
    job = Job.objects.create(pk="J" * 24, remote_id="j", status="OPEN", **common)
    person = Candidate.objects.create(pk="C" * 24, remote_id="c", **common)
    stage = ApplicationStage.objects.create(pk="S" * 24, remote_id="s", **common)
    application = Application.objects.create(
        pk="A" * 24, remote_id="a", job=job, candidate=person, current_stage=stage, **common
    )
    foreign = {
        "job_id": job.pk,
        "candidate_id": person.pk,
        "application_id": application.pk,
    }
    [theirs] = [pk for name, pk in foreign.items() if "{" + name in row.path]
    # Both tenants' key: what it asks about in one of them is not found in the other.
    key = create_key(name="Both", integrations=[tenant, other_tenant])[1]
    unknown, another = send(row, tenant, key), send(row, tenant, key, record=theirs)
    assert told(another) == told(unknown)
    assert theirs not in another.content.decode().replace(f"“{theirs}”", "")
    assert (
        another.json()["error"]["message"].replace(theirs, "none")
        == (unknown.json()["error"]["message"])
    )


@pytest.mark.parametrize(
    ("read_only", "allowed", "method", "refused"),
    [
        (False, ["GET"], "GET", False),
        (False, ["GET"], "POST", True),
        (False, [], "GET", True),
        (True, ["GET", "POST", "DELETE"], "GET", False),
        (True, ["GET", "POST", "DELETE"], "DELETE", True),
    ],
)
def test_the_passthrough_is_held_to_the_methods_of_the_key(
    read_only: bool, allowed: list[str], method: str, refused: bool, tenant: Integration
) -> None:
    _, key = create_key(
        name="Any", integrations=[tenant], read_only=read_only, passthrough_methods=allowed
    )
    row = Row("POST", "passthrough/{tool}/{api}", READ, 0, {"method": method, "path": "/none"})
    assert (send(row, tenant, key).status_code == 403) == refused


def test_a_link_without_a_valid_signature_opens_nothing(tenant: Integration) -> None:
    key = create_key(name="Any", integrations=[tenant])[1]
    for headers in ({}, {"Authorization": f"Bearer {key}"}):
        answer = Client().get("/v1/attachments/forged:token", headers=headers)
        assert answer.status_code in (401, 403, 404, 410)
        assert answer.json()["status"] == "error"


def test_a_key_of_no_tenant_that_is_left_opens_none(tenant: Integration) -> None:
    row, key = create_key(name="Any", integrations=[tenant])
    row.integrations.clear()
    assert not ApiKey.objects.get(pk=row.pk).every_tenant
    answer = send(Row("GET", "ats/jobs", READ, 0), tenant, key)
    assert told(answer) == (404, "PLATFORM.INTEGRATION_NOT_FOUND")
