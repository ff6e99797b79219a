"""The deletion guard: how much may vanish at once without a person being asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import QuerySet

from integrations.models import Application, Candidate, Integration, Job
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync.deletions import must_hold
from tests.sync.people import add, change
from tests.sync.running import counts, sync, sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("live", "vanishing", "held"),
    [
        (0, 0, False),
        (20, 20, False),  # all of a few
        (21, 21, True),
        (100, 20, False),  # exactly a fifth, and no more than twenty
        (105, 21, False),  # exactly a fifth
        (104, 21, True),
        (1000, 200, False),
        (1000, 201, True),
        (100_000, 20_000, False),
    ],
)
def test_more_than_a_fifth_and_more_than_twenty_are_held(
    live: int, vanishing: int, held: bool
) -> None:
    assert must_hold(live=live, vanishing=vanishing) is held


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """None but the applicants that tests add."""
    return make_sandbox(vacancies=1, applicants=0)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    """Tags are the subject of one test only."""
    settings = connected_tenant.flatchr_settings  # type: ignore[attr-defined]
    settings.trait_budget = 0
    settings.save()
    return connected_tenant


@pytest.fixture
def crowd(sandbox: Sandbox) -> list[str]:
    """Thirty applicants, each a person."""
    return [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(30)]


def deleted(records: QuerySet[Application] | QuerySet[Candidate]) -> set[str]:
    return set(records.exclude(remote_deleted_at=None).values_list("remote_id", flat=True))


def test_twenty_go_without_a_question(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    sync(tenant)
    for applicant in crowd[:20]:
        sandbox.remove_applicant(applicant)

    run = sync(tenant)

    assert run.state == "SUCCEEDED"
    assert deleted(Application.objects.all()) == set(crowd[:20])
    assert written(run) == {"applications": {"deleted": 20}, "candidates": {"deleted": 20}}


def test_a_fifth_of_many_goes_without_a_question(
    tenant: Integration, sandbox: Sandbox, crowd: list[str]
) -> None:
    crowd += [add(sandbox, "Bea", f"bea{n}@example.org") for n in range(75)]
    sync(tenant)
    for applicant in crowd[:21]:
        sandbox.remove_applicant(applicant)

    run = sync(tenant)

    assert (run.state, counts(run, Model.APPLICATIONS)["deleted"]) == ("SUCCEEDED", 21)


@pytest.mark.parametrize("many", [1, 2, 8, 20])
def test_an_empty_list_is_held_however_few_it_would_delete(
    tenant: Integration, sandbox: Sandbox, many: int
) -> None:
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(many)]
    sync(tenant)
    for applicant in people:
        sandbox.remove_applicant(applicant)

    run = sync(tenant)

    assert run.state == "PARTIALLY_FAILED"
    assert written(run) == {"applications": {"held": many}}
    assert Application.objects.live().count() == Candidate.objects.live().count() == many


def test_an_empty_list_of_jobs_deletes_none(tenant: Integration, sandbox: Sandbox) -> None:
    for number in range(7):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(tenant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])

    assert written(sync(tenant)) == {"jobs": {"held": 8}}
    assert Job.objects.live().count() == 8


@pytest.mark.parametrize(("vanishing", "held"), [(3, False), (4, True)])
def test_jobs_that_live_applications_name_vanish_only_a_few_at_a_time(
    tenant: Integration, sandbox: Sandbox, vanishing: int, held: bool
) -> None:
    made = [sandbox.add_vacancy(title=f"Poste {n}", slug=f"poste-{n}") for n in range(6)]
    for number, vacancy in enumerate(made):
        add(sandbox, f"Ada {number}", f"ada{number}@example.org", vacancy=vacancy)
    sync(tenant)
    for vacancy in made[:vanishing]:
        sandbox.remove_vacancy(vacancy)

    run = sync(tenant)

    told = written(run)["jobs"]
    assert told == ({"held": vanishing} if held else {"deleted": vanishing})


def test_jobs_without_applications_may_vanish_more_at_a_time(
    tenant: Integration, sandbox: Sandbox
) -> None:
    made = [sandbox.add_vacancy(title=f"Poste {n}", slug=f"poste-{n}") for n in range(6)]
    sync(tenant)
    for vacancy in made[:5]:
        sandbox.remove_vacancy(vacancy)

    assert written(sync(tenant))["jobs"] == {"deleted": 5}


def test_jobs_are_guarded_as_well(tenant: Integration, sandbox: Sandbox) -> None:
    for number in range(25):
        sandbox.add_vacancy(title=f"Poste {number}", slug=f"poste-{number}")
    sync(tenant)
    for vacancy in sandbox.vacancies():
        sandbox.remove_vacancy(vacancy["id"])

    run = sync(tenant)

    assert Job.objects.live().count() == counts(run, Model.JOBS)["held"] == 26
    assert written(run) == {"jobs": {"held": 26}}


def test_a_list_that_has_nothing_of_what_there_was_deletes_nothing(
    tenant: Integration, sandbox: Sandbox
) -> None:
    """It may be that of another company."""
    sync(tenant)
    sandbox.add_vacancy(title="Ailleurs", slug="ailleurs")
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])

    assert written(sync(tenant))["jobs"] == {"created": 1, "held": 1}


@pytest.mark.parametrize(("vanishing", "held"), [(1, False), (2, True)])
def test_stages_with_live_applications_vanish_one_at_a_time(
    tenant: Integration, sandbox: Sandbox, vanishing: int, held: bool
) -> None:
    """A column is emptied before it is removed."""
    columns = [sandbox.add_column(f"Étape {number}") for number in range(3)]
    for number, column in enumerate(columns):
        change(sandbox, add(sandbox, f"Ada {number}", f"ada{number}@example.org"), column=column)
    sync(tenant)
    for column in columns[:vanishing]:
        sandbox.remove_column(column)

    told = written(sync(tenant))["application_stages"]
    assert told == ({"held": vanishing} if held else {"deleted": vanishing})


@pytest.mark.parametrize(("vanishing", "held"), [(3, False), (4, True)])
def test_tags_that_candidates_have_vanish_only_a_few_at_a_time(
    connected_tenant: Integration, sandbox: Sandbox, vanishing: int, held: bool
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tags = [sandbox.add_tag(f"Étiquette {number}") for number in range(6)]
    for tag in tags:
        sandbox.set_trait(ada, tag)
    sync_with_tags(connected_tenant)
    for tag in tags[:vanishing]:
        sandbox.remove_tag(tag)

    told = written(sync_with_tags(connected_tenant))["tags"]
    assert told == ({"held": vanishing} if held else {"deleted": vanishing})
