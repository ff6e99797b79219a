"""A connection link in a frame of an application, opened by the official library for that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from integrations.connecting import links
from integrations.models import CustomField, Integration, LinkKind
from tests.browser.conftest import Complaints
from tests.support import node
from tests.support.file_host import FileHost, Reply, answer

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

# `ended` is what the library's promise came to.
APPLICATION = """<!DOCTYPE html><html lang="en"><title>An application</title>
<script src="/library.js"></script><script>
var ended = null;
function connect(url) {
  ended = null;
  KomboConnect.showKomboConnect(url).then(
    (token) => { ended = {token}; }, (error) => { ended = {error: error.name}; });
}
</script><body><h1>An application</h1></body></html>"""


@pytest.fixture(scope="session")
def library() -> str:
    with node.provide() as runtime:
        package: Path = node.install_packages(runtime) / "@kombo-api" / "connect"
    return (package / "dist" / "index.js").read_text()


@pytest.fixture
def application(page: Page, library: str, settings: Any) -> Iterator[Page]:
    """The page of an application on another site, which may show links in a frame."""
    replies: dict[str, Reply] = {
        "/": answer(APPLICATION.encode(), "Content-Type: text/html"),
        "/library.js": answer(library.encode(), "Content-Type: text/javascript"),
        "/favicon.ico": answer(b"", status="204 No Content"),
    }
    with FileHost(replies) as host:
        # Another site than `localhost`, by the rules of browsers.
        origin = f"http://127.0.0.1:{host.port}"
        settings.CONNECT_FRAME_ANCESTORS = [origin]
        page.goto(f"{origin}/")
        yield page


def embed(application: Page, address: str) -> FrameLocator:
    application.evaluate(f"connect({json.dumps(address)})")
    return application.frame_locator("iframe")


def ended(application: Page) -> Any:
    application.wait_for_function("ended !== null")
    expect(application.locator("iframe")).to_have_count(0)
    return application.evaluate("ended")


@pytest.fixture
def link(live_site: str) -> Callable[..., str]:
    def make(**options: Any) -> str:
        given = {"organization": "Clinique Ouest", "environment": "sandbox", "language": "en"}
        token = links.new_link(**{**given, "lasts": links.EMBEDDED, **options})
        return f"{live_site}/link/{token}"

    return make


def fill(frame: FrameLocator, flatchr: Sandbox, *, api_key: str) -> None:
    frame.get_by_label("API key", exact=True).fill(api_key)
    frame.get_by_label("Company key", exact=True).fill(flatchr.company_key)
    frame.get_by_label("Career site slug").fill(flatchr.slug)
    frame.get_by_role("button", name="Check and connect").click()


def test_a_customer_who_connects_hands_the_application_its_token(
    application: Page, link: Callable[..., str], flatchr: Sandbox
) -> None:
    frame = embed(application, link())
    frame.get_by_role("link", name="Continue").click()
    fill(frame, flatchr, api_key="not-the-key")
    expect(frame.get_by_role("alert")).to_contain_text("Nothing was saved.")
    assert application.evaluate("ended") is None

    fill(frame, flatchr, api_key=flatchr.api_key)

    token = ended(application)["token"]
    assert links.connected_by(token) == Integration.objects.get()


def test_a_setup_link_ends_in_the_same_way(
    application: Page, live_site: str, tenant: Integration
) -> None:
    CustomField.objects.create(key="cost_centre", label="Cost centre")
    token = links.link_for(tenant, LinkKind.SETUP, lasts=links.EMBEDDED, language="fr")
    frame = embed(application, f"{live_site}/link/{token}")

    frame.get_by_role("button", name="Enregistrer").click()

    assert links.connected_by(ended(application)["token"]) == tenant


@pytest.mark.parametrize("at", ["start", "keys", "expired"])
def test_a_customer_who_closes_it_ends_it_on_every_page(
    at: str, application: Page, link: Callable[..., str], complaints: Complaints
) -> None:
    application.set_viewport_size({"width": 390, "height": 900})
    lasts = timedelta(seconds=-1) if at == "expired" else links.EMBEDDED
    frame = embed(application, link(language="fr", lasts=lasts))
    if at == "keys":
        frame.get_by_role("link", name="Continuer").click()
        expect(frame.get_by_label("Clé API", exact=True)).to_be_visible()

    close = frame.get_by_role("button", name="Fermer")
    expect(close).to_be_visible()
    assert frame.locator("html").evaluate("page => page.scrollWidth - page.clientWidth") <= 0
    close.click()

    assert ended(application) == {"error": "KomboConnectCancelledError"}
    assert not Integration.objects.exists()
    # The answer to a link that has ended is a 410.
    complaints[:] = [one for one in complaints if "410" not in one]


def test_a_page_of_its_own_has_nothing_to_close(page: Page, link: Callable[..., str]) -> None:
    page.goto(link())
    expect(page.get_by_role("link", name="Continue")).to_be_visible()
    expect(page.get_by_role("button", name="Close", include_hidden=True)).to_be_hidden()


def test_an_application_that_is_not_allowed_to_frame_it_is_said_in_the_log(
    application: Page,
    link: Callable[..., str],
    settings: Any,
    complaints: Complaints,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.CONNECT_FRAME_ANCESTORS = []
    with application.expect_event("console", lambda told: "frame-ancestors" in told.text):
        embed(application, link())
    assert "set CONNECT_FRAME_ANCESTORS" in caplog.text
    complaints.clear()
