"""Settings come from the environment; the defaults work, and are safe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import networks
from config.environment import close_to_others
from config.wsgi import this_machine_only
from tests.support.commands import ROOT, environment, manage

STRONG = "k4Zr-9wQ1xT7bV0nM3cE8yU5iO2pL6aS_dF4gH7jK9lZ1xC3vB5nM8qW2eR6tY0u"


def settings_of(data_dir: Path, *names: str, **given: str) -> dict[str, Any]:
    """What the settings are in a process that is given these variables."""
    program = (
        "import json; from config import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(data_dir, **given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"

    first = settings_of(data_dir, "SECRET_KEY")

    assert settings_of(data_dir, "SECRET_KEY") == first
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_data_directory_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = manage("check", data_dir=tmp_path / "file" / "data")
    assert (done.returncode, done.stderr) == (
        1,
        f"Relais cannot start. {tmp_path}/file/data cannot be made: Not a directory.\n",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="Root may use every directory.")
def test_a_data_directory_of_somebody_else_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    done = manage("check", data_dir=tmp_path)
    tmp_path.chmod(0o700)
    assert done.returncode == 1
    assert "belongs to somebody else" in done.stderr


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: settings_of(tmp_path / "data", "SECRET_KEY"), range(4)))

    assert all(one == found[0] for one in found)


def test_a_data_directory_that_others_may_read_is_closed(tmp_path: Path) -> None:
    names = ("secret_key", "relais.sqlite3")
    tmp_path.chmod(0o755)
    for name in names:
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)

    close_to_others(tmp_path)

    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, *(tmp_path / n for n in names))]
    assert modes == [0o700, 0o600, 0o600]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (networks.networks, ["10.20.0.0/16", "fd00::/8", "127.0.0.1"], ["10.20.0.1/16", "all"]),
        (
            networks.hosts,
            ["relais.example", ".app.example", "[::1]", "*"],
            ["https://a", "a:1", ""],
        ),
        (
            networks.origins,
            ["https://app.example", "https://*.app.example:8443", "http://[::1]:3000"],
            ["app.example", "https://a.example/x", "https://a; script-src *", "javascript:x", "*"],
        ),
        (networks.proxies, [0, 3], [-1, 11]),
        (
            networks.flatchr_address,
            ["https://api.flatchr.io", "http://127.0.0.1:9", "http://localhost/x"],
            ["api.flatchr.io", "http://api.flatchr.io", "ftp://a", "https://u:p@a", "https://a:x"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_settings_of_networks_that_are_wrong_are_told_at_the_start(
    check: Any, good: list[Any], bad: list[Any]
) -> None:
    many = check in (networks.networks, networks.hosts, networks.origins)
    for one in good:
        given = [one] if many else one
        assert check("NAME", given) == given
    for one in bad:
        with pytest.raises(ImproperlyConfigured, match="NAME"):
            check("NAME", [one] if many else one)


def test_origins_are_as_browsers_write_them() -> None:
    assert networks.origins("NAME", ["https://App.Example/"]) == ["https://app.example"]
    with pytest.raises(ImproperlyConfigured, match="NAME"):
        networks.origins("NAME", ["https://*.app.example"], wildcards=False)


@pytest.mark.parametrize("given", [{"PUBLIC_URL": "https://a.example"}, {"ALLOWED_HOSTS": "*"}])
def test_debug_is_refused_where_others_can_reach_it(tmp_path: Path, given: dict[str, str]) -> None:
    done = manage("check", data_dir=tmp_path, DEBUG="on", **given)
    assert done.returncode == 1
    assert "DEBUG is for addresses of this machine alone" in done.stderr


def test_a_server_with_debug_answers_this_machine_alone() -> None:
    def site(_environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"page"]

    told: list[str] = []
    for address in ("127.0.0.1", "::1", "", "203.0.113.7", "10.0.0.2"):
        this_machine_only(site)({"REMOTE_ADDR": address}, lambda status, _: told.append(status))
    assert told == ["200 OK"] * 3 + ["403 Forbidden"] * 2


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("http://127.0.0.1:8000", ""),
        ("https://relais.example", "__Host-"),
        ("https://example.com/relais", "__Secure-"),
    ],
)
def test_cookies_are_bound_to_the_host_where_it_is_relais_alone_and_secure_with_https(
    tmp_path: Path, address: str, prefix: str
) -> None:
    kinds = [f"{kind}_COOKIE_NAME" for kind in ("SESSION", "CSRF", "LANGUAGE", "MESSAGES")]
    secured = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]

    found = settings_of(tmp_path, *kinds, *secured, "CSRF_TRUSTED_ORIGINS", PUBLIC_URL=address)

    assert [found[kind].startswith(prefix) for kind in kinds] == [True] * 4
    assert [found[kind].removeprefix(prefix) for kind in kinds] == [
        *("sessionid", "csrftoken", "django_language", "messages")
    ]
    assert [found[name] for name in secured] == [address.startswith("https:")] * 3
    assert found["CSRF_TRUSTED_ORIGINS"] == ["/".join(address.split("/")[:3])]


def test_a_secret_can_be_given_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text(STRONG)

    found = settings_of(tmp_path, "SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "mounted"))

    assert found == {"SECRET_KEY": STRONG}
    assert not (tmp_path / "secret_key").exists()


def test_by_default_debug_is_off_hosts_are_loopback_and_no_keys_are_made(tmp_path: Path) -> None:
    """Keys of credentials could be other ones than those the database was encrypted with."""
    names = ("CREDENTIALS_KEYS", "DEBUG", "ALLOWED_HOSTS", "CELERY_BROKER_URL")

    assert settings_of(tmp_path, *names) == {
        "CREDENTIALS_KEYS": [],
        "DEBUG": False,
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"],
        "CELERY_BROKER_URL": "filesystem://localhost",
    }
    assert not (tmp_path / "credentials_keys").exists()


def test_a_production_setup_passes_djangos_deployment_checks(tmp_path: Path) -> None:
    done = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        data_dir=tmp_path,
        PUBLIC_URL="https://relais.example",
        ALLOWED_HOSTS="relais.example",
        SECRET_KEY=STRONG,
    )

    assert done.returncode == 0, done.stderr


def test_static_files_are_collected_with_names_that_change_with_their_content(
    tmp_path: Path,
) -> None:
    done = manage("collectstatic", "--no-input", data_dir=tmp_path)

    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text())
    assert (tmp_path / "static" / manifest["paths"]["admin/css/base.css"]).exists()
