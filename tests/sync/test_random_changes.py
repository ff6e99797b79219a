"""Whatever happens in Flatchr, and in whatever order it is read: in the end the tables agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from integrations.models import Integration
from integrations.sandbox import Sandbox
from tests.support.examples import examples
from tests.sync.people import DAY, add
from tests.sync.rows import TABLES, as_flatchr_has_it
from tests.sync.running import all_counts, sync_with_tags

pytestmark = pytest.mark.django_db(transaction=True)

EMAILS = ("ada@example.org", "BEA@example.org", "bea@example.org", None, "x")
VALUES = ("Rouge", "Vert", "Bleu", "", "Rouge; Bleu")
LISTS = ("", "Rouge", "Rouge;Vert", "Vert;Bleu")
TITLES = ("Entretien RH", "Vivier", "Nouveau")

Step = Callable[["Company", int, int], object]


class Company:
    """A Flatchr that people work in. Lists are too short for the guard to hold anything.

    A step that finds nothing to change changes nothing.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.people = [add(sandbox, f"Ada {n}", EMAILS[n % 3]) for n in range(6)]
        self.colour = sandbox.add_tag("Couleur", "Rouge;Vert")
        for person, value in zip(self.people, VALUES, strict=False):
            sandbox.set_trait(person, self.colour, value)

    def person(self, place: int) -> str:
        return self.people[place % len(self.people)]

    def column(self, place: int) -> int:
        columns = self.sandbox.columns()
        return int(columns[place % len(columns)]["id"])

    def vacancy(self, place: int) -> str:
        vacancies = self.sandbox.vacancies()
        return str(vacancies[place % len(vacancies)]["id"])

    def apply(self, a: int, b: int) -> None:
        new = add(
            self.sandbox, f"Ada {a}", EMAILS[b % 5], vacancy=self.vacancy(a),
            updated=DAY + timedelta(days=a % 3), status=int(a % 4 != 0),
        )  # fmt: skip
        self.people.append(new)

    def edit(self, a: int, b: int) -> None:
        # Not the e-mail: who is known keeps the candidate, where who is new may join another.
        day = DAY + timedelta(days=b % 4)
        self.sandbox.edit_applicant(self.person(a), firstname=f"Édith {b}", updated=day)

    def move(self, a: int, b: int) -> None:
        self.sandbox.move(self.person(a), self.column(b))

    def archive(self, a: int, b: int) -> None:
        self.sandbox.edit_applicant(self.person(a), status=b % 2)

    def erase(self, a: int, _: int) -> None:
        if len(self.people) > 1:
            person = self.person(a)
            self.people.remove(person)
            self.sandbox.remove_applicant(person)

    def put_tag(self, a: int, b: int) -> None:
        known = [tag["id"] for tag in self.sandbox.tags() if tag["type"] == "candidates"]
        if known:
            self.sandbox.set_trait(self.person(a), known[b % len(known)], VALUES[a % 5])

    def take_tag(self, a: int, _: int) -> None:
        for trait in self.sandbox.traits(self.person(a))[:1]:
            self.sandbox.remove_trait(self.person(a), trait["id"])

    def edit_tag(self, a: int, _: int) -> None:
        self.sandbox.edit_tag(self.colour, values=LISTS[a % 4])

    def remove_tag(self, a: int, _: int) -> None:
        tags = self.sandbox.tags()
        self.sandbox.remove_tag(tags[a % len(tags)]["id"] if tags else "")

    def edit_vacancy(self, a: int, b: int) -> None:
        self.sandbox.edit_vacancy(self.vacancy(a), title=f"Vigneron {b}", status=b % 2)

    def add_vacancy(self, _: int, __: int) -> None:
        if len(self.sandbox.vacancies()) < 5:
            self.sandbox.add_vacancy(title="Tonnelier")

    def remove_vacancy(self, a: int, _: int) -> None:
        if len(self.sandbox.vacancies()) > 1:
            self.sandbox.remove_vacancy(self.vacancy(a))

    def rename_column(self, a: int, b: int) -> None:
        self.sandbox.edit_column(self.column(a), title=TITLES[b % 3])

    def remove_column(self, a: int, _: int) -> None:
        if len(self.sandbox.columns()) > 2:
            self.sandbox.remove_column(self.column(a))


SYNCS = ("FULL", "DELTA")
CHANGES: tuple[Step, ...] = (
    Company.apply,
    Company.edit,
    Company.move,
    Company.archive,
    Company.erase,
    Company.erase,
    Company.put_tag,
    Company.take_tag,
    Company.edit_tag,
    Company.remove_tag,
    Company.edit_vacancy,
    Company.add_vacancy,
    Company.remove_vacancy,
    Company.rename_column,
    Company.remove_column,
)
PLACES = st.integers(min_value=0, max_value=11)
STORIES = st.lists(
    st.tuples(
        st.sampled_from(CHANGES),
        PLACES,
        PLACES,
        st.sampled_from((*SYNCS, None, None, None, None, None)),
    ),
    min_size=12,
    max_size=12,
)


def comparable(tenant: Integration) -> dict[str, Any]:
    """The live rows, with candidates named by their applications.

    A candidate's remote id tells which application was seen first, and a tag that was met on
    somebody stays when nobody bears it any more: both are memories that a new tenant has not.
    """
    found: dict[str, Any] = {table.__name__: {} for table in TABLES}
    for (table, remote_id), row in as_flatchr_has_it(tenant).items():
        found[table][remote_id] = row
    members: dict[str, set[str]] = {}
    for remote_id, row in found["Application"].items():
        members.setdefault(row.pop("candidate__remote_id"), set()).add(remote_id)
    groups = {candidate: frozenset(group) for candidate, group in members.items()}
    found["Candidate"] = {
        groups[key]: row | {"remote_id": None} for key, row in found["Candidate"].items()
    }
    worn = found["CandidateTag"].values()
    found["CandidateTag"] = {
        (groups[row["candidate__remote_id"]], row["tag__remote_id"]) for row in worn
    }
    borne = {tag for _, tag in found["CandidateTag"]}
    found["Tag"] = {
        key: row for key, row in found["Tag"].items() if key in borne or not row["discovered"]
    }
    return found


def read(tenant: Integration, type: str) -> None:
    run = sync_with_tags(tenant, type)
    assert run.state == "SUCCEEDED"
    for model, figures in all_counts(run).items():
        rest = ("created", "updated", "unchanged", "restored")
        assert figures.get("seen", 0) == sum(figures.get(name, 0) for name in rest), model


def test_after_a_full_sync_the_tables_are_those_of_a_tenant_connected_just_now(
    make_sandbox: Callable[..., Sandbox], make_tenant: Any
) -> None:
    @settings(
        # One database is enough for chance; the other shows that it can.
        max_examples=examples(3 if connection.vendor == "sqlite" else 1),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(STORIES)
    def tell(story: list[tuple[Step, int, int, str | None]]) -> None:
        sandbox = make_sandbox(vacancies=2, applicants=1)
        tenant = make_tenant("Atelier Nord", sandbox=sandbox)
        company = Company(sandbox)
        read(tenant, "FULL")
        for change, a, b, then in story:
            change(company, a, b)
            if then:
                read(tenant, then)
        read(tenant, "FULL")
        other = make_tenant("Atelier Est", sandbox=sandbox)
        read(other, "FULL")
        ours, theirs = comparable(tenant), comparable(other)
        for table, found in theirs.items():
            assert ours[table] == found, table

    tell()
