"""Calls to a Flatchr that does not answer, and a flood of sign-ins, under the real web server: who
is told to wait, and that everybody else is answered meanwhile. How fast is for `tests/bench`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from integrations.sandbox import Sandbox
from tests.deploy.sites import Site

HANGING, LIVE_CALLS, SIGNING_IN = 28, 4, 64


class Reader(NamedTuple):
    site: Site
    sandbox: Sandbox
    headers: dict[str, str]

    def probe_and_read(self) -> None:
        """Raises unless both are answered."""
        for address in ("livez", "v1/ats/jobs"):
            answer = requests.get(
                f"{self.site.address}/{address}", headers=self.headers, timeout=60
            )
            assert answer.status_code == 200, answer.text

    def pass_on(self) -> requests.Response:
        body = {"method": "GET", "path": f"/company/{self.sandbox.company_key}/columns"}
        address = f"{self.site.address}/v1/passthrough/flatchr/api"
        return requests.post(address, json=body, headers=self.headers, timeout=120)


@pytest.fixture
def reader(made: Site, make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Reader]:
    sandbox = make_sandbox()
    site = made.copy(
        tmp_path / "data",
        FLATCHR_SANDBOX_URL=sandbox.url,
        FLATCHR_API_KEY=sandbox.api_key,
        WEB_THREADS="8",
        LIVE_CALLS=str(LIVE_CALLS),
    )
    said = site.command(
        *("connect_flatchr", "--organization=Nord", "--environment=sandbox", "--json"),
        *(f"--company-key={sandbox.company_key}", f"--slug={sandbox.slug}"),
    )
    tenant = json.loads(said.splitlines()[-1])["integration"]
    site.command("sync", tenant)
    headers = {"Authorization": f"Bearer {site.api_key}", "X-Integration-Id": tenant}
    with site.running():
        yield Reader(site, sandbox, headers)


def test_neither_calls_that_hang_nor_a_flood_of_sign_ins_hold_up_anybody(reader: Reader) -> None:
    reader.sandbox.faults.add(path="/columns$", delay=30)
    with ThreadPoolExecutor(HANGING) as pool:
        calls = [pool.submit(reader.pass_on) for _ in range(HANGING)]
        left: set[Future[requests.Response]] = set(calls)
        while len(left) > LIVE_CALLS:
            done, left = wait(left, timeout=120, return_when=FIRST_COMPLETED)
            assert done, "Calls beyond the limit were not refused."
        refused = [call.result() for call in calls if call.done()]
        told = Counter((one.status_code, one.json()["error"]["code"]) for one in refused)
        assert set(told) == {(429, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED")}
        # The others hang, and everybody else is answered.
        assert len(left) == LIVE_CALLS
        reader.probe_and_read()
        assert not any(call.done() for call in left)

    browser, address = requests.Session(), f"{reader.site.address}/admin/login/"
    form = browser.get(address, timeout=60).text
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)

    def sign_in(number: int) -> requests.Response:
        given = {"username": f"u{number}", "password": "x", "csrfmiddlewaretoken": token}
        cookies = browser.cookies.get_dict()
        return requests.post(address, given, cookies=cookies, timeout=120)

    with ThreadPoolExecutor(16) as pool:
        floods = [pool.submit(sign_in, number) for number in range(SIGNING_IN)]
        reader.probe_and_read()
        answers = [flood.result() for flood in floods]
    told_flood = Counter(answer.status_code for answer in answers)
    assert set(told_flood) == {200, 429}
    # Never more at once than one and those that wait for it: most are told to come again.
    assert told_flood[429] > told_flood[200]
    assert all("Retry-After" in one.headers for one in answers if one.status_code == 429)
    reader.probe_and_read()
