"""Relais as it is installed: its own commands, and gunicorn on a port of loopback."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from tests.support.commands import ROOT, environment, manage
from tests.support.provided import free_port, server

PASSWORD = "Quatre-mots-bien-longs-7"


class Site:
    """An installation in a folder. `variables` are those of its environment."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.variables = {"BIND": f"127.0.0.1:{self.port}", "WEB_CONCURRENCY": "1", **variables}
        self.address = f"http://127.0.0.1:{self.port}"
        self.api_key = ""

    def command(self, *arguments: str) -> str:
        done = manage(*arguments, data_dir=self.data_dir, **self.variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def copy(self, data_dir: Path, **variables: str) -> Site:
        """Another one with what this one has."""
        site = Site(Path(shutil.copytree(self.data_dir, data_dir)), **variables)
        site.api_key = self.api_key
        return site

    @contextmanager
    def running(self) -> Iterator[None]:
        with server(
            web_server(),
            answers=self.is_alive,
            log=self.data_dir / "gunicorn.log",
            # gunicorn is started in the folder of its log.
            environment={**environment(self.data_dir, **self.variables), "PYTHONPATH": str(ROOT)},
        ):
            yield

    def is_alive(self) -> bool:
        try:
            return requests.get(f"{self.address}/livez", timeout=2).status_code == 200
        except requests.RequestException:
            return False


def new_site(data_dir: Path) -> Site:
    """One of this version, on which nothing runs; `ada` may sign in, and there is a key."""
    site = Site(data_dir, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    said = site.command("upgrade")
    assert "Backup: none, since the database is new." in said
    assert "Static files: collected" in said
    site.command("createsuperuser", "--no-input", "--username=ada", "--email=ada@relais.example")
    made = site.command("create_api_key", "--name=Tests", "--json").splitlines()[-1]
    site.api_key = json.loads(made)["key"]
    return site


def web_server() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]


def log_in(browser: requests.Session, address: str, path: str = "") -> requests.Response:
    """Through the form at `path/admin/login/`; the page that it leads to."""
    form = browser.get(f"{address}{path}/admin/login/", timeout=30)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    assert token is not None, form.text[:500]
    return browser.post(
        form.url,
        data={"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token[1]},
        headers={"Referer": form.url},
        timeout=30,
    )


class _Addresses(HTMLParser):
    """Addresses that a page names, in the attributes that browsers follow or scripts read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("href", "src", "action") or name.endswith("url")):
                self.found.add(value)


def addresses_of(page: requests.Response) -> set[str]:
    """Absolute addresses of the same host that a page names."""
    parser = _Addresses()
    parser.feed(page.text)
    host = urlsplit(page.url).netloc
    joined = {urljoin(page.url, value) for value in parser.found if not value.startswith("#")}
    return {url.partition("#")[0] for url in joined if urlsplit(url).netloc == host}
