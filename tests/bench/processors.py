"""Processor time of the programs that a bench has started.

What other work on the machine takes does not count into it, as it does into the time that passes;
it only grows somewhat, as caches and processors are shared.
"""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# By what a program's command line has in it.
PROGRAMS = {
    "flatchr_sandbox": "sandbox",
    "postgres": "PostgreSQL",
    "redis-server": "Redis",
    "worker": "worker",
    "beat": "scheduler",
}


def processor_seconds() -> dict[str, float]:
    """Seconds so far of each program that this process has started and that still runs, those of
    its own children included.
    """
    seconds: dict[str, float] = {}
    for child in _children(os.getpid()):
        line = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        name = next((name for part, name in PROGRAMS.items() if part in line), "other")
        seconds[name] = seconds.get(name, 0.0) + _tree(child)
    return seconds


def _tree(pid: int) -> float:
    """Seconds of a process, of its children, and of those of them that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICK + sum(map(_tree, _children(pid)))
    except FileNotFoundError:
        return 0.0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in tasks for child in path.read_text().split()]


def told(seconds: dict[str, float], *, each: int) -> str:
    """The milliseconds of each program for one of `each` things."""
    parts = sorted(seconds.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {value / each * 1000:.1f}" for name, value in parts)
