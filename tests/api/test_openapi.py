"""The OpenAPI document: valid, complete, and true of every answer of a synchronised tenant."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import orjson
import pytest
import schemathesis
from django.test import Client

from integrations.actions import sign_ins
from integrations.actions.kinds.to_dos import members
from integrations.api.openapi.document import document, undocumented
from integrations.connecting import links
from integrations.models import (
    ApiKey,
    Application,
    ApplicationStage,
    CustomField,
    Integration,
    Job,
    Submission,
)
from integrations.sandbox import Sandbox
from integrations.sandbox.credentials import PASSWORD
from tests.api.conftest import MakeKey
from tests.api.creating import cv, person
from tests.api.documented import Documented, opened, operations, referenced
from tests.sync.running import sync

pytestmark = pytest.mark.any_database

OPERATIONS = dict(operations())
LISTS = ["jobs", "candidates", "applications", "application-stages", "tags"]


def test_the_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(document()).validate()


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    missing, superfluous = undocumented()
    assert not missing, (
        f"Declare an Operation for {sorted(missing)} in integrations/api/openapi/groups."
    )
    assert not superfluous


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_told_whole(operation: str) -> None:
    entry = OPERATIONS[operation]
    assert entry["summary"]
    for parameter in entry["parameters"]:
        assert parameter["description"], f"Say what {parameter['name']} is."
    known = Documented()
    for status, response in entry["responses"].items():
        content = response["content"].get("application/json", {})
        if "example" in content:
            known.validate(operation, int(status), content["example"])
    body = entry.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        schema = {**body["schema"], "components": known.document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(body["example"])


def test_no_object_of_an_answer_is_open_to_undeclared_keys() -> None:
    schemas = document()["components"]["schemas"]
    answers = set(referenced([entry["responses"] for entry in OPERATIONS.values()], schemas, set()))
    assert {"Job", "Candidate", "Application", "Error", "Warning", "WriteActionField"} <= answers
    assert list(opened({name: schemas[name] for name in answers})) == []
    for operation, entry in OPERATIONS.items():
        assert list(opened(entry["responses"], operation)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/openapi.json", "/v1/openapi.json"])
def test_the_document_is_public_and_sent_once(path: str, client: Client) -> None:
    first = client.get(path)
    assert first.json() == document()
    assert first.headers["Content-Type"] == "application/json"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(path).status_code == 405


# Real answers


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=8)


class Site:
    """Sends requests as an application would, and holds each answer against the document."""

    def __init__(self, tenant: Integration, key: str) -> None:
        self.documented = Documented()
        self.tenant = tenant
        self.key = key

    def send(
        self,
        operation: str,
        *,
        body: Any = None,
        query: Any = None,
        key: str | None = None,
        **path: str,
    ) -> Any:
        """The body of the answer. `path` are the parameters of the address."""
        method, _, template = operation.partition(" ")
        address = "/v1" + template.format(**path)
        sent = "" if body is None else orjson.dumps(body).decode()
        answer = Client().generic(
            method,
            address,
            sent,
            content_type="application/json",
            query_params=query,
            headers={
                "Authorization": f"Bearer {self.key if key is None else key}",
                "X-Integration-Id": self.tenant.pk,
            },
        )
        return self.documented.check(operation, answer)

    def done(self, operation: str, **more: Any) -> Any:
        """The same, of what has to succeed: its data."""
        told = self.send(operation, **more)
        assert told["status"] == "success", told
        return told["data"]


@pytest.fixture
def site(synced_tenant: Integration, make_key: MakeKey, settings: Any) -> Site:
    settings.FLATCHR_RATE = 100_000
    key = make_key(synced_tenant, passthrough_methods=["GET", "POST"])
    return Site(synced_tenant, key)


def read_everything(site: Site) -> dict[str, list[Any]]:
    """All lists, to their ends, two records a page."""
    found: dict[str, list[Any]] = {}
    for name in [*LISTS, "users"]:
        query = {"page_size": "2", "include_deleted": "true"}
        found[name] = []
        while True:
            page = site.done(f"GET /ats/{name}", query=query)
            found[name] += page["results"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert found[name], f"There is nothing in {name} that could be looked at."
    return found


@pytest.mark.django_db(transaction=True)
def test_every_operation_answers_as_documented(site: Site, synced_tenant: Integration) -> None:
    one = {"integration_id": synced_tenant.pk}
    read_everything(site)
    _switch_everything_on(site, one)
    sync(synced_tenant)
    told = read_everything(site)
    assert any(job["integration_fields"] and job["remote_data"] for job in told["jobs"])
    assert any(job["custom_fields"] for job in told["jobs"])
    assert any(row["tags"] for row in told["candidates"])
    _write(site)
    submission = Submission.objects.filter(state="SUCCEEDED")[0]
    assert site.done("GET /submissions/{submission_id}", submission_id=submission.pk)["is_final"]
    for action, takes in (("ats_create_application", True), ("ats_reject_application", False)):
        taken = site.done("GET /ats/actions/{action_id}", action_id=action)
        assert (taken["attachment_restrictions"] is not None) == takes
    _connect(site, one)
    _ask_in_general(site, one)
    _webhooks(site)
    # Last, as nothing of the tenant answers after it.
    site.done("DELETE /integrations/{integration_id}", body={}, **one)
    can = {name for name, entry in OPERATIONS.items() if "200" in entry["responses"]}
    assert site.documented.succeeded == can


def _switch_everything_on(site: Site, one: dict[str, str]) -> None:
    settings = site.tenant.flatchr_settings
    settings.api_remote_data = True
    settings.save()
    fields = site.done("GET /integrations/{integration_id}/integration-fields", **one)["results"]
    for field in fields:
        site.done(
            "PATCH /integrations/{integration_id}/integration-fields/{field_id}",
            body={"enable_passthrough": True},
            field_id=field["id"],
            **one,
        )
    by_key = {field["key"]: field["id"] for field in fields}
    for key in ("code", "page"):
        CustomField.objects.create(key=key, label=key.title())
    listed = site.done(
        "GET /integrations/{integration_id}/custom-fields", query={"page_size": "1"}, **one
    )
    assert listed["next"]
    for field in CustomField.objects.all():
        for wanted in (None, by_key["slug"]):
            site.done(
                "PUT /integrations/{integration_id}/custom-fields/{field_id}",
                body={"integration_field_id": wanted},
                field_id=field.pk,
                **one,
            )
    site.done("GET /integrations/{integration_id}/custom-fields", **one)


def _write(site: Site) -> None:
    job = Job.objects.filter(integration=site.tenant, status="OPEN").order_by("pk")[0]
    body = {"candidate": person(), "attachments": [cv()], "gdpr_consent": {"given": True}}
    created = site.done("POST /ats/jobs/{job_id}/applications", body=body, job_id=job.pk)
    about = {"application_id": created["id"]}
    who = {"candidate_id": created["candidate"]["id"]}
    other = {"candidate": person(email_address="ines@courrier.example"), "attachments": [cv()]}
    site.done("POST /ats/candidates", body={**other, "application": {"job_id": job.pk}})
    stage = ApplicationStage.objects.filter(integration=site.tenant, hired=False).order_by("pk")[0]
    site.done("PUT /ats/applications/{application_id}/stage", body={"stage_id": stage.pk}, **about)
    tag = site.done("GET /ats/tags")["results"][0]["name"]
    site.done("POST /ats/candidates/{candidate_id}/tags", body={"tag": {"name": tag}}, **who)
    author = site.tenant.memberships.first()
    assert author is not None
    ApiKey.objects.update(created_by=author.user)
    [member, *_] = members(site.tenant)
    sign_ins.sign_in(site.tenant, user=author.user, email=str(member.email), password=PASSWORD)
    note = {"content": "Bon contact", "content_type": "PLAIN_TEXT"}
    site.done("POST /ats/applications/{application_id}/notes", body=note, **about)
    site.done("GET /ats/candidates/{candidate_id}/attachments", **who)
    files = site.done("GET /ats/applications/{application_id}/attachments", **about)["results"]
    token = urlsplit(files[0]["data_url"]).path.rpartition("/")[2]
    assert site.send("GET /attachments/{token}", token=token).startswith(b"%PDF")
    site.send("GET /attachments/{token}", token="none")
    note = {"note": "Merci"}
    warned = site.send("POST /ats/applications/{application_id}/reject", body=note, **about)
    assert warned["warnings"]
    wanted = {"method": "GET", "path": "/vacancies", "api_options": {"none": "of these"}}
    assert site.send("POST /passthrough/{tool}/{api}", body=wanted, tool="flatchr", api="api")[
        "warnings"
    ]


def _connect(site: Site, one: dict[str, str]) -> None:
    asked = {
        "end_user_email": "rh@sud.example",
        "end_user_organization_name": "Maison Sud",
        "integration_tool": "flatchr",
        "enable_static_ips": True,
    }
    made = site.done("POST /connect/create-link", body=asked)
    token = urlsplit(made["link"]).path.rstrip("/").rpartition("/")[2]
    link = links.find(token)
    assert link is not None
    links.claim(link)
    links.assign_tenant(link, site.tenant)
    site.done("GET /connect/integration-by-token/{token}", token=token)
    site.done("POST /connect/activate-integration", body={"token": token})
    site.done("POST /integrations/{integration_id}/relink", body={}, **one)
    body = {"link_type": "MAGIC_LINK"}
    site.done("POST /integrations/{integration_id}/setup-link", body=body, **one)


def _webhooks(site: Site) -> None:
    made = site.done("POST /webhooks", body={"url": "https://receiver.example/hook"})
    one = {"webhook_id": made["id"]}
    assert made["secret"].startswith("whsec_")
    tested = site.done("POST /webhooks/{webhook_id}/test", body={"type": "sync-finished"}, **one)
    site.done("POST /webhooks/{webhook_id}/test", **one)
    page = site.done("GET /webhooks/{webhook_id}/deliveries", query={"page_size": "1"}, **one)
    query = {"page_size": "1", "cursor": page["next"], "state": "PENDING"}
    [last] = site.done("GET /webhooks/{webhook_id}/deliveries", query=query, **one)["results"]
    assert last["id"] == tested["delivery_id"]
    site.done("POST /webhooks/{webhook_id}/replay", body={"failed": True}, **one)
    assert site.done("POST /webhooks/{webhook_id}/rotate-secret", **one)["former_secret_ends_at"]
    body = {"events": ["candidate.created"], "active": False}
    assert site.done("PATCH /webhooks/{webhook_id}", body=body, **one)["state"] == "PAUSED"
    site.done("GET /webhooks/{webhook_id}", **one)
    assert len(site.done("GET /webhooks")["results"]) == 1
    site.done("DELETE /webhooks/{webhook_id}", **one)


def _ask_in_general(site: Site, one: dict[str, str]) -> None:
    site.done("GET /check-api-key")
    for category in ("ats", "hris"):
        site.done("GET /tools/{category}", category=category)
    for value in (False, True):
        site.done("PUT /integrations/{integration_id}/enabled", body={"value": value}, **one)
        site.done("GET /integrations/{integration_id}", **one)
    for kind in ("FULL", "DELTA"):
        site.done("POST /force-sync", body={"type": kind})
    query = {"limit": "100"}
    models = set()
    while (page := site.done("GET /changes", query=query))["results"]:
        models |= {one["model"] for one in page["results"]}
        query["after"] = page["next"]
    assert len(models) == 7


@pytest.mark.django_db
def test_every_operation_fails_as_documented(
    tenant: Integration, make_key: MakeKey, settings: Any
) -> None:
    site = Site(tenant, make_key(tenant))
    reading = make_key(tenant, read_only=True)
    settings.API_MAX_BYTES = 100
    for operation, entry in OPERATIONS.items():
        names = {one["name"] for one in entry["parameters"] if one["in"] == "path"}
        path = dict.fromkeys(names, "none")
        if entry.get("security") == []:
            site.send(operation, **path)
            continue
        # No key, a read-only one, and a tenant that has not been read and has no Flatchr.
        for key in ("", reading, site.key):
            told = [site.send(operation, key=key, body=body, **path) for body in (None, {}, [])]
            if not key:
                assert [one["status"] for one in told] == ["error"] * 3
        site.send(operation, body={"long": "x" * 200}, **path)
    assert site.documented.failed == OPERATIONS.keys()


@pytest.mark.django_db(transaction=True)
def test_a_key_too_many_and_a_key_too_few_are_noticed(site: Site) -> None:
    for name in LISTS:
        operation = f"GET /ats/{name}"
        right = site.send(operation)
        record = right["data"]["results"][0]
        for key in [None, *record]:
            wrong = copy.deepcopy(right)
            if key is None:
                wrong["data"]["results"][0]["surplus"] = None
            else:
                del wrong["data"]["results"][0][key]
            with pytest.raises(AssertionError, match="surplus" if key is None else key):
                site.documented.validate(operation, 200, wrong)
    assert Application.objects.exists()
