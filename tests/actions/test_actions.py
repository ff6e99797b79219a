"""Actions as rows: sent at most once whatever happens, looked up, and shown by the mirror."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from integrations import tasks
from integrations.actions import bulk, kinds, previews, service
from integrations.actions.inputs import (
    ActionNotPossible,
    ActionUnderWay,
    Actor,
    NotConfirmed,
    NotPermitted,
)
from integrations.actions.working import MOST_CLAIMS
from integrations.models import (
    Action,
    Application,
    ApplicationStage,
    AuditEntry,
    FlatchrSettings,
    Integration,
    Membership,
    RecordChange,
    Role,
)
from integrations.sandbox import Sandbox
from tests.actions.conftest import later, now, work
from tests.submissions.killing import dies_at
from tests.sync.running import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

ON_VACANCY = "/vacancy/[^/]+/applicant/[^/]+$"


def sent(sandbox: Sandbox, method: str = "PUT") -> int:
    return len(sandbox.requests.matching(method, ON_VACANCY))


def move(application: Application, stage: ApplicationStage, by: Actor, **more: Any) -> Action:
    return service.start(
        kind="MOVE", application=application, parameters={"stage": stage.pk, **more}, by=by
    )


def outcomes(action: Action) -> list[tuple[str, str]]:
    return [(one["kind"], one["outcome"]) for one in action.log]


def test_what_is_done_is_shown_at_once_and_told_everywhere(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox
) -> None:
    before = application.current_stage_id
    action = move(application, stages[0], alices)
    assert (action.state, action.before, sent(sandbox)) == ("WAITING", {"stage": before}, 0)
    # Pressed twice.
    assert move(application, stages[0], alices).pk == action.pk
    with pytest.raises(ActionUnderWay):
        move(application, stages[1], alices)

    action = work(action)

    assert (action.state, action.lease_owner, action.next_attempt_at) == ("DONE", "", None)
    assert action.shown_at is not None
    assert outcomes(action) == [("SEND", "accepted"), ("LOOKUP", "found")]
    assert now(application).current_stage_id == stages[0].pk
    assert sandbox.applicant(application.remote_id)["column"].strip() == stages[0].name
    (change,) = RecordChange.objects.filter(record_id=application.pk)
    assert {"field": "current_stage_id", "old": before, "new": stages[0].pk} in change.fields
    entry = AuditEntry.objects.get(what="acted")
    assert (entry.who, entry.object_id) == ("alice", application.pk)
    assert entry.details == {"action": "MOVE", "stage": stages[0].name}
    # Nothing is left to do, and nothing is done again.
    work(later(action))
    assert sent(sandbox) == 1


def test_a_move_is_undone_by_a_move_back_and_a_rejection_is_not(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox
) -> None:
    before = application.current_stage_id
    moved = work(move(application, stages[0], alices))
    undone = work(service.undo(moved, by=alices))
    assert (undone.state, undone.undoes_id) == ("DONE", moved.pk)
    assert now(application).current_stage_id == before
    assert str(service.undo_reason(now(moved))) == "This was undone already."

    rejected = service.start(kind="REJECT", application=application, parameters={}, by=alices)
    rejected = work(rejected)
    assert (rejected.state, now(application).outcome) == ("DONE", "DECLINED")
    with pytest.raises(ActionNotPossible, match="cannot undo"):
        service.undo(rejected, by=alices)
    with pytest.raises(ActionNotPossible, match="Already rejected"):
        service.start(kind="REJECT", application=now(application), parameters={}, by=alices)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"cut": 0}, "DONE"),
        ({"status": 502, "handled": True}, "DONE"),
        ({"html": True, "handled": True}, "DONE"),
        ({"reset": True}, "NOT_DONE"),
        ({"status": 503}, "NOT_DONE"),
        ({"status": 422}, "NOT_DONE"),
    ],
)
def test_a_lost_answer_is_looked_for_and_never_sent_again(
    fault: dict[str, Any],
    state: str,
    application: Application,
    stages: list[ApplicationStage],
    alices: Actor,
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add(method="PUT", path=ON_VACANCY, **fault)
    # The first look fails as well.
    sandbox.faults.add(method="POST", path="/search/applicants$", status=500, times=3)
    action = work(move(application, stages[0], alices))
    if fault != {"status": 422}:
        assert action.state == "UNCERTAIN"
        assert "looking" in action.error_message
        with pytest.raises(ActionUnderWay):
            move(application, stages[1], alices)
        sandbox.faults.clear()
    action = work(later(action))

    assert action.state == state
    assert sent(sandbox) == 1
    shown = sandbox.applicant(application.remote_id)["column"].strip() == stages[0].name
    assert shown == (state == "DONE")
    if state == "NOT_DONE":
        sandbox.faults.clear()
        assert work(service.retry(action, by=alices)).state == "DONE"


def test_a_worker_may_die_at_any_moment(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox
) -> None:
    """Between any two statements, commits and requests: it is sent once at most, and the row tells
    the truth in the end.
    """
    died = set()
    moment, turn = 0, 0
    while True:
        target = stages[turn % 2]
        sandbox.requests.clear()
        action = move(now(application), target, alices)
        lived = dies_at(moment, tasks.run_action, action.pk)
        died.add(now(action).state)
        for _ in range(MOST_CLAIMS):
            if now(action).next_attempt_at is None:
                break
            work(later(action))
        action = now(action)
        shown = sandbox.applicant(application.remote_id)["column"].strip() == target.name
        assert (action.state, action.lease_owner) == ("DONE" if shown else "NOT_DONE", "")
        assert sent(sandbox) <= 1
        turn += shown
        if lived < moment:
            break
        moment += 1
    assert {"WAITING", "SENDING", "DONE"} <= died
    assert moment > 10


def test_flatchrs_request_to_wait_is_heeded(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox
) -> None:
    sandbox.faults.add(
        method="PUT", path=ON_VACANCY, status=429, times=1, headers={"Retry-After": "7"}
    )
    action = work(move(application, stages[0], alices))
    assert (action.state, action.error_kind) == ("WAITING", "")
    assert action.next_attempt_at is not None
    assert (work(later(action)).state, sent(sandbox)) == ("DONE", 2)


def test_two_stages_of_one_title_are_told_apart(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox,
    flatchr_tenant: Integration,
) -> None:  # fmt: skip
    title = stages[0].name
    number = sandbox.add_column(title)
    sync(flatchr_tenant)
    twin = ApplicationStage.objects.get(integration=flatchr_tenant, remote_id=str(number))
    labels = {one.id: one.label for one in kinds.stage_choices(flatchr_tenant, application)}
    assert labels[twin.pk] == f"{title} ({number})" != labels[stages[0].pk]

    for target in (twin, stages[0], twin):
        # The answer is lost each time: what Flatchr shows decides.
        sandbox.faults.add(method="PUT", path=ON_VACANCY, cut=0)
        assert work(move(now(application), target, alices)).state == "DONE"
        assert now(application).current_stage_id == target.pk
    # A sync tells no more than the title, and takes nothing back.
    sync(flatchr_tenant)
    assert now(application).current_stage_id == twin.pk


def test_a_hire_is_asked_for_twice_and_mail_is_told_of(
    application: Application, flatchr_tenant: Integration, alice: User, alices: Actor
) -> None:
    hired = ApplicationStage.objects.filter(integration=flatchr_tenant, hired=True)[0]
    asked = {"kind": "MOVE", "applications": [application], "parameters": {"stage": hired.pk}}
    shown = previews.preview(**asked, user=alice)
    assert shown.confirmation is not None
    assert "HR system" in shown.confirmation
    assert [note.code for note in shown.notes] == ["action_may_mail"]
    with pytest.raises(NotConfirmed, match="HR system"):
        move(application, hired, alices)
    assert work(move(application, hired, alices, confirmed=True)).state == "DONE"
    assert now(application).outcome == "HIRED"

    FlatchrSettings.objects.filter(pk=flatchr_tenant.pk).update(mails_candidates=False)
    assert previews.preview(**asked, user=alice).notes == ()


def test_a_viewer_and_a_stranger_may_do_nothing(
    application: Application, stages: list[ApplicationStage], alice: User, charlie: User,
    other_tenant: Integration, sandbox: Sandbox,
) -> None:  # fmt: skip
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    alice, charlie = now(alice), now(charlie)
    for user in (alice, charlie):
        with pytest.raises(NotPermitted):
            move(application, stages[0], Actor(user=user))
        available = previews.available_actions(application, user)
        assert {one.possible for one in available.values()} == {False}
    ApplicationStage.objects.filter(pk=stages[1].pk).update(integration=other_tenant)
    Membership.objects.filter(user=alice).update(role=Role.OPERATOR)
    with pytest.raises(ActionNotPossible, match="no such stage"):
        move(application, stages[1], Actor(user=now(alice)))
    assert Action.objects.count() == 0


def test_an_undo_leads_back_to_where_the_application_was_when_it_was_moved(
    application: Application, stages: list[ApplicationStage], alices: Actor, sandbox: Sandbox
) -> None:
    sandbox.faults.add(method="PUT", path=ON_VACANCY, status=422, times=1)
    refused = work(move(application, stages[0], alices))
    assert refused.state == "NOT_DONE"
    work(move(application, stages[1], alices))
    moved = work(service.retry(refused, by=alices))
    work(service.undo(moved, by=alices))
    assert now(application).current_stage_id == stages[1].pk


def test_of_many_each_has_a_row_and_what_failed_is_tried_again(
    flatchr_tenant: Integration, stages: list[ApplicationStage], alice: User, alices: Actor,
    sandbox: Sandbox,
) -> None:  # fmt: skip
    rows = Application.objects.live().filter(integration=flatchr_tenant).order_by("pk")
    there = list(rows)
    Application.objects.filter(pk=there[0].pk).update(job=None)
    asked: dict[str, Any] = {"kind": "MOVE", "parameters": {"stage": stages[0].pk}}
    shown = previews.preview(**asked, applications=rows, user=alice)
    able = shown.counts["possible"]
    assert sum(shown.counts.values()) == len(there)
    assert {row.application.pk for row in shown.rows if not row.possible} >= {there[0].pk}

    group = bulk.start_many(**asked, applications=rows, by=alices)
    # Pressed twice.
    assert bulk.start_many(**asked, applications=rows, by=alices) == group
    assert group.counts()["WAITING"] == able
    assert group.actions.count() == len(there)
    # One is refused, tried again and stopped, and tried again.
    sandbox.faults.add(method="PUT", path=ON_VACANCY, status=422, times=1)
    tasks.run_bulk_actions(group.pk)
    assert group.counts() == {**group.counts(), "WAITING": 0, "DONE": able - 1}

    sandbox.requests.clear()
    assert bulk.retry_failed(group, by=alices) == len(there) - able + 1
    assert bulk.stop(group, by=alices) == len(there) - able + 1
    tasks.run_bulk_actions(group.pk)
    assert (sent(sandbox), group.is_over) == (0, True)
    bulk.retry_failed(group, by=alices)
    tasks.run_bulk_actions(group.pk)
    assert group.counts()["DONE"] == able
    left = {one.error_message.code for one in group.actions.filter(state="NOT_DONE")}
    assert "action_job_unknown" in left <= {"action_job_unknown", "action_already_in_stage"}
    assert AuditEntry.objects.filter(what="actions_started").count() == 1


def test_one_that_is_started_while_many_are_tried_again_goes_before(
    application: Application, flatchr_tenant: Integration, stages: list[ApplicationStage],
    alices: Actor, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sandbox.faults.add(method="PUT", path=ON_VACANCY, status=422, times=20)
    rows = Application.objects.live().filter(integration=flatchr_tenant, outcome="PENDING")
    asked: dict[str, Any] = {"kind": "MOVE", "parameters": {"stage": stages[0].pk}}
    group = bulk.start_many(**asked, applications=rows, by=alices)
    tasks.run_bulk_actions(group.pk)
    failed = group.counts()["NOT_DONE"]
    assert failed > 1
    started: list[Action] = []

    def columns() -> dict[str, Any]:
        # In this moment somebody moves one of them by itself.
        if not Action.objects.filter(application=application, state="WAITING").exists():
            started.append(move(application, stages[1], alices))
        return service.columns_of_retry()

    monkeypatch.setattr(bulk, "columns_of_retry", columns)
    assert bulk.retry_failed(group, by=alices) == failed - 1
    assert started
    assert group.actions.get(application=application).state == "NOT_DONE"


def test_many_belong_to_one_tenant(
    application: Application, other_tenant: Integration, stages: list[ApplicationStage],
    alices: Actor,
) -> None:  # fmt: skip
    theirs = now(application)
    theirs.integration = other_tenant
    with pytest.raises(ActionNotPossible, match="several tenants"):
        bulk.start_many(
            kind="MOVE",
            applications=[application, theirs],
            parameters={"stage": stages[0].pk},
            by=alices,
        )
