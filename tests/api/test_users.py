"""Users by the official SDK: the company's members, as Flatchr has them at this moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from kombo import Kombo
from kombo.errors import KomboAtsError

from integrations.ids import unified_id
from integrations.models import FlatchrSettings, HttpExchange, Integration
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.creating import told
from tests.api.reading import by_sdk, keys

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

KEYS = keys(
    "id remote_id first_name last_name email status system_roles remote_data changed_at "
    "remote_deleted_at"
)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    """Connected, and read before: its users need no copy of anything."""
    connected_tenant.applicants_read_at = timezone.now()
    connected_tenant.save()
    return connected_tenant


@pytest.fixture
def ats(sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration) -> Any:
    return sdk(make_key(tenant, read_only=True), tenant).ats


@pytest.fixture
def members(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What Flatchr has; a test may change it."""
    return sandbox.world.company.members


def names(found: Iterable[Any]) -> set[str | None]:
    return {user.first_name for user in found}


def test_the_sdk_reads_every_member_page_by_page(
    ats: Any, tenant: Integration, members: list[dict[str, Any]]
) -> None:
    found = {user.remote_id: user for user in by_sdk(ats.get_users(page_size=2))}

    assert set(found) == {member["user"]["id"] for member in members}
    for member in members:
        given, user = member["user"], found[member["user"]["id"]]
        assert user.id == unified_id(tenant.pk, given["id"])
        assert (user.first_name, user.last_name) == (given["firstname"], given["lastname"])
        assert user.email == given["email"]
        assert user.changed_at == datetime(2025, 1, 10, 8, tzinfo=UTC)
        assert (user.status, user.remote_deleted_at) == (None, None)
        [role] = user.system_roles
        assert (role.remote_id, role.scope) == (str(member["role_id"]), "SYSTEM")
        assert (role.remote_label, role.unified_type) == (None, None)


def test_nothing_of_a_member_goes_out_or_into_the_log_that_would_sign_somebody_in(
    call: Call, make_key: MakeKey, tenant: Integration, members: list[dict[str, Any]]
) -> None:
    answer = call("GET", "/ats/users", key=make_key(tenant), tenant=tenant)

    assert answer.json()["data"]["next"] is None
    assert {frozenset(row) for row in answer.json()["data"]["results"]} == {frozenset(KEYS)}
    exchange = HttpExchange.objects.get(integration=tenant)
    assert '"token_vyte":"***"' in exchange.response_body.replace(" ", "")
    for text in (answer.text, exchange.response_body):
        assert members[0]["user"]["token_vyte"] not in text


def test_the_raw_member_is_shown_where_the_tenant_shows_raw_objects(
    call: Call, make_key: MakeKey, tenant: Integration, members: list[dict[str, Any]]
) -> None:
    def first() -> Any:
        answer = call("GET", "/ats/users", key=make_key(tenant), tenant=tenant)
        return min(answer.json()["data"]["results"], key=lambda row: row["remote_id"])

    assert first()["remote_data"] is None
    FlatchrSettings.objects.filter(integration=tenant).update(api_remote_data=True)

    member = min(members, key=lambda one: one["user"]["id"])
    raw = first()["remote_data"]
    assert raw["role_id"] == member["role_id"]
    assert raw["user"]["email"] == member["user"]["email"]
    assert "token_vyte" not in raw["user"]


def test_every_filter_of_the_sdk_is_honoured(
    ats: Any, tenant: Integration, members: list[dict[str, Any]]
) -> None:
    basile, corinne, malik = (member["user"] for member in members)
    malik["updated_at"] = "2026-02-01T09:00:00.000Z"

    def found(**filters: Any) -> set[str | None]:
        return names(by_sdk(ats.get_users(**filters)))

    assert found(remote_ids=[basile["id"], malik["id"]]) == {"Basile", "Malik"}
    assert found(ids=[unified_id(tenant.pk, corinne["id"])]) == {"Corinne"}
    assert found(emails=[corinne["email"].upper(), "nobody@nord.example"]) == {"Corinne"}
    assert found(ids=["nobody"]) == set()
    assert found(remote_ids=[basile["id"]], emails=[corinne["email"]]) == set()
    assert found(updated_after=datetime(2026, 1, 1, tzinfo=UTC)) == {"Malik"}
    assert found(updated_after=datetime(2026, 2, 1, 9, tzinfo=UTC)) == {"Malik"}
    everybody = {"Basile", "Corinne", "Malik"}
    assert found(include_deleted=True, ignore_unsupported_filters=True) == everybody


def test_a_member_that_is_nobody_is_passed_over_and_gaps_are_null(
    ats: Any, tenant: Integration, members: list[dict[str, Any]]
) -> None:
    members[:] = [
        {"id": "m1", "role_id": None, "user": {"id": "u1", "firstname": " ", "email": "no@mail"}},
        {"id": "m2", "role_id": 2, "user": None},
    ]

    [user] = by_sdk(ats.get_users())

    assert (user.remote_id, user.system_roles) == ("u1", [])
    assert (user.first_name, user.last_name, user.email) == (None, None, None)
    assert abs((user.changed_at - tenant.created_at).total_seconds()) < 0.001


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 401}, ("INTEGRATION.AUTHENTICATION_INVALID", 424)),
        ({"status": 500}, ("REMOTE.SERVICE_UNAVAILABLE", 503)),
        ({"wrong_shape": True}, ("REMOTE.UNKNOWN_HTTP_ERROR", 502)),
    ],
    ids=str,
)
def test_a_read_that_flatchr_does_not_answer_says_why(
    fault: dict[str, Any], expected: tuple[str, int], ats: Any, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/members$", **fault)

    with pytest.raises(KomboAtsError) as failed:
        ats.get_users()

    assert told(failed.value) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        "page_size=0",
        "page_size=251",
        "cursor=none",
        "ids=",
        "emails=,",
        "updated_after=yesterday",
        "include_deleted=yes",
        "ignore_unsupported_filters=1",
    ],
)
def test_a_wrong_parameter_is_refused_before_flatchr_is_asked(
    parameters: str, call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    answer = call("GET", f"/v1/ats/users?{parameters}", key=make_key(tenant), tenant=tenant)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "PLATFORM.INPUT_INVALID")
    assert parameters.partition("=")[0] in answer.json()["error"]["message"]
    assert not HttpExchange.objects.exists()
