"""Moving, rejecting and tagging at Flatchr, and what Flatchr cannot do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import Application, ApplicationStage, Candidate, Integration, Tag
from integrations.sandbox import Sandbox
from tests.api.conftest import Call, MakeKey
from tests.api.creating import cv, messages, person, refused, told
from tests.sync.running import sync, sync_with_tags, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

ON_VACANCY = "/vacancy/[^/]+/applicant/[^/]+$"
TRAIT = "/trait$"


@pytest.fixture
def application(synced_tenant: Integration) -> Application:
    rows = Application.objects.live().filter(integration=synced_tenant, outcome="PENDING")
    found: Application = rows.exclude(person_key="").order_by("pk")[0]
    return found


@pytest.fixture
def stage(application: Application) -> ApplicationStage:
    """A stage that the application is not in, and whose title no other has."""
    stages = list(ApplicationStage.objects.filter(integration=application.integration_id))
    titles = [one.name for one in stages]
    others = [one for one in stages if one.pk != application.current_stage_id and not one.hired]
    return next(one for one in others if titles.count(one.name) == 1)


def now(application: Application) -> Application:
    found: Application = Application.objects.get(pk=application.pk)
    return found


def writes(sandbox: Sandbox) -> list[str]:
    """The methods of the requests that changed something."""
    return [one.method for one in sandbox.requests.matching("PUT|POST|DELETE", ".")]


def test_an_application_is_moved_and_shown_so_at_once(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    moved = kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)

    assert moved.warnings == []
    assert sandbox.applicant(application.remote_id)["column"].strip() == stage.name
    listed = kombo.ats.get_applications(ids=[application.pk])
    assert listed is not None
    assert listed.result.data.results[0].current_stage_id == stage.pk
    assert now(application).changed_at > application.changed_at


def test_an_archived_application_is_moved_within_the_archive(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.archive(application.remote_id)
    sync(application.integration)
    moved = kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)
    assert moved.warnings == []
    assert (now(application).current_stage_id, now(application).outcome) == (stage.pk, "DECLINED")


def test_the_next_sync_finds_a_moved_application_as_it_is(
    kombo: Kombo, application: Application, stage: ApplicationStage, synced_tenant: Integration
) -> None:
    kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)
    assert "applications" not in written(sync(synced_tenant))


def test_of_two_stages_of_one_title_the_one_that_was_moved_to_is_kept(
    kombo: Kombo, application: Application, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    first, second = sandbox.add_column("Deuxième avis"), sandbox.add_column("Deuxième avis")
    sync(synced_tenant)
    stages = {
        number: ApplicationStage.objects.get(remote_id=str(number)) for number in (first, second)
    }

    def moved_to(number: int) -> None:
        stage = stages[number].pk
        moved = kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage)
        assert moved.warnings == []

    for wanted in (second, first, second):
        moved_to(wanted)
        assert sandbox.applicant(application.remote_id)["column"] == "Deuxième avis"
        assert now(application).current_stage == stages[wanted]
        # A sync that has to write the row, and is told the same title.
        sandbox.edit_applicant(application.remote_id, firstname=f"Nadège {wanted}")
        sync(synced_tenant)
        assert now(application).current_stage == stages[wanted]

    # What happens at Flatchr afterwards is believed.
    other = next(one for one in sandbox.columns() if one["title"] != "Deuxième avis")
    sandbox.move(application.remote_id, other["id"])
    sync(synced_tenant)
    assert now(application).current_stage == ApplicationStage.objects.get(
        remote_id=str(other["id"])
    )
    sandbox.move(application.remote_id, second)
    sync(synced_tenant)
    assert now(application).current_stage == stages[first]


def test_an_application_is_rejected_and_shown_so_at_once(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    rejected = kombo.ats.reject_application(
        application_id=application.pk, rejection_reason_id="3phFBNXRweGnDmsU9o2vdPuQ", note="Non"
    )

    assert sandbox.applicant(application.remote_id)["status"] == 0
    assert now(application).outcome == "DECLINED"
    said = " ".join(messages(rejected))
    assert "rejection_reason_id" in said
    assert "note" in said


def test_an_archived_application_can_be_rejected_again(
    kombo: Kombo, application: Application
) -> None:
    for _ in range(2):
        kombo.ats.reject_application(
            application_id=application.pk, rejection_reason_id="3phFBNXRweGnDmsU9o2vdPuQ"
        )
    assert now(application).outcome == "DECLINED"


@pytest.mark.parametrize("which", ["application", "stage"])
def test_what_is_not_the_tenants_is_unknown(
    which: str,
    kombo: Kombo,
    application: Application,
    stage: ApplicationStage,
    sandbox: Sandbox,
    other_tenant: Integration,
) -> None:
    """Whether it is another's or nobody's."""
    row = {"application": application, "stage": stage}[which]
    ids = {"application": application.pk, "stage": stage.pk}
    said = set()
    type(row).objects.filter(pk=row.pk).update(integration=other_tenant)
    sandbox.requests.clear()
    for given in (row.pk, "3phFBNXRweGnDmsU9o2vdPuQ", f"remote:{row.remote_id}"):
        ids[which] = given
        error = refused(
            kombo.ats.move_application_to_stage,
            application_id=ids["application"],
            stage_id=ids["stage"],
        )
        assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
        said.add(error.data.error.message)
    assert len(said) == 1
    assert writes(sandbox) == []


@pytest.mark.parametrize(
    ("status", "code", "http"),
    [
        (400, "REMOTE.INPUT_INVALID", 400),
        (404, "REMOTE.INPUT_INVALID", 400),
        (401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (403, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (429, "REMOTE.RATE_LIMIT_EXCEEDED", 429),
    ],
)
def test_what_flatchr_refuses_has_the_code_of_its_kind_and_is_not_sent_twice(
    status: int,
    code: str,
    http: int,
    kombo: Kombo,
    application: Application,
    stage: ApplicationStage,
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add(method="PUT", path=ON_VACANCY, status=status)
    error = refused(
        kombo.ats.move_application_to_stage, application_id=application.pk, stage_id=stage.pk
    )
    assert told(error) == (code, http)
    assert len(sandbox.requests.matching("PUT", ".")) == 1
    assert now(application).current_stage_id == application.current_stage_id


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_is_made_good_by_a_look(
    method: str, kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.faults.add(method=method, path=ON_VACANCY, cut=0)
    if method == "PUT":
        kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)
        assert now(application).current_stage_id == stage.pk
    else:
        kombo.ats.reject_application(application_id=application.pk, rejection_reason_id="1")
        assert now(application).outcome == "DECLINED"
    assert len(sandbox.requests.matching(method, ".")) == 1


def test_what_nobody_can_tell_is_not_answered_with_a_status_that_clients_repeat(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.faults.add(method="PUT", path=ON_VACANCY, reset=True)
    error = refused(
        kombo.ats.move_application_to_stage, application_id=application.pk, stage_id=stage.pk
    )
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)
    assert len(sandbox.requests.matching("PUT", ".")) <= 1


def test_a_web_page_is_no_yes(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.faults.add(method="PUT", path=ON_VACANCY, html=True)
    error = refused(
        kombo.ats.move_application_to_stage, application_id=application.pk, stage_id=stage.pk
    )
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)


def test_a_search_that_fails_takes_nothing_back(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/search/applicants$", status=500)
    moved = kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)
    assert "later sync" in messages(moved)[0]
    assert sandbox.applicant(application.remote_id)["column"].strip() == stage.name


def test_an_application_without_an_email_is_found_among_those_for_its_job(
    kombo: Kombo, synced_tenant: Integration, application: Application, sandbox: Sandbox,
    stage: ApplicationStage,
) -> None:  # fmt: skip
    sandbox.edit_applicant(application.remote_id, email=None)
    sync(synced_tenant)
    kombo.ats.move_application_to_stage(application_id=application.pk, stage_id=stage.pk)
    assert now(application).current_stage_id == stage.pk


def test_an_application_that_flatchr_does_not_show_yet_asks_for_patience(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.hide_new_applicants()
    created = kombo.ats.create_application(
        job_id=application.job_id, candidate=person(), attachments=[cv()]
    )
    error = refused(
        kombo.ats.move_application_to_stage, application_id=created.data.id, stage_id=stage.pk
    )
    assert told(error) == ("REMOTE.SERVICE_UNAVAILABLE", 503)
    assert sandbox.requests.matching("PUT", ".") == []


# Tags


@pytest.fixture
def candidate(application: Application) -> Candidate:
    found: Candidate = application.candidate
    return found


def names(kombo: Kombo, candidate: Candidate) -> set[str | None]:
    """The tags that the API shows on the candidate."""
    listed = kombo.ats.get_candidates(ids=[candidate.pk])
    assert listed is not None
    return {tag.name for tag in listed.result.data.results[0].tags}


def test_a_tag_is_set_and_shown_at_once(
    kombo: Kombo, candidate: Candidate, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    carried = names(kombo, candidate)
    tags = Tag.objects.live().filter(integration=synced_tenant).exclude(name__in=carried)
    tag = tags.filter(name__contains=": ").order_by("pk")[0]

    added = kombo.ats.add_candidate_tag(candidate_id=candidate.pk, tag={"name": tag.name.upper()})

    assert added.warnings == []
    assert tag.name in names(kombo, candidate)
    assert "candidate_tags" not in written(sync_with_tags(synced_tenant))


def test_a_tag_without_values_is_set(
    kombo: Kombo, candidate: Candidate, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    sandbox.add_tag("À rappeler", "")
    sync(synced_tenant)
    kombo.ats.add_candidate_tag(candidate_id=candidate.pk, tag={"name": "À rappeler"})
    assert "À rappeler" in names(kombo, candidate)


def test_a_new_value_is_taken_by_a_tag_that_is_open_to_new_ones(
    kombo: Kombo, candidate: Candidate, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    sandbox.add_tag("Logiciels", "Excel;Word", creatable=True, multiple=True)
    sync(synced_tenant)
    kombo.ats.add_candidate_tag(candidate_id=candidate.pk, tag={"name": "Logiciels: Blender"})
    assert "Logiciels: Blender" in names(kombo, candidate)
    listed = kombo.ats.get_tags()
    assert listed is not None
    assert "Logiciels: Blender" in {tag.name for tag in listed.result.data.results}


@pytest.mark.parametrize("name", ["Inconnu", "Fermé: Nouveau"])
def test_a_tag_that_flatchr_does_not_have_cannot_be_made(
    name: str, kombo: Kombo, candidate: Candidate, sandbox: Sandbox
) -> None:
    sandbox.add_tag("Fermé", "Ancien", creatable=False)
    error = refused(kombo.ats.add_candidate_tag, candidate_id=candidate.pk, tag={"name": name})
    assert told(error) == ("INTEGRATION.ACTION_NOT_AVAILABLE", 400)
    assert "cannot make a tag" in error.data.error.message
    assert sandbox.requests.matching("POST", TRAIT) == []


def test_a_tag_whose_answer_was_lost_is_looked_for(
    kombo: Kombo, candidate: Candidate, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    sandbox.add_tag("À rappeler", "")
    sandbox.faults.add(method="POST", path=TRAIT, cut=0)
    kombo.ats.add_candidate_tag(candidate_id=candidate.pk, tag={"name": "À rappeler"})
    assert len(sandbox.requests.matching("POST", TRAIT)) == 1


def test_a_tag_cannot_be_taken_off(kombo: Kombo, candidate: Candidate, sandbox: Sandbox) -> None:
    sandbox.requests.clear()
    error = refused(
        kombo.ats.remove_candidate_tag, candidate_id=candidate.pk, tag={"name": "Langues: Anglais"}
    )
    assert told(error) == ("INTEGRATION.ACTION_NOT_AVAILABLE", 400)
    assert "cannot take it off" in error.data.error.message
    assert len(sandbox.requests) == 0


# What Flatchr has not


def test_what_flatchr_cannot_do_says_why(
    kombo: Kombo, application: Application, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    link = {"label": "Test", "url": "https://tests.example/1"}
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (
            kombo.ats.add_application_note,
            {"application_id": application.pk, "content": "Bien", "content_type": "PLAIN_TEXT"},
        ),
        (
            kombo.ats.add_application_result_link,
            {"application_id": application.pk, **link},
        ),
        (
            kombo.ats.add_candidate_result_link,
            {"candidate_id": application.candidate_id, **link},
        ),
        (
            kombo.ats.add_application_attachment,
            {"application_id": application.pk, "attachment": cv()},
        ),
        (
            kombo.ats.add_candidate_attachment,
            {"candidate_id": application.candidate_id, "attachment": cv()},
        ),
    ]
    for call, arguments in calls:
        error = refused(call, **arguments)
        assert told(error) == ("INTEGRATION.ACTION_NOT_AVAILABLE", 400)
        assert "Flatchr" in error.data.error.message
    assert len(sandbox.requests) == 0


def test_nothing_is_done_for_a_disabled_tenant(
    kombo: Kombo, application: Application, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    Integration.objects.update(enabled=False)
    sandbox.requests.clear()
    one, person_id = {"application_id": application.pk}, application.candidate_id
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (kombo.ats.move_application_to_stage, {**one, "stage_id": stage.pk}),
        (kombo.ats.reject_application, {**one, "rejection_reason_id": "any"}),
        (kombo.ats.add_candidate_tag, {"candidate_id": person_id, "tag": {"name": "Any"}}),
        (kombo.ats.get_application_attachments, one),
        (kombo.ats.get_candidate_attachments, {"candidate_id": person_id}),
        (kombo.ats.get_users, {}),
    ]
    for call, arguments in calls:
        assert told(refused(call, **arguments)) == ("INTEGRATION.INACTIVE", 409)
    assert len(sandbox.requests) == 0


def test_a_read_only_key_changes_nothing(
    call: Call, make_key: MakeKey, application: Application, sandbox: Sandbox
) -> None:
    key = make_key(application.integration, read_only=True)
    sandbox.requests.clear()
    one = f"/v1/ats/applications/{application.pk}"
    person_path = f"/v1/ats/candidates/{application.candidate_id}"
    for method, path in [
        ("PUT", f"{one}/stage"),
        ("POST", f"{one}/reject"),
        ("POST", f"{person_path}/tags"),
        ("DELETE", f"{person_path}/tags"),
    ]:
        answer = call(method, path, key=key, tenant=application.integration, json={})
        assert answer.status_code == 403
    assert len(sandbox.requests) == 0
