"""The same applicants through dlt, into one table: `loader_dlt.py REPORT FORM SANDBOX DATABASE`.

Runs in an environment of its own, in which only dlt is installed (`comparing.py`). FORM `rest`
is dlt's REST source; `arrow` is the fastest way to feed it, one pyarrow table of everything.
Loads twice, the second time unchanged, and writes the seconds and the peak memory as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pyarrow
import requests
from dlt.sources.rest_api import rest_api_resources

DISPOSITION = {"disposition": "merge", "strategy": "delete-insert"}


def rest(sandbox: str, about: dict[str, str]) -> Any:
    return rest_api_resources(
        {
            "client": {
                "base_url": sandbox,
                "auth": {"type": "bearer", "token": about["api_key"]},
            },
            "resources": [
                {
                    "name": "applicants",
                    "primary_key": "applicant",
                    "write_disposition": DISPOSITION,
                    "endpoint": {
                        "path": f"company/{about['company_key']}/search/applicants",
                        "method": "POST",
                        "json": {},
                        "paginator": "single_page",
                        "data_selector": "$",
                    },
                }
            ],
        }
    )


def arrow(sandbox: str, about: dict[str, str]) -> Any:
    @dlt.resource(name="applicants", primary_key="applicant", write_disposition=DISPOSITION)
    def applicants() -> Iterator[pyarrow.Table]:
        answer = requests.post(
            f"{sandbox}/company/{about['company_key']}/search/applicants",
            json={},
            headers={"Authorization": f"Bearer {about['api_key']}"},
            timeout=600,
        )
        yield pyarrow.Table.from_pylist(answer.json())

    return applicants()


def main(report: str, form: str, sandbox: str, database: str) -> None:
    about = requests.get(f"{sandbox}/_sandbox/about", timeout=10).json()
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            pipeline = dlt.pipeline(
                "bench",
                pipelines_dir=folder,
                destination=dlt.destinations.postgres(database),
                dataset_name=f"bench_{form}",
            )
            started = time.perf_counter()
            pipeline.run({"rest": rest, "arrow": arrow}[form](sandbox, about))
            seconds.append(time.perf_counter() - started)
    peak = next(
        int(text.split()[1]) / 1024
        for text in Path("/proc/self/status").read_text().splitlines()
        if text.startswith("VmHWM:")
    )
    Path(report).write_text(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
