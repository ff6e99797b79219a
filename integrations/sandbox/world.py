"""The state of a sandbox: accounts, faults, request log. Handlers and `Sandbox` share it."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from integrations.sandbox.applicants import Applicant
from integrations.sandbox.company import Company
from integrations.sandbox.credentials import Keyring
from integrations.sandbox.events.bodies import about_applicant, about_vacancy
from integrations.sandbox.events.sender import EventSender
from integrations.sandbox.faults import Faults
from integrations.sandbox.formats import Clock
from integrations.sandbox.http import ErrorAnswer, Request, not_found
from integrations.sandbox.seed.vacancies import Vacancy

OTHER_VACANCIES, OTHER_APPLICANTS = 5, 25
KEPT_REQUESTS = 2000


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that was received, its secrets masked, with the status of its response."""

    method: str
    path: str
    route: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    status: int


class RequestLog:
    """The last requests, oldest first, and how many there were of each kind in all."""

    def __init__(self) -> None:
        self._kept: deque[ReceivedRequest] = deque(maxlen=KEPT_REQUESTS)
        self.counters: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[ReceivedRequest]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: int) -> ReceivedRequest:
        return self._kept[place]

    def matching(self, method: str, path: str) -> list[ReceivedRequest]:
        """The kept requests with this method whose path contains the regular expression."""
        return [one for one in self if one.method == method and re.search(path, one.path)]

    def clear(self) -> None:
        """Forget what was received so far."""
        self._kept.clear()
        self.counters.clear()

    def record(self, request: Request, route: str, status: int) -> None:
        """Keep a request, its secrets masked."""
        headers = {
            name: _masked(value) if name.lower() == "authorization" else value
            for name, value in request.headers.items()
        }
        query = {
            name: _masked(value) if name in ("token", "api_key") else value
            for name, value in request.query.items()
        }
        text = request.body[:500].decode("utf-8", "replace")
        text = re.sub(r'("(?:token|password)"\s*:\s*")[^"]*', r"\1***", text)
        self._kept.append(
            ReceivedRequest(request.method, request.path, route, query, headers, text, status)
        )
        with self._lock:
            self.counters[f"{request.method} {route}"] += 1

    def listed(self) -> dict[str, Any]:
        """The log as a JSON object."""
        return {"requests": [asdict(one) for one in self], "counters": dict(self.counters)}


def _masked(secret: str) -> str:
    return f"***{secret[-4:]}"


class World:
    """Two accounts of one customer, the keyring, the faults in force and the request log."""

    def __init__(
        self, *, seed: int, vacancies: int, applicants: int, clock: Clock, base: date
    ) -> None:
        self.seed, self.clock = seed, clock
        self.company = Company(
            seed=seed, place=0, vacancies=vacancies, applicants=applicants, clock=clock, base=base
        )
        self.other = Company(
            seed=seed,
            place=1,
            vacancies=OTHER_VACANCIES,
            applicants=OTHER_APPLICANTS,
            clock=clock,
            base=base,
        )
        self.keyring = Keyring(seed)
        self.faults, self.requests = Faults(), RequestLog()
        self.events = EventSender()
        self.lock, self.stopping = threading.RLock(), threading.Event()
        self.cvtheque_premium = True
        self.url = ""
        self.last_file_at: float | None = None

    def tell_of_applicant(self, kind: str, applicant: Applicant) -> None:
        """Send the event, if anybody is to have events."""
        self.events.tell(lambda: about_applicant(self.company, kind, applicant))

    def tell_of_vacancy(self, vacancy: Vacancy) -> None:
        """Send `new_vacancy`, if anybody is to have events."""
        self.events.tell(lambda: about_vacancy(self.company, vacancy))

    def now(self) -> int:
        """The time in whole seconds."""
        return int(self.clock().timestamp())

    def account(self, key: str | None) -> Company:
        """The account that a search names: the key's own, or the customer's other one.

        Raises ErrorAnswer 403 for any other.
        """
        if key in (None, "", self.company.key):
            return self.company
        if key == self.other.key:
            return self.other
        raise ErrorAnswer(403, "Insufficient scope")

    def applicant(self, encoded: str) -> Applicant:
        """The applicant with this encoded id. Raises ErrorAnswer 404."""
        applicants = self.company.applicants
        found = applicants.get(applicants.ids.decode(encoded))
        if found is None:
            raise not_found("Applicant")
        return found

    def user(self, email: str | None) -> dict[str, Any]:
        """The member with this address, else the first."""
        users = [member["user"] for member in self.company.members]
        found: dict[str, Any] = next((user for user in users if user["email"] == email), users[0])
        return found
