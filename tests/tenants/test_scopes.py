"""What is left out of a tenant is in none of its tables, and comes back when it is read again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.field_catalogue import fields_of
from integrations.flatchr.exchange_log import Exchange
from integrations.flatchr.mapping.applicants import ApplicantMapper
from integrations.flatchr.reader import FlatchrReader
from integrations.models import (
    Application,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    QuarantinedRecord,
    SearchEntry,
    SyncRun,
    Tag,
    TraitReading,
)
from integrations.models.scopes import Choice, Part, Scopes, scopes_from
from integrations.records import PERSON, ApplicationRecord, Model, PersonRecord, RawApplicant
from integrations.sandbox import Sandbox
from integrations.search import filling
from integrations.submissions import enqueue
from integrations.sync import runs
from integrations.sync.applicants import incremental
from integrations.sync.scope_filter import ScopeFilter
from integrations.tenants import scopes
from integrations.tenants.exchange_recorder import WITHHELD, ExchangeRecorder, redacting_observer
from integrations.tenants.scopes import excluded_models
from tests.sync.running import queue, sync, sync_with_tags, written

pytestmark = pytest.mark.any_database

ROW = {
    "applicant": "T9wKx3MbQz5LnR1p",
    "vacancy": "Comptable H/F",
    "vacancy_id": 51234,
    "column": "Entretien RH",
    "status": 1,
    "hired": False,
    "firstname": "Nadia",
    "lastname": "Perrot",
    "email": " Nadia.Perrot@mail.example",
    "phone": "06 00 00 00 01",
    "created_at": "14/03/25",
    "updated_at": "17/03/25",
    "comment": "Call me on 06 00 00 00 01",
}


def left_out(*parts: Part) -> Scopes:
    return Scopes(dict.fromkeys(parts, Choice.OFF))


def filtered_source(row: dict[str, Any], *parts: Part) -> dict[str, Any]:
    ((data, raw),) = ScopeFilter(left_out(*parts), "flatchr:one").rows([(row, json.dumps(row))])
    assert json.loads(raw) == data
    return dict(data)


# Rules


def test_everything_is_read_until_somebody_says_otherwise() -> None:
    assert scopes_from({}).left_out == frozenset()
    assert list(ScopeFilter(scopes_from({}), "flatchr:one").rows([(ROW, "as it came")])) == [
        (ROW, "as it came")
    ]


def test_a_customers_no_counts_only_where_there_is_a_choice() -> None:
    chosen = {"phone_numbers": "optional", "names": "off"}
    asked = scopes_from(chosen, ["phone_numbers", "tags"])

    assert asked.left_out == {Part.PHONES, Part.NAMES, Part.RAW}
    assert scopes_from(chosen).left_out == {Part.NAMES, Part.RAW}


def test_a_word_that_nobody_knows_reads_less_and_not_more() -> None:
    assert scopes_from({"tags": "sometimes", "future": "off"}).left_out == {Part.TAGS}


def test_without_candidates_nothing_of_them_is_read_either() -> None:
    scopes = left_out(Part.APPLICATIONS)

    assert scopes.left_out == frozenset(Part)
    assert excluded_models(scopes) == {
        Model.CANDIDATES,
        Model.APPLICATIONS,
        Model.TAGS,
        Model.CANDIDATE_TAGS,
    }
    assert excluded_models(left_out(Part.TAGS)) == {Model.TAGS, Model.CANDIDATE_TAGS}


def test_what_else_flatchr_sends_goes_with_any_part_of_a_person() -> None:
    kept = {key: value for key, value in ROW.items() if key not in ("vacancy", "comment")}

    assert filtered_source(ROW, Part.RAW) == kept
    assert "06 00" not in json.dumps(filtered_source(ROW, Part.PHONES))
    assert filtered_source(ROW, Part.TAGS) == ROW


def person_in(row: dict[str, Any]) -> PersonRecord:
    mapper = ApplicantMapper({}, {}, report=lambda _: None)
    identified = mapper.identify(row, json.dumps(row))
    assert isinstance(identified, RawApplicant)
    record = mapper.application(identified)
    assert isinstance(record, ApplicationRecord)
    return record.person


@pytest.mark.parametrize(
    "parts",
    [(Part.NAMES,), (Part.EMAILS,), (Part.PHONES,), (Part.NAMES, Part.PHONES), (Part.RAW,), ()],
)
def test_a_person_loses_what_the_source_object_loses(parts: tuple[Part, ...]) -> None:
    whole = person_in(ROW)
    assert all(getattr(whole, field.name) for field in fields_of(PersonRecord))

    kept = ScopeFilter(left_out(*parts), "flatchr:one").person(whole)

    assert kept == person_in(filtered_source(ROW, *parts))


def test_one_person_is_known_again_without_an_address() -> None:
    other = {**ROW, "email": "nadia.perrot@MAIL.example "}
    digest = filtered_source(ROW, Part.EMAILS)[PERSON]

    assert "nadia" not in json.dumps(filtered_source(ROW, Part.EMAILS)).lower().replace(
        '"firstname": "nadia"', ""
    )
    assert filtered_source(other, Part.EMAILS)[PERSON] == digest
    assert ScopeFilter(left_out(Part.EMAILS), "flatchr:two").object(ROW)[PERSON] != digest
    assert PERSON not in filtered_source({**ROW, "email": "none"}, Part.EMAILS)


# Syncs


def everywhere() -> str:
    """Every value of every table of ours that a sync writes, as one text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("integrations_"):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
                found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def spellings(phones: list[str]) -> list[str]:
    """The numbers as sent, and the digits by which they would be found."""
    return [*phones, *("".join(filter(str.isdigit, phone))[-9:] for phone in phones)]


@pytest.mark.django_db(transaction=True)
def test_phones_that_are_left_out_are_nowhere_and_come_back(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    tenant = synced_tenant
    filling.catch_up(tenant.pk)
    numbers = [
        item["phone_number"]
        for phones in Candidate.objects.values_list("phone_numbers", flat=True)
        for item in phones
    ]
    sent = [
        raw["phone"]
        for raw in Application.objects.values_list("remote_data", flat=True)
        if raw["phone"]
    ]
    assert numbers
    assert sent
    # A record that Flatchr has no more, and one that a run has set aside.
    gone = Candidate.objects.order_by("pk").first()
    assert gone is not None
    Candidate.objects.create(
        integration=tenant,
        id="gone",
        remote_id="gone",
        changed_at=gone.changed_at,
        remote_deleted_at=gone.changed_at,
        fingerprint=b"0",
        content_hash=b"0",
        phone_numbers=[{"phone_number": numbers[0], "type": None}],
    )
    QuarantinedRecord.objects.create(
        run=SyncRun.objects.latest("pk"),
        model=Model.APPLICATIONS,
        remote_id="odd",
        reason="It is odd.",
        raw=json.dumps({"phone": sent[0]}),
    )
    before = dict(Candidate.objects.values_list("pk", "changed_at"))
    others = [field.name for field in fields_of(PersonRecord) if field.name != "phone_numbers"]
    rest = Candidate.objects.in_bulk()

    assert scopes.choose(tenant, left_out(Part.PHONES))
    run = queue(tenant, "DELTA")
    assert run.type == "FULL"
    runs.request_cancel(run.pk)
    run = sync(tenant)
    filling.catch_up(tenant.pk)

    assert run.state == "SUCCEEDED"
    content = everywhere()
    assert not [number for number in spellings(numbers + sent) if number in content]
    moved = [
        pk
        for pk, phones, changed_at in Candidate.objects.values_list(
            "pk", "phone_numbers", "changed_at"
        )
        if changed_at > before[pk]
    ]
    assert len(moved) == len(numbers) + 1
    for pk, candidate in Candidate.objects.in_bulk().items():
        for name in others:
            assert getattr(candidate, name) == getattr(rest[pk], name)
    tenant.refresh_from_db()
    assert tenant.scopes_changed_at is None
    assert written(sync(tenant, "DELTA")) == {}

    scopes.choose(tenant, Scopes({}))
    sync(tenant)
    filling.catch_up(tenant.pk)

    back = [
        item["phone_number"]
        for phones in Candidate.objects.live().values_list("phone_numbers", flat=True)
        for item in phones
    ]
    assert sorted(back) == sorted(numbers)
    words = " ".join(SearchEntry.objects.values_list("words", flat=True))
    assert back
    assert [number for number in back if number.strip("+") not in words] == []


@pytest.mark.django_db(transaction=True)
def test_people_are_kept_apart_and_together_without_their_addresses(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    tenant = synced_tenant
    address = next(
        candidate.email_addresses[0]["email_address"]
        for candidate in Candidate.objects.all()
        if candidate.email_addresses
    )
    of_person = dict(Application.objects.values_list("pk", "candidate_id"))
    known = enqueue.applications(tenant.pk, address.lower()).count()
    assert known

    scopes.choose(tenant, left_out(Part.EMAILS))
    sync(tenant)

    content = everywhere().lower()
    addresses = [key for key in content.split() if address.lower() in key]
    assert addresses == []
    assert dict(Application.objects.values_list("pk", "candidate_id")) == of_person
    assert enqueue.applications(tenant.pk, address.lower()).count() == known

    # One more of the same person, found by a search between two syncs.
    row = {**ROW, "email": address}
    found = incremental.store_applicants(tenant.pk, [(row, json.dumps(row))])
    more = Application.objects.get(pk=found[ROW["applicant"]])
    assert more.candidate_id in of_person.values()
    assert address.lower() not in everywhere().lower()


@pytest.mark.django_db(transaction=True)
def test_what_is_submitted_is_stored_without_what_is_left_out(synced_tenant: Integration) -> None:
    scopes.choose(synced_tenant, left_out(Part.NAMES, Part.PHONES, Part.EMAILS))
    job = Job.objects.live().first()
    assert job is not None

    person = Candidate.objects.count()
    pk = incremental.expect_application(
        synced_tenant.pk,
        "one",
        job_id=job.pk,
        person_key="jo@mail.example",
        person=incremental.PersonRecord(
            "Jo", "Roux", [{"email_address": "jo@mail.example", "type": None}], []
        ),
    )

    application = Application.objects.select_related("candidate").get(pk=pk)
    assert Candidate.objects.count() == person + 1
    assert application.candidate.first_name is None
    assert application.candidate.email_addresses == []
    assert "@" not in application.person_key
    assert list(enqueue.applications(synced_tenant.pk, "jo@mail.example")) == [application]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("impatient")
def test_a_full_sync_that_does_not_read_applicants_has_not_applied_the_choice(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    scopes.choose(synced_tenant, left_out(Part.NAMES))
    named = Candidate.objects.exclude(last_name=None)
    assert named.exists()
    sandbox.faults.add(path="/search/applicants$", status=500)

    sync(synced_tenant)

    synced_tenant.refresh_from_db()
    assert synced_tenant.scopes_changed_at is not None
    sandbox.faults.clear()
    run = sync(synced_tenant, "DELTA")
    assert (run.type, run.state) == ("FULL", "SUCCEEDED")
    synced_tenant.refresh_from_db()
    assert synced_tenant.scopes_changed_at is None
    assert not named.exists()


@pytest.mark.django_db(transaction=True)
def test_models_that_are_left_out_are_not_asked_for_and_come_back(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    tenant = synced_tenant
    live = {model: model.objects.live().count() for model in (Application, Candidate, Tag, Job)}
    tagged = CandidateTag.objects.live().count()
    assert [model for model, count in live.items() if not count] == []
    assert tagged

    scopes.choose(tenant, left_out(Part.TAGS))
    run = sync_with_tags(tenant)

    assert run.state == "SUCCEEDED"
    paths = {request.path for request in sandbox.requests}
    assert not [path for path in paths if "/tags" in path or "/traits" in path]
    assert not Tag.objects.live().exists()
    assert not CandidateTag.objects.live().exists()
    assert not TraitReading.objects.exists()
    assert Candidate.objects.live().count() == live[Candidate]

    scopes.choose(tenant, left_out(Part.APPLICATIONS))
    sandbox.requests.clear()
    run = sync_with_tags(tenant)

    # All of them, which the guard would hold if it were Flatchr that said so.
    assert run.state == "SUCCEEDED"
    assert not [one for one in sandbox.requests if "applicant" in one.path]
    assert not Application.objects.live().exists()
    assert not Candidate.objects.live().exists()
    assert Job.objects.live().count() == live[Job]
    assert written(sync_with_tags(tenant, "DELTA")) == {}

    scopes.choose(tenant, Scopes({}))
    sync_with_tags(tenant, "DELTA")

    assert {model: model.objects.live().count() for model in live} == live
    assert CandidateTag.objects.live().count() == tagged


@pytest.mark.django_db(transaction=True)
def test_a_choice_made_while_a_full_sync_reads_is_applied_by_the_next(
    synced_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes.choose(synced_tenant, left_out(Part.PHONES))
    stages = FlatchrReader.stages

    def choose_meanwhile(reader: FlatchrReader) -> Any:
        scopes.choose(synced_tenant, left_out(Part.PHONES, Part.NAMES))
        return stages(reader)

    monkeypatch.setattr(FlatchrReader, "stages", choose_meanwhile)
    sync(synced_tenant)
    monkeypatch.undo()
    named = Candidate.objects.exclude(last_name=None)
    assert named.exists()

    run = sync(synced_tenant, "DELTA")

    assert run.type == "FULL"
    assert not named.exists()
    assert queue(synced_tenant, "DELTA").type == "DELTA"


@pytest.mark.django_db(transaction=True)
def test_without_applicants_a_first_full_sync_is_followed_by_deltas(
    connected_tenant: Integration,
) -> None:
    scopes.choose(connected_tenant, left_out(Part.APPLICATIONS))
    assert sync(connected_tenant).state == "SUCCEEDED"

    assert queue(connected_tenant, "DELTA").type == "DELTA"


@pytest.mark.django_db(transaction=True)
def test_what_was_held_of_applications_goes_with_them(
    synced_tenant: Integration, other_tenant: Integration
) -> None:
    mine = SyncRun.objects.latest("pk")
    other = SyncRun.objects.create(integration=other_tenant, state="SUCCEEDED")
    for application in Application.objects.all():
        mine.held_deletions.create(model=Model.APPLICATIONS, record_id=application.pk)
        other.held_deletions.create(model=Model.APPLICATIONS, record_id=application.pk)
    scopes.choose(synced_tenant, left_out(Part.APPLICATIONS))

    sync(synced_tenant)

    assert not mine.held_deletions.exists()
    assert other.held_deletions.count() == Application.objects.count()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/company/c/search/applicants", False),
        ("/company/c/vacancy/v/applicant/a/traits", False),
        ("/company/c/vacancies", True),
    ],
)
def test_answers_about_people_are_not_logged_where_something_of_them_is_left_out(
    path: str, kept: bool, tenant: Integration
) -> None:
    log = ExchangeRecorder(tenant.pk)
    answered = Exchange("k", "GET", "h", path, 1, timezone.now(), {}, "", 200, 0.1)
    answered = replace(answered, response_body="what Flatchr says")

    redacting_observer(log, tenant).exchange(answered)
    scopes.choose(tenant, left_out(Part.NAMES))
    redacting_observer(log, tenant).exchange(answered)

    bodies = [exchange.response_body for exchange in log.ended]
    assert bodies == ["what Flatchr says", "what Flatchr says" if kept else WITHHELD]
