"""One set-up, disturbed by a seeded plan, and what became of it: `python -m tests.chaos.trial`.

Run by `tests/chaos/__main__.py`; the databases that Django sees here are those of the trial.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

import django
import psycopg
import redis

from integrations.sandbox import Sandbox
from tests.chaos.installation import SERVERS, Installation, wait_for
from tests.chaos.processes import Supervised, Supervisor
from tests.support.provided import folder_in_tmp

APPLICANTS, VACANCIES = 120, 4
# The goal is 60; a kill that takes longer than this to get over ends the trial.
RECOVERY_LIMIT = 180.0
FAULT_SECONDS = 12.0
# What may still be written on a full disk: less than any database or log here has.
FULL = 64 * 1024
CLOCK_AHEAD = 180


class Trial:
    """The plan is drawn from the seed; how long each step takes is not."""

    def __init__(self, installation: Installation, supervisor: Supervisor, seed: int) -> None:
        self.installation = installation
        self.supervisor = supervisor
        self.random = Random(seed)
        self.kills: dict[str, int] = {}
        self.recoveries: list[float] = []
        self.faults: list[str] = []

    def carry_out(self, kills: int) -> None:
        """The kills, with each fault once, evenly between them."""
        faults = self._faults()
        due = [kills * (number + 1) // (len(faults) + 1) for number in range(len(faults))]
        done = 0
        while done < kills or faults:
            if faults and done >= due[0]:
                name = faults.pop(0)
                due.pop(0)
                say(f"{done} kills; now {name}")
                with getattr(self, f"_{name}")():
                    time.sleep(FAULT_SECONDS)
                    # What is killed meanwhile has to start again in the midst of it.
                    done += self._kill(1)
                self.faults.append(name)
            else:
                done += self._kill(min(self.random.choice([1, 1, 1, 2, 3]), kills - done))
            self._recover()
            time.sleep(self.random.uniform(0, 3))
        say(f"{done} kills")

    def _faults(self) -> list[str]:
        shared = ["disk_full", "two_schedulers"]
        if self.installation.setup != SERVERS:
            return shared
        return [*shared, "read_only", "broker_out_of_memory", "clocks_apart"]

    def _kill(self, count: int) -> int:
        found = self.random.sample(list(self.supervisor.processes), count)
        for process in found:
            process.kill()
            self.kills[process.name] = self.kills.get(process.name, 0) + 1
        return count

    def _recover(self) -> None:
        """Wait until all processes are there and everything begun goes on; how long that took."""
        from integrations import jobs
        from integrations.models import ProcessHeartbeat, SyncRun
        from tests.chaos.load import patiently

        began = time.monotonic()
        running = patiently(
            lambda: dict(SyncRun.objects.filter(state="RUNNING").values_list("pk", "heartbeat_at"))
        )
        moment = patiently(jobs.now)

        def goes_on() -> bool:
            if not self.installation.is_ready():
                return False
            halted = SyncRun.objects.filter(pk__in=running, state="RUNNING")
            beats = halted.values_list("pk", "heartbeat_at", "lease_expires_at")
            now = jobs.now()
            if any(beat == running[pk] or (lease and lease < now) for pk, beat, lease in beats):
                return False
            fresh = ProcessHeartbeat.objects.filter(seen_at__gt=moment)
            return fresh.filter(kind="WORKER").exists() and fresh.filter(kind="SCHEDULER").exists()

        wait_for(lambda: patiently(goes_on), RECOVERY_LIMIT)
        self.recoveries.append(time.monotonic() - began)

    # Faults

    @contextmanager
    def _disk_full(self) -> Iterator[None]:
        """Nobody can write a file any further; with PostgreSQL, its server cannot either."""
        victims = [*self.installation.workers, self.installation.scheduler]
        victims += self.installation.databases[:1]
        with self._restarted(victims, limit=FULL):
            yield

    @contextmanager
    def _restarted(self, victims: list[Supervised], *, limit: int) -> Iterator[None]:
        for process in victims:
            process.limit = limit
            process.kill()
        try:
            yield
        finally:
            for process in victims:
                process.limit = None
                process.kill()

    @contextmanager
    def _two_schedulers(self) -> Iterator[None]:
        """For the rest of the trial."""
        self.supervisor.add(self.installation.second_scheduler())
        yield

    @contextmanager
    def _clocks_apart(self) -> Iterator[None]:
        """A worker whose clock is three minutes ahead, for the rest of the trial."""
        worker = self.installation.worker_ahead(CLOCK_AHEAD)
        if worker is None:
            raise RuntimeError("There is no faketime on PATH (on Debian the package faketime).")
        self.supervisor.add(worker)
        yield

    @contextmanager
    def _read_only(self) -> Iterator[None]:
        """PostgreSQL takes no writes, as one that has been demoted."""
        self._alter("SET default_transaction_read_only = on")
        try:
            yield
        finally:
            wait_for(lambda: self._altered("RESET default_transaction_read_only"))

    def _altered(self, what: str) -> bool:
        try:
            self._alter(what)
        except psycopg.Error:
            return False
        return True

    def _alter(self, what: str) -> None:
        address = f"postgres://relais@127.0.0.1:{self.installation.postgres_port}/postgres"
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER SYSTEM {what}".encode())
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def _broker_out_of_memory(self) -> Iterator[None]:
        with redis.Redis(port=self.installation.redis_port) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            wait_for(self._has_memory)

    def _has_memory(self) -> bool:
        try:
            with redis.Redis(port=self.installation.redis_port) as client:
                client.config_set("maxmemory", 0)
        except redis.RedisError:
            return False
        return True


def say(text: str) -> None:
    sys.stderr.write(f"chaos: {text}\n")
    sys.stderr.flush()


def run(setup: str, kills: int, seed: int) -> dict[str, Any]:
    """The trial's account."""
    # So that whatever was started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sandbox = Sandbox(vacancies=VACANCIES, applicants=APPLICANTS).start()
    with folder_in_tmp("chaos") as folder:
        installation = Installation(setup, Path(folder), sandbox.url)
        supervisor = Supervisor([])
        supervisor.start()
        try:
            installation.prepare(supervisor)
            os.environ.update(installation.environment, LOG_LEVEL="CRITICAL")
            django.setup()
            return _disturbed(installation, supervisor, sandbox, kills, seed)
        finally:
            supervisor.stop()
            sandbox.stop()


def _disturbed(
    installation: Installation, supervisor: Supervisor, sandbox: Sandbox, kills: int, seed: int
) -> dict[str, Any]:
    from tests.chaos.load import Load
    from tests.chaos.verdict import connect, drain, verdict

    tenants = [connect(sandbox, f"Atelier {number}") for number in (1, 2, 3)]
    trial = Trial(installation, supervisor, seed)
    load = Load(tenants, sandbox, Random(seed + 1))
    began = time.monotonic()
    load.start()
    try:
        trial.carry_out(kills)
    finally:
        load.stop()
    say("everything is let run to its end")
    left = drain(timedelta(minutes=6))
    recoveries = sorted(trial.recoveries)
    return {
        "setup": installation.setup,
        "seed": seed,
        "seconds": round(time.monotonic() - began),
        "kills": sum(trial.kills.values()),
        "kills_by_process": dict(sorted(trial.kills.items())),
        "faults": trial.faults,
        "submissions": len(load.emails),
        "syncs": load.syncs,
        "recovery_p95": round(quantiles(recoveries, n=20)[-1], 1) if len(recoveries) > 1 else None,
        "recovery_longest": round(recoveries[-1], 1) if recoveries else None,
        **verdict(tenants, sandbox, load.emails, left),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) + "\n")
