"""One read of a tenant, over real HTTP through the real client, against the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from integrations.enumerations import Outcome
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints, Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.mapping.values import ValueMaps
from integrations.flatchr.reader import FlatchrReader
from integrations.records import (
    ApplicationRecord,
    Finding,
    JobRecord,
    Model,
    RawApplicant,
    Rejected,
    StageRecord,
    TagRecord,
)
from integrations.sandbox import Sandbox

SEARCH = "/search/applicants"


class Reading:
    """A reader on a sandbox, and what it reported."""

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self.sandbox = sandbox
        self.findings: list[Finding] = []
        self.client = FlatchrClient(
            Endpoints(sandbox.url, sandbox.url),
            Credentials(sandbox.api_key, sandbox.company_key, sandbox.slug),
            policy=Policy(attempts=1),
        )
        self.reader = FlatchrReader(
            self.client,
            careers_url="https://careers.flatchr.example",
            integration_id="flatchr:2zVj8YkQm4Rw7XcT9bNs3KpL",
            report=self.findings.append,
            **options,
        )

    @property
    def codes(self) -> Counter[str]:
        return Counter(finding.code for finding in self.findings)

    def jobs(self) -> list[JobRecord]:
        return [job for job in self.reader.jobs() if isinstance(job, JobRecord)]

    def prepare(self) -> FlatchrReader:
        """The reader with all that applicants are joined with already read."""
        for records in (self.reader.jobs(), self.reader.stages(), self.reader.tags()):
            for record in records:
                assert not isinstance(record, Rejected)
        self.findings.clear()
        return self.reader

    def rows(self, since: date | None = None) -> list[RawApplicant]:
        return [row for row in self.reader.applicants(since) if isinstance(row, RawApplicant)]

    def application(self, applicant: str) -> ApplicationRecord:
        row = next(row for row in self.rows() if row.remote_id == applicant)
        record = self.reader.application(row)
        assert isinstance(record, ApplicationRecord)
        return record


@pytest.fixture
def read(make_sandbox: Callable[..., Sandbox]) -> Iterator[Callable[..., Reading]]:
    """Starts a reading of a small sandbox; further ones share it."""
    sandbox = make_sandbox(vacancies=12, applicants=60)
    readings: list[Reading] = []

    def start(**options: Any) -> Reading:
        readings.append(Reading(sandbox, **options))
        return readings[-1]

    yield start
    for reading in readings:
        reading.client.close()


Read = Callable[..., Reading]


def test_every_vacancy_is_a_job_once_with_its_labels(read: Read) -> None:
    reading = read()
    jobs = reading.jobs()
    source = {vacancy["id"]: vacancy for vacancy in reading.sandbox.vacancies()}
    assert sorted(job.remote_id for job in jobs) == sorted(source)
    for job in jobs:
        assert job.name == source[job.remote_id]["title"].strip()
        assert job.vacancy_id == source[job.remote_id]["vacancy_id"]
        assert json.loads(job.raw)["id"] == job.remote_id
    assert {"FULL_TIME", "CONTRACT"} <= {job.employment_type for job in jobs}
    assert {"OPEN", "CLOSED"} <= {job.status for job in jobs}
    assert "PUBLIC" in {job.visibility for job in jobs}
    assert any(job.location and job.location["country"] == "FR" for job in jobs)
    assert any(job.department for job in jobs)
    assert reading.reader.incomplete == set()


def test_a_read_sends_few_requests_and_changes_nothing(read: Read) -> None:
    reading = read()
    list(reading.prepare().applicants(None))
    assert reading.sandbox.requests.counters == {
        "GET /contracts": 1,
        "GET /channels": 1,
        "GET /company/{company}/vacancies": 2,
        "GET /company/{company}/columns": 1,
        "GET /company/{company}/tags": 1,
        "POST /company/{company}/search/applicants": 2,
    }
    queries = [one.query for one in reading.sandbox.requests.matching("GET", "/vacancies")]
    assert queries == [
        {"fields": "address,tags,items"},
        {"fields": "address,tags,items", "status": "0"},
    ]
    (contracts,) = reading.sandbox.requests.matching("GET", "/contracts")
    assert contracts.query == {"lang": "fr"}


def test_nothing_is_asked_before_it_is_needed(read: Read) -> None:
    reading = read()
    reading.reader.jobs()
    reading.reader.applicants(None)
    assert len(reading.sandbox.requests) == 0


def test_labels_of_fields_are_read_only_when_switched_on(read: Read) -> None:
    reading = read(integration_fields=frozenset({"metier", "activity", "reference"}))
    jobs = reading.jobs()
    counters = reading.sandbox.requests.counters
    assert counters["GET /activities"] == 1
    assert counters["GET /educationLevels"] == 0
    assert counters["GET /channels/{channel}/metiers"] > 1
    values = {field["key"]: field["value"] for field in jobs[0].integration_fields}
    assert set(values) == {"metier", "activity", "reference"}
    assert isinstance(values["metier"], str)


def test_labels_that_a_custom_field_carries_are_read_too(read: Read) -> None:
    reading = read(custom_fields={"industry": "activity"})
    jobs = reading.jobs()
    assert reading.sandbox.requests.counters["GET /activities"] == 1
    assert {type(job.custom_fields["industry"]) for job in jobs} == {str}
    assert [job.integration_fields for job in jobs] == [[]] * len(jobs)


def test_value_maps_reach_the_jobs(read: Read) -> None:
    reading = read(value_maps=ValueMaps(contracts={"cdi": "SEASONAL"}))
    assert "FULL_TIME" not in {job.employment_type for job in reading.jobs()}


def test_closed_vacancies_come_from_their_own_list_when_the_first_leaves_them_out(
    read: Read,
) -> None:
    reading = read()
    everything = [json.loads(job.raw) for job in reading.jobs()]
    active = [vacancy for vacancy in everything if vacancy["status"] == 1]
    again = read()
    again.sandbox.faults.add(path="/vacancies", status=200, content=active, times=1)
    assert {job.remote_id for job in again.jobs()} == {
        vacancy["id"] for vacancy in everything if vacancy["status"] in (0, 1)
    }
    assert again.reader.incomplete == set()


def test_a_vacancy_that_changed_between_the_two_lists_comes_again_as_it_is_now(read: Read) -> None:
    first, second = (
        {"id": "v1", "vacancy_id": 1, "status": 1, "title": title} for title in ("Avant", "Après")
    )
    reading = read()
    reading.sandbox.faults.add(path="/vacancies", status=200, content=[first], times=1)
    reading.sandbox.faults.add(
        path="/vacancies", status=200, content=[first, {**second, "status": 0}], times=1
    )
    assert [job.name for job in reading.jobs()] == ["Avant", "Après"]
    assert "duplicate_vacancy_id" not in reading.codes


@pytest.mark.parametrize(
    "answer", [{"status": 400}, {"status": 422}, {"status": 200, "content": [{"status": 1}]}]
)
def test_when_closed_vacancies_cannot_be_listed_the_read_goes_on_and_is_not_complete(
    read: Read, answer: dict[str, Any]
) -> None:
    reading = read()
    vacancy = {"id": "v1", "vacancy_id": 1, "status": 1}
    reading.sandbox.faults.add(path="/vacancies", status=200, content=[vacancy], times=1)
    if "content" in answer:
        answer = {**answer, "content": [vacancy]}
    reading.sandbox.faults.add(path="/vacancies", **answer)
    assert [job.remote_id for job in reading.jobs()] == ["v1"]
    assert reading.codes["closed_vacancies_unread"] == 1
    assert reading.reader.incomplete == {Model.JOBS, Model.JOB_STAGES}


def test_two_vacancies_with_one_plain_id_are_reported_and_the_first_is_joined(read: Read) -> None:
    reading = read()
    vacancies = [{"id": name, "vacancy_id": 7, "status": 0} for name in ("v1", "v2")]
    reading.sandbox.faults.add(path="/vacancies", status=200, content=vacancies)
    assert [job.remote_id for job in reading.jobs()] == ["v1", "v2"]
    assert reading.codes["duplicate_vacancy_id"] == 1
    rows = [{"applicant": "a", "vacancy_id": 7}]
    reading.sandbox.faults.add(path=SEARCH, status=200, content=rows)
    assert reading.application("a").job_remote_id == "v1"


@pytest.mark.parametrize("status", [400, 403, 404])
def test_refused_referentials_leave_labels_out_with_one_finding_each(
    read: Read, status: int
) -> None:
    reading = read()
    reading.sandbox.faults.add(path="/(contracts|channels)$", status=status)
    jobs = reading.jobs()
    assert len(jobs) == 12
    assert {job.category for job in jobs} == {None}
    findings = [f for f in reading.findings if f.code == "referential_unread"]
    assert sorted(finding.value for finding in findings) == ["/channels", "/contracts"]
    assert not any(code.endswith("_id") for code in reading.codes)
    assert reading.reader.incomplete == set()


def test_stages_hold_hidden_columns_and_report_a_shared_title_once(read: Read) -> None:
    reading = read()
    stages = list(reading.reader.stages())
    columns = reading.sandbox.columns()
    assert [stage.remote_id for stage in stages] == [str(column["id"]) for column in columns]
    assert any(isinstance(stage, StageRecord) and not stage.visible for stage in stages)
    list(reading.reader.applicants(None))
    assert reading.codes == {"duplicate_stage_title": 1}


def test_an_application_stands_in_the_visible_column_of_its_title(read: Read) -> None:
    reading = read()
    title = next(iter(Counter(c["title"] for c in reading.sandbox.columns()).most_common(1)))[0]
    shared = [column for column in reading.sandbox.columns() if column["title"] == title]
    assert len(shared) == 2
    hidden = next(column for column in shared if not column["visible"])
    shown = next(column for column in shared if column["visible"])
    applicant = reading.sandbox.add_applicant(column=hidden["id"])
    reading.prepare()
    assert reading.application(applicant).stage_remote_id == str(shown["id"])


def test_stages_and_tags_sent_twice_come_once_as_they_were_last(read: Read) -> None:
    reading = read()
    columns = [{"id": 1, "title": "Avant"}, {"id": 2, "title": "B"}, {"id": 1, "title": "Après"}]
    reading.sandbox.faults.add(path="/columns", status=200, content=columns)
    stages = list(reading.reader.stages())
    assert [(s.remote_id, s.name) for s in stages if isinstance(s, StageRecord)] == [
        ("1", "Après"),
        ("2", "B"),
    ]
    tags = [
        {"id": "t", "title": "T", "values": values, "type": "candidates"} for values in ("a;b", "b")
    ]
    reading.sandbox.faults.add(path="/tags", status=200, content=tags)
    assert list(reading.reader.tags()) == [TagRecord("t:b", "T: b", "t", False)]


def test_tags_are_those_of_candidates_by_value(read: Read) -> None:
    reading = read()
    plain = reading.sandbox.add_tag("Vivier", type="candidates")
    with_values = reading.sandbox.add_tag("Permis", "B; C", type="candidates")
    of_vacancies = reading.sandbox.add_tag("FINANCE", type="vacancies")
    tags = {tag.remote_id: tag for tag in reading.reader.tags() if isinstance(tag, TagRecord)}
    assert tags[plain].name == "Vivier"
    assert tags[f"{with_values}:C"] == TagRecord(
        f"{with_values}:C", "Permis: C", with_values, discovered=False
    )
    assert of_vacancies not in tags


def test_traits_are_tags_and_a_new_value_is_discovered(read: Read) -> None:
    reading = read()
    tag = reading.sandbox.add_tag("Permis", "B;C", type="candidates")
    applicant = reading.sandbox.add_applicant()
    reading.sandbox.set_trait(applicant, tag, "C")
    reading.prepare()
    assert reading.reader.traits(applicant) == [TagRecord(f"{tag}:C", "Permis: C", tag, False)]
    other = reading.sandbox.add_applicant()
    reading.sandbox.set_trait(other, tag, "Cariste")
    assert reading.reader.traits(other) == [
        TagRecord(f"{tag}:Cariste", "Permis: Cariste", tag, discovered=True)
    ]
    assert reading.findings == []


def test_an_applicant_without_traits_has_no_tags_and_one_that_is_gone_raises(read: Read) -> None:
    reading = read()
    applicant = reading.sandbox.add_applicant()
    reading.prepare()
    assert reading.reader.traits(applicant) == []
    with pytest.raises(FlatchrError):
        reading.reader.traits("Gone1234Gone1234")


def test_active_applicants_come_first_then_archived_ones(read: Read) -> None:
    reading = read()
    archived = reading.sandbox.add_applicant(lastname="Archivée")
    reading.sandbox.archive(archived)
    reading.prepare()
    rows = reading.rows()
    assert len(rows) == len({row.remote_id for row in rows}) > 60
    statuses = [row.data["status"] for row in rows]
    assert statuses == sorted(statuses, reverse=True)
    assert reading.application(archived).outcome == Outcome.DECLINED
    assert reading.reader.incomplete == set()


def test_applications_are_joined_with_their_jobs_and_people(read: Read) -> None:
    reading = read()
    vacancy = reading.sandbox.add_vacancy(title="Boulanger H/F")
    column = reading.sandbox.columns()[0]
    applicant = reading.sandbox.add_applicant(
        vacancy=vacancy,
        column=column["id"],
        firstname=" Nadia ",
        lastname="Perrot",
        email="Nadia@EXAMPLE.org",
        phone="06 39 98 12 34",
    )
    reading.prepare()
    application = reading.application(applicant)
    assert application.job_remote_id == vacancy
    assert application.stage_remote_id == str(column["id"])
    assert application.person_key == "nadia@example.org"
    assert application.person.first_name == "Nadia"
    assert application.person.phone_numbers == [{"phone_number": "+33639981234", "type": None}]


def test_mapping_waits_for_application_and_so_do_its_findings(read: Read) -> None:
    reading = read()
    applicant = reading.sandbox.add_applicant(email="aucune")
    reading.prepare()
    reading.rows()
    assert reading.findings == []
    reading.application(applicant)
    assert reading.codes == {"invalid_email": 1}


def test_an_unchanged_row_keeps_its_fingerprint_and_a_changed_one_does_not(read: Read) -> None:
    reading = read()
    moved = reading.sandbox.add_applicant(column=reading.sandbox.columns()[0]["id"])
    reading.prepare()
    before = {row.remote_id: row.fingerprint for row in reading.rows()}
    reading.sandbox.move(moved, reading.sandbox.columns()[1]["id"])
    again = read()
    again.prepare()
    after = {row.remote_id: row.fingerprint for row in again.rows()}
    assert {key for key in after if after[key] != before[key]} == {moved}


def test_a_vacancy_no_longer_listed_is_known_from_an_earlier_read(read: Read) -> None:
    reading = read()
    vacancy = reading.sandbox.add_vacancy()
    applicant = reading.sandbox.add_applicant(vacancy=vacancy)
    number = next(v["vacancy_id"] for v in reading.sandbox.vacancies() if v["id"] == vacancy)
    reading.sandbox.remove_vacancy(vacancy)
    reading.prepare()
    assert reading.application(applicant).job_remote_id is None
    assert reading.codes == {"unknown_vacancy": 1}
    later = read(known_jobs={number: vacancy})
    later.prepare()
    assert later.application(applicant).job_remote_id == vacancy
    assert later.codes == {}


def test_since_is_sent_with_the_month_first_to_both_searches(read: Read) -> None:
    reading = read()
    old = reading.sandbox.add_applicant(created=date(2025, 1, 2), updated=date(2025, 1, 2))
    day = reading.sandbox.add_applicant(created=date(2025, 1, 2), updated=date(2026, 4, 3))
    gone = reading.sandbox.add_applicant(created=date(2025, 1, 2))
    reading.sandbox.edit_applicant(gone, status=0, updated=date(2026, 4, 5))
    reading.prepare()
    found = {row.remote_id for row in reading.rows(date(2026, 4, 3))}
    assert {day, gone} <= found
    assert old not in found
    searches = [json.loads(one.body) for one in reading.sandbox.requests.matching("POST", SEARCH)]
    assert searches == [
        {"start_update": "04/03/26"},
        {"status": 0, "start_update": "04/03/26"},
    ]


ACTIVE_ROW = {"applicant": "a", "status": 1}
ARCHIVED_ROW = {"applicant": "b", "status": 0}


@pytest.mark.parametrize(
    ("answer", "extra", "complete"),
    [
        ({"status": 400}, [], False),
        ({"status": 404}, [], False),
        ({"status": 200, "content": [ACTIVE_ROW]}, [], False),
        ({"status": 200, "content": [{"applicant": "a", "status": "1"}]}, [], False),
        ({"status": 200, "content": []}, [], True),
        ({"status": 200, "content": [ARCHIVED_ROW]}, ["b"], True),
        ({"status": 200, "content": [ACTIVE_ROW, ARCHIVED_ROW]}, ["b"], True),
    ],
)
def test_the_archived_search_is_judged_by_its_answer(
    read: Read, answer: dict[str, Any], extra: list[str], complete: bool
) -> None:
    reading = read()
    reading.sandbox.faults.add(path=SEARCH, body={"status": 0}, **answer)
    reading.sandbox.faults.add(path=SEARCH, status=200, content=[ACTIVE_ROW])
    assert [row.remote_id for row in reading.rows()] == ["a", *extra]
    if complete:
        assert (reading.findings, reading.reader.incomplete) == ([], set())
    else:
        assert reading.codes == {"archived_applicants_unread": 1}
        assert reading.reader.incomplete == {Model.APPLICATIONS, Model.CANDIDATES}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 401}, ErrorKind.WRONG_KEY),
        ({"status": 403}, ErrorKind.WRONG_COMPANY),
        ({"status": 429}, ErrorKind.RATE_LIMITED),
        ({"status": 503}, ErrorKind.SERVER_ERROR),
        ({"html": True}, ErrorKind.NOT_UNDERSTOOD),
        ({"wrong_shape": True}, ErrorKind.NOT_UNDERSTOOD),
        ({"invalid_json": True}, ErrorKind.CUT_SHORT),
        ({"reset": True}, ErrorKind.UNREACHABLE),
    ],
)
def test_other_failures_end_the_read(read: Read, fault: dict[str, Any], kind: ErrorKind) -> None:
    reading = read()
    reading.sandbox.faults.add(path=SEARCH, body={"status": 0}, **fault)
    with pytest.raises(FlatchrError) as caught:
        list(reading.reader.applicants(None))
    assert caught.value.kind == kind
    reading.sandbox.faults.add(path="/(vacancies|columns|tags)$", **fault)
    for records in (reading.reader.jobs(), reading.reader.stages(), reading.reader.tags()):
        with pytest.raises(FlatchrError):
            list(records)
    assert reading.findings == []


def test_rows_come_out_before_the_answer_is_complete(read: Read) -> None:
    reading = read()
    reading.sandbox.faults.add(path=SEARCH, cut=4000)
    rows = reading.reader.applicants(None)
    assert isinstance(next(rows), RawApplicant)
    with pytest.raises(FlatchrError) as caught:
        list(rows)
    assert caught.value.kind == ErrorKind.CUT_SHORT


ODD: list[Any] = [None, 5, "x", [], {}, {"id": None, "applicant": None}]


def test_elements_that_are_no_records_are_rejected_and_the_rest_goes_on(read: Read) -> None:
    reading = read()
    good = {"id": "g", "applicant": "g", "type": "candidates", "title": "G", "status": 0}
    content = [*ODD, good]
    reading.sandbox.faults.add(path="/(vacancies|columns|tags)$", status=200, content=content)
    reading.sandbox.faults.add(path=SEARCH, body={"status": 0}, status=200, content=[])
    reading.sandbox.faults.add(path=SEARCH, status=200, content=content)
    reads: list[tuple[Model, Iterator[Any]]] = [
        (Model.JOBS, reading.reader.jobs()),
        (Model.APPLICATION_STAGES, reading.reader.stages()),
        (Model.TAGS, reading.reader.tags()),
        (Model.APPLICATIONS, reading.reader.applicants(None)),
    ]
    for model, records in reads:
        found = list(records)
        rejected = [record for record in found if isinstance(record, Rejected)]
        assert [json.loads(record.raw) for record in rejected] == ODD
        assert {record.model for record in rejected} == {model}
        assert [record.remote_id for record in found if record not in rejected] == ["g"]
        # A record that cannot be told from others may be one that would seem to be gone.
        assert model in reading.reader.incomplete


def test_a_record_rejected_under_its_own_id_leaves_the_read_complete(read: Read) -> None:
    reading = read()
    deep: Any = []
    for _ in range(150):
        deep = [deep]
    columns = [{"id": 1, "title": deep}, {"id": 2, "title": "B"}]
    reading.sandbox.faults.add(path="/columns", status=200, content=columns)
    rejected, kept = reading.reader.stages()
    assert isinstance(rejected, Rejected)
    assert (rejected.remote_id, kept.remote_id) == ("1", "2")
    assert reading.reader.incomplete == set()


def test_what_cannot_be_stored_is_replaced_on_the_way(read: Read) -> None:
    reading = read()
    rows = [{"applicant": "a", "firstname": "Na\0dia", "status": 0}]
    reading.sandbox.faults.add(path=SEARCH, status=200, content=rows)
    application = reading.application("a")
    assert application.person.first_name == "Na\ufffddia"
    assert json.loads(application.raw)["firstname"] == "Na\ufffddia"
    assert reading.codes == {"unstorable_text": 1}


def test_two_reads_of_the_same_flatchr_say_the_same(read: Read) -> None:
    def everything() -> tuple[list[Any], list[Finding]]:
        reading = read(integration_fields=frozenset({"reference", "activity"}))
        records: list[Any] = [*reading.reader.jobs(), *reading.reader.stages()]
        records += reading.reader.tags()
        rows = reading.rows()
        records += [*rows, *map(reading.reader.application, rows)]
        return records, reading.findings

    assert everything() == everything()
