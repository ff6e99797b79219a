"""Comments, messages, tasks, information and new jobs at Flatchr."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from integrations.actions import service, sign_ins
from integrations.actions.inputs import ActionNotPossible, Actor
from integrations.actions.kinds.comments import read_comments, read_messages
from integrations.actions.kinds.job_creation import job_choices, metier_choices
from integrations.actions.kinds.to_dos import members, read_tasks
from integrations.models import (
    Action,
    Application,
    FlatchrSignIn,
    HttpExchange,
    Integration,
    Job,
    SyncRun,
)
from integrations.sandbox import Sandbox
from integrations.sandbox.credentials import PASSWORD
from tests.actions.conftest import later, now, work
from tests.sync.running import sync

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def start(kind: str, application: Application, by: Actor, **parameters: Any) -> Action:
    return service.start(kind=kind, application=application, parameters=parameters, by=by)


@pytest.fixture
def email(flatchr_tenant: Integration) -> str:
    """The address of one of the company's users, who may well sign in."""
    return str(members(flatchr_tenant)[0].email)


def test_a_comment_is_written_in_ones_own_name_and_deleted_with_the_key(
    application: Application, flatchr_tenant: Integration, alice: User, alices: Actor, email: str,
    sandbox: Sandbox,
) -> None:  # fmt: skip
    with pytest.raises(ActionNotPossible, match="SSO"):
        start("COMMENT", application, alices, text="Bon contact")
    with pytest.raises(ActionNotPossible, match="does not take"):
        sign_ins.sign_in(flatchr_tenant, user=alice, email=email, password="wrong")
    signed_in = sign_ins.sign_in(flatchr_tenant, user=alice, email=email, password=PASSWORD)
    before = {one.id for one in read_comments(application)}

    text = "Bon <contact>\nà rappeler"
    # The answer is lost: the comment is looked for, and not written twice.
    sandbox.faults.add(method="POST", path="/comment$", cut=0, times=1)
    action = work(start("COMMENT", application, alices, text=text, private=False))
    assert (action.state, action.content) == ("DONE", {"text": text})
    (written,) = [one for one in read_comments(application) if one.id not in before]
    assert (written.text, written.private) == (text, False)
    assert len(sandbox.requests.matching("POST", "/comment$")) == 1

    undone = work(service.undo(action, by=alices))
    assert undone.kind == "DELETE_COMMENT"
    assert {one.id for one in read_comments(application)} == before
    # Neither the password nor the token is anywhere but in its place.
    kept = str(list(HttpExchange.objects.values())) + str(list(Action.objects.values()))
    assert PASSWORD not in kept
    assert signed_in.token not in kept
    # It ends: Flatchr says so, and the user is asked once more.
    sandbox.faults.add(method="POST", path="/comment$", status=401)
    refused = work(start("COMMENT", application, alices, text="Encore"))
    assert (refused.state, refused.error_message.code) == ("NOT_DONE", "action_sign_in_again")
    assert not FlatchrSignIn.objects.exists()


def test_messages_are_read_and_tasks_made_and_done(
    flatchr_tenant: Integration, application: Application, alices: Actor, sandbox: Sandbox
) -> None:
    everybody = Application.objects.live().filter(integration=flatchr_tenant)
    found = [message for one in everybody for message in read_messages(one)]
    assert found
    assert all(message.text.startswith("Bonjour") for message in found)

    me = members(flatchr_tenant)[0].remote_id
    parameters: dict[str, Any] = {"description": "Rappeler", "users": [me], "member": me}
    with pytest.raises(ActionNotPossible, match="day"):
        start("TASK", application, alices, **parameters)
    parameters["due_at"] = "2026-12-24T09:00:00+01:00"
    sandbox.faults.add(method="POST", path="/task$", status=502, handled=True, times=1)
    made = work(start("TASK", application, alices, **parameters))
    assert made.state == "DONE"
    (task,) = read_tasks(application)
    assert (task.description, task.done) == ("Rappeler", False)

    assert work(start("TASK_DONE", application, alices, task=task.id)).state == "DONE"
    assert [one.done for one in read_tasks(application)] == [True]
    unknown = work(start("TASK_DONE", application, alices, task="none"))
    assert unknown.error_message.code == "action_task_unknown"


def test_information_whose_answer_is_lost_stays_unknown(
    application: Application, alices: Actor, sandbox: Sandbox
) -> None:
    value = {"position": ["Comptable"]}
    lost = sandbox.faults.add(method="POST", path="/search/candidate$", cut=0)
    action = work(start("INFORMATION", application, alices, value=value))
    assert action.state in ("ABANDONED", "NOT_DONE")
    assert sandbox.faults.met(lost)
    assert len(sandbox.requests.matching("POST", "/search/candidate$")) == 1


def test_a_job_is_created_once_and_arrives_with_the_next_sync(
    flatchr_tenant: Integration, alices: Actor, sandbox: Sandbox
) -> None:
    choices = job_choices(flatchr_tenant)
    channel = int(next(iter(choices.channels)))
    fields: dict[str, Any] = {
        "title": "Assistant RH H/F",
        "reference": "RH-1",
        "description": "<p>Atelier</p>",
        "mission": "<p>Paie</p>",
        "profile": "<p>Bac+3</p>",
        "experience": 2,
        "contract_type_id": next(iter(choices.contracts)),
        "education_level_id": next(iter(choices.education_levels)),
        "activity_id": next(iter(choices.activities)),
        "channel_id": channel,
        "metier_id": next(iter(metier_choices(flatchr_tenant, channel))),
        "start_date": "2027-01-04",
    }
    with pytest.raises(ActionNotPossible, match="mission, experience"):
        service.start_job(
            integration=flatchr_tenant,
            fields={**fields, "mission": " ", "experience": None},
            by=alices,
        )
    with pytest.raises(ActionNotPossible, match="experience"):
        service.start_job(integration=flatchr_tenant, fields={**fields, "experience": 3}, by=alices)

    sandbox.faults.add(method="POST", path="/vacancy$", cut=0)
    action = service.start_job(integration=flatchr_tenant, fields=fields, by=alices)
    again = service.start_job(integration=flatchr_tenant, fields=fields, by=alices)
    assert again.pk == action.pk
    action = work(action)
    assert (action.state, len(sandbox.requests.matching("POST", "/vacancy$"))) == ("DONE", 1)
    assert SyncRun.objects.filter(integration=flatchr_tenant, state="QUEUED").exists()
    SyncRun.objects.all().delete()
    sync(flatchr_tenant)
    assert Job.objects.get(integration=flatchr_tenant, reference="RH-1").name == fields["title"]
    assert now(later(action)).state == "DONE"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("DELETE_COMMENT", {"comment": "9" * 5000}),
        ("DELETE_COMMENT", {"comment": "\u0661\u0662"}),
        ("DELETE_COMMENT", {"comment": None}),
        ("TASK_DONE", {"task": "a\0b"}),
        ("TASK_DONE", {"task": "x" * 101}),
        ("TASK_DONE", {"task": ["1"]}),
        ("TASK", {"users": 5}),
        ("TASK", {"users": "abc"}),
        ("TASK", {"users": [["x"]]}),
        ("TASK", {"users": ["a\0b"]}),
        ("TASK", {"users": ["x"] * 101}),
        ("TASK", {"member": {"id": 1}}),
        ("TASK", {"due_at": "9999-12-31T23:59:59-23:59"}),
        ("TASK", {"due_at": 7}),
        ("TASK", {"description": "\0 \0"}),
        ("COMMENT", {"text": "\0"}),
    ],
)
def test_what_no_page_sends_is_refused_in_words(
    application: Application, alices: Actor, kind: str, parameters: dict[str, Any]
) -> None:
    usual = {"description": "d", "users": ["u"], "member": "m", "due_at": "2027-01-04T09:00Z"}
    with pytest.raises(ActionNotPossible, match=r"\w"):
        start(kind, application, alices, **{**usual, **parameters})
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    "absurd",
    [
        {"title": "\0"},
        {"channel_id": "\u0661"},
        {"metier_id": "9" * 5000},
        {"experience": [2]},
        {"start_date": "tomorrow"},
        {"start_date": 5},
        {"language": ["fr_FR"]},
    ],
)
def test_a_job_that_no_form_sends_is_refused_in_words(
    flatchr_tenant: Integration, alices: Actor, absurd: dict[str, Any]
) -> None:
    texts = dict.fromkeys(("title", "description", "mission", "profile"), "x")
    lists = dict.fromkeys(
        ("contract_type_id", "education_level_id", "activity_id", "channel_id", "metier_id"), 1
    )
    with pytest.raises(ActionNotPossible, match=r"\w"):
        service.start_job(
            integration=flatchr_tenant,
            fields={**texts, **lists, "experience": 2, **absurd},
            by=alices,
        )
    assert not Action.objects.exists()
