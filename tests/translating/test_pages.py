"""The dashboard in French: whole pages, whoever chose it, and what stays English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.registry import site
from integrations.messages import Message
from integrations.models import LanguageChoice, Submission, SubmissionState, SyncRun
from tests.admin.conftest import Data
from tests.admin.pages import (
    record_addresses,
    run_address,
    tenant_address,
)
from tests.translating.pages import left_in_english

pytestmark = pytest.mark.django_db

# What Flatchr calls an internship, in French.
GIVEN = {"Stage"}

LogIn = Callable[[User], Client]
FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr-FR,fr;q=0.9,en;q=0.5"}
TENANT_PAGES = ("credentials", "settings", "enabled", "scopes", "fields", "members", "link")


def addresses(data: Data) -> list[str]:
    """Every page that an administrator opens from the menu, from a list or from a record."""
    found = [reverse("admin:index"), reverse("admin:auth_user_add")]
    names = [f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry]
    found += [reverse(f"admin:{name}_changelist") for name in names]
    found += record_addresses(data).values()
    found += [tenant_address(data, page) for page in TENANT_PAGES]
    found += [run_address(data.runs[0].pk, page) for page in ("live", "exchanges")]
    for name in ("integration_add", "submission_add", "bulkupload_add", "apikey_add"):
        found.append(reverse(f"admin:integrations_{name}"))
    found += [reverse("admin:integrations_customfield_add")]
    found += [reverse("admin:integrations_passthroughcall_console")]
    found += [reverse(f"admin:integrations_{kind}_export") for kind in ("candidate", "job")]
    found += [reverse("admin:integrations_export_live", args=[data.exports[0].pk])]
    return found


def submissions(data: Data) -> list[str]:
    """The pages of submissions that ended in different ways, with what the rooms said of them."""
    ends = (
        (SubmissionState.FAILED, Message("submission_internal_error")),
        (SubmissionState.UNCERTAIN, ""),
        (SubmissionState.SUCCEEDED, ""),
        (SubmissionState.DRAFT, ""),
    )
    made = [
        Submission.objects.create(
            integration=data.tenant,
            job=data.jobs[0],
            first_name="Nadia",
            last_name="Perrot",
            email_address="nadia.perrot@mail.example",
            person_key="nadia.perrot@mail.example",
            state=state,
            error_message=words,
            settle_at=timezone.now() + timedelta(minutes=1),
        )
        for state, words in ends
    ]
    return [reverse("admin:integrations_submission_change", args=[one.pk]) for one in made]


def test_every_page_is_french_for_a_french_browser(
    logged_in: LogIn, admin: User, data: Data, troubled_run: SyncRun
) -> None:
    client = logged_in(admin)
    SyncRun.objects.filter(pk=data.runs[0].pk).update(error_message=Message("flatchr_timeout"))

    english = {}
    pages = [*addresses(data), *submissions(data), run_address(troubled_run.pk, "change")]
    for address in pages:
        response = client.get(address, **FRENCH)
        assert response.status_code == 200, address
        html = response.content.decode()
        assert "<html" not in html or 'lang="fr"' in html, address
        assert response["Content-Language"] == "fr"
        assert "Accept-Language" in response["Vary"]
        if left := left_in_english(html) - GIVEN:
            english[address] = left
    assert not english, "\n".join(f"{at}: {sorted(left)}" for at, left in english.items())


def test_the_walk_would_see_english(logged_in: LogIn, alice: User, data: Data) -> None:
    html = logged_in(alice).get(reverse("admin:index")).content.decode()

    assert {"Overview", "Candidates"} <= left_in_english(html)


def test_signing_in_and_errors_are_french_too(client: Client) -> None:
    for address, status in ((reverse("admin:login"), 200), ("/nowhere/", 404)):
        response = client.get(address, **FRENCH)
        assert response.status_code == status
        assert left_in_english(response.content.decode()) == set()


def test_numbers_and_dates_are_written_as_the_french_do(
    logged_in: LogIn, admin: User, data: Data
) -> None:
    SyncRun.objects.filter(pk=data.runs[0].pk).update(requests=12345)

    html = logged_in(admin).get(run_address(data.runs[0].pk, "change"), **FRENCH)

    assert "12\xa0345" in html.content.decode()


def test_a_users_choice_counts_before_the_browsers(logged_in: LogIn, alice: User) -> None:
    client = logged_in(alice)
    home = reverse("admin:index")

    answer = client.post(reverse("set_language"), {"language": "fr", "next": home})

    assert answer["Location"] == home
    assert LanguageChoice.objects.get(pk=alice.pk).language == "fr"
    assert client.get(home, headers={"accept-language": "en"})["Content-Language"] == "fr"


def test_the_choice_goes_with_the_user_to_another_browser(client: Client, alice: User) -> None:
    LanguageChoice.objects.create(user=alice, language="fr")
    client.force_login(alice)

    assert client.get(reverse("admin:index"))["Content-Language"] == "fr"


@pytest.mark.parametrize("sent", ["de", "", "../en"])
def test_a_language_that_is_not_offered_changes_nothing(
    logged_in: LogIn, alice: User, sent: str
) -> None:
    client = logged_in(alice)

    client.post(reverse("set_language"), {"language": sent})

    assert not LanguageChoice.objects.exists()
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies


@pytest.mark.parametrize(
    ("address", "referrer", "expected"),
    [
        ("https://elsewhere.example/", "", "/admin/"),
        ("//elsewhere.example/", "https://elsewhere.example/", "/admin/"),
        ("", "", "/admin/"),
        ("", "http://testserver/admin/search/", "http://testserver/admin/search/"),
    ],
)
@pytest.mark.parametrize("language", ["fr", "de"])
def test_the_switch_leads_back_and_to_no_other_site(
    language: str, address: str, referrer: str, expected: str, logged_in: LogIn, alice: User
) -> None:
    answer = logged_in(alice).post(
        reverse("set_language"),
        {"language": language, "next": address},
        headers={"Referer": referrer},
    )

    assert (answer.status_code, answer.headers["Location"]) == (302, expected)


def test_the_switch_takes_nothing_but_post(logged_in: LogIn, alice: User) -> None:
    assert logged_in(alice).get(reverse("set_language")).status_code == 405


def test_a_visitor_is_remembered_by_the_browser(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "fr"})

    assert client.get(reverse("admin:login"))["Content-Language"] == "fr"


def test_without_a_wish_pages_are_english(client: Client) -> None:
    assert client.get(reverse("admin:login"))["Content-Language"] == "en"


def test_the_api_answers_in_english_whatever_is_asked_for(client: Client) -> None:
    answers = [
        client.get("/v1/ats/jobs", headers={"accept-language": language}).content
        for language in ("fr", "en")
    ]

    assert answers[0] == answers[1]
