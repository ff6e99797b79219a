"""The web server as it is installed: what it needs at its start, and what it answers without."""

from __future__ import annotations

import subprocess
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
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with collected static files, and no database."""
    data_dir = tmp_path_factory.mktemp("site")
    Site(data_dir).command("collectstatic", "--no-input")
    return data_dir


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
    assert "collectstatic --no-input" in done.stderr
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


@pytest.fixture(params=["nobody listens", "no connection is free"])
def cut_off(request: pytest.FixtureRequest, prepared: Path) -> Iterator[Site]:
    """A running site whose PostgreSQL lets nobody in."""
    if request.param == "nobody listens":
        url = f"postgres://relais:none@127.0.0.1:{free_port()}/relais"
        site = Site(prepared, DATABASE_URL=url)
        with site.running():
            yield site
        return
    if connection.vendor != "postgresql":
        pytest.skip("On PostgreSQL: a role that may open no connection.")
    given = connection.settings_dict
    request.getfixturevalue("transactional_db")
    role = f"relais_full_{free_port()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'full' CONNECTION LIMIT 0")
    try:
        url = f"postgres://{role}:full@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(url)
        site = Site(prepared, DATABASE_URL=url)
        with site.running():
            yield site
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {role}")


def test_without_a_database_the_api_asks_to_be_called_again(cut_off: Site) -> None:
    for method, path in (("GET", "/v1/ats/jobs"), ("POST", "/v1/ats/candidates")):
        answer = requests.request(
            method,
            f"{cut_off.address}{path}",
            headers={"Authorization": "Bearer relais_any", "X-Integration-Id": "any"},
            timeout=30,
        )

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        error = answer.json()["error"]
        assert error["code"] == "PLATFORM.UNKNOWN_ERROR"
        assert "database does not answer" in error["message"]


def test_without_a_database_a_page_says_so_in_the_readers_language(cut_off: Site) -> None:
    for language, words in (("en", "The database does not answer"), ("fr", "ne répond pas")):
        for cookies in ({}, {"sessionid": "one that was valid"}):
            answer = requests.get(
                f"{cut_off.address}/admin/integrations/job/",
                headers={"Accept-Language": language},
                cookies=cookies,
                allow_redirects=bool(cookies),
                timeout=30,
            )
            if not cookies and answer.status_code == 302:
                continue  # to the sign-in, which asks no database
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert words in answer.text

    assert requests.get(f"{cut_off.address}/livez", timeout=30).status_code == 200
    assert requests.get(f"{cut_off.address}/readyz", timeout=30).status_code == 503
