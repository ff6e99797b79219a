"""Synchronise one tenant from the command line, in this process."""

from __future__ import annotations

import json
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from integrations.management import DONE, FAILED, HELD, USAGE
from integrations.models import Integration, RunState, SyncRun, SyncType, Trigger
from integrations.sync import engine
from integrations.sync.runs import SyncRefused, queue_run, request_cancel, run_report
from integrations.tenants import stats


class Command(BaseCommand):
    help = (
        "Synchronise a tenant with Flatchr. Exit code 0: done, 1: failed, 2: wrong usage, "
        "3: done, but something is held for review or quarantined."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("--type", choices=SyncType.values, default=SyncType.FULL.value)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        run = self._start(options["integration_id"], options["type"])
        stop = threading.Event()
        progress = threading.Thread(target=_show_progress, args=(run.pk, stop), daemon=True)
        progress.start()
        try:
            with _cancel_on_interrupt(run.pk):
                engine.execute(run.pk)
        finally:
            stop.set()
            progress.join()
        stats.count_after(run.pk)
        run = SyncRun.objects.get(pk=run.pk)
        report = run_report(run)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self._print(report)
        code = exit_code(run)
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


@contextmanager
def _cancel_on_interrupt(run_id: int) -> Iterator[None]:
    """Turn the first Ctrl-C into a request to cancel the run, which then ends within seconds.

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

    def wait_and_cancel() -> None:
        interrupted.wait()
        if not ended.is_set():
            request_cancel(run_id)
            connection.close()

    threading.Thread(target=wait_and_cancel, daemon=True).start()
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        ended.set()
        interrupted.set()


def _show_progress(run_id: int, stop: threading.Event) -> None:
    """Show what is committed on one line of standard error, every half second."""
    try:
        while not stop.wait(0.5):
            run = SyncRun.objects.filter(pk=run_id).first()
            if run is None or not sys.stderr.isatty():
                continue
            seen = sum(run.results.values_list("seen", flat=True))
            wait = f", waiting: {run.waiting_reason}" if run.waiting_until else ""
            line = f"{run.get_phase_display() or 'Starting'}: {seen} records seen{wait}"
            sys.stderr.write(f"\r{line[:100]:<100}")
            sys.stderr.flush()
    finally:
        connection.close()
        if sys.stderr.isatty():
            sys.stderr.write("\r" + " " * 100 + "\r")
