"""Hand over, or erase, all that is held of one person."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED, USAGE
from integrations.messages import Message
from integrations.models import Integration
from integrations.privacy import access, erasure, people
from integrations.privacy.holdings import Held

STDOUT = "-"


class Command(BaseCommand):
    help = (
        "Show what is held of the person with an e-mail address, hand it over (--export), or erase "
        "it (--erase), in one tenant or, with --all, in every one. Without --export and --erase "
        "nothing is changed. Erasing does not reach Flatchr: while it has the person, the next "
        "full sync reads them again. Exit code 0: done, 1: something is under way and nothing of "
        "that tenant was erased, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID", nargs="?")
        parser.add_argument(
            "--all", action="store_true", dest="every", help="every tenant, in place of one"
        )
        parser.add_argument("--email", required=True, help="the person's e-mail address")
        wanted = parser.add_mutually_exclusive_group()
        wanted.add_argument(
            "--export", action="store_true", help="write one file with all that is held"
        )
        wanted.add_argument("--erase", action="store_true", help="erase the person, at once")
        parser.add_argument(
            "--output",
            default=STDOUT,
            metavar="FILE",
            help="where --export writes: a name that ends in .zip gets the CVs, too; any other, "
            "and -, which is standard output and the default, JSON alone",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        email = self._email(options["email"])
        tenants = self._tenants(options["integration_id"], email, every=options["every"])
        if options["output"] != STDOUT and not options["export"]:
            raise CommandError("--output is for --export.", returncode=USAGE)
        if options["export"]:
            self._export(tenants, email, options["output"], as_json=options["json"])
        elif options["erase"]:
            self._erase(tenants, email, every=options["every"], as_json=options["json"])
        else:
            self._show(tenants, email, every=options["every"], as_json=options["json"])

    def _email(self, typed: str) -> str:
        try:
            return people.address(typed)
        except people.NoAddress as error:
            words = Message("person_address_invalid", typed=typed)
            raise CommandError(words, returncode=USAGE) from error

    def _tenants(self, integration_id: str | None, email: str, *, every: bool) -> list[Integration]:
        if every == bool(integration_id):
            raise CommandError(
                "Name one INTEGRATION_ID, or say --all for every tenant.", returncode=USAGE
            )
        # Those that are deleted, too, with --all: their data is still here.
        if every:
            return erasure.holders(Integration.objects.all(), email)
        found = Integration.objects.filter(pk=integration_id).first()
        if found is None:
            raise CommandError(f"There is no tenant {integration_id}.", returncode=USAGE)
        return [found]

    def _export(
        self, tenants: list[Integration], email: str, output: str, *, as_json: bool
    ) -> None:
        if as_json and output == STDOUT:
            raise CommandError(
                "--json and the file cannot share standard output: add --output FILE.",
                returncode=USAGE,
            )
        file = access.hand_over(tenants, email)
        if output == STDOUT:
            self.stdout.write(file.as_json().decode(), ending="")
        else:
            content = file.as_zip() if output.lower().endswith(".zip") else file.as_json()
            try:
                _write(Path(output), content)
            except OSError as error:
                raise CommandError(
                    f"Cannot write {output}: {error.strerror or error}.", returncode=FAILED
                ) from error
        found = file.document["tenants"]
        self.stderr.write(f"Tenants that hold something: {len(found)}.", str)
        if as_json:
            report = {
                "output": output,
                "cv_files": len(file.files),
                "tenants": [one["integration"]["id"] for one in found],
            }
            self.stdout.write(json.dumps(report))

    def _show(self, tenants: list[Integration], email: str, *, every: bool, as_json: bool) -> None:
        shown = [erasure.preview(tenant, email) for tenant in tenants]
        if every and (invited := erasure.preview_invitation(email)):
            shown.append(invited)
        held = [one for one in shown if one.total]
        for one in held:
            self._say(one.tenant, one.counts, as_json=as_json)
            for reason in one.reasons:
                self.stderr.write(str(reason), str)
        self._end(
            [
                {
                    "integration": one.tenant.pk if one.tenant else None,
                    "counts": _plain(one.counts),
                    "at_flatchr": one.at_flatchr,
                    "under_way": [str(reason) for reason in one.reasons],
                }
                for one in held
            ],
            erased=False,
            at_flatchr=any(one.at_flatchr for one in held),
            as_json=as_json,
        )

    def _erase_invitation(self, email: str, *, as_json: bool) -> list[dict[str, Any]]:
        """Links that nobody has used belong to no tenant, so they go with --all."""
        done = erasure.forget_invitation(email)
        if done is None:
            return []
        self._say(None, done.counts, as_json=as_json)
        return [_report(done)]

    def _erase(self, tenants: list[Integration], email: str, *, every: bool, as_json: bool) -> None:
        rows: list[dict[str, Any]] = []
        failed = False
        for tenant in tenants:
            try:
                done = erasure.erase(tenant, email)
            except erasure.PersonInUse as error:
                failed = True
                self.stderr.write(str(error), str)
                reasons = [str(reason) for reason in error.reasons]
                rows.append({"integration": tenant.pk, "erased": False, "under_way": reasons})
                continue
            if done is not None:
                self._say(done.tenant, done.counts, as_json=as_json)
                rows.append(_report(done))
        if every:
            rows += self._erase_invitation(email, as_json=as_json)
        at_flatchr = any(row.get("at_flatchr") for row in rows)
        self._end(rows, erased=True, at_flatchr=at_flatchr, as_json=as_json)
        if failed:
            raise SystemExit(FAILED)

    def _say(self, tenant: Integration | None, counts: Counter[Held], *, as_json: bool) -> None:
        if as_json:
            return
        name = f"{tenant.organization} ({tenant.pk})" if tenant else "Of no tenant"
        self.stdout.write(name)
        for held, number in counts.items():
            self.stdout.write(f"  {held.label}: {number}")

    def _end(
        self, rows: list[dict[str, Any]], *, erased: bool, at_flatchr: bool, as_json: bool
    ) -> None:
        if at_flatchr:
            self.stderr.write(str(Message("person_comes_back")), str)
        if as_json:
            self.stdout.write(json.dumps({"erase": erased, "tenants": rows}))
        elif not rows:
            self.stdout.write("Nothing is held of this person.")
        elif erased and any(row["erased"] for row in rows):
            self.stdout.write("Erased.")


def _report(done: erasure.Erased) -> dict[str, Any]:
    return {
        "integration": done.tenant.pk if done.tenant else None,
        "erased": True,
        "counts": _plain(done.counts),
        "at_flatchr": done.at_flatchr,
        "reference": done.reference,
    }


def _plain(counts: Counter[Held]) -> dict[str, int]:
    return {held.value: number for held, number in counts.items()}


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
