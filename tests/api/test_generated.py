"""A thousand requests that schemathesis makes of our own document, valid and invalid ones,
against the WSGI application with a synchronised tenant and a Flatchr (the sandbox) behind it.

Every answer has to be one that the document has: status, content type, headers and each key. The
requests are the same in every run; `pytest tests/api/test_generated.py --hypothesis-seed=7` makes
others, and `TEST_EXAMPLES=5` more. They are made on PostgreSQL alone: what it refuses (a NUL in a
text, a number past 64 bits) SQLite takes.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from integrations.models import Application, ApplicationStage, Candidate, Integration, Job, Tag
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.api.creating import cv, person
from tests.conftest import MakeTenant
from tests.support.examples import examples

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="generated requests are made on PostgreSQL alone"
    ),
]

FEWEST = examples(1_000)
# Requests for each operation: lists are the most used and have the most parameters, and what goes
# to Flatchr takes longest.
LISTS, OTHERS, AT_FLATCHR = examples(40), examples(25), examples(12)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class World:
    """What generated requests can be about: values by the name of the parameter or field."""

    tenant: Integration
    known: Mapping[str, list[Any]]
    key: str


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: what it holds is not the subject."""
    return make_sandbox(vacancies=3, applicants=8)


@pytest.fixture(autouse=True)
def quick(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One connection for all requests, and no line of the log for each: half of the time."""
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    connection.close()
    yield
    connection.close()


@pytest.fixture
def world(
    synced_tenant: Integration, make_tenant: MakeTenant, make_key: MakeKey, settings: Any
) -> World:
    """The tenant, others that may be disabled and deleted, and a key for all of them."""
    settings.FLATCHR_RATE = 100_000
    settings.API_RATE_LIMIT = 10_000_000
    settings.API_CONCURRENCY = 100_000
    spare = [make_tenant(f"Maison {at}") for at in range(4)]
    found = {
        model: list(model.objects.order_by("remote_id").values_list("pk", flat=True)[:5])
        for model in (Job, Candidate, Application, ApplicationStage, Tag)
    }
    known = {
        "spare": [one.pk for one in spare],
        "integration_id": [synced_tenant.pk],
        "job_id": [*found[Job], "remote:none"],
        "candidate_id": found[Candidate],
        "application_id": found[Application],
        "stage_id": found[ApplicationStage],
        "category": ["ats", "hris"],
        "tool": ["flatchr"],
        "api": ["api", "career"],
    }
    key = make_key(passthrough_methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return World(synced_tenant, known, key)


def test_every_answer_to_a_generated_request_is_as_documented(
    world: World, pytestconfig: pytest.Config
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", application)
    # Whether a key is missing or wrong is tested elsewhere, and ends everything else.
    schema.config.generation.with_security_parameters = False
    seed_given = pytestconfig.getoption("hypothesisseed", None) is not None
    sent: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    wrong: list[str] = []
    for operation in [result.ok() for result in schema.get_all_operations()]:
        try:
            _send_many(operation, world, sent, statuses, derandomize=not seed_given)
        except (FailureGroup, AssertionError) as error:
            wrong.append(f"{operation.label}: {error}")
    print(f"{sent.total()} generated requests, answered {dict(sorted(statuses.items()))}")  # noqa: T201
    assert not wrong, "\n\n".join(wrong)
    assert sent.total() >= FEWEST
    # Those that take nothing are soon at an end.
    assert sent.pop("GET /check-api-key")
    assert sent.pop("GET /webhooks")
    assert min(sent.values()) >= examples(10)
    assert statuses[200] >= FEWEST // 5
    assert statuses[400] >= FEWEST // 5


def _send_many(
    operation: Any,
    world: World,
    sent: Counter[str],
    statuses: Counter[int],
    *,
    derandomize: bool,
) -> None:
    inputs = _inputs(operation)

    @settings(
        max_examples=_count(operation),
        derandomize=derandomize,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        case = data.draw(inputs)
        _make_real(case, data, world)
        # With `/v1`, which is the document's server, and a key: without one, all is 401.
        # Packed answers are read by real clients in `test_http.py`; this one does not unpack.
        headers = {"Authorization": f"Bearer {world.key}", "Accept-Encoding": "identity"}
        response = case.call(headers=headers)
        sent[operation.label] += 1
        statuses[response.status_code] += 1
        assert response.status_code != 500, case.as_curl_command()
        case.validate_response(response, checks=CHECKS)

    send()


def _inputs(operation: Any) -> st.SearchStrategy[Case]:
    """Valid and invalid requests in equal parts; one that takes nothing cannot be invalid."""
    takes = [*operation.path_parameters, *operation.query, *operation.headers, *operation.body]
    valid = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not takes:
        return valid
    return valid | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def _count(operation: Any) -> int:
    if "503" in operation.definition.raw["responses"]:
        return AT_FLATCHR
    return LISTS if operation.query.get("updated_after") else OTHERS


def _make_real(case: Case, data: st.DataObject, world: World) -> None:
    """Put real ids into most requests, else each would end at the first that nobody has."""
    if data.draw(st.integers(0, 7)) == 7:
        return
    if any(one.name == "X-Integration-Id" for one in case.operation.headers):
        case.headers = {**(case.headers or {}), "X-Integration-Id": world.tenant.pk}
    path = dict(case.path_parameters or {})
    for name in _drawn(data, path):
        case.path_parameters[name] = data.draw(st.sampled_from(_values(case, name, world)))
    body = case.body
    if not isinstance(body, dict):
        return
    if "stage_id" in body:
        body["stage_id"] = data.draw(st.sampled_from(world.known["stage_id"]))
    if "candidate" in body and data.draw(st.booleans()):
        number = data.draw(st.integers(0, 10**6))
        body["candidate"] = person(email_address=f"personne{number}@courrier.example")
        body["attachments"] = [cv()]
        body.pop("application", None)
        if case.operation.path == "/ats/candidates":
            body["application"] = {"job_id": data.draw(st.sampled_from(world.known["job_id"]))}


def _drawn(data: st.DataObject, names: Iterable[str]) -> list[str]:
    """Nearly all of the names."""
    return [name for name in names if data.draw(st.integers(0, 9)) != 9]


def _values(case: Case, name: str, world: World) -> list[Any]:
    destructive = case.operation.label in (
        "DELETE /integrations/{integration_id}",
        "PUT /integrations/{integration_id}/enabled",
    )
    if name == "integration_id" and destructive:
        return world.known["spare"]
    return world.known.get(name) or [case.path_parameters[name]]
