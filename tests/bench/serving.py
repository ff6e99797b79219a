"""The lists of the unified API under gunicorn: pages, pages for many clients, and a full read."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median, quantiles
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import psutil

from integrations.api.reads.cursors import Position, cursor_behind
from tests.bench.figures import Figure
from tests.bench.stage import ROOT, Options, Stage
from tests.bench.visiting import Visitor
from tests.support.provided import free_port, server

REQUESTS = 100
CLIENTS = 8
SECONDS = 5
# So many candidates have changed since the moment that `updated_after` names.
CHANGED = 500
SINCE = "2040-01-01T00:00:00Z"
LATER = "2040-06-01 09:00:00"
SENTENCE = "Vous rejoignez une équipe de douze personnes et prenez en charge les chantiers. "

# A vacancy's text is some 5 KB, and every column of the company belongs to every job.
SURROUNDINGS = (
    f"UPDATE integrations_job SET status = 'OPEN', description = '{SENTENCE * 60}'",  # noqa: S608
    "INSERT INTO integrations_jobstage (id, integration_id, remote_id, arrival, changed_at, "
    'job_id, stage_id, "index") SELECT substr(j.id || s.id || j.remote_id, 1, 24), '
    "j.integration_id, j.remote_id || ':' || s.remote_id, j.arrival, j.changed_at, "
    "j.id, s.id, s.position FROM integrations_job j CROSS JOIN integrations_applicationstage s",
    "UPDATE integrations_integration SET applicants_read_at = created_at",
    f"UPDATE integrations_candidate SET changed_at = '{LATER}' "  # noqa: S608
    f"WHERE id IN (SELECT id FROM integrations_candidate ORDER BY remote_id LIMIT {CHANGED})",
    f"UPDATE integrations_job SET changed_at = '{LATER}' "  # noqa: S608
    "WHERE id IN (SELECT id FROM integrations_job ORDER BY id LIMIT 300)",
)


class Site:
    """A running Relais with one tenant and a key for it."""

    def __init__(self, port: int, tenant: str, key: str) -> None:
        self.port = port
        self.tenant = tenant
        self.key = key

    def visitor(self, name: str, *, encoding: str = "identity", **parameters: Any) -> Visitor:
        """Reads one page each time it is called; its size in bytes."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "X-Integration-Id": self.tenant,
            "Accept-Encoding": encoding,
        }
        return Visitor(self.port, f"/v1/ats/{name}?{urlencode(parameters)}", headers)


class Spent:
    """The processor time that each side has used since: what other work does not change."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._since = self._times()

    def told(self, pages: int) -> str:
        """Milliseconds of each a page, in words."""
        parts = []
        for name, now in self._times().items():
            # A connection that was opened since has a process of its own.
            used = sum(seconds - self._since[name].get(pid, 0) for pid, seconds in now.items())
            parts.append(f"{name} {used * 1000 / pages:.1f} ms")
        return f"CPU a page: {', '.join(parts)}"

    def _times(self) -> dict[str, dict[int, float]]:
        workers = [
            process
            for process in psutil.Process().children(recursive=True)
            if "gunicorn" in " ".join(process.cmdline())
        ]
        times = {"gunicorn": _cpu(workers)}
        if self._stage.database.name == "PostgreSQL":
            times["PostgreSQL"] = _cpu(_backends(self._stage))
        times["client"] = _cpu([psutil.Process()])
        return times


def _backends(stage: Stage) -> list[psutil.Process]:
    """PostgreSQL's processes for this database, where it runs on this machine."""
    asked = stage.database.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    here = [psutil.Process(pid) for (pid,) in asked if psutil.pid_exists(pid)]
    return [process for process in here if process.name().startswith("postgres")]


def _cpu(processes: list[psutil.Process]) -> dict[int, float]:
    """Seconds, by process."""
    times = {process.pid: process.cpu_times() for process in processes}
    return {pid: used.user + used.system for pid, used in times.items()}


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Pages of candidates and jobs: the first one, a deep one, and one of what has changed."""
    on = stage.database.name
    with _site(stage, options) as site:
        for name, size in (
            ("candidates", 100),
            ("candidates", 250),
            ("jobs", 100),
            ("jobs", 250),
        ):
            for where, parameters in _places(stage, name):
                visit = site.visitor(name, page_size=size, **parameters)
                what = f"API: {size} {name}, {where}"
                yield _one_client(what, stage, visit, "20 ms" if size == 100 else "")
                if size == 100:
                    visitors = [
                        site.visitor(name, page_size=size, **parameters) for _ in range(CLIENTS)
                    ]
                    yield _many_clients(what, stage, visitors)
            if size == 100:
                yield from _compressed(stage, site, name)
        yield _full_read(site, on, options.applicants)


def _compressed(stage: Stage, site: Site, name: str) -> Iterator[Figure]:
    """The first page for clients that ask for gzip, as the official ones do."""
    visitors = [site.visitor(name, encoding="gzip", page_size=100) for _ in range(CLIENTS)]
    what = f"API: 100 {name}, first page, gzip"
    yield _one_client(what, stage, visitors[0], "20 ms")
    yield _many_clients(what, stage, visitors)


def _places(stage: Stage, name: str) -> list[tuple[str, dict[str, str]]]:
    table = {"candidates": "integrations_candidate", "jobs": "integrations_job"}[name]
    ((count,),) = stage.database.query(f"SELECT count(*) FROM {table}")  # noqa: S608
    # The last page but one, as a client that has read so far would ask for it.
    (deep,) = stage.database.query(
        f"SELECT arrival, id FROM {table}"  # noqa: S608
        f" ORDER BY arrival, id LIMIT 1 OFFSET {count - 300}"
    )
    return [
        ("first page", {}),
        ("deep page", {"cursor": cursor_behind(name, Position(*deep))}),
        ("changed since", {"updated_after": SINCE}),
        ("all changed since", {"updated_after": "2020-01-01T00:00:00Z"}),
    ]


def _one_client(what: str, stage: Stage, visit: Visitor, goal: str) -> Figure:
    for _ in range(10):
        size = visit()
    spent = Spent(stage)
    times = [_timed(visit) * 1000 for _ in range(REQUESTS)]
    note = f"p95; median {median(times):.1f} ms; {spent.told(REQUESTS)}; {size / 1000:.0f} KB"
    late = quantiles(times, n=20)[-1]
    return Figure(f"{what}, one client", stage.database.name, "ms", [late], goal, note=note)


def _many_clients(what: str, stage: Stage, visitors: list[Visitor]) -> Figure:
    for visit in visitors:
        visit()
    times: list[list[float]] = [[] for _ in visitors]
    spent, started = Spent(stage), time.perf_counter()
    end = started + SECONDS

    def work(visit: Visitor, told: list[float]) -> None:
        while time.perf_counter() < end:
            told.append(_timed(visit))

    threads = [Thread(target=work, args=pair) for pair in zip(visitors, times, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    every = [seconds for told in times for seconds in told]
    late = quantiles(every, n=20)[-1] * 1000
    return Figure(
        f"{what}, {CLIENTS} clients",
        stage.database.name,
        "pages/s",
        [len(every) / elapsed],
        "150 pages/s",
        note=f"p95 {late:.0f} ms; {spent.told(len(every))}",
    )


def _full_read(site: Site, on: str, count: int) -> Figure:
    """The official SDK's own loop, at the largest page."""
    from kombo import Kombo

    started, read, pages = time.perf_counter(), 0, 0
    with Kombo(
        api_key=site.key,
        integration_id=site.tenant,
        server_url=f"http://127.0.0.1:{site.port}/v1",
    ) as client:
        answer = client.ats.get_candidates(page_size=250)
        while answer is not None and read < count:
            read, pages = read + len(answer.result.data.results), pages + 1
            answer = answer.next()
    seconds = time.perf_counter() - started
    what = f"API: {read:,} candidates by the official SDK's loop"
    return Figure(what, on, "s", [seconds], "45 s", note=f"{pages} pages of 250")


def _timed(visit: Visitor) -> float:
    started = time.perf_counter()
    visit()
    return time.perf_counter() - started


@contextmanager
def _site(stage: Stage, options: Options) -> Iterator[Site]:
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    tenant = stage.measured("fill", str(options.rows), str(options.vacancies)).result
    for statement in SURROUNDINGS:
        stage.database.query(statement)
    stage.database.query("ANALYZE")
    said = stage.manage("create_api_key", "--name=bench", "--json").splitlines()[-1]
    # More requests than any client makes.
    with running(stage, {"API_RATE_LIMIT": "1000000"}) as port:
        yield Site(port, str(tenant), json.loads(said)["key"])


@contextmanager
def running(stage: Stage, settings: dict[str, str]) -> Iterator[int]:
    """Gunicorn with two processes and these settings; its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"]
    given = {
        **stage.environment,
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "2",
        **settings,
    }
    environment = ["env", f"--chdir={ROOT}", *(f"{key}={value}" for key, value in given.items())]
    with server(
        [*environment, *command, "config.wsgi"],
        answers=lambda: _alive(port),
        log=stage.folder / "gunicorn.log",
    ):
        yield port


def _alive(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
