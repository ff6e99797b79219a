"""A read that fails, breaks off or makes no sense deletes nothing, and is told in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Application, FlatchrCredentials, Integration, Job, SyncRun
from integrations.records import Model
from integrations.sandbox import Sandbox
from tests.sync.people import add
from tests.sync.rows import every_row
from tests.sync.running import sync, written

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database,
    pytest.mark.usefixtures("impatient"),
]

SEARCH = "/search/applicants$"
VACANCIES = "/vacancies$"
COLUMNS = "/columns$"
TAGS = "/tags$"

KINDS = {
    "cut": ({"cut": 1500}, "cut_short"),
    "html": ({"html": True}, "not_understood"),
    "object": ({"wrong_shape": True}, "not_understood"),
    "broken json": ({"invalid_json": True}, "cut_short"),
    "500": ({"status": 500}, "server_error"),
    "503": ({"status": 503}, "server_error"),
    "429": ({"status": 429, "headers": {"Retry-After": "0"}}, "rate_limited"),
    "redirect": ({"status": 302, "headers": {"Location": "/elsewhere"}}, "not_understood"),
}


def failed(run: SyncRun) -> dict[str, str]:
    """The kind of failure of each model that failed."""
    return dict(run.results.exclude(error_kind="").values_list("model", "error_kind"))


def lose_much(sandbox: Sandbox) -> None:
    """What a sync would delete, if it took a broken answer for a whole one."""
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.remove_tag(sandbox.tags()[-1]["id"])
    sandbox.remove_column(sandbox.add_column("Éphémère"))


@pytest.mark.parametrize("kind", KINDS)
def test_broken_applicants_delete_nobody_and_the_other_models_go_on(
    kind: str, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    fault, expected = KINDS[kind]
    before = every_row(synced_tenant)
    sandbox.edit_vacancy(sandbox.vacancies()[0]["id"], title="Vigneron")
    sandbox.faults.add(path=SEARCH, **fault)

    run = sync(synced_tenant)

    assert (run.state, run.error_kind) == ("PARTIALLY_FAILED", expected)
    assert failed(run) == {"applications": expected}
    assert run.error_message.endswith(".")
    assert "Flatchr" in run.error_message
    assert Job.objects.filter(name="Vigneron").count() == 1
    after = every_row(synced_tenant)
    assert {row["remote_deleted_at"] for row in after.values()} == {None}
    assert after.keys() == before.keys()


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (VACANCIES, "jobs"),
        (COLUMNS, "application_stages"),
        (TAGS, "tags"),
    ],
)
@pytest.mark.parametrize("kind", ["html", "500"])
def test_any_broken_list_deletes_nothing_of_its_model(
    path: str, model: str, kind: str, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    fault, expected = KINDS[kind]
    before = every_row(synced_tenant)
    sandbox.faults.add(path=path, **fault)

    run = sync(synced_tenant)

    assert (run.state, failed(run)) == ("PARTIALLY_FAILED", {model: expected})
    assert every_row(synced_tenant) == before
    assert written(run) == {}


def test_a_list_that_breaks_off_keeps_what_it_brought(
    synced_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole batches of it; of the one that was not full nothing is certain."""
    monkeypatch.setattr("integrations.sync.phases.BATCH", 1)
    added = {add(sandbox, f"Ada {number}", f"ada{number}@example.org") for number in range(40)}
    sandbox.faults.add(path=SEARCH, body={"status": 0}, cut=200)

    run = sync(synced_tenant)

    assert failed(run) == {"applications": "cut_short"}
    assert written(run) == {"candidates": {"created": 40}, "applications": {"created": 40}}
    stored = Application.objects.live().filter(remote_id__in=added)
    assert stored.count() == len(added)


def test_the_sync_after_the_trouble_finds_the_deletions(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.faults.add(path=VACANCIES, html=True)
    sync(synced_tenant)
    assert Job.objects.live().count() == 3
    sandbox.faults.clear()

    run = sync(synced_tenant)

    assert (run.state, Job.objects.live().count()) == ("SUCCEEDED", 2)


def test_when_every_list_fails_the_run_has_failed(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    lose_much(sandbox)
    sandbox.faults.add(status=500)

    run = sync(synced_tenant)

    assert (run.state, run.error_kind) == ("FAILED", "server_error")
    assert every_row(synced_tenant) == before


def test_a_passing_failure_is_tried_again_and_not_even_mentioned(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    sandbox.faults.add(path=SEARCH, status=503, times=2)

    run = sync(synced_tenant)

    assert (run.state, run.error_kind) == ("SUCCEEDED", "")
    assert every_row(synced_tenant) == before
    attempts = run.exchanges.filter(path__endswith="/search/applicants").order_by("id")
    active, archived = [(1, 503), (2, 503), (3, 200)], [(1, 200)]
    assert list(attempts.values_list("attempt", "status")) == active + archived


@pytest.mark.parametrize("status", [400, 404, 422])
def test_refused_archived_applicants_are_one_warning_and_delete_nobody(
    status: int, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    ada = add(sandbox, "Ada", "ada@example.org")
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=status)

    run = sync(synced_tenant)

    after = every_row(synced_tenant)
    assert after.keys() - before.keys() == {("Application", ada), ("Candidate", ada)}
    assert {row["remote_deleted_at"] for row in after.values()} == {None}
    warning = run.warnings.get(code="archived_applicants_unread")
    assert (warning.count, warning.model) == (1, "applications")
    assert run.state == "SUCCEEDED"


def test_an_archived_search_answered_with_active_rows_deletes_nobody(
    synced_tenant: Integration, sandbox: Sandbox, flatchr: Any
) -> None:
    before = every_row(synced_tenant)
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=200, content=flatchr.search())

    run = sync(synced_tenant)

    assert every_row(synced_tenant) == before
    assert run.warnings.get(code="archived_applicants_unread").count == 1
    assert run.state == "SUCCEEDED"


def test_an_empty_answer_is_held_however_few_there_were(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=VACANCIES, status=200, content=[])

    run = sync(synced_tenant)

    assert Job.objects.live().count() == 3
    assert written(run)["jobs"] == {"held": 3}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_the_run_and_is_remembered(
    status: int, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    sandbox.faults.add(path="/company/", status=status)

    run = sync(synced_tenant)

    synced_tenant.refresh_from_db()
    assert run.state == "AUTHENTICATION_FAILED"
    assert run.error_kind == {401: "wrong_key", 403: "wrong_company"}[status]
    assert "Settings > Advanced > API" in run.error_message
    assert synced_tenant.credentials_invalid_at is not None
    assert every_row(synced_tenant) == before


def test_a_key_that_flatchr_never_issued_ends_the_run_at_its_first_request(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    FlatchrCredentials.objects.update_or_create(
        integration=connected_tenant, defaults={"api_key": "wrong"}
    )

    run = sync(connected_tenant)

    assert (run.state, run.error_kind) == ("AUTHENTICATION_FAILED", "wrong_key")
    assert run.requests == len(sandbox.requests) == 1


def test_the_first_refusal_is_the_one_that_is_remembered_and_success_forgets_it(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(status=401)
    sync(synced_tenant)
    synced_tenant.refresh_from_db()
    first = synced_tenant.credentials_invalid_at
    sync(synced_tenant)
    synced_tenant.refresh_from_db()
    assert synced_tenant.credentials_invalid_at == first
    sandbox.faults.clear()

    sync(synced_tenant)

    synced_tenant.refresh_from_db()
    assert synced_tenant.credentials_invalid_at is None


def test_a_flatchr_that_is_down_fails_the_run_in_plain_words(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    sandbox.stop()

    run = sync(synced_tenant)

    synced_tenant.refresh_from_db()
    assert (run.state, run.error_kind) == ("FAILED", "unreachable")
    assert run.error_message.startswith("Flatchr could not be reached.")
    assert every_row(synced_tenant) == before
    assert synced_tenant.credentials_invalid_at is None


@pytest.mark.parametrize("end", ["FAILED", "every list", "CANCELLED"])
def test_a_run_that_ends_for_another_reason_leaves_a_refused_key_refused(
    end: str, synced_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.faults.add(status=401)
    sync(synced_tenant)
    sandbox.faults.clear()
    synced_tenant.refresh_from_db()
    refused_at = synced_tenant.credentials_invalid_at
    assert refused_at is not None
    if end == "FAILED":
        sandbox.stop()
    elif end == "every list":
        sandbox.faults.add(status=500)
    else:

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("integrations.flatchr.reader.FlatchrReader.stages", interrupt)

    run = sync(synced_tenant)

    assert run.state == ("CANCELLED" if end == "CANCELLED" else "FAILED")
    synced_tenant.refresh_from_db()
    assert synced_tenant.credentials_invalid_at == refused_at


def test_a_key_that_cannot_be_decrypted_is_told_without_asking_flatchr(
    synced_tenant: Integration, sandbox: Sandbox, settings: Any
) -> None:
    settings.CREDENTIALS_KEYS = ["nrK1XBTqPCTfTWk4Y5Ma6pBvvIDKVwqGX0Zb3uE6R3A="]

    run = sync(synced_tenant)

    assert (run.state, run.error_kind, run.requests) == ("FAILED", "key_unreadable", 0)
    assert "CREDENTIALS_KEYS" in run.error_message
    assert len(sandbox.requests) == 0


def test_a_model_that_needs_one_that_failed_is_left_alone(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    """Without the list of jobs, every application would lose its job."""
    before = every_row(synced_tenant)
    add(sandbox, "Ada", "ada@example.org")
    sandbox.faults.add(path=VACANCIES, status=500)

    run = sync(synced_tenant)

    assert every_row(synced_tenant) == before
    complete = set(run.results.filter(complete=True).values_list("model", flat=True))
    assert complete == {Model.APPLICATION_STAGES, Model.TAGS}
