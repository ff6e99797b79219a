"""The same work by other means: dlt, a general-purpose loader, and a plain loop over the ORM.

dlt gets an environment of its own, `var/bench-venv`, made when it is first asked for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, ratio
from tests.bench.stage import ROOT, Options, Stage, sandbox
from tests.bench.syncing import run_seconds, sync

VENV = ROOT / "var" / "bench-venv"
PACKAGES = ["dlt[postgres]==1.31.0", "pyarrow==26.0.1", "psycopg2-binary==2.9.13"]
FORMS = {"rest": "dlt, REST source", "arrow": "dlt, fed one pyarrow table"}
LOOP_APPLICANTS = 2_000


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Relais first, then the others on a database as empty, and the ratios of the medians."""
    what = f"{options.applicants:,} applicants"
    with sandbox(applicants=options.applicants, vacancies=options.vacancies) as address:
        ours = _relais(stage, options, address, what)
        yield from ours
        if stage.database.name == "PostgreSQL":
            for form, name in FORMS.items():
                theirs = list(_dlt(stage, options, address, form, f"{name}: {what}"))
                yield from theirs
                for mine, other in zip(ours, theirs, strict=True):
                    yield ratio(f"{other.work} / Relais", mine, other)
    loop = _orm_loop(stage, options)
    yield loop
    yield ratio(f"{loop.work} / Relais", ours[0], loop)


def _relais(stage: Stage, options: Options, address: str, what: str) -> list[Figure]:
    on = stage.database.name
    pairs = []
    for _ in range(options.runs):
        stage.fresh()
        tenant = stage.connect(address)
        pairs.append((sync(stage, tenant), sync(stage, tenant)))
    rows = "candidates, applications, jobs, stages, tags, in seven indexed tables"
    return [
        Figure(f"Relais: {what}", on, "s", [run_seconds(first) for first, _ in pairs], note=rows),
        Figure("Relais, again", on, "s", [run_seconds(again) for _, again in pairs]),
        Figure("Relais, memory", on, "MB", [first.peak_mb for first, _ in pairs]),
    ]


def _dlt(stage: Stage, options: Options, address: str, form: str, what: str) -> Iterator[Figure]:
    on = stage.database.name
    reports = []
    for _ in range(options.runs):
        stage.fresh()
        reports.append(_load(stage, form, address))
    one = "one table of the raw rows, merged by key, no other index"
    yield Figure(what, on, "s", [report["seconds"][0] for report in reports], note=one)
    yield Figure(f"{FORMS[form]}, again", on, "s", [report["seconds"][1] for report in reports])
    yield Figure(f"{FORMS[form]}, memory", on, "MB", [report["peak_mb"] for report in reports])


def _load(stage: Stage, form: str, address: str) -> dict[str, Any]:
    script = Path(__file__).with_name("loader_dlt.py")
    with tempfile.NamedTemporaryFile() as told:
        done = subprocess.run(
            [_python(), str(script), told.name, form, address, stage.database.url],
            cwd=stage.folder,
            env={"HOME": str(stage.folder), "RUNTIME__DLTHUB_TELEMETRY": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"dlt failed:\n{done.stderr[-3000:]}")
        report: dict[str, Any] = json.load(told)
    return report


def _python() -> str:
    """The Python of dlt's environment, which is made if it is not there."""
    python = VENV / "bin" / "python"
    made = VENV / "made"
    if not made.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(install, check=True)
        made.touch()
    return str(python)


def _orm_loop(stage: Stage, options: Options) -> Figure:
    stage.fresh()
    with sandbox(applicants=LOOP_APPLICANTS, vacancies=options.vacancies) as address:
        tenant = stage.connect(address)
        report = stage.measured("orm_loop", tenant, address)
    scale = options.applicants / report.result["applicants"]
    return Figure(
        f"update_or_create in a loop: {options.applicants:,} applicants",
        stage.database.name,
        "s",
        [report.result["seconds"] * scale],
        note=f"measured with {report.result['applicants']:,}, in one transaction, and scaled",
    )
