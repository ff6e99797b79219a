"""A site below a path: `PUBLIC_URL=https://example.com/relais`."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured

from config.public_url import parse
from tests.deploy.sites import Site, addresses_of, log_in

PAGES = (
    "",
    "integrations/integration/",
    "integrations/integration/add/",
    "integrations/candidate/",
    "integrations/submission/",
    "integrations/bulkupload/add/",
    "integrations/export/",
    "integrations/connectionlink/add/",
    "integrations/apikey/add/",
    "auth/user/",
    "password_change/",
)


@pytest.fixture(scope="module")
def site(made: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = made.copy(tmp_path_factory.mktemp("below") / "data")
    site.variables["PUBLIC_URL"] = f"{site.address}/relais"
    with site.running():
        yield site


def check_pages(browser: requests.Session, origin: str) -> set[str]:
    """Sign in, and look at `PAGES`; what they name, all of it below the path."""
    overview = log_in(browser, origin, "/relais")
    assert overview.url == f"{origin}/relais/admin/"
    assert {cookie.path for cookie in browser.cookies} == {"/relais/"}

    named: set[str] = set()
    for path in PAGES:
        page = browser.get(f"{origin}/relais/admin/{path}", timeout=30)
        assert page.status_code == 200, path
        named |= addresses_of(page)
    named |= addresses_of(browser.get(f"{origin}/relais/docs", timeout=30))
    named |= addresses_of(browser.get(f"{origin}/relais/nothing-here", timeout=30))
    assert len(named) > 60
    outside = {url for url in named if not urlsplit(url).path.startswith("/relais/")}
    assert outside == set()
    return named


def test_every_address_that_pages_name_is_below_it_and_is_there(site: Site) -> None:
    with requests.Session() as browser:
        named = check_pages(browser, site.address)
        seen = {f"{site.address}/relais/admin/{path}" for path in PAGES}
        # Once each, whatever it is asked for; and what ends the session not at all.
        pages = {url.partition("?")[0]: url for url in named if "logout" not in url}
        for page, url in pages.items():
            if page in seen:
                continue
            answer = browser.get(url, timeout=30)
            assert answer.status_code in (200, 405), url
            for step in answer.history:
                there = ("/relais/", "?", f"{site.address}/relais/")
                assert step.headers["Location"].startswith(there), url


def test_its_first_page_is_found_with_and_without_the_last_slash(site: Site) -> None:
    for path in ("/relais", "/relais/"):
        answer = requests.get(f"{site.address}{path}", allow_redirects=False, timeout=30)
        assert answer.headers["Location"] == "/relais/admin/"


def test_styles_name_files_below_it(site: Site) -> None:
    page = requests.get(f"{site.address}/relais/admin/login/", timeout=30)
    styles = [url for url in addresses_of(page) if urlsplit(url).path.endswith(".css")]
    assert styles
    for url in styles:
        style = requests.get(url, timeout=30)
        assert style.status_code == 200
        assert "url(/static" not in style.text
        assert "immutable" in style.headers["Cache-Control"]


def test_the_api_answers_there_and_names_itself(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.api_key}"}

    for path in ("/relais/v1/check-api-key", "/relais/check-api-key", "/v1/check-api-key"):
        answer = requests.get(f"{site.address}{path}", headers=headers, timeout=30)
        assert answer.status_code == 200, path
    document = requests.get(f"{site.address}/relais/openapi.json", timeout=30).json()
    assert {server["url"] for server in document["servers"]} <= {
        f"{site.address}/relais/v1",
        f"{site.address}/relais",
    }
    tools = requests.get(f"{site.address}/relais/v1/tools/ats", headers=headers, timeout=30)
    [tool] = tools.json()["data"]["tools"]
    for name, url in tool["assets"].items():
        assert str(url).startswith(f"{site.address}/relais/static/"), name


def test_a_link_that_a_command_makes_is_below_it_once(site: Site) -> None:
    program = "from integrations.connecting.links import address; print(address('abc'))"

    said = site.command("shell", "--no-imports", "--command", program)

    assert said.strip() == f"{site.address}/relais/link/abc"


def test_whoever_sends_much_gets_to_read_the_refusal(site: Site) -> None:
    for path, statuses in (("v1/ats/candidates", {401}), ("admin/", {413})):
        answer = requests.post(
            f"{site.address}/relais/{path}",
            data=bytes(30 * 1024**2),
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code in statuses, path


def test_probes_come_to_the_server_itself(site: Site) -> None:
    for path in ("/livez", "/readyz", "/relais/readyz"):
        assert requests.get(f"{site.address}{path}", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://relais.example", "https://relais.example", ""),
        ("https://relais.example/", "https://relais.example", ""),
        ("http://[::1]:8000/ats-hub/relais/", "http://[::1]:8000", "/ats-hub/relais"),
    ],
)
def test_an_address_is_taken_apart(text: str, origin: str, path: str) -> None:
    found = parse(text)

    assert (found.origin, found.path, str(found)) == (origin, path, origin + path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("relais.example", "is an address such as"),
        ("ftp://relais.example", "is an address such as"),
        ("https://", "is an address such as"),
        ("https://relais.example:port", "is an address such as"),
        ("https://ada:secret@relais.example", "without login"),
        ("https://relais.example/?a=1", r"without login, \? and #"),
        ("https://relais.example/été", "letters without accents"),
        ("https://relais.example/a b", "letters without accents"),
        ("https://relais.example/../a", "letters without accents"),
        ("https://relais.example//a", "letters without accents"),
        ("https://relais.example/admin", "cannot begin with /admin"),
        ("https://relais.example/v1/relais", "cannot begin with /v1"),
    ],
)
def test_what_cannot_be_the_address_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as refused:
        parse(text)

    assert "secret" not in str(refused.value)
