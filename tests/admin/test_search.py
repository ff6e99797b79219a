"""The search box of every page, and the page of what it finds."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import Candidate
from integrations.search import filling
from tests.admin.conftest import Data

pytestmark = pytest.mark.every_database

LogIn = Callable[[User], Client]


@pytest.fixture
def found(alice: User, logged_in: LogIn, data: Data, other_data: Data) -> Callable[..., str]:
    """The page that alice gets for what she types."""
    for one in (data, other_data):
        filling.catch_up(one.tenant.pk)
    client = logged_in(alice)

    def search(typed: str, **query: str) -> str:
        answer = client.get(reverse("admin:search"), {"q": typed, **query})
        assert answer.status_code == 200
        text: str = answer.content.decode()
        return text

    return search


def test_every_page_has_the_box(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    for address in (reverse("admin:index"), change_url(data.jobs[0]), reverse("admin:search")):
        assert 'class="rl-find" action="/admin/search/"' in client.get(address).content.decode()


def test_what_is_found_is_grouped_and_says_why(found: Callable[..., str], data: Data) -> None:
    page = found("nadia.1@mail")

    for record in (data.candidates[1], data.applications[1]):
        assert f'href="{escape(change_url(record))}"' in page
    assert change_url(data.candidates[0]) not in page
    assert "<mark>nadia.1@mail</mark>.example" in page
    assert "Candidates" in page
    assert "Applications" in page


def test_another_tenants_records_are_not_found(found: Callable[..., str], other_data: Data) -> None:
    for typed in ("Maison Sud", other_data.candidates[0].pk, "job 1"):
        page = found(typed)
        assert "Maison Sud job" not in page
        assert change_url(other_data.candidates[0]) not in page
    assert change_url(other_data.jobs[0]) not in found("job", tenant=other_data.tenant.pk)


def test_deleted_records_say_so_and_can_be_asked_for(found: Callable[..., str], data: Data) -> None:
    gone = data.candidates[0]
    Candidate.objects.filter(pk=gone.pk).update(remote_deleted_at=timezone.now())

    assert "No longer in Flatchr" in found("nadia")
    assert change_url(gone) not in found("nadia", deleted="no").split("Applications")[0]
    only = found("nadia", deleted="only")
    assert change_url(gone) in only
    assert change_url(data.candidates[1]) not in only


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Find any candidate or job"),
        ("a", "Type a little more"),
        ("nobody-has-this-name", "Nothing matches"),
        ("<script>alert(1)</script>", "Nothing matches"),
    ],
)
def test_an_empty_page_says_what_to_do(typed: str, words: str, found: Callable[..., str]) -> None:
    page = found(typed)
    assert words in page
    assert "<script>alert" not in page


def test_whoever_is_not_signed_in_is_asked_to(client: Client, db: None) -> None:
    answer = client.get(reverse("admin:search"), {"q": "nadia"})
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]
