"""Keys: made, shown once, recognised, closed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombo import Kombo
from kombo.errors import KomboGeneralError

from integrations.accounts.api_keys import InvalidKey, authenticate, create_key, revoke
from integrations.models import ApiKey, AuditEntry, Event, FlatchrSettings, Integration
from tests.api.conftest import Call, MakeKey
from tests.support.database_locks import lock_held

pytestmark = pytest.mark.django_db


def test_the_official_sdk_finds_that_a_key_works_with_and_without_the_version(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration, api_site: str
) -> None:
    key = make_key(tenant)
    assert sdk(key).general.check_api_key().data.environment_id == "relais"
    assert sdk(key, server_url=api_site).general.check_api_key().data.environment_id == "relais"


def test_a_key_is_stored_as_a_hash_and_a_beginning_alone(tenant: Integration) -> None:
    row, key = create_key(name=" Careers page ", integrations=[tenant])
    stored = ApiKey.objects.filter(pk=row.pk).values().get()
    assert stored["name"] == "Careers page"
    assert key.startswith(stored["prefix"])
    assert len(key) - len(stored["prefix"]) >= 36
    assert key[len(stored["prefix"]) :] not in str(stored)


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "Bearer   {} "])
def test_a_key_is_recognised_in_its_header(scheme: str) -> None:
    row, key = create_key(name="Any")
    assert authenticate(scheme.format(key)) == (row, None)


def test_the_tenant_that_is_named_comes_with_the_key_if_it_opens_it(
    tenant: Integration, other_tenant: Integration
) -> None:
    for one in (tenant, other_tenant):
        FlatchrSettings.objects.update_or_create(
            integration=one, defaults={"scope_opt_outs": ["tags"], "offerer_id": 7}
        )
    _, narrow = create_key(name="Narrow", integrations=[tenant])
    _, wide = create_key(name="Wide")

    def found(key: str, named: Integration) -> Integration | None:
        return authenticate(f"Bearer {key}", named.pk)[1]

    for key, named in ((narrow, tenant), (wide, tenant), (wide, other_tenant)):
        by_orm = Integration.objects.select_related("flatchr_settings").get(pk=named.pk)
        one = found(key, named)
        assert one is not None
        for ours, theirs in ((one, by_orm), (one.flatchr_settings, by_orm.flatchr_settings)):
            # As texts, for True is not to be 1.
            values = [
                {field.attname: repr(getattr(row, field.attname)) for field in row._meta.fields}
                for row in (ours, theirs)
            ]
            assert values[0] == values[1]
    assert found(narrow, other_tenant) is None
    Integration.objects.filter(pk=tenant.pk).update(deleted_at=timezone.now())
    assert found(narrow, tenant) is found(wide, tenant) is None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x"])
def test_anything_else_in_the_header_opens_nothing(header: str) -> None:
    _, key = create_key(name="Any")
    with pytest.raises(InvalidKey):
        authenticate(header.format(key))
    answer = Client().get("/v1/check-api-key", headers={"Authorization": header.format(key)})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "PLATFORM.AUTHENTICATION_INVALID"


def test_a_revoked_key_is_refused_from_the_next_request_on(
    sdk: Callable[..., Kombo], make_key: MakeKey, key_row: Callable[[str], ApiKey]
) -> None:
    key = make_key()
    client = sdk(key)
    client.general.check_api_key()
    revoke(key_row(key))
    with pytest.raises(KomboGeneralError) as refused:
        client.general.check_api_key()
    assert refused.value.status_code == 401
    assert refused.value.data.error.code == "PLATFORM.AUTHENTICATION_INVALID"
    assert "revoked" in str(refused.value.data.error.message)


def test_an_expired_key_is_refused(sdk: Callable[..., Kombo], make_key: MakeKey) -> None:
    with pytest.raises(KomboGeneralError) as refused:
        sdk(make_key(expires_at=timezone.now())).general.check_api_key()
    assert "expired" in str(refused.value.data.error.message)
    sdk(make_key(expires_at=timezone.now() + timedelta(hours=1))).general.check_api_key()


def test_a_key_of_one_tenant_opens_none_once_that_tenant_is_gone(
    make_key: MakeKey, tenant: Integration, other_tenant: Integration, call: Call
) -> None:
    key = make_key(tenant)
    assert call("GET", f"/integrations/{tenant.pk}", key=key).status_code == 200
    Integration.objects.filter(pk=tenant.pk).delete()
    assert call("GET", f"/integrations/{other_tenant.pk}", key=key).status_code == 404


def test_the_use_of_a_key_is_written_once_a_minute() -> None:
    row, key = create_key(name="Any")
    with CaptureQueriesContext(
        connection,
    ) as first:
        authenticate(f"Bearer {key}")
    with CaptureQueriesContext(connection) as second:
        authenticate(f"Bearer {key}")
    # On the first use of a day, the audit trail has it too, in one transaction with the mark. Three
    # statements around that bound the wait for a lock.
    assert (len(first), len(second)) == (8, 1)
    used = timezone.now() - timedelta(seconds=61)
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=used)
    authenticate(f"Bearer {key}")
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at > used


@pytest.mark.parametrize("table", ["integrations_apikey", "integrations_auditentry"])
def test_a_key_whose_use_cannot_be_recorded_still_works(
    table: str, tenant: Integration, caplog: pytest.LogCaptureFixture
) -> None:
    row, key = create_key(name="Any", integrations=[tenant])

    def busy(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (
            sql.startswith("UPDATE" if table == "integrations_apikey" else "INSERT")
            and table in sql
        ):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    headers = {"Authorization": f"Bearer {key}"}
    with connection.execute_wrapper(busy):
        answer = Client().get(f"/v1/integrations/{tenant.pk}", headers=headers)
    assert answer.status_code == 200
    assert f"The use of API key {row.prefix} could not be noted" in caplog.text
    # Neither half of it was stored, and the next request records both.
    row.refresh_from_db()
    assert row.last_used_at is None
    assert not AuditEntry.objects.filter(what=Event.KEY_USED).exists()
    authenticate(f"Bearer {key}")
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert AuditEntry.objects.filter(what=Event.KEY_USED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_read_does_not_wait_for_whoever_holds_the_lock_of_the_write(tenant: Integration) -> None:
    row, key = create_key(name="Any", integrations=[tenant])
    Client().get("/livez")  # the first request of a process loads every page
    with lock_held(row):
        started = time.monotonic()
        answer = Client().get(f"/v1/integrations/{tenant.pk}", HTTP_AUTHORIZATION=f"Bearer {key}")
        # It would wait for 20 seconds on SQLite, and for ever on PostgreSQL.
        assert time.monotonic() - started < 5
    assert answer.status_code == 200
    row.refresh_from_db()
    assert row.last_used_at is None

    authenticate(f"Bearer {key}")
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_the_command_prints_one_json_object_and_the_key_works(tenant: Integration) -> None:
    out = StringIO()
    call_command(
        "create_api_key", "--name", "Hub", "--integration", tenant.pk, "--read-only", "--json",
        stdout=out,
    )  # fmt: skip
    report = json.loads(out.getvalue())
    assert list(report) == ["key", "prefix", "name"]
    row, _ = authenticate(f"Bearer {report['key']}")
    assert (row.name, row.prefix) == ("Hub", report["prefix"])
    assert (row.read_only, row.every_tenant) == (True, False)
    assert list(row.integrations.all()) == [tenant]


def test_the_command_prints_nothing_but_the_key_on_standard_output() -> None:
    out, told = StringIO(), StringIO()
    call_command("create_api_key", "--name", "Hub", stdout=out, stderr=told)
    assert authenticate(f"Bearer {out.getvalue().strip()}")[0].every_tenant
    assert "not shown again" in told.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        ["--name", " "],
        ["--name", "x" * 101],
        ["--name", "Hub", "--integration", "flatchr:none"],
        ["--name", "Hub", "--passthrough", "GET,TRACE"],
        ["--name", "Hub", "--passthrough", ""],
        ["--name", "Hub", "--passthrough", "POST", "--read-only"],
    ],
)
def test_the_command_makes_no_key_from_a_wrong_option(options: list[str]) -> None:
    with pytest.raises(CommandError) as wrong:
        call_command("create_api_key", *options)
    assert wrong.value.returncode == 2
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("options", "methods"),
    [
        ([], ["GET"]),
        (["--passthrough", "GET,POST"], ["GET", "POST"]),
        (["--passthrough", "get, delete,get"], ["GET", "DELETE"]),
        (["--passthrough", "none"], []),
    ],
)
def test_a_new_key_may_read_through_the_passthrough_unless_it_is_told_otherwise(
    options: list[str], methods: list[str]
) -> None:
    call_command("create_api_key", "--name", "Hub", *options, stdout=StringIO(), stderr=StringIO())
    assert ApiKey.objects.get().passthrough_methods == methods


# The page

ADD = "admin:integrations_apikey_add"
LIST = "admin:integrations_apikey_changelist"


def form(**given: Any) -> dict[str, Any]:
    return {"name": "Careers page", "opens": "some", "passthrough_methods": ["GET"], **given}


def test_the_page_shows_a_new_key_once(
    admin: User, logged_in: Callable[[User], Client], tenant: Integration
) -> None:
    client = logged_in(admin)
    answer = client.post(reverse(ADD), form(integrations=[tenant.pk], read_only="on"))
    row = ApiKey.objects.get()
    page = answer.content.decode()
    key = page.split('<code id="key-text">')[1].split("</code>")[0]
    assert authenticate(f"Bearer {key}") == (row, None)
    assert "no-store" in answer.headers["Cache-Control"]
    assert (row.created_by, row.read_only, row.passthrough_methods) == (admin, True, ["GET"])
    for address in (reverse(LIST), reverse("admin:integrations_apikey_change", args=[row.pk])):
        later = client.get(address).content.decode()
        assert row.prefix in later
        assert key not in later


def test_the_page_ticks_nothing_but_reading_for_the_passthrough(
    admin: User, logged_in: Callable[[User], Client]
) -> None:
    page = logged_in(admin).get(reverse(ADD))
    assert page.context["form"]["passthrough_methods"].value() == ["GET"]
    assert "search for applicants" in page.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"opens": "some"}, "integrations"),
        ({"name": "", "opens": "every"}, "name"),
        ({"opens": "every", "expires_on": "2020-01-01"}, "expires_on"),
    ],
)
def test_the_page_makes_no_key_from_a_form_that_leaves_something_open(
    given: dict[str, Any],
    field: str,
    admin: User,
    logged_in: Callable[[User], Client],
    tenant: Integration,
) -> None:
    answer = logged_in(admin).post(reverse(ADD), form(**given))
    assert list(answer.context["form"].errors) == [field]
    assert not ApiKey.objects.exists()


def test_every_tenant_and_some_tenants_at_once_is_refused(
    admin: User, logged_in: Callable[[User], Client], tenant: Integration
) -> None:
    answer = logged_in(admin).post(reverse(ADD), form(opens="every", integrations=[tenant.pk]))
    assert list(answer.context["form"].errors) == ["opens"]


def test_a_key_works_to_the_end_of_its_last_day(
    admin: User, logged_in: Callable[[User], Client]
) -> None:
    today = timezone.localdate()
    logged_in(admin).post(reverse(ADD), form(opens="every", expires_on=today.isoformat()))
    ends = ApiKey.objects.get().expires_at
    assert ends is not None
    assert timezone.localtime(ends).date() == today + timedelta(days=1)


def test_revoking_asks_first(admin: User, logged_in: Callable[[User], Client]) -> None:
    row, _ = create_key(name="Old")
    client = logged_in(admin)
    address = reverse("admin:integrations_apikey_revoke", args=[row.pk])
    assert "Revoke this key?" in client.get(address).content.decode()
    row.refresh_from_db()
    assert row.revoked_at is None
    assert client.post(address).status_code == 302
    row.refresh_from_db()
    assert row.state == "Revoked"


def test_only_superusers_have_pages_of_keys(
    alice: User, logged_in: Callable[[User], Client]
) -> None:
    row, _ = create_key(name="Any")
    client = logged_in(alice)
    pages = [
        reverse(LIST), reverse(ADD),
        *(reverse(f"admin:integrations_apikey_{page}", args=[row.pk])
          for page in ("change", "revoke", "delete")),
    ]  # fmt: skip
    for address in pages:
        assert client.get(address).status_code == 403, address
        assert client.post(address).status_code == 403, address
    row.refresh_from_db()
    assert row.revoked_at is None
    assert ApiKey.objects.count() == 1
