"""What somebody who means harm can do to everybody else: a probe and a reader of the API beside 28
calls to a Flatchr that does not answer, 300 slow sockets, bodies of 400 MB and a flood of sign-ins.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from statistics import quantiles
from threading import Event, Thread
from urllib.request import Request, urlopen

import requests

from tests.bench.figures import Figure
from tests.bench.serving import Site, running
from tests.bench.stage import Options, Stage, sandbox
from tests.bench.visiting import Visitor

SECONDS = 15.0
HANGING, SLOW, BODIES, FLOOD = 28, 300, 8, 16
LARGE = 400 * 1024**2
PIECE = b"x" * 256 * 1024
# What a client waits between two requests, so that the figures are of the server.
PAUSE = 0.05

Told = Counter[str]
Attack = Callable[[Site, Event, Told], None]


def measure(stage: Stage, _options: Options) -> Iterator[Figure]:
    """The longest answer of a probe and of a page of candidates, beside each attack."""
    with sandbox(applicants=2_000, vacancies=50) as flatchr:
        tenant = stage.connect(flatchr)
        stage.manage("sync", tenant)
        _let_hang(flatchr)
        said = stage.manage("create_api_key", "--name=bench", "--json").splitlines()[-1]
        company = _about(flatchr)["company_key"]
        stage.manage("collectstatic", "--no-input", "--verbosity", "0")
        with running(stage, {}) as port:
            site = Site(port, tenant, json.loads(said)["key"])
            attacks: dict[str, tuple[int, Attack]] = {
                "nothing else": (0, _nothing),
                f"{HANGING} calls that hang": (HANGING, lambda *given: _hang(company, *given)),
                f"{SLOW} slow sockets": (1, _open_slowly),
                f"{BODIES} × 400 MB": (BODIES, _send_much),
                f"{FLOOD} × signing in": (FLOOD, _sign_in),
            }
            for name, (count, attack) in attacks.items():
                yield from _beside(name, count, attack, site, stage.database.name)


def _beside(name: str, count: int, attack: Attack, site: Site, on: str) -> Iterator[Figure]:
    over, told = Event(), Told()
    attackers = [Thread(target=attack, args=(site, over, told)) for _ in range(count)]
    watched = {
        "probe": Visitor(site.port, "/livez", {}),
        "100 candidates": site.visitor("candidates", page_size=100),
    }
    times: dict[str, list[float]] = {what: [] for what in watched}

    def watch(what: str) -> None:
        while not over.is_set():
            begun = time.perf_counter()
            watched[what]()
            times[what].append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)

    watchers = [Thread(target=watch, args=(what,)) for what in watched]
    for thread in (*attackers, *watchers):
        thread.start()
    time.sleep(SECONDS)
    over.set()
    for thread in (*watchers, *attackers):
        thread.join()
    answers = ", ".join(f"{many} × {what}" for what, many in told.most_common(4))
    for what, found in times.items():
        note = f"p95 {quantiles(found, n=20)[-1]:.0f} ms of {len(found)}"
        note += f"; attackers: {answers}" if answers else ""
        yield Figure(f"{what} beside {name}", on, "ms", [max(found)], "1,000 ms", note=note)


def _nothing(*_: object) -> None:
    pass


def _hang(company: str, site: Site, over: Event, told: Told) -> None:
    headers = {"Authorization": f"Bearer {site.key}", "X-Integration-Id": site.tenant}
    body = {"method": "GET", "path": f"/company/{company}/columns"}
    address = f"http://127.0.0.1:{site.port}/v1/passthrough/flatchr/api"
    while not over.is_set():
        try:
            answer = requests.post(address, json=body, headers=headers, timeout=(10, 20))
            told[str(answer.status_code)] += 1
        except requests.RequestException:
            told["no answer"] += 1
        over.wait(0.5)


def _open_slowly(site: Site, over: Event, told: Told) -> None:
    """So many at once, each opened again when it has been closed."""
    with ExitStack() as stack:
        while not over.is_set():
            for _ in range(SLOW):
                one = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), 30))
                with suppress(OSError):
                    one.sendall(b"POST /admin/login/ HTTP/1.1\r\nContent-Length: 900\r\n\r\nus")
                told["opened"] += 1
            over.wait(11)
            stack.pop_all().close()


def _send_much(site: Site, over: Event, told: Told) -> None:
    head = (
        f"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {LARGE}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    while not over.is_set():
        with socket.create_connection(("127.0.0.1", site.port), 30) as one:
            sent = 0
            with suppress(OSError):
                one.sendall(head.encode())
                while sent < LARGE and not over.is_set():
                    sent += one.send(PIECE)
            with suppress(OSError):
                told[one.recv(64)[9:12].decode() or "closed"] += 1


def _sign_in(site: Site, over: Event, told: Told) -> None:
    browser, address = requests.Session(), f"http://127.0.0.1:{site.port}/admin/login/"
    form = browser.get(address, timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    while not over.is_set() and token:
        given = {"username": f"u{time.monotonic_ns()}", "password": "wrong"}
        given["csrfmiddlewaretoken"] = token[1]
        answer = browser.post(address, data=given, headers={"Referer": address}, timeout=30)
        told[str(answer.status_code)] += 1


def _about(flatchr: str) -> dict[str, str]:
    with urlopen(f"{flatchr}/_sandbox/about") as answer:  # noqa: S310
        found: dict[str, str] = json.load(answer)
    return found


def _let_hang(flatchr: str) -> None:
    fault = json.dumps({"path": "/columns$", "delay": 30}).encode()
    with urlopen(Request(f"{flatchr}/_sandbox/faults", fault)):  # noqa: S310
        pass
