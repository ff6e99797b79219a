"""What an event leads to: the record as a sync would have written it, and nothing it says."""

from __future__ import annotations

import pytest
from django.utils import timezone

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    EventOutcome,
    FlatchrSettings,
    IncomingEvent,
    Integration,
    Job,
    JobStage,
    SearchEntry,
)
from integrations.models.scopes import Choice, Part, Scopes
from integrations.records import Model
from integrations.tenants import scopes
from tests.sync.rows import every_row
from tests.sync.running import (
    Background,
    counts,
    queue,
    run_in_background,
    sync,
    wait_until,
    written,
)
from tests.webhooks.incoming.conftest import Hook

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/search/applicants$"
CHANGED, UNCHANGED = EventOutcome.CHANGED, EventOutcome.UNCHANGED


def test_a_new_applicant_is_there_and_the_next_sync_finds_nothing_to_do(hook: Hook) -> None:
    applicant = hook.sandbox.add_applicant(
        firstname="Nadia", lastname="Perrot", email="nadia.perrot@example.org"
    )
    hook.added(applicant)
    assert hook.work_off() == [CHANGED]

    found = hook.application(applicant)
    assert found is not None
    assert found.candidate.first_name == "Nadia"
    assert SearchEntry.objects.filter(
        record_id=found.candidate_id, words__contains="perrot"
    ).exists()
    assert len(hook.sandbox.requests.matching("POST", SEARCH)) == 1
    before = every_row(hook.tenant)
    assert written(sync(hook.tenant, "DELTA")) == {}
    assert written(sync(hook.tenant)) == {}
    assert every_row(hook.tenant) == before


def test_a_moved_applicant_is_found_though_the_event_does_not_say_which(hook: Hook) -> None:
    applicant = Application.objects.filter(outcome="PENDING").first()
    assert applicant is not None
    column = hook.sandbox.columns()[-1]
    hook.sandbox.move(applicant.remote_id, column["id"])
    hook.moved(applicant.remote_id)
    assert hook.work_off() == [CHANGED]

    applicant.refresh_from_db()
    assert applicant.current_stage is not None
    assert applicant.current_stage.name == column["title"].strip()


def test_a_new_vacancy_is_there_with_its_stages(hook: Hook) -> None:
    vacancy = hook.sandbox.add_vacancy(title="Facteur de clavecins H/F")
    hook.opened(vacancy)
    assert hook.work_off() == [CHANGED]

    job = Job.objects.get(remote_id=vacancy)
    assert job.name == "Facteur de clavecins H/F"
    assert (
        JobStage.objects.live().filter(job=job).count() == ApplicationStage.objects.live().count()
    )
    assert SearchEntry.objects.filter(record_id=job.pk).exists()
    assert written(sync(hook.tenant)) == {}


def test_an_applicant_of_a_vacancy_that_is_not_known_yet_brings_both(hook: Hook) -> None:
    vacancy = hook.sandbox.add_vacancy(title="Luthier H/F")
    column = hook.sandbox.add_column("Essai", hired=False)
    applicant = hook.sandbox.add_applicant(vacancy=vacancy, column=column, email="a@example.org")
    hook.added(applicant)
    assert hook.work_off() == [CHANGED]

    found = hook.application(applicant)
    assert found is not None
    assert found.job is not None
    assert found.job.remote_id == vacancy
    assert found.current_stage is not None
    assert found.current_stage.name == "Essai"
    # A stage is first written here as a sync would, and so are the job stages.
    assert written(sync(hook.tenant)) == {}


def test_a_burst_of_events_about_one_job_is_read_once(hook: Hook) -> None:
    applicants = [hook.sandbox.add_applicant(email=f"p{n}@example.org") for n in range(12)]
    for applicant in applicants * 3:
        hook.added(applicant)
    assert hook.work_off() == [CHANGED] * 12

    assert sum(IncomingEvent.objects.values_list("times", flat=True)) == 36
    assert len(hook.sandbox.requests.matching("POST", SEARCH)) == 1
    assert Application.objects.filter(remote_id__in=applicants).count() == 12


def test_forged_and_repeated_events_change_nothing(hook: Hook) -> None:
    known = Application.objects.order_by("pk").first()
    assert known is not None
    before = every_row(hook.tenant)
    forged = hook.about(known.remote_id)
    forged["data"]["candidate"] |= {"firstname": "Mallory", "email": "mallory@example.org"}
    forged["data"]["applicant"] |= {"status": 0, "score": 5}
    hook.post(forged)
    hook.work_off()
    hook.post(forged)
    invented = hook.about(known.remote_id)
    invented["data"]["applicant"]["id"] = "InventedByMallo1"
    hook.post(invented)
    unknown = hook.about(known.remote_id)
    unknown["data"] |= {
        "vacancy_id": "NoSuchVacancy123",
        "vacancy": {},
        "applicant": {"id": "Xx1Xx1Xx1Xx1"},
    }
    hook.post(unknown)

    expected = [UNCHANGED, UNCHANGED, EventOutcome.NOT_FOUND, EventOutcome.NOT_FOUND]
    assert hook.work_off() == expected
    assert every_row(hook.tenant) == before
    assert hook.address.last_change_at is None


def test_an_event_that_is_earlier_than_flatchrs_search_is_looked_at_again(hook: Hook) -> None:
    hook.sandbox.hide_new_applicants()
    applicant = hook.sandbox.add_applicant(email="late@example.org")
    hook.added(applicant)
    hook.work()
    assert hook.outcomes() == [""]

    hook.sandbox.show_new_applicants()
    assert hook.work_off() == [CHANGED]
    assert hook.application(applicant) is not None


def test_an_archived_applicant_is_read_from_the_archive(hook: Hook) -> None:
    applicant = hook.sandbox.add_applicant(email="gone@example.org")
    hook.sandbox.archive(applicant)
    hook.added(applicant)
    assert hook.work_off() == [CHANGED]
    found = hook.application(applicant)
    assert found is not None
    assert found.outcome == "DECLINED"


def test_messages_cost_no_request(hook: Hook) -> None:
    applicant = Application.objects.order_by("pk").values_list("remote_id", flat=True)[0]
    hook.written_to(applicant)
    assert hook.outcomes() == [EventOutcome.LEFT_OUT]
    assert len(hook.sandbox.requests) == 0


@pytest.mark.parametrize("change", ["disabled", "never read", "key refused"])
def test_events_of_a_tenant_that_is_not_read_are_left_to_the_next_sync(
    hook: Hook, change: str
) -> None:
    applicant = hook.sandbox.add_applicant(email="a@example.org")
    fields = {
        "disabled": {"enabled": False},
        "never read": {"applicants_read_at": None},
        "key refused": {"credentials_invalid_at": timezone.now()},
    }[change]
    hook.added(applicant)
    Integration.objects.update(**fields)
    hook.moved(applicant)
    hook.work()
    assert hook.outcomes() == [EventOutcome.TO_SYNC, EventOutcome.TO_SYNC]
    assert len(hook.sandbox.requests) == 0


def test_what_scopes_leave_out_is_left_out(hook: Hook) -> None:
    scopes.choose(hook.tenant, Scopes({Part.EMAILS: Choice.OFF}))
    sync(hook.tenant)
    first = hook.sandbox.add_applicant(firstname="Nadia", email="nadia@example.org")
    hook.added(first)
    assert hook.work_off() == [CHANGED]
    candidate = Candidate.objects.get(applications__remote_id=first)
    assert candidate.email_addresses == []
    assert not Candidate.objects.filter(email_addresses__icontains="nadia@").exists()

    scopes.choose(hook.tenant, Scopes({Part.APPLICATIONS: Choice.OFF}))
    sync(hook.tenant)
    hook.sandbox.requests.clear()
    hook.added(hook.sandbox.add_applicant(email="b@example.org"))
    assert hook.work_off() == [CHANGED, EventOutcome.LEFT_OUT]
    assert len(hook.sandbox.requests) == 0
    assert not Application.objects.live().exists()


def test_flatchr_that_does_not_answer_is_asked_again_and_then_left_to_a_sync(hook: Hook) -> None:
    applicant = hook.sandbox.add_applicant(email="a@example.org")
    hook.sandbox.faults.add(path=SEARCH, status=503, times=2)
    hook.added(applicant)
    assert hook.work()
    assert (hook.outcomes(), hook.address.failures) == ([""], 1)
    assert hook.work_off() == [CHANGED]
    assert hook.address.failures == 0

    hook.sandbox.faults.add(path=SEARCH, status=503)
    hook.added(hook.sandbox.add_applicant(email="b@example.org"))
    assert hook.work_off() == [CHANGED, EventOutcome.TO_SYNC]


def test_a_key_that_is_refused_is_not_tried_over_and_over(hook: Hook) -> None:
    hook.sandbox.faults.add(path=SEARCH, status=401)
    hook.added(hook.sandbox.add_applicant(email="a@example.org"))
    hook.work()
    assert hook.outcomes() == [EventOutcome.TO_SYNC]
    assert len(hook.sandbox.requests.matching("POST", SEARCH)) == 1


def test_events_take_a_part_of_the_tenants_requests_only(hook: Hook, settings: object) -> None:
    settings.FLATCHR_RATE = 0.001  # type: ignore[attr-defined]
    known = Application.objects.order_by("pk").values_list("remote_id", flat=True)[0]
    for number in range(60):
        content = hook.about(known)
        content["data"]["applicant"]["id"] = f"InventedByMallo{number}"
        hook.post(content)
        hook.work()
    # The first ten, and what a reading that had begun went on to.
    assert len(hook.sandbox.requests) < 15
    assert "" in hook.outcomes()
    upcoming = hook.address.next_attempt_at
    assert upcoming is not None
    assert upcoming > timezone.now()


def test_a_change_after_the_read_and_before_the_end_is_not_lost(hook: Hook) -> None:
    """The same event again while a worker is at the first: it waits, and is read once more."""
    applicant = hook.sandbox.add_applicant(email="a@example.org")
    hook.added(applicant)
    again = hook.sandbox.faults.add(path=SEARCH, delay=3, times=1)
    working = Background(hook.work)
    wait_until(lambda: hook.sandbox.faults.met(again))
    hook.added(applicant)
    working.end()
    assert hook.outcomes() == [""]
    assert hook.work_off() == [CHANGED] or hook.outcomes() == [UNCHANGED]


def test_what_a_running_sync_had_read_before_does_not_stay(hook: Hook) -> None:
    """A sync that writes older data over an event's is followed by another look."""
    tenant, sandbox = hook.tenant, hook.sandbox
    column = sandbox.columns()[-1]
    applicant = sandbox.add_applicant(email="a@example.org")
    # The sync gets the answer of before, and gets it late.
    run = queue(tenant)
    slow = sandbox.faults.add(path=SEARCH, slow=4, times=1)
    syncing = run_in_background(run)
    wait_until(lambda: sandbox.faults.met(slow))
    sandbox.move(applicant, column["id"])
    late = sandbox.add_applicant(email="late@example.org")
    hook.moved(applicant)
    hook.added(late)
    hook.work()
    assert hook.outcomes() == ["", ""]
    assert hook.application(late) is not None
    syncing.end()
    old = hook.application(applicant)
    assert old is not None
    assert old.current_stage is not None
    assert old.current_stage.name != column["title"].strip()

    # Neither put back for good, nor deleted for not being in what the sync had read.
    assert "" not in hook.work_off()
    found = hook.application(applicant)
    assert found is not None
    assert found.current_stage is not None
    assert found.current_stage.name == column["title"].strip()
    stored = hook.application(late)
    assert stored is not None
    assert stored.remote_deleted_at is None
    run.refresh_from_db()
    assert "deleted" not in counts(run, Model.APPLICATIONS)


def test_two_workers_do_not_work_at_one_tenants_events(hook: Hook) -> None:
    hook.added(hook.sandbox.add_applicant(email="a@example.org"))
    fault = hook.sandbox.faults.add(path=SEARCH, delay=2, times=1)
    first = Background(hook.work)
    wait_until(lambda: hook.sandbox.faults.met(fault))
    assert not hook.work()
    assert first.end()
    assert hook.outcomes() == [CHANGED]


def test_the_tenants_integration_fields_are_read_as_well(hook: Hook) -> None:
    FlatchrSettings.objects.update(integration_fields=["reference"])
    vacancy = hook.sandbox.add_vacancy(title="Archiviste H/F")
    hook.opened(vacancy)
    assert hook.work_off() == [CHANGED]
    sync(hook.tenant)
    stored = Job.objects.get(remote_id=vacancy)
    assert written(sync(hook.tenant)) == {}
    assert Job.objects.get(remote_id=vacancy).changed_at == stored.changed_at
