"""`doctor`: what is wrong with an installation, in words, with what to do about it.

What can be set up wrongly, asked by a person, who can wait: it decrypts every credential, and calls
the mail server and Relais' own public address.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core import checks as django_checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.http.request import validate_host

from integrations.encryption.credentials import credentials_keys
from integrations.operations import static_files
from integrations.operations.health import HealthCheck, Status, health
from integrations.operations.key_rotation import rotate_keys
from integrations.operations.migrations import pending_migrations

PYTHONS = ((3, 11), (3, 13))
# Seconds to wait for our own address.
PATIENCE = 5
# Of a process that does not run, it is not the installation that is set up wrongly.
_NOT_RUNNING = ("worker", "scheduler", "due_syncs")


@dataclass(frozen=True)
class Diagnosis:
    """`what_to_do` is blank where nothing is to be done."""

    name: str
    status: Status
    text: str
    what_to_do: str = ""


def ok(name: str, text: str) -> Diagnosis:
    return Diagnosis(name, Status.OK, text)


def warning(name: str, text: str, what_to_do: str) -> Diagnosis:
    return Diagnosis(name, Status.WARNING, text, what_to_do)


def failed(name: str, text: str, what_to_do: str) -> Diagnosis:
    return Diagnosis(name, Status.FAILED, text, what_to_do)


def examine() -> list[Diagnosis]:
    """Look at everything; what one look cannot see hides nothing from the others."""
    # `_keys` looks at all of them.
    found = [_of_health(check) for check in health() if check.name != "credentials"]
    for look in LOOKS:
        try:
            found += look()
        except DatabaseError as error:
            name = look.__name__.strip("_")
            found.append(failed(name, f"The database does not answer: {error}", "Start it."))
    return found


def _of_health(check: HealthCheck) -> Diagnosis:
    status = check.status
    if status is Status.FAILED and check.name.startswith(_NOT_RUNNING):
        status = Status.WARNING
    return Diagnosis(check.name, status, f"{check.title}: {check.text}", str(check.what_to_do))


def _settings() -> Iterator[Diagnosis]:
    """Django's own checks, with those for production, and ours."""
    found = [*_django_checks(), *_addresses()]
    return iter(found or [ok("settings", "Nothing is wrong with the settings.")])


def _django_checks() -> Iterator[Diagnosis]:
    problems = django_checks.run_checks(include_deployment_checks=True, databases=["default"])
    for problem in problems:
        if problem.is_silenced() or (not settings.HTTPS and problem.id in _ABOUT_TLS):
            continue
        serious = problem.level >= django_checks.ERROR
        status = Status.FAILED if serious else Status.WARNING
        yield Diagnosis("settings", status, f"{problem.id}: {problem.msg}", problem.hint or "")


def _addresses() -> Iterator[Diagnosis]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield failed(
            "settings",
            f"The host of PUBLIC_URL, {host}, is not one of ALLOWED_HOSTS: every page answers 400.",
            "Add it to ALLOWED_HOSTS.",
        )
    if not settings.HTTPS and host not in ("127.0.0.1", "localhost", "::1"):
        yield warning(
            "settings",
            "PUBLIC_URL is not https: passwords and sessions can be read on their way.",
            "Let a proxy end TLS, and set PUBLIC_URL to its https address.",
        )
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield warning(
            "settings",
            "TRUSTED_PROXIES is 0 with an https PUBLIC_URL: everybody has the proxy's address.",
            "Set it to the number of proxies in front.",
        )


# About what a proxy with TLS does: with an http PUBLIC_URL, one warning of ours says it all.
_ABOUT_TLS = frozenset(f"security.W0{number}" for number in ("04", "08", "12", "16"))


def _data_dir() -> Iterator[Diagnosis]:
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield failed(
            "data_dir",
            f"Nothing can be written into DATA_DIR, {folder}: {error.strerror}.",
            "Let the user that Relais runs as own it, and have space on its disk.",
        )
        return
    foreign = [path for path in _private(folder) if path.stat().st_uid != os.geteuid()]
    if foreign:
        yield warning(
            "data_dir",
            f"Not owned by the user of this process: {_listed(foreign)}.",
            "Run every process, and doctor, as the user that owns DATA_DIR.",
        )
    open_to_others = [path for path in _private(folder) if path.stat().st_mode & 0o077]
    if open_to_others:
        yield warning(
            "data_dir",
            f"Other users of this machine may reach: {_listed(open_to_others)}.",
            "chmod go= these.",
        )
    if not foreign and not open_to_others:
        yield ok("data_dir", f"DATA_DIR, {folder}, can be written and is its owner's alone.")


def _private(folder: Path) -> Iterator[Path]:
    names = (".", "secret_key", "credentials_keys", "submissions", "exports")
    yield from (path for name in names if (path := folder / name).exists())


def _keys() -> Iterator[Diagnosis]:
    if pending_migrations():
        return  # maybe there is no table to look into
    done = rotate_keys(write=False)
    stored = done.newest + done.old + len(done.unreadable)
    if done.unreadable:
        missing = "" if credentials_keys() else " There are no CREDENTIALS_KEYS at all."
        yield failed(
            "keys",
            f"{len(done.unreadable)} of {stored} stored credentials cannot be decrypted.{missing}",
            "Bring the earlier CREDENTIALS_KEYS back; rotate_keys --check names the rows.",
        )
    elif done.old:
        yield warning(
            "keys",
            f"{done.old} of {stored} stored credentials need another key than the first.",
            "Run rotate_keys before an old key is dropped.",
        )
    else:
        yield ok("keys", f"All {stored} stored credentials are encrypted with the first key.")


def _packages() -> Iterator[Diagnosis]:
    python = sys.version_info[:2]
    if not PYTHONS[0] <= python <= PYTHONS[1]:
        yield failed(
            "packages",
            f"Python {python[0]}.{python[1]} is none that Relais is tested with.",
            "Use Python 3.11, 3.12 or 3.13.",
        )
    other = [
        f"{name} {installed or 'missing'} instead of {wanted}"
        for name, wanted in _pinned()
        if (installed := _installed(name)) != wanted
    ]
    if other:
        yield warning(
            "packages",
            f"Packages are not those of requirements.txt: {', '.join(other)}.",
            "Install them: pip install -r requirements.txt.",
        )
    server = ".".join(map(str, connection.get_database_version()))
    vendor = connection.display_name
    if connection.get_database_version() < (connection.features.minimum_database_version or ()):
        yield failed("packages", f"{vendor} {server} is too old.", f"Upgrade {vendor}.")
    elif not other and PYTHONS[0] <= python <= PYTHONS[1]:
        yield ok("packages", f"Python {sys.version.split()[0]}, {vendor} {server}.")


def _pinned() -> Iterator[tuple[str, str]]:
    path = settings.BASE_DIR / "requirements.txt"
    for line in path.read_text().splitlines() if path.exists() else ():
        name, exact, wanted = line.partition("==")
        if exact:
            yield name.partition("[")[0].strip(), wanted.strip()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _email() -> Iterator[Diagnosis]:
    if not settings.EMAIL_ENABLED:
        yield ok("email", "EMAIL_URL is not set: no e-mail is sent, no export can be scheduled.")
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    mail = get_connection()
    try:
        mail.open()
        mail.close()
    except OSError as error:
        # Those of smtplib are among them.
        yield failed(
            "email",
            f"The mail server {server} did not let Relais in: {error}",
            "Correct EMAIL_URL (host, port, tls or ssl, user, password), or start the server.",
        )
    else:
        yield ok("email", f"The mail server {server} lets Relais in.")


def _proxy() -> Iterator[Diagnosis]:
    """What comes back to our own public address."""
    url = f"{settings.PUBLIC_URL}/admin/login/"
    try:
        answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        yield failed("proxy", f"The certificate of {url} is not accepted: {error}", "Mend it.")
        return
    except requests.RequestException:
        yield warning(
            "proxy",
            f"Nothing answers at {url}, as seen from this machine.",
            "Start the web server and the proxy. If only others can reach it, open it yourself.",
        )
        return
    target = answer.headers.get("Location", "")
    if answer.is_redirect and target.rstrip("/") == url.rstrip("/"):
        yield failed(
            "proxy",
            f"{url} redirects to itself.",
            "Let the proxy set X-Forwarded-Proto to https, replacing what a client sent.",
        )
    elif answer.status_code == 400:
        yield failed(
            "proxy",
            f"{url} answers 400.",
            "Let the proxy pass the Host header on, and have its host in ALLOWED_HOSTS.",
        )
    elif answer.status_code >= 400:
        yield failed(
            "proxy", f"{url} answers {answer.status_code}.", "Look into the web server's log."
        )
    else:
        yield ok("proxy", f"{url} answers.")


def _static_files() -> Iterator[Diagnosis]:
    if problem := static_files.problem():
        yield failed("static_files", problem, "")
    else:
        yield ok("static_files", "The static files are those of this release.")


LOOKS: tuple[Callable[[], Iterator[Diagnosis]], ...] = (
    *(_settings, _data_dir, _keys, _packages, _email, _proxy, _static_files),
)


def _listed(paths: list[Path]) -> str:
    return ", ".join(map(str, paths))
