"""Every parameter of the lists: what it finds, and how a wrong value is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.http import QueryDict

from integrations.api.errors import ApiError
from integrations.api.reads import cursors
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.scope import ReadScope
from integrations.models import Integration
from tests.api.making import NEW, SINCE, Maker
from tests.api.reading import LISTINGS, everything, ids, pages, query

pytestmark = pytest.mark.django_db

JOBS, CANDIDATES, APPLICATIONS = (LISTINGS[name] for name in ("jobs", "candidates", "applications"))


@pytest.fixture
def make(tenant: Integration) -> Maker:
    return Maker(tenant)


@pytest.fixture
def scope(tenant: Integration) -> ReadScope:
    return ReadScope(tenant.pk)


def of(*records: Any) -> set[str]:
    return {record.pk for record in records}


@pytest.mark.parametrize("name", LISTINGS)
def test_ids_and_remote_ids_narrow_every_list(
    name: str, make: Maker, scope: ReadScope, other_tenant: Integration
) -> None:
    listing = LISTINGS[name]
    kind = {"application-stages": "stage"}.get(name, name[:-1])
    one, two, three = (getattr(make, kind)() for _ in range(3))
    foreign = getattr(Maker(other_tenant), kind)(remote_id="foreign")
    if kind == "candidate":
        # One's remote id is that of one of one's applications.
        for candidate in (one, two, three):
            make.application(candidate, remote_id=candidate.remote_id)
        Maker(other_tenant).application(foreign, remote_id="foreign")

    assert ids(listing, scope) == of(one, two, three)
    assert ids(listing, scope, ids=f"{one.pk},{two.pk},unknown") == of(one, two)
    assert ids(listing, scope, remote_ids=f"{two.remote_id}, {three.remote_id}") == of(two, three)
    both = {"ids": f"{one.pk},{two.pk}", "remote_ids": f"{two.remote_id},{three.remote_id}"}
    assert ids(listing, scope, **both) == of(two)
    assert ids(listing, scope, ids=foreign.pk) == set()
    assert ids(listing, scope, remote_ids="foreign") == set()
    twice = QueryDict(f"ids={one.pk}&ids={two.pk}")
    assert len(listing.page(scope, twice).rows) == 2


@pytest.mark.parametrize("name", LISTINGS)
def test_deleted_records_are_listed_when_asked_for(
    name: str, make: Maker, scope: ReadScope
) -> None:
    kind = {"application-stages": "stage"}.get(name, name[:-1])
    live, gone = getattr(make, kind)(), getattr(make, kind)(remote_deleted_at=NEW)
    found = {
        row["id"]: row["remote_deleted_at"]
        for row in everything(LISTINGS[name], scope, include_deleted="true")
    }

    assert found == {live.pk: None, gone.pk: "2026-07-01T09:00:00.000Z"}
    assert ids(LISTINGS[name], scope, include_deleted="false") == of(live)
    assert ids(LISTINGS[name], scope) == of(live)


def test_jobs_by_their_closed_sets(make: Maker, scope: ReadScope) -> None:
    open_, closed = make.job(status="OPEN"), make.job(status="CLOSED", visibility="PUBLIC")
    odd = make.job(status="7", employment_type="CDI", visibility=None)
    intern = make.job(status="DRAFT", employment_type="INTERNSHIP", visibility="INTERNAL")

    assert ids(JOBS, scope) == of(open_, closed, odd, intern)
    assert ids(JOBS, scope, statuses="OPEN,DRAFT") == of(open_, intern)
    assert ids(JOBS, scope, status="CLOSED") == of(closed)
    assert ids(JOBS, scope, statuses="OPEN,DRAFT", status="DRAFT") == of(intern)
    assert ids(JOBS, scope, employment_types="INTERNSHIP,CONTRACT") == of(intern)
    assert ids(JOBS, scope, visibilities="PUBLIC,CONFIDENTIAL") == of(closed)


def test_jobs_by_name_and_address(make: Maker, scope: ReadScope) -> None:
    page = "https://nord.example/vacancy/a?b=c"
    carpenter = make.job(name="Charpentier (100% bois)", post_url=page)
    developer = make.job(name="DÉVELOPPEUSE [Python]")
    make.job(name=None)

    for text, found in {
        "charp": of(carpenter),
        "100% B": of(carpenter),
        "100_": set(),
        "développeuse": of(developer),
        "[PYTHON]": of(developer),
        "e": of(carpenter, developer),
        ".": set(),
        r"\A": set(),
    }.items():
        assert ids(JOBS, scope, name_contains=text) == found, text
    assert ids(JOBS, scope, post_url=page) == of(carpenter)
    assert ids(JOBS, scope, post_url=page.upper()) == set()


def test_jobs_by_the_day_of_their_creation(make: Maker, scope: ReadScope) -> None:
    morning = make.job(remote_created_at=datetime(2026, 3, 4, 8, tzinfo=UTC))
    evening = make.job(remote_created_at=datetime(2026, 3, 4, 20, tzinfo=UTC))
    make.job(remote_created_at=datetime(2026, 3, 3, 20, tzinfo=UTC))
    make.job(remote_created_at=None)

    for moment in ("2026-03-04", "2026-03-04T12:00:00Z", "2026-03-04T23:59:59.999Z"):
        assert ids(JOBS, scope, remote_created_after=moment) == of(morning, evening)
    assert ids(JOBS, scope, remote_created_after="2026-03-05") == set()
    assert len(ids(JOBS, scope, remote_created_after="0001-01-01T00:00:00Z")) == 3
    assert ids(JOBS, scope, remote_created_after="9999-12-31T23:59:59Z") == set()


def test_an_application_of_a_day_counts_from_that_day_on(make: Maker, scope: ReadScope) -> None:
    # The fourth of March as Flatchr has it: a day that begins in Paris.
    fourth = make.application(remote_created_at=datetime(2026, 3, 3, 23, tzinfo=UTC))
    make.application(remote_created_at=datetime(2026, 3, 2, 23, tzinfo=UTC))

    assert ids(APPLICATIONS, scope, remote_created_after="2026-03-04T00:00:00Z") == of(fourth)
    assert ids(APPLICATIONS, scope, remote_created_after="2026-03-04T23:00:00Z") == of(fourth)
    assert ids(APPLICATIONS, scope, remote_created_after="2026-03-05T00:00:00Z") == set()


def test_a_filter_on_what_flatchr_does_not_have_finds_nothing_or_is_ignored(
    make: Maker, scope: ReadScope
) -> None:
    job = make.job()

    assert ids(JOBS, scope, job_codes="A,B") == set()
    assert ids(JOBS, scope, job_codes="A,B", ignore_unsupported_filters="true") == of(job)
    assert ids(JOBS, scope, ignore_unsupported_filters="true", statuses="CLOSED") == set()


def test_a_candidate_by_e_mail_in_any_case(make: Maker, scope: ReadScope) -> None:
    nadia = make.candidate("Nadia.Perrot@mail.example")
    other = make.candidate("adia.perrot@mail.example")
    for candidate in (nadia, other, make.candidate()):
        make.application(candidate)
    # An application with an address that its candidate no longer has.
    make.application(other, person_key="old@mail.example")

    assert ids(CANDIDATES, scope, email="nadia.perrot@MAIL.example") == of(nadia)
    assert ids(CANDIDATES, scope, email="adia.perrot@mail.example") == of(other)
    assert ids(CANDIDATES, scope, email="old@mail.example") == set()
    assert ids(CANDIDATES, scope, email="%@mail.example") == set()
    assert ids(CANDIDATES, scope, email="nobody@mail.example") == set()


def test_candidates_by_name_in_any_case_and_whole(make: Maker, scope: ReadScope) -> None:
    elodie = make.candidate(first_name="Élodie", last_name="O'Brien (née Roy)")
    elo = make.candidate(first_name="Élo", last_name="Straße")
    make.candidate(first_name=None, last_name=None)

    assert ids(CANDIDATES, scope, first_name="éLODIE") == of(elodie)
    assert ids(CANDIDATES, scope, first_name="élo") == of(elo)
    assert ids(CANDIDATES, scope, last_name="o'brien (NÉE roy)") == of(elodie)
    assert ids(CANDIDATES, scope, last_name="straße") == of(elo)
    assert ids(CANDIDATES, scope, last_name="o.brien (née roy)") == set()
    assert ids(CANDIDATES, scope, first_name="Élodie", last_name="Straße") == set()


def test_candidates_by_the_jobs_they_applied_for(
    make: Maker, scope: ReadScope, other_tenant: Integration
) -> None:
    mason, baker = make.job(), make.job()
    first, second, gone = make.candidate(), make.candidate(), make.candidate()
    make.application(first, job=mason)
    make.application(second, job=baker)
    make.application(second, job=mason, remote_deleted_at=NEW)
    make.application(gone, job=baker, remote_deleted_at=NEW)
    elsewhere = Maker(other_tenant)
    foreign = elsewhere.application(job=elsewhere.job())

    assert ids(CANDIDATES, scope, job_ids=mason.pk) == of(first)
    assert ids(CANDIDATES, scope, job_ids=f"{mason.pk},{baker.pk}") == of(first, second)
    everyone = ids(CANDIDATES, scope, job_ids=mason.pk, include_deleted="true")
    assert everyone == of(first, second)
    assert ids(CANDIDATES, scope, job_ids=foreign.job_id) == set()


def test_applications_by_outcome_job_and_stage(make: Maker, scope: ReadScope) -> None:
    mason, stage = make.job(remote_id="vac-1"), make.stage()
    hired = make.application(outcome="HIRED", job=mason)
    declined = make.application(outcome="DECLINED", current_stage=stage)
    pending = make.application(job=mason, current_stage=stage)

    assert ids(APPLICATIONS, scope, outcomes="HIRED,DECLINED") == of(hired, declined)
    assert ids(APPLICATIONS, scope, outcome="PENDING") == of(pending)
    assert ids(APPLICATIONS, scope, job_ids=mason.pk) == of(hired, pending)
    assert ids(APPLICATIONS, scope, job_remote_ids="vac-1,vac-2") == of(hired, pending)
    assert ids(APPLICATIONS, scope, current_stage_ids=f"{stage.pk},x") == of(declined, pending)
    both = {"current_stage_ids": stage.pk, "job_remote_ids": "vac-1"}
    assert ids(APPLICATIONS, scope, **both) == of(pending)


WRONG = [
    ("jobs", "page_size", "0"),
    ("jobs", "page_size", "251"),
    ("jobs", "page_size", "ten"),
    ("jobs", "page_size", "1.5"),
    ("jobs", "page_size", "²"),
    ("tags", "include_deleted", "yes"),
    ("tags", "include_deleted", "True"),
    ("tags", "ignore_unsupported_filters", "1"),
    ("candidates", "updated_after", "yesterday"),
    ("candidates", "updated_after", "01/05/2024"),
    ("candidates", "updated_after", "2024-02-30"),
    ("candidates", "updated_after", "2024-01-01T25:00:00Z"),
    ("candidates", "updated_after", "0000-01-01"),
    ("candidates", "updated_after", "0001-01-01T00:00:00+14:00"),
    ("candidates", "updated_after", "1714557600"),
    ("candidates", "ids", ""),
    ("candidates", "ids", ","),
    ("candidates", "remote_ids", "a\0b"),
    ("candidates", "email", "nadia"),
    ("candidates", "email", ""),
    ("candidates", "first_name", ""),
    ("candidates", "last_name", "a\0"),
    ("candidates", "first_name", "x" * 1001),
    ("jobs", "statuses", "OPEN,open"),
    ("jobs", "status", "NEW"),
    ("jobs", "employment_types", "CDI"),
    ("jobs", "visibilities", "SECRET"),
    ("jobs", "remote_created_after", "soon"),
    ("jobs", "cursor", "x"),
    ("jobs", "cursor", "é"),
    ("applications", "outcomes", "PENDING,LOST"),
    ("applications", "outcome", "hired"),
]


@pytest.mark.parametrize(("listing", "name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_parameter(
    listing: str, name: str, value: str, scope: ReadScope
) -> None:
    with pytest.raises(ApiError) as refused:
        LISTINGS[listing].page(scope, query(**{name: value}))

    assert refused.value.code == "PLATFORM.INPUT_INVALID"
    assert refused.value.status == 400
    assert f"parameter {name} " in refused.value.message


@pytest.mark.parametrize("name", ["page_size", "updated_after", "email", "include_deleted"])
def test_a_value_given_twice_is_refused(name: str, scope: ReadScope) -> None:
    with pytest.raises(ApiError, match=f"{name} is given more than once"):
        CANDIDATES.page(scope, QueryDict(f"{name}=1&{name}=2"))


def test_parameters_that_are_not_known_are_passed_over(make: Maker, scope: ReadScope) -> None:
    job = make.job()

    assert ids(JOBS, scope, colour="red", outcomes="x") == of(job)
    assert ids(JOBS, scope, cursor="") == of(job)


def test_moments_are_understood_as_clients_write_them() -> None:
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    for text, expected in {
        "2024-05-01T10:00:00.123000Z": at.replace(microsecond=123000),
        "2024-05-01T10:00:00.123456789Z": at.replace(microsecond=123456),
        "2024-05-01T10:00:00": at,
        "2024-05-01 10:00": at,
        "2024-05-01": at.replace(hour=0),
        "2024-05-01Z": at.replace(hour=0),
        "2024-05-01T12:00:00+02:00": at,
        "2024-05-01T12:00:00 02:00": at,
        "2024-05-01T05:00:00-0500": at,
        "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
    }.items():
        assert Parameters(query(updated_after=text)).moment("updated_after") == expected, text
    zone = timezone(timedelta(hours=2))
    given = at.astimezone(zone).isoformat()
    assert Parameters(query(at=given)).moment("at") == at


def test_a_cursor_leads_back_to_its_own_list_alone(make: Maker, scope: ReadScope) -> None:
    make.job(), make.job()
    following = JOBS.page(scope, query(page_size=1)).following

    assert following is not None
    assert cursors.cursor("jobs", cursors.position("jobs", following)) == following
    for wrong in (following + "=", following[:-1], following + "!", "a" + following, "a" * 300):
        with pytest.raises(ApiError, match="parameter cursor"):
            JOBS.page(scope, query(cursor=wrong))
    with pytest.raises(ApiError, match="parameter cursor"):
        CANDIDATES.page(scope, query(cursor=following))


def test_pages_are_as_long_as_asked_for_and_the_last_says_so(make: Maker, scope: ReadScope) -> None:
    made = of(*(make.job() for _ in range(6)))

    assert [len(page) for page in pages(JOBS, scope, page_size=2)] == [2, 2, 2]
    assert [len(page) for page in pages(JOBS, scope, page_size=4)] == [4, 2]
    assert [len(page) for page in pages(JOBS, scope, page_size=250)] == [6]
    assert ids(JOBS, scope, page_size=1) == made
    assert [len(page) for page in pages(CANDIDATES, scope)] == [0]


def test_records_come_as_they_arrived_and_by_id_where_they_arrived_together(
    make: Maker, scope: ReadScope
) -> None:
    """Those that were stored before there were places share one."""
    old = sorted((make.job(arrival=0) for _ in range(5)), key=lambda job: job.pk)
    new = [make.job(arrival=number) for number in (9, 3, 3, 10**15)]
    expected = [job.pk for job in (*old, *sorted(new, key=lambda job: (job.arrival, job.pk)))]

    for size in (1, 2, 3, 250):
        walked = [row["id"] for page in pages(JOBS, scope, page_size=size) for row in page]
        assert walked == expected
    changed = make.job(arrival=1, changed_at=NEW)
    walked = [row["id"] for page in pages(JOBS, scope, updated_after=SINCE) for row in page]
    assert walked == [changed.pk]


def test_a_filter_takes_two_thousand_values_and_no_more() -> None:
    many = ",".join(map(str, range(2_000)))
    assert len(Parameters(QueryDict(f"ids={many}")).several("ids") or ()) == 2_000
    with pytest.raises(ApiError, match="up to 2000 values"):
        Parameters(QueryDict(f"ids={many},more")).several("ids")
