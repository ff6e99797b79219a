"""The sandbox as a Python object: starts and stops the server, and edits the data it serves."""

from __future__ import annotations

import threading
from datetime import date

from integrations.sandbox.credentials import ACCOUNT, PASSWORD, about_url, identity
from integrations.sandbox.edits import Edits
from integrations.sandbox.faults import Faults
from integrations.sandbox.formats import BASE_DATE, Clock, system_clock
from integrations.sandbox.handlers import (
    api_applicants,
    api_company,
    api_notes,
    api_vacancies,
    careers,
    control,
)
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.world import RequestLog, World

HANDLERS = (api_applicants, api_company, api_notes, api_vacancies, careers, control)
"""Importing them fills the table of routes."""


class Sandbox(Edits):
    """A faithful Flatchr on a port of this machine.

    `applicants` is how many rows an empty search answers with; archived ones come on top.
    Seeded records are older than `base`; with another one they are the same, at other dates.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        vacancies: int = 40,
        applicants: int = 500,
        seed: int = 1,
        clock: Clock | None = None,
        base: date = BASE_DATE,
    ) -> None:
        clock = clock or system_clock
        self.world = World(
            seed=seed, vacancies=vacancies, applicants=applicants, clock=clock, base=base
        )
        self._server = SandboxServer((host, port), self.world)
        self.url = self.world.url = about_url(host, self._server.server_port)
        account = identity(seed, clock)
        self.company_key, self.slug, self.api_key = (
            account.company_key,
            account.slug,
            account.api_key,
        )
        self.user_email: str = self.world.company.members[0]["user"]["email"]
        self.user_password = PASSWORD
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> Faults:
        """The misbehaviour in force: `add(...)`, `clear()`."""
        return self.world.faults

    @property
    def requests(self) -> RequestLog:
        """What was received."""
        return self.world.requests

    def send_events_to(self, url: str) -> None:
        """Send an event to this address for each edit from now on that Flatchr has one for."""
        self.world.events.send_to(url)

    def issue_key(self, issued_at: float | None = None) -> str:
        """An API key as of a moment in Unix seconds; one issued over a year ago has expired."""
        moment = self.world.now() if issued_at is None else int(issued_at)
        return self.world.keyring.api_key(ACCOUNT, moment)

    def start(self) -> Sandbox:
        """Serve in a thread; returns at once, as the port is open since creation."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def serve_forever(self, *, verbose: bool = True) -> None:
        """Serve in this thread until interrupted."""
        self._server.verbose = verbose
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Close the port and every connection."""
        self.world.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.close_connections()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
