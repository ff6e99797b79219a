"""`sync` as a script uses it: exit codes, standard output, no secrets."""

from __future__ import annotations

import json
import os
import pty
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.models import (
    CandidateTag,
    FlatchrSettings,
    Integration,
    Job,
    ModelResult,
    SyncRun,
    TraitReading,
)
from integrations.sandbox import Sandbox
from integrations.sync.engine import execute
from integrations.sync.runs import queue_run
from tests.sync.people import add
from tests.sync.running import let_lease_run_out, wait_until
from tests.sync.terminal import Terminal, command_line

# What is told and how a process ends; a sync itself is proven on each database elsewhere.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

KEYS = ["run", "integration", "type", "state", "started_at", "ended_at", "models", "requests",
        "warnings", "error"]  # fmt: skip
MODELS = ["jobs", "application_stages", "job_stages", "candidates", "applications", "tags",
          "candidate_tags"]  # fmt: skip
FIGURES = ["seen", "created", "updated", "unchanged", "deleted", "restored", "held", "quarantined"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture(autouse=True)
def no_request_limit(settings: Any) -> None:
    settings.FLATCHR_BURST = 100_000


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=6)


def read_all(descriptor: int) -> str:
    """What a terminal was sent, until its other end is closed."""
    found = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:
            piece = b""
        if not piece:
            return found.decode()
        found += piece


def exit_code(*arguments: str) -> int:
    """The exit code of the command, run in this process."""
    try:
        call_command("sync", *arguments)
    except SystemExit as left:
        return int(left.code or 0)
    except CommandError as error:
        return error.returncode
    return 0


def test_a_sync_that_went_well_prints_one_json_object_and_exits_with_0(
    connected_tenant: Integration,
) -> None:
    done = command_line("sync", connected_tenant.pk, "--json")

    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    report = json.loads(line)
    run = SyncRun.objects.get()
    assert list(report) == KEYS
    assert list(report["models"]) == MODELS
    assert [list(figures) for figures in report["models"].values()] == [FIGURES] * 7
    assert (report["run"], report["integration"]) == (run.pk, connected_tenant.pk)
    assert (report["type"], report["state"], report["error"]) == ("FULL", "SUCCEEDED", None)
    assert report["requests"] == run.requests
    assert report["started_at"] == run.started_at.isoformat()  # type: ignore[union-attr]
    assert report["ended_at"] == run.ended_at.isoformat()  # type: ignore[union-attr]
    jobs = ModelResult.objects.values(*FIGURES).get(run=run, model="jobs")
    assert report["models"]["jobs"] == jobs
    assert jobs["created"] == Job.objects.count() == 3
    assert run.trigger == "COMMAND"


def test_without_json_the_figures_are_told_in_words(
    connected_tenant: Integration, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(connected_tenant.pk) == 0

    told = capsys.readouterr().out.splitlines()
    assert "jobs: 3 seen, 3 created" in told
    assert told[-1] == "Succeeded."


def test_a_delta_is_one_only_after_a_full_sync(connected_tenant: Integration) -> None:
    for _ in range(2):
        assert exit_code(connected_tenant.pk, "--type", "DELTA") == 0

    assert list(SyncRun.objects.order_by("pk").values_list("type", flat=True)) == [
        "FULL",
        "DELTA",
    ]


def test_warnings_alone_exit_with_0(
    connected_tenant: Integration, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(connected_tenant.pk, "--json") == 0

    assert json.loads(capsys.readouterr().out)["warnings"] > 0


def test_a_flatchr_that_is_down_exits_with_1_and_says_why(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.stop()

    done = command_line("sync", connected_tenant.pk, "--json")

    assert done.returncode == 1
    report = json.loads(done.stdout.splitlines()[-1])
    assert len(done.stdout.splitlines()) == 1
    assert (report["state"], report["error"]["kind"]) == ("FAILED", "unreachable")
    assert list(report["error"]) == ["kind", "message"]
    assert report["error"]["message"].startswith("Flatchr could not be reached.")
    assert "Traceback" not in done.stderr


def test_words_of_a_failure_go_to_standard_error(
    connected_tenant: Integration,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sandbox.faults.add(status=401)

    assert exit_code(connected_tenant.pk) == 1

    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "Authentication failed."
    assert "does not accept the API key" in told.err


def test_one_model_that_failed_exits_with_1(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/tags$", html=True)

    assert exit_code(connected_tenant.pk) == 1
    assert SyncRun.objects.get().state == "PARTIALLY_FAILED"


def test_a_record_set_aside_exits_with_3(connected_tenant: Integration, sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/columns$", status=200, content=[17])

    done = command_line("sync", connected_tenant.pk, "--json")

    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert (report["state"], report["error"]) == ("PARTIALLY_FAILED", None)
    assert report["models"]["application_stages"]["quarantined"] == 1


def test_a_deletion_that_is_held_exits_with_3(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    FlatchrSettings.objects.update(trait_budget=0)
    people = [add(sandbox, "Ada", f"ada{number}@example.org") for number in range(30)]
    assert exit_code(connected_tenant.pk) == 0
    for person in people:
        sandbox.remove_applicant(person)

    assert exit_code(connected_tenant.pk) == 3


def test_an_unknown_tenant_is_wrong_usage(connected_tenant: Integration) -> None:
    done = command_line("sync", "flatchr:nobody", "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no tenant flatchr:nobody." in done.stderr
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("arguments", [[], ["x", "--type", "SOME"], ["x", "--typo"]])
def test_bad_arguments_are_wrong_usage(arguments: list[str]) -> None:
    done = command_line("sync", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr


def test_a_disabled_tenant_is_refused(connected_tenant: Integration, sandbox: Sandbox) -> None:
    Integration.objects.update(enabled=False)

    assert exit_code(connected_tenant.pk) == 1
    assert len(sandbox.requests) == 0


def test_a_sync_that_is_under_way_is_not_run_twice(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    queue_run(connected_tenant.pk, type="FULL", trigger="MANUAL")

    assert exit_code(connected_tenant.pk) == 1
    assert SyncRun.objects.get().state == "QUEUED"
    assert len(sandbox.requests) == 0


def test_progress_is_shown_on_standard_error_of_a_terminal_and_that_of_tags_after_the_run(
    terminal: Terminal, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/tags$", delay=2, times=1)
    sandbox.faults.add(path="/traits$", delay=2, after=3, times=1)
    ours, theirs = pty.openpty()
    with terminal.start("sync", connected_tenant.pk, "--json", stderr=theirs) as process:
        os.close(theirs)
        shown = read_all(ours)
        out, _ = process.communicate(timeout=60)
    os.close(ours)

    assert process.returncode == 0, shown
    assert len(out.splitlines()) == 1
    report = json.loads(out)
    assert report["state"] == "SUCCEEDED"
    assert "records seen" in shown
    assert "\n" not in shown.partition("records seen")[0].rpartition("\r")[2]
    assert "of 7 applicants' tags read" in shown
    assert TraitReading.objects.count() == 7
    assert report["models"]["candidate_tags"]["created"] == CandidateTag.objects.count() > 0
    # Those of the run itself.
    assert report["requests"] <= 20


def test_tags_are_left_when_asked(connected_tenant: Integration, sandbox: Sandbox) -> None:
    assert exit_code(connected_tenant.pk, "--no-tags") == 0

    assert sandbox.requests.matching("GET", "/traits$") == []


def test_tags_that_flatchr_does_not_give_exit_with_1_and_are_left_to_a_worker(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/traits$", status=429, headers={"Retry-After": "3600"})

    done = command_line("sync", connected_tenant.pk, "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["state"] == "SUCCEEDED"
    assert "The tags that are left are read by a worker" in done.stderr
    assert len(sandbox.requests.matching("GET", "/traits$")) == 1


def test_a_pause_that_flatchr_asks_for_is_waited_for(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(
        path="/search/applicants$", status=429, headers={"Retry-After": "6"}, times=1
    )

    assert exit_code(connected_tenant.pk, "--no-tags") == 0
    assert SyncRun.objects.get().state == "SUCCEEDED"


def test_ctrl_c_cancels_the_run(
    terminal: Terminal, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    fault = sandbox.faults.add(path="/tags$", delay=60)
    with terminal.start("sync", connected_tenant.pk, "--json") as process:
        wait_until(lambda: sandbox.faults.met(fault))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 1, err
    assert json.loads(out)["state"] == "CANCELLED"
    assert "Traceback" not in err
    assert SyncRun.objects.get().state == "CANCELLED"


def test_a_command_that_was_killed_leaves_a_run_that_can_be_taken_up(
    terminal: Terminal, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    fault = sandbox.faults.add(path="/tags$", delay=60, times=1)
    with terminal.start("sync", connected_tenant.pk) as process:
        wait_until(lambda: sandbox.faults.met(fault))
        process.kill()
        process.communicate(timeout=60)
    run = SyncRun.objects.get()
    assert run.state == "RUNNING"
    let_lease_run_out(run)

    assert execute(run.pk) is True
    assert SyncRun.objects.get().state == "SUCCEEDED"
