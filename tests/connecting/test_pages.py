"""The pages behind a link, as a customer's browser without JavaScript sees them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.connecting import links
from integrations.models import (
    ConnectionLink,
    CustomField,
    FieldMapping,
    FlatchrCredentials,
    Integration,
    LinkKind,
    RunState,
    SyncRun,
)
from integrations.sync import engine
from tests.connecting.conftest import Keys, MakeLink

pytestmark = pytest.mark.django_db

PAGES = ("link", "link_keys", "link_done", "link_progress")
LINES = {"Accept": "application/x-ndjson"}


def shown(answer: Any) -> str:
    text: str = answer.content.decode()
    return text.replace("&#x27;", "'")


@pytest.fixture
def visitor() -> Client:
    """Enforces CSRF protection, as the real site does: these pages need no token."""
    return Client(enforce_csrf_checks=True)


def test_the_first_page_names_the_company_and_says_what_is_asked(
    visitor: Client, make_link: MakeLink
) -> None:
    token, _ = make_link()

    page = shown(visitor.get(reverse("link", args=[token])))

    for words in ("Clinique Ouest", "What is read", "What can be written", "Administrator rights"):
        assert words in page
    assert reverse("link_keys", args=[token]) in page


@pytest.mark.parametrize("name", PAGES)
def test_every_page_keeps_the_token_to_itself(
    name: str, visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link()
    for _when in ("open", "used"):
        answer = visitor.get(reverse(name, args=[token]))
        assert answer.status_code in (200, 302)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not answer.cookies
        visitor.post(reverse("link_keys", args=[token]), keys())


@pytest.mark.parametrize("name", PAGES)
def test_unknown_and_expired_links_say_so_and_nothing_else(
    name: str, visitor: Client, make_link: MakeLink
) -> None:
    token, _ = make_link(lasts=timedelta(seconds=-1))

    unknown = visitor.get(reverse(name, args=["x" * 43]))
    expired = visitor.get(reverse(name, args=[token]))

    assert (unknown.status_code, expired.status_code) == (404, 410)
    assert "This link does not exist" in shown(unknown)
    assert "This link has ended" in shown(expired)
    assert "Clinique Ouest" not in shown(expired)


def test_frames_are_allowed_where_the_deployment_says(
    visitor: Client, make_link: MakeLink, settings: Any
) -> None:
    settings.CONNECT_FRAME_ANCESTORS = ["https://app.example"]

    answer = visitor.get(reverse("link", args=[make_link()[0]]))

    assert "frame-ancestors https://app.example" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize(
    ("of_link", "of_browser", "chosen", "expected"),
    [
        ("fr", "en", "", "fr"),
        ("en", "fr", "", "en"),
        ("", "fr-FR,fr;q=0.9", "", "fr"),
        ("", "nl", "", "en"),
        ("de", "fr", "", "fr"),
        ("en", "en", "fr", "fr"),
        ("fr", "en", "xx", "fr"),
    ],
)
def test_the_language_is_the_visitors_choice_then_the_links_then_the_browsers(
    of_link: str,
    of_browser: str,
    chosen: str,
    expected: str,
    visitor: Client,
    make_link: MakeLink,
) -> None:
    token, _ = make_link(language=of_link)
    address = reverse("link", args=[token]) + (f"?lang={chosen}" if chosen else "")

    page = shown(visitor.get(address, headers={"Accept-Language": of_browser}))

    assert f'<html lang="{expected}">' in page
    assert ("Connecter Flatchr" in page) == (expected == "fr")
    if expected == chosen:
        assert f"{reverse('link_keys', args=[token])}?lang=fr" in page


@pytest.mark.django_db(transaction=True)
def test_connecting_leads_to_the_page_on_which_the_reading_is_watched(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link(language="fr")

    answer = visitor.post(reverse("link_keys", args=[token]), keys())

    done = reverse("link_done", args=[token])
    assert (answer.status_code, answer.headers["Location"]) == (302, done)
    page = shown(visitor.get(done))
    assert "La lecture va commencer." in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert engine.execute(SyncRun.objects.get().pk)
    live = visitor.get(reverse("link_progress", args=[token]))
    assert live.headers["X-Run-Live"] == "no"
    assert "Vos données ont été lues." in shown(live)
    assert "<strong>4</strong>" in shown(live)  # applications
    assert "fermer cette page" in shown(visitor.get(done))
    # And what was used leads there again, from wherever.
    for name in ("link", "link_keys"):
        assert visitor.get(reverse(name, args=[token])).headers["Location"] == done


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.RUNNING, "is being read"),
        (RunState.AUTHENTICATION_FAILED, "no longer accepts the API key"),
        (RunState.FAILED, "tried again by itself"),
        (RunState.CANCELLED, "tried again by itself"),
    ],
)
def test_what_becomes_of_the_reading_is_said_in_plain_words(
    state: RunState, words: str, visitor: Client, make_link: MakeLink, tenant: Integration
) -> None:
    token, _ = make_link()
    ConnectionLink.objects.update(used_at=timezone.now(), integration=tenant)
    SyncRun.objects.create(integration=tenant, state=state, error_message="Secret of the house")

    page = shown(visitor.get(reverse("link_done", args=[token])))

    assert words in page
    assert "Secret of the house" not in page


def test_a_wrong_entry_is_marked_and_kept_but_for_the_key(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link(language="fr")
    typed = keys(company_key="Zx4TqB7nWk2LpR9m")

    page = shown(visitor.post(reverse("link_keys", args=[token]), typed))

    assert 'value="Zx4TqB7nWk2LpR9m"' in page
    assert typed["api_key"] not in page
    assert "Flatchr accepte la clé." in page
    assert "Flatchr ne connaît pas cette entreprise" in page
    assert "Saisissez à nouveau la clé API" in page
    assert not Integration.objects.exists()


def test_an_empty_field_costs_no_try(visitor: Client, make_link: MakeLink, keys: Keys) -> None:
    token, link = make_link()

    page = shown(visitor.post(reverse("link_keys", args=[token]), keys(slug=" ")))

    assert "This field is required." in page
    link.refresh_from_db()
    assert link.tries == 0


def test_the_address_of_the_career_site_is_taken_for_its_name(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link()
    slug = keys()["slug"]

    visitor.post(reverse("link_keys", args=[token]), keys(slug=f"https://{slug}.flatchr.io/jobs"))

    assert FlatchrCredentials.objects.get().slug == slug


def test_too_many_tries_are_told_with_the_time_of_the_next(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link()
    ConnectionLink.objects.update(tries=20)

    page = shown(visitor.post(reverse("link_keys", args=[token]), keys()))

    assert "There were too many tries with this link." in page
    assert not Integration.objects.exists()


def test_verdicts_come_line_by_line_in_the_visitors_language(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, _ = make_link(language="fr")
    address = reverse("link_keys", args=[token])

    refused = visitor.post(address, keys(slug="nowhere"), headers=LINES)
    told = [json.loads(line) for line in refused.streaming_content]  # type: ignore[union-attr]

    assert refused.headers["Cache-Control"] == "no-store"
    assert [(line.get("name"), line.get("ok")) for line in told] == [
        ("key", True),
        ("company", True),
        ("slug", False),
        (None, None),
    ]
    assert told[0]["message"] == "Flatchr accepte la clé."
    assert told[-1]["failed"].startswith("Rien n’a été enregistré.")
    good = visitor.post(address, keys(), headers=LINES)
    *_verdicts, last = good.streaming_content  # type: ignore[union-attr]
    assert json.loads(last) == {"next": reverse("link_done", args=[token])}


def test_a_renewal_keeps_what_is_known_and_asks_for_the_key(
    visitor: Client, connected_tenant: Integration, sandbox: Any
) -> None:
    token = links.link_for(connected_tenant, LinkKind.RELINK, lasts=links.EMBEDDED)
    assert "Renew the connection" in shown(visitor.get(reverse("link", args=[token])))
    address = reverse("link_keys", args=[token])

    page = shown(visitor.get(address))

    assert f'value="{sandbox.company_key}"' in page
    assert f'value="{sandbox.slug}"' in page
    assert sandbox.api_key not in page
    assert "Offerer" not in page


def test_custom_fields_are_mapped_while_connecting_if_the_link_says_so(
    visitor: Client, make_link: MakeLink, keys: Keys
) -> None:
    field = CustomField.objects.create(key="cost_centre", label="Cost centre")
    plain, _ = make_link()
    token, _ = make_link(maps_fields=True, language="fr")
    assert "Cost centre" not in shown(visitor.get(reverse("link_keys", args=[plain])))
    address = reverse("link_keys", args=[token])
    page = shown(visitor.get(address))
    assert "Cost centre" in page
    assert '<option value="reference">Référence</option>' in page

    visitor.post(address, {**keys(), f"custom_{field.pk}": "reference"})

    mapping = FieldMapping.objects.get()
    assert (mapping.custom_field, mapping.integration_field) == (field, "reference")
    assert mapping.integration == Integration.objects.get()


def test_a_setup_link_maps_custom_fields_once(visitor: Client, tenant: Integration) -> None:
    field = CustomField.objects.create(key="cost_centre", label="Cost centre")
    token = links.link_for(tenant, LinkKind.SETUP, lasts=links.EMBEDDED)
    address = reverse("link", args=[token])
    name = f"custom_{field.pk}"
    assert "This field" not in shown(visitor.get(address))
    wrong = shown(visitor.post(address, {name: "nothing of Flatchr's"}))
    assert "Please look at the fields" in wrong

    visitor.post(address, {name: "skills"})
    visitor.post(address, {name: "reference"})

    assert FieldMapping.objects.get(integration=tenant).integration_field == "skills"
    assert "Your choices are saved" in shown(visitor.get(address))
    for page in ("link_keys", "link_done"):
        assert visitor.get(reverse(page, args=[token])).headers["Location"] == address


def test_the_token_for_the_application_is_shown_for_an_hour(
    visitor: Client, make_link: MakeLink, tenant: Integration
) -> None:
    token, _ = make_link()
    ConnectionLink.objects.update(used_at=timezone.now(), integration=tenant)
    address = reverse("link_done", args=[token])
    assert links.exchange_token(token) in shown(visitor.get(address))

    ConnectionLink.objects.update(used_at=timezone.now() - timedelta(hours=2))

    page = shown(visitor.get(address))
    assert links.exchange_token(token) not in page
    assert tenant.pk not in page


def test_a_key_that_says_when_it_ends_is_told_with_the_day(
    visitor: Client, make_link: MakeLink, tenant: Integration, alice: User
) -> None:
    token, _ = make_link(language="fr")
    ConnectionLink.objects.update(used_at=timezone.now(), integration=tenant)
    ends = timezone.now().replace(year=2027, month=3, day=14, hour=12)
    FlatchrCredentials.objects.update(key_expires_at=ends)

    page = shown(visitor.get(reverse("link_done", args=[token])))

    assert "14 mars 2027" in page


def test_who_renews_a_key_is_told_how_nothing_is_interrupted(
    visitor: Client, make_link: MakeLink, tenant: Integration
) -> None:
    words = "Delete the old one in Flatchr only once this one is saved."
    renewing = links.link_for(tenant, LinkKind.RELINK, lasts=links.EMBEDDED, language="en")

    assert words in shown(visitor.get(reverse("link_keys", args=[renewing])))
    assert words not in shown(visitor.get(reverse("link_keys", args=[make_link()[0]])))
