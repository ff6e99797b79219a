"""Candidate tags: what follows from reading them, one applicant at a time, after a sync.

When they are read, and how that survives, is `tests/sync/test_tags.py`.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import (
    Application,
    CandidateTag,
    FlatchrSettings,
    Integration,
    Tag,
    TraitReading,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from tests.sync.people import DAY, add, application, candidate_of
from tests.sync.rows import every_row
from tests.sync.running import counts, sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)


def set_budget(requests: int) -> None:
    FlatchrSettings.objects.update(trait_budget=requests)


def read(sandbox: Sandbox) -> list[str]:
    """The applicants whose traits were asked for since the last call, in order."""
    found = [one.path.split("/")[-2] for one in sandbox.requests.matching("GET", "/traits$")]
    sandbox.requests.clear()
    return found


def age_readings(*remote_ids: str) -> None:
    """Let the readings of these applicants be old, the first one the oldest."""
    for place, remote_id in enumerate(remote_ids):
        TraitReading.objects.filter(application__remote_id=remote_id).update(
            read_at=timezone.now() - timedelta(days=100 - place)
        )


def tags_of(applicant: str) -> set[str]:
    live = candidate_of(applicant).candidate_tags.live()
    return set(live.values_list("tag__name", flat=True))


@pytest.mark.parametrize("budget", [0, 1, 4])
def test_no_more_requests_are_made_than_the_budget_allows(
    budget: int, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    set_budget(budget)

    run = sync_with_tags(connected_tenant)

    assert len(read(sandbox)) == budget
    assert TraitReading.objects.count() == budget
    assert run.state == "SUCCEEDED"


def test_within_the_budget_everybody_is_read_in_the_end(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    set_budget(3)

    asked = []
    for _ in range(3):
        sync_with_tags(connected_tenant)
        asked += read(sandbox)

    assert Application.objects.count() == 7
    assert set(asked) == set(Application.objects.values_list("remote_id", flat=True))
    assert len(asked) == 9


def test_new_and_changed_applicants_come_first_then_unread_then_longest_unread(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    """Seven known applicants, of whom five were read, one changes and one is new."""
    set_budget(5)
    sync_with_tags(connected_tenant)
    known = read(sandbox)
    unread = set(Application.objects.values_list("remote_id", flat=True)) - set(known)
    assert len(unread) == 2
    changed, oldest, older, *_ = known
    age_readings(oldest, older)
    sandbox.move(changed, sandbox.columns()[2]["id"])
    new = add(sandbox, "Ada", "ada@example.org")

    sync_with_tags(connected_tenant)

    asked = read(sandbox)
    assert set(asked[:2]) == {new, changed}
    assert set(asked[2:4]) == unread
    assert asked[4:] == [oldest]


def test_an_applicant_whose_traits_were_read_is_not_changed_by_that(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync_with_tags(connected_tenant)
    before = every_row(connected_tenant)
    read(sandbox)

    sync_with_tags(connected_tenant)

    assert len(read(sandbox)) == Application.objects.count()
    assert every_row(connected_tenant) == before


def test_a_tag_put_on_a_candidate_appears_and_one_taken_off_goes(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    colour, favourite = sandbox.add_tag("Couleur", "Rouge;Bleu"), sandbox.add_tag("Préféré")
    red = sandbox.set_trait(ada, colour, "Rouge")
    sync_with_tags(connected_tenant)
    assert tags_of(ada) == {"Couleur: Rouge"}
    sandbox.remove_trait(ada, red)
    sandbox.set_trait(ada, favourite)
    age_readings(ada)

    run = sync_with_tags(connected_tenant, "DELTA")

    assert tags_of(ada) == {"Préféré"}
    assert written(run) == {"candidate_tags": {"created": 1, "deleted": 1}}


def test_a_tag_that_comes_back_is_restored_under_the_same_id(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Préféré")
    trait = sandbox.set_trait(ada, tag)
    sync_with_tags(connected_tenant)
    first = CandidateTag.objects.get(tag__remote_id=tag)
    sandbox.remove_trait(ada, trait)
    sync_with_tags(connected_tenant)
    sandbox.set_trait(ada, tag)

    run = sync_with_tags(connected_tenant)

    again = CandidateTag.objects.get(tag__remote_id=tag)
    assert (again.pk, again.remote_deleted_at) == (first.pk, None)
    assert written(run) == {"candidate_tags": {"restored": 1}}


def test_a_candidate_bears_the_tags_of_all_its_applications(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    second = add(sandbox, "Ada", "ada@example.org")
    red, blue = sandbox.add_tag("Rouge"), sandbox.add_tag("Bleu")
    trait = sandbox.set_trait(first, red)
    sandbox.set_trait(second, red)
    sandbox.set_trait(second, blue)
    sync_with_tags(connected_tenant)
    assert tags_of(first) == {"Rouge", "Bleu"}
    sandbox.remove_trait(first, trait)

    sync_with_tags(connected_tenant)

    assert tags_of(first) == {"Rouge", "Bleu"}, "the second application still bears it"


def test_a_value_first_met_on_a_candidate_becomes_a_tag_and_stays(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Couleur", "Rouge;Bleu")
    trait = sandbox.set_trait(ada, tag, "Vert")
    run = sync_with_tags(connected_tenant)
    found = Tag.objects.get(remote_id=f"{tag}:Vert")
    assert (found.name, found.discovered, found.parent_id) == ("Couleur: Vert", True, tag)
    assert counts(run, Model.TAGS)["created"] == Tag.objects.count()
    before = every_row(connected_tenant)
    set_budget(0)

    again = sync_with_tags(connected_tenant)

    assert every_row(connected_tenant) == before
    assert written(again) == {}
    set_budget(500)
    sandbox.remove_trait(ada, trait)
    sync_with_tags(connected_tenant)
    assert Tag.objects.live().filter(pk=found.pk).exists(), "it lives as long as its Flatchr tag"
    assert tags_of(ada) == set()


def test_a_value_met_on_a_candidate_goes_with_its_flatchr_tag(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Couleur", "Rouge;Bleu")
    sandbox.set_trait(ada, tag, "Vert")
    sync_with_tags(connected_tenant)
    sandbox.remove_tag(tag)

    sync_with_tags(connected_tenant)

    assert not Tag.objects.live().filter(parent_id=tag).exists()
    assert tags_of(ada) == set()


def test_a_value_that_was_met_and_is_then_declared_keeps_its_id_and_time(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Couleur", "Rouge")
    sandbox.set_trait(ada, tag, "Vert")
    sync_with_tags(connected_tenant)
    met = Tag.objects.get(remote_id=f"{tag}:Vert")
    sandbox.edit_tag(tag, values="Rouge;Vert")

    run = sync_with_tags(connected_tenant)

    declared = Tag.objects.get(remote_id=f"{tag}:Vert")
    assert (declared.pk, declared.changed_at) == (met.pk, met.changed_at)
    assert (met.discovered, declared.discovered) == (True, False)
    assert written(run) == {}


def test_a_value_taken_off_the_list_stays_on_the_candidates_that_bear_it(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    people = [add(sandbox, f"Ada {n}", f"ada{n}@example.org") for n in range(2)]
    tag = sandbox.add_tag("Couleur", "Rouge;Vert")
    for person in people:
        sandbox.set_trait(person, tag, "Vert")
    sync_with_tags(connected_tenant)
    sandbox.edit_tag(tag, values="Rouge")

    sync_with_tags(connected_tenant)

    assert [tags_of(person) for person in people] == [{"Couleur: Vert"}] * 2
    assert Tag.objects.get(remote_id=f"{tag}:Vert").discovered


def test_a_tenant_without_candidate_tags_is_asked_for_no_traits(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    for tag in sandbox.tags():
        if tag["type"] == "candidates":
            sandbox.remove_tag(tag["id"])

    run = sync_with_tags(connected_tenant)

    assert read(sandbox) == []
    assert run.state == "SUCCEEDED"
    assert Tag.objects.count() == CandidateTag.objects.count() == 0


def test_an_archived_applicant_keeps_its_tags(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    sandbox.set_trait(ada, sandbox.add_tag("Préféré"))
    sync_with_tags(connected_tenant)
    sandbox.edit_applicant(ada, status=0, updated=DAY)

    sync_with_tags(connected_tenant)

    assert application(ada).outcome == "DECLINED"
    assert tags_of(ada) == {"Préféré"}


def test_an_applicant_erased_since_it_was_read_does_not_keep_others_from_their_tags(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    """A delta sync cannot know that it is gone, and asks for its traits."""
    erased, other = Application.objects.order_by("pk").values_list("remote_id", flat=True)[:2]
    tag = sandbox.add_tag("Préféré")
    sandbox.set_trait(other, tag)
    sandbox.remove_applicant(erased)
    age_readings(erased, other)

    run = sync_with_tags(synced_tenant, "DELTA")

    assert run.state == "SUCCEEDED"
    assert "Préféré" in tags_of(other)
    [example] = run.warnings.get(code="applicant_not_found").examples
    assert example["remote_id"] == erased
    assert application(erased).remote_deleted_at is None
