"""What the log says of each thing done, and what it never says."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.logs import JsonFormatter, MaskingFormatter
from integrations import tasks
from integrations.accounts.api_keys import create_key
from integrations.exports import service, working
from integrations.exports.writing import Wanted
from integrations.models import Candidate, Integration, Job, Submission
from integrations.sandbox import Sandbox
from tests.submissions.acting import EMAIL, queue
from tests.sync.running import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

# Whose e-mail is not valid, too: it stands in no field that is checked.
PERSON = ("Nadia", "Perrot", EMAIL, "639980001", "39 98 00")


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.FLATCHR_BURST = 100_000


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[dict[str, Any]]]:
    """The fields of each line of that event, of the installation's log."""
    caplog.set_level(logging.INFO)

    def of(event: str) -> list[dict[str, Any]]:
        lines = [record for record in caplog.records if getattr(record, "event", "") == event]
        for line in lines:
            # What text has, JSON has as well.
            for name, value in line.fields.items():  # type: ignore[attr-defined]
                assert f"{name}={value}" in line.getMessage()
        return [line.fields for line in lines]  # type: ignore[attr-defined]

    return of


def formatted(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, as it is written in both formats."""
    formatters = (MaskingFormatter("%(levelname)s %(name)s: %(message)s"), JsonFormatter())
    return "\n".join(one.format(record) for record in caplog.records for one in formatters)


def test_each_thing_done_is_a_line_with_ids_and_nobody_is_named(
    connected_tenant: Integration,
    said: Callable[[str], list[dict[str, Any]]],
    admin: User,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = connected_tenant
    run = sync(tenant)
    [line] = said("sync")
    assert (line["run"], line["tenant"], line["state"]) == (run.pk, tenant.pk, "SUCCEEDED")
    assert (line["type"], line["requests"]) == ("FULL", run.requests)
    assert line["seconds"] > 0

    job = Job.objects.filter(status="OPEN").order_by("pk")[0]
    submission = queue(tenant, job)
    tasks.run_submission(submission.pk)
    line = said("submission")[-1]
    assert (line["submission"], line["tenant"]) == (submission.pk, tenant.pk)
    assert line["state"] == Submission.objects.get().state == "SUCCEEDED"

    export = service.queue(Wanted(), user=admin, filters="q=Perrot", integration=tenant)
    working.work_on(export.pk)
    [line] = said("export")
    assert (line["export"], line["tenant"], line["state"]) == (export.pk, tenant.pk, "DONE")
    assert line["rows"] == Candidate.objects.filter(last_name="Perrot").count() == 1

    key, secret = create_key(name="Perrot & Cie", integrations=[tenant])
    answer = client.get(
        f"/v1/ats/candidates?email={EMAIL}",
        headers={"Authorization": f"Bearer {secret}", "X-Integration-Id": tenant.pk},
    )
    assert answer.status_code == 200
    line = said("api")[-1]
    assert (line["route"], line["method"], line["status"]) == ("ats/candidates", "GET", 200)
    assert (line["key"], line["tenant"]) == (key.prefix, tenant.pk)

    log = formatted(caplog)
    names = {
        word
        for person in Candidate.objects.all()
        for word in (person.first_name, person.last_name)
        if word and len(word) > 3
    }
    assert len(names) > 5
    for word in (*names, *PERSON, secret, tenant.organization):
        assert word not in log


def test_a_failure_is_logged_without_the_person_that_it_was_about(
    connected_tenant: Integration,
    said: Callable[[str], list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync(connected_tenant)
    submission = queue(connected_tenant, Job.objects.filter(status="OPEN").order_by("pk")[0])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"duplicate key: Key (email)=({EMAIL}) already exists")

    monkeypatch.setattr("integrations.submissions.send.applicants_by_email", broken)
    tasks.run_submission(submission.pk)

    line = said("submission")[-1]
    assert (line["submission"], line["state"], line["error"]) == (
        submission.pk,
        "FAILED",
        "internal",
    )
    log = formatted(caplog)
    assert "RuntimeError" in log
    assert EMAIL not in log


def test_a_json_line_is_one_object_with_the_fields_of_its_event() -> None:
    record = logging.makeLogRecord(
        {
            "name": "relais",
            "levelname": "INFO",
            "msg": "sync %s",
            "args": ("run=7",),
            "event": "sync",
            "fields": {"run": 7, "state": "FAILED"},
        }
    )

    line = JsonFormatter().format(record)

    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "INFO",
        "logger": "relais",
        "message": "sync run=7",
        "event": "sync",
        "run": 7,
        "state": "FAILED",
    }


def test_the_log_does_not_repeat_what_each_probe_is_told(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/healthz").status_code == 503
    assert client.get("/v1/ats/nothing").status_code == 401

    assert not [record for record in caplog.records if "/healthz" in record.getMessage()]
    assert [record for record in caplog.records if "/v1/ats/nothing" in record.getMessage()]
