"""Synchronise one tenant from the command line, in this process."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from integrations.alerts import issues
from integrations.management import CHECKS, DONE, FAILED, HELD, USAGE
from integrations.models import Integration, RunState, SyncRun, SyncType, Trigger
from integrations.sync import engine
from integrations.sync.runs import SyncRefused, queue_run, request_cancel, run_report
from integrations.sync.tags import rounds
from integrations.sync.tags.reading import read_all
from integrations.tenants import stats

POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Synchronise a tenant with Flatchr, then read the tags of its candidates that are due. "
        "Exit code 0: done, 1: failed, 2: wrong usage, 3: done, but something is held for review "
        "or quarantined."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("--type", choices=SyncType.values, default=SyncType.FULL.value)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--no-tags", action="store_true", help="leave the tags of candidates to a worker"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        run = self._start(options["integration_id"], options["type"])
        with (
            _progress_shown(partial(_run_line, run.pk)),
            _on_interrupt(partial(request_cancel, run.pk)),
        ):
            _execute(run.pk)
        stats.count_after(run.pk)
        issues.after_run(run.pk)
        run = SyncRun.objects.get(pk=run.pk)
        tags_failed = not options["no_tags"] and not self._read_tags(run)
        report = run_report(run)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self._print(report)
        code = exit_code(run) or (FAILED if tags_failed else DONE)
        if code:
            raise SystemExit(code)

    def _start(self, integration_id: str, sync_type: str) -> SyncRun:
        try:
            run, new = queue_run(integration_id, type=sync_type, trigger=Trigger.COMMAND)
        except Integration.DoesNotExist as error:
            raise CommandError(f"There is no tenant {integration_id}.", returncode=USAGE) from error
        except SyncRefused as error:
            raise CommandError(str(error), returncode=FAILED) from error
        if not new:
            raise CommandError(
                f"Run {run.pk} of this tenant is under way already.", returncode=FAILED
            )
        return run

    def _read_tags(self, run: SyncRun) -> bool:
        """Read the tags that are due after the run; False, in words, if Flatchr did not answer."""
        if run.state not in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED):
            return True
        stopped = threading.Event()
        tenant = run.integration_id
        with _progress_shown(partial(_tags_line, tenant)), _on_interrupt(stopped.set):
            trouble = read_all(tenant, stopped=stopped)
        if trouble:
            self.stderr.write(
                f"{trouble} The tags that are left are read by a worker, or after the next sync."
            )
        return not trouble

    def _print(self, report: dict[str, Any]) -> None:
        for model, counts in report["models"].items():
            shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
            self.stdout.write(f"{model.replace('_', ' ')}: {shown or 'nothing'}")
        self.stdout.write(f"{report['state'].replace('_', ' ').capitalize()}.")
        if report["error"]:
            self.stderr.write(report["error"]["message"])


def exit_code(run: SyncRun) -> int:
    """The command's exit code for a run that has ended."""
    if run.state == RunState.SUCCEEDED:
        return DONE
    if run.state == RunState.PARTIALLY_FAILED and not run.error_kind:
        return HELD
    return FAILED


def _execute(run_id: int) -> None:
    """Execute the run to its end, with the pauses that Flatchr asks for."""
    while True:
        engine.execute(run_id)
        if not SyncRun.objects.get(pk=run_id).is_live:
            return
        time.sleep(POLL_SECONDS)


@contextmanager
def _on_interrupt(act: Callable[[], object]) -> Iterator[None]:
    """Turn the first Ctrl-C into a call of `act`, on another thread.

    A `KeyboardInterrupt` raised in arbitrary code could be swallowed, or leave work half done;
    the second Ctrl-C raises one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted, ended = threading.Event(), threading.Event()

    def on_interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        interrupted.set()

    def wait_and_act() -> None:
        interrupted.wait()
        if not ended.is_set():
            act()
            connection.close()

    threading.Thread(target=wait_and_act, daemon=True).start()
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        ended.set()
        interrupted.set()


@contextmanager
def _progress_shown(line: Callable[[], str]) -> Iterator[None]:
    """Show what is committed on one line of standard error, every half second, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    stop = threading.Event()

    def show() -> None:
        try:
            while not stop.wait(POLL_SECONDS):
                sys.stderr.write(f"\r{line()[:100]:<100}")
                sys.stderr.flush()
        finally:
            connection.close()
            sys.stderr.write("\r" + " " * 100 + "\r")

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run_line(run_id: int) -> str:
    run = SyncRun.objects.get(pk=run_id)
    seen = sum(run.results.values_list("seen", flat=True))
    wait = f", waiting: {run.waiting_reason}" if run.waiting_until else ""
    return f"{run.get_phase_display() or 'Starting'}: {seen} records seen{wait}"


def _tags_line(integration_id: str) -> str:
    figures = rounds.figures(integration_id)
    if figures is None:
        return ""
    return f"{figures.text}. {figures.trouble}" if figures.trouble else figures.text
