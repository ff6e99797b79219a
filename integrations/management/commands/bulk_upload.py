"""Check a sheet of candidates from the command line, and send it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED, HELD, USAGE
from integrations.models import BulkState, BulkUpload, Integration
from integrations.submissions.bulk import foreground, uploads
from integrations.submissions.inputs import IllegalTransition


class Command(BaseCommand):
    help = (
        "Check a sheet of candidates and the ZIP of their CVs, as the page of bulk uploads does; "
        "with --send, submit the rows that can be sent. A check leaves nothing behind. Exit code "
        "0: done, 1: failed, 2: wrong usage, 3: done, but rows cannot be sent or were not "
        "accepted."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("sheet", metavar="SHEET", type=Path, help="a CSV or XLSX file")
        parser.add_argument("--cvs", metavar="ZIP", type=Path, help="the CVs that the rows name")
        parser.add_argument("--send", action="store_true", help="submit what can be sent")
        parser.add_argument(
            "--again",
            action="store_true",
            help="with --send, submit those too who have applied for the same job already",
        )
        parser.add_argument(
            "--no-wait", action="store_true", help="with --send, leave the sending to a worker"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        tenant = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        if not options["send"] and (options["again"] or options["no_wait"]):
            raise CommandError("--again and --no-wait go with --send.", returncode=USAGE)
        upload = self._upload(tenant, options["sheet"], options["cvs"])
        try:
            report = self._work_on(upload, options)
        finally:
            # Also after Ctrl-C: the sheet is personal data.
            upload.refresh_from_db()
            if upload.started_at is None:
                uploads.discard(upload)
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self._print(report)
        if any(_is_amiss(row) for row in report["rows"]):
            raise SystemExit(HELD)

    def _work_on(self, upload: BulkUpload, options: dict[str, Any]) -> dict[str, Any]:
        foreground.check(upload, tell=self._progress)
        if upload.state != BulkState.READY:
            raise CommandError(str(upload.refusal), returncode=FAILED)
        if options["send"]:
            self._send(upload, again=options["again"], wait=not options["no_wait"])
        return foreground.report(upload, sent=options["send"])

    def _upload(self, tenant: Integration, sheet: Path, cvs: Path | None) -> BulkUpload:
        try:
            with ExitStack() as stack:
                return uploads.upload(
                    tenant,
                    sheet=_opened(sheet, stack),
                    archive=_opened(cvs, stack) if cvs else None,
                    user=None,
                )
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.", returncode=USAGE) from error
        except uploads.NotTaken as refused:
            raise CommandError(str(refused), returncode=FAILED) from refused

    def _send(self, upload: BulkUpload, *, again: bool, wait: bool) -> None:
        try:
            uploads.start(upload, again=again)
        except IllegalTransition:
            self.stderr.write("No row can be sent.")
            return
        upload.refresh_from_db()
        foreground.queue(upload, tell=self._progress)
        if wait:
            foreground.wait(upload, tell=self._progress)

    def _progress(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{line}", ending="")

    def _print(self, report: dict[str, Any]) -> None:
        for note in report["notes"]:
            self.stdout.write(note)
        for row in report["rows"]:
            who = f"{row['first_name']} {row['last_name']} <{row['email']}>"
            became = f" -> {row['state']}" if "state" in row else ""
            self.stdout.write(f"row {row['row']}: {row['verdict']}  {who}{became}")
            for note in row["notes"]:
                self.stdout.write(f"    {note}")


def _opened(path: Path, stack: ExitStack) -> UploadedFile:
    return UploadedFile(stack.enter_context(path.open("rb")), path.name, size=path.stat().st_size)


def _is_amiss(row: dict[str, Any]) -> bool:
    return row["verdict"] == "error" or row.get("state") in ("failed", "cancelled", "left_out")
