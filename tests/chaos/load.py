"""What goes on meanwhile: people submit candidates, ask for syncs, and edit records at Flatchr."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from django.db import Error, connection, transaction

from integrations.models import Integration, Job, Submission, SyncType
from integrations.sandbox import Sandbox
from integrations.sync.runs import SyncRefused, request_sync
from tests.submissions.acting import queue
from tests.sync import people

Result = TypeVar("Result")
PAUSE_SECONDS = 1.0


def patiently(act: Callable[[], Result], seconds: float = 120) -> Result:
    """Do it again while the database is away; `act` must bear that."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return act()
        except Error:
            with suppress(Error):
                connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@dataclass
class Load:
    """Goes on in a thread until `stop`. `emails` are of those whose submission was committed."""

    tenants: list[Integration]
    sandbox: Sandbox
    random: Random
    emails: list[str] = field(default_factory=list)
    syncs: int = 0
    failure: BaseException | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _go_on(self) -> None:
        number = 0
        try:
            while not self._over.wait(PAUSE_SECONDS * self.random.uniform(0.5, 1.5)):
                number += 1
                self._edit(number)
                self._submit(f"chaos.{number}@courrier.example")
                if number % 2:
                    self._sync()
        except BaseException as error:
            self.failure = error
        finally:
            connection.close()

    def _edit(self, number: int) -> None:
        applicant = people.add(self.sandbox, f"Ada{number}", f"ada.{number}@courrier.example")
        if number % 3 == 0:
            self.sandbox.remove_applicant(applicant)
        elif number % 3 == 1:
            self.sandbox.move(applicant, self.random.choice(self.sandbox.columns())["id"])

    def _submit(self, email: str) -> None:
        def submit() -> None:
            # A commit may have been made whose answer was lost.
            if not Submission.objects.filter(email_address=email).exists():
                tenant = self.tenants[0]
                job = Job.objects.live().filter(integration=tenant, status="OPEN")[0]
                with transaction.atomic():
                    queue(tenant, job, email_address=email)

        patiently(submit)
        self.emails.append(email)

    def _sync(self) -> None:
        tenant = self.random.choice(self.tenants)
        type = self.random.choice([SyncType.FULL, SyncType.DELTA])
        with suppress(SyncRefused):
            patiently(lambda: request_sync(tenant.pk, type=type))
            self.syncs += 1
