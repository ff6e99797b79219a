"""The examples for nginx and Caddy, with real ones on loopback in front of a real gunicorn."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.deploy import proxies
from tests.deploy.sites import Site, log_in
from tests.deploy.test_below_a_path import check_pages
from tests.support.nginx import program
from tests.support.provided import free_port

MEGABYTE = 1024**2


@dataclass(frozen=True)
class Proxied:
    """A site behind a proxy at `origin`; `path` is the part of its address after that."""

    site: Site
    origin: str
    path: str
    verify: str | bool

    def browser(self) -> requests.Session:
        browser = requests.Session()
        # Else a bundle that the environment names would be believed alone.
        browser.trust_env = False
        browser.verify = self.verify
        return browser


@pytest.fixture(scope="module", params=["nginx, TLS, below a path", "Caddy"])
def proxied(
    request: pytest.FixtureRequest, made: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("proxied")
    site = made.copy(folder / "data", TRUSTED_PROXIES="1")
    port = free_port()
    if request.param == "Caddy":
        if shutil.which("caddy") is None:
            pytest.skip("There is no caddy here (on Debian: the package caddy).")
        origin, path, verify = f"http://127.0.0.1:{port}", "", True
        proxy = proxies.caddy(folder, upstream=site.port, plain=port)
    else:
        if program() is None:
            pytest.skip("There is no nginx here (on Debian: the package nginx-light).")
        origin, path = f"https://127.0.0.1:{port}", "/relais"
        verify = str(proxies.certificate(folder))
        proxy = proxies.nginx(folder, upstream=site.port, plain=free_port(), tls=port)
    site.variables["PUBLIC_URL"] = origin + path
    with site.running(), proxy:
        yield Proxied(site, origin, path, verify)


def test_every_page_works_through_it(proxied: Proxied) -> None:
    with proxied.browser() as browser:
        if proxied.path:
            # All that pages name is asked for without a proxy in `test_below_a_path`.
            named = check_pages(browser, proxied.origin)
            files = {url for url in named if "/static/" in url}
            assert {browser.get(url, timeout=30).status_code for url in files} == {200}
            assert all(cookie.secure for cookie in browser.cookies)
        else:
            assert log_in(browser, proxied.origin).url == f"{proxied.origin}/admin/"


def test_what_a_client_says_of_itself_is_not_believed(proxied: Proxied) -> None:
    with proxied.browser() as browser:
        browser.headers.update(
            {
                "X-Forwarded-For": "203.0.113.9",
                "Forwarded": "for=203.0.113.9",
                "X-Forwarded-Proto": "http" if proxied.path else "https",
                "X-Forwarded-Host": "elsewhere.example",
            }
        )
        page = log_in(browser, proxied.origin, proxied.path)

    assert page.url == f"{proxied.origin}{proxied.path}/admin/"
    with closing(sqlite3.connect(proxied.site.data_dir / "relais.sqlite3")) as database:
        query = (
            "SELECT ip FROM integrations_auditentry WHERE what = 'signed_in' "
            "ORDER BY id DESC LIMIT 1"
        )
        assert database.execute(query).fetchall() == [("127.0.0.1",)]


def send(proxied: Proxied, address: str, megabytes: int) -> int:
    with proxied.browser() as browser:
        if address.startswith("/admin/"):
            # A visitor may send no page so much.
            log_in(browser, proxied.origin, proxied.path)
        answer = browser.post(
            f"{proxied.origin}{proxied.path}{address}",
            data=bytes(megabytes * MEGABYTE),
            headers={"Content-Type": "application/octet-stream"},
            allow_redirects=False,
            timeout=120,
        )
    return answer.status_code


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/admin/integrations/submission/add/", 11),
        ("/v1/ats/candidates", 32),
        ("/admin/integrations/bulkupload/add/", 206),
    ],
)
def test_bodies_are_taken_up_to_what_relais_takes(
    proxied: Proxied, address: str, most: int
) -> None:
    # Relais refuses both: there is no token of a form, and no key.
    assert send(proxied, address, most) in (401, 403)
    # Caddy counts while it passes a body on, and calls that an error of Relais.
    assert send(proxied, address, round(most * 1.2)) in ((413,) if proxied.path else (413, 502))


def test_a_long_address_is_taken(proxied: Proxied) -> None:
    url = f"{proxied.origin}{proxied.path}/v1/ats/jobs?ids={'a' * 7000}"
    with proxied.browser() as browser:
        answer = browser.get(url, timeout=30)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "PLATFORM.AUTHENTICATION_INVALID"


def test_metrics_are_not_for_everybody(proxied: Proxied) -> None:
    with proxied.browser() as browser:
        answer = browser.get(f"{proxied.origin}{proxied.path}/metrics", timeout=30)

    assert answer.status_code == 404


@pytest.mark.skipif(program() is None, reason="There is no nginx here.")
def test_nginx_sends_plain_requests_to_tls(tmp_path: Path) -> None:
    proxies.certificate(tmp_path)
    plain = free_port()
    with proxies.nginx(tmp_path, upstream=free_port(), plain=plain, tls=free_port()):
        answer = requests.get(
            f"http://127.0.0.1:{plain}/relais/?a=1", allow_redirects=False, timeout=30
        )

    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://127.0.0.1/relais/?a=1"
