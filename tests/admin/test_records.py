"""The pages of mirrored records: what they show, how they link, what they must not let through."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.admin.base.formatting import clean_html
from integrations.admin.base.urls import change_url, list_url
from integrations.models import Application, Candidate, Job
from tests.admin.conftest import Data, Fill
from tests.admin.pages import record_addresses

LogIn = Callable[[User], Client]


@pytest.fixture
def page(alice: User, logged_in: LogIn, data: Data) -> Callable[[str], str]:
    """The page of the first record of a kind, as alice sees it."""
    client = logged_in(alice)
    addresses = record_addresses(data)
    return lambda model: client.get(addresses[model]).content.decode()


def test_a_job_description_is_shown_without_what_could_run(page: Callable[[str], str]) -> None:
    shown = page("job")

    assert "Oak <strong>joiner</strong>" in shown
    for dangerous in ("alert(1)", "alert(2)", "onerror", "onclick", "javascript:"):
        assert dangerous not in shown
    assert 'href="https://nord.example/" target="_blank" rel="noopener' in shown


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, ""),
        ("<style>p{}</style><p style='x'>a</p>", "<p>a</p>"),
        ("<img src='data:image/png;base64,AA'>b", "b"),
        ("<iframe src='//x'></iframe><form><input></form>c", "c"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
        ("<ul><li>d", "<ul><li>d</li></ul>"),
    ],
)
def test_html_from_outside_is_rebuilt(source: str | None, expected: str) -> None:
    assert str(clean_html(source)) == expected


def test_records_link_to_each_other_in_both_directions(
    page: Callable[[str], str], data: Data
) -> None:
    application, candidate = data.applications[0], data.candidates[0]
    job, stage, tag = data.jobs[0], data.stages[0], data.tags[0]

    def links(model: str, *targets: str) -> None:
        shown = page(model)
        for target in targets:
            assert f'href="{escape(target)}"' in shown, target

    links("candidate", change_url(application), change_url(job))
    links("candidate", list_url(Candidate, tag=tag.pk))
    links("application", change_url(candidate), change_url(job), change_url(stage))
    links("job", change_url(application), change_url(stage), list_url(Application, job=job.pk))
    links("applicationstage", change_url(application), list_url(Application, stage=stage.pk))
    links("tag", change_url(candidate), list_url(Candidate, tag=tag.pk))


def test_contact_data_are_links(page: Callable[[str], str]) -> None:
    shown = page("candidate")

    assert 'href="mailto:nadia.0@mail.example"' in shown
    assert 'href="tel:+33612345678"' in shown


def test_the_raw_object_is_shown_formatted_and_escaped(
    page: Callable[[str], str], data: Data
) -> None:
    Job.objects.filter(pk=data.jobs[0].pk).update(remote_data={"t": "<script>x</script>"})

    shown = page("job")

    assert ">&quot;t&quot;: &quot;&lt;script&gt;x&lt;/script&gt;&quot;<" in shown
    assert "<script>x" not in shown


def test_a_deleted_record_says_so(page: Callable[[str], str], data: Data) -> None:
    Candidate.objects.filter(pk=data.candidates[0].pk).update(remote_deleted_at=timezone.now())

    shown = page("candidate")

    assert "no longer in Flatchr" in shown
    assert "rl-danger" in shown


def test_a_record_with_nothing_in_it_can_be_shown(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    Job.objects.filter(pk=data.jobs[0].pk).update(
        name=None, status=None, description=None, location=None, remote_data=None
    )
    Candidate.objects.filter(pk=data.candidates[0].pk).update(
        first_name=None, last_name=None, email_addresses=[], phone_numbers=[]
    )
    Application.objects.filter(pk=data.applications[0].pk).update(
        job=None, current_stage=None, outcome=None
    )

    for address in record_addresses(data).values():
        answer = client.get(address)
        assert answer.status_code == 200
        assert ">None<" not in answer.content.decode()


def test_related_records_are_cut_and_lead_to_the_rest(
    alice: User, logged_in: LogIn, tenant: object, fill: Fill
) -> None:
    data = fill(tenant, 14)  # type: ignore[arg-type]
    Application.objects.update(job=data.jobs[0])

    shown = logged_in(alice).get(change_url(data.jobs[0])).content.decode()

    assert shown.count("Atelier Nord stage") - shown.count('">Atelier Nord stage') <= 11
    assert "See all" in shown


def test_words_of_the_schema_are_put_in_plain_english(page: Callable[[str], str]) -> None:
    assert ">Open<" in page("job")
    assert ">In progress<" in page("application")
    for model in ("job", "application", "candidate"):
        assert "PENDING" not in page(model)
        assert ">OPEN<" not in page(model)
