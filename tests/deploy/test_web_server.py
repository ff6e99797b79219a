"""The web server as it is installed: what it needs at its start, and what it answers without."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from django.db import connection

from tests.deploy.sites import Site, web_server
from tests.support.commands import ROOT, environment
from tests.support.provided import free_port


@pytest.fixture(scope="module")
def prepared(made: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with collected static files and a database."""
    return made.copy(tmp_path_factory.mktemp("site") / "data").data_dir


@pytest.fixture(scope="module")
def site(made: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation that is served."""
    site = made.copy(tmp_path_factory.mktemp("served") / "data")
    with site.running():
        yield site


def start(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        web_server(),
        cwd=ROOT,
        env=environment(data_dir, BIND=f"127.0.0.1:{free_port()}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_start_without_static_files_ends_and_says_what_to_do(tmp_path: Path) -> None:
    done = start(tmp_path)

    assert done.returncode == 4
    assert f"static files have not been collected in {tmp_path}/static" in done.stderr
    assert "collectstatic --clear --no-input" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_with_the_static_files_of_another_version_does_too(prepared: Path) -> None:
    copy = prepared / "static" / "relais" / "relais.css"
    right = copy.read_bytes()
    copy.write_bytes(right + b"/* of yesterday */")
    try:
        done = start(prepared)
    finally:
        copy.write_bytes(right)

    assert done.returncode == 4
    assert "those of another version (relais/relais.css differs)" in done.stderr


def test_a_server_that_runs_goes_on_when_they_change(site: Site) -> None:
    copy = site.data_dir / "static" / "relais" / "relais.css"
    right = copy.read_bytes()
    log = site.data_dir / "gunicorn.log"
    try:
        copy.write_bytes(right + b"/* of tomorrow */")
        [worker] = re.findall(r"Booting worker with pid: (\d+)", log.read_text())
        os.kill(int(worker), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while "relais/relais.css differs" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
    finally:
        copy.write_bytes(right)
    assert requests.get(f"{site.address}/livez", timeout=30).status_code == 200


def test_addresses_of_32_kib_are_taken_and_what_is_no_request_is_told_in_the_envelope(
    site: Site,
) -> None:
    headers = {"Authorization": f"Bearer {site.api_key}", "X-Integration-Id": "flatchr:none"}
    path = f"/v1/ats/jobs?ids={','.join('1' * 24 for _ in range(1_300))}"
    path = path.ljust(32 * 1024, "1")
    taken = requests.get(site.address + path, headers=headers, timeout=30)
    assert (taken.status_code, taken.json()["error"]["code"]) == (
        404,
        "PLATFORM.INTEGRATION_NOT_FOUND",
    )
    long = requests.get(site.address + path + "1" * 200_000, headers=headers, timeout=30)
    assert (long.status_code, long.headers["Content-Type"]) == (414, "application/json")
    error = long.json()["error"]
    assert sorted(error) == ["code", "log_url", "message", "title"]
    assert error["message"] == "The address of the request is longer than 33792 bytes."
    large = requests.get(site.address, headers={**headers, "X-More": "1" * 9_000}, timeout=30)
    assert (large.status_code, large.json()["status"]) == (431, "error")


def test_a_postgresql_that_is_not_there_is_waited_for_in_words(prepared: Path) -> None:
    url = f"postgres://relais:none@127.0.0.1:{free_port()}/relais"
    site = Site(prepared, DATABASE_URL=url)
    with site.running():
        check_api(site)
        check_page(site)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts no connections.")
def test_a_postgresql_without_a_free_connection_is_too(prepared: Path) -> None:
    given = connection.settings_dict
    role = f"relais_full_{free_port()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'full' CONNECTION LIMIT 0")
    url = f"postgres://{role}:full@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(url)
        site = Site(prepared, DATABASE_URL=url)
        with site.running():
            check_api(site)
            check_page(site)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {role}")


def check_api(site: Site) -> None:
    for method, path in (("GET", "/v1/ats/jobs"), ("POST", "/v1/ats/candidates")):
        answer = requests.request(
            method,
            f"{site.address}{path}",
            headers={"Authorization": "Bearer relais_any", "X-Integration-Id": "any"},
            timeout=30,
        )

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        error = answer.json()["error"]
        assert error["code"] == "PLATFORM.UNKNOWN_ERROR"
        assert "database does not answer" in error["message"]


def check_page(site: Site) -> None:
    """In the reader's language, although nobody can be asked who is signed in."""
    for language, words in (("en", "The database does not answer"), ("fr", "ne répond pas")):
        answer = requests.get(
            f"{site.address}/admin/integrations/job/",
            headers={"Accept-Language": language},
            cookies={"sessionid": "z" * 32},
            timeout=30,
        )

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert words in answer.text
        assert f'<html lang="{language}">' in answer.text
    assert requests.get(f"{site.address}/livez", timeout=30).status_code == 200
    assert requests.get(f"{site.address}/readyz", timeout=30).status_code == 503
