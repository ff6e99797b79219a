"""Calls to the sandbox over HTTP as a client of the documented API would make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests

from integrations.sandbox import Sandbox

get = partial(requests.request, "GET", timeout=20)
post = partial(requests.request, "POST", timeout=20)
delete = partial(requests.request, "DELETE", timeout=20)

TODAY = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = TODAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


class Caller:
    """A session with the company's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.session = sandbox, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.api_key}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any path; `~` stands for the company's."""
        path = path.replace("~", f"/company/{self.sandbox.company_key}")
        return self.session.request(method, self.sandbox.url + path, timeout=20, **options)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def search(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.call("POST", "~/search/applicants", json=body)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def path_of(self, row: dict[str, Any]) -> str:
        """The path under which a row of a search is moved and archived."""
        vacancies = {one["vacancy_id"]: one["id"] for one in self.sandbox.vacancies()}
        return f"~/vacancy/{vacancies[row['vacancy_id']]}/applicant/{row['applicant']}"


def problem(answer: requests.Response) -> tuple[int, str]:
    """The status and message of a refusal, whose shape is checked."""
    body = answer.json()
    assert set(body) == {"statusCode", "error", "message"}
    assert body["statusCode"] == answer.status_code
    return answer.status_code, body["message"]
