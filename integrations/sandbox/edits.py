"""Changes to the data of the sandbox, as users of Flatchr would make them, for tests and demos."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.applicants import Applicant
from integrations.sandbox.events.bodies import DRAG_APPLICANT, NEW_APPLICANT
from integrations.sandbox.formats import iso, short_id
from integrations.sandbox.seed.vacancies import CAREER_SITE, INTRANET, Vacancy, make_item
from integrations.sandbox.world import World

APPLICANT_FIELDS = (
    "firstname", "lastname", "email", "phone", "status", "score", "source", "external_id", "reason",
    "created", "updated", "comment", "consent", "urls",
)  # fmt: skip


class Edits:
    """Changes of the data. Records are given by encoded id, columns and tags by list id."""

    world: World

    # Applicants

    def applicant(self, applicant: str) -> dict[str, Any]:
        """The row of an applicant as a search would show it."""
        company = self.world.company
        return company.applicants.row(self.world.applicant(applicant), company.labels())

    def add_applicant(self, *, vacancy: str | None = None, column: int | None = None,
                      **fields: Any) -> str:  # fmt: skip
        """A new applicant, by default on the first vacancy and in the first column.

        `created` and `updated` are dates, today when not given. Returns the encoded id.
        """
        with self.world.lock:
            company = self.world.company
            encoded = vacancy or next(iter(company.vacancies)).id
            number = company.vacancies.number(encoded)
            if number is None:
                raise KeyError(encoded)
            added = company.applicants.add(
                vacancy=number, column=column or company.columns[0]["id"], **fields
            )
            self.world.tell_of_applicant(NEW_APPLICANT, added)
            return company.applicants.ids.encode(added.number)

    def edit_applicant(self, applicant: str, **fields: Any) -> None:
        """Change fields of an applicant; `updated` becomes today unless given."""
        unknown = fields.keys() - set(APPLICANT_FIELDS)
        if unknown:
            raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")
        self._change(applicant, **fields)

    def move(self, applicant: str, column: int) -> None:
        """Put an applicant into a column."""
        if column not in self.world.company.stages:
            raise KeyError(column)
        self.world.tell_of_applicant(DRAG_APPLICANT, self._change(applicant, column=column))

    def archive(self, applicant: str) -> None:
        """Archive an applicant: an ordinary search no longer returns it."""
        self._change(applicant, status=0)

    def restore(self, applicant: str) -> None:
        """Take an applicant out of the archive."""
        self._change(applicant, status=1)

    def remove_applicant(self, applicant: str) -> None:
        """Erase an applicant: no search returns it."""
        with self.world.lock:
            self.world.company.applicants.remove(self.world.applicant(applicant).number)

    def blank_applicant(self, applicant: str) -> None:
        """Empty what an applicant says of a person, as an erasure may leave it; it stays listed,
        and its date of change as it was.
        """
        nobody = {"firstname": "", "lastname": "", "email": None, "phone": None}
        self._change(applicant, **nobody, updated=self.world.applicant(applicant).updated)

    def added_applicants(self) -> list[dict[str, Any]]:
        """The rows of all applicants added since the start, whether or not a search shows them."""
        with self.world.lock:
            company = self.world.company
            labels = company.labels()
            return [company.applicants.row(one, labels) for one in company.applicants.added()]

    def hide_new_applicants(self) -> None:
        """Applicants created from now on exist, and no search shows them yet."""
        with self.world.lock:
            self.world.company.applicants.hide_new(True)

    def show_new_applicants(self) -> None:
        """Searches show every applicant again."""
        with self.world.lock:
            self.world.company.applicants.hide_new(False)

    def _change(self, applicant: str, **fields: Any) -> Applicant:
        with self.world.lock:
            return self.world.company.applicants.change(self.world.applicant(applicant), **fields)

    # Vacancies

    def vacancies(self) -> list[dict[str, Any]]:
        """The plain fields of all vacancies, `id`, `vacancy_id` and `slug` among them."""
        return [dict(vacancy.fields) for vacancy in self.world.company.vacancies]

    def add_vacancy(self, *, title: str = "Poste ajouté H/F", published: bool = True,
                    **fields: Any) -> str:  # fmt: skip
        """A new vacancy, by default published on the career site. Returns the encoded id."""
        with self.world.lock:
            vacancy = self.world.company.vacancies.add({"title": title} | fields)
            if published:
                self._publish(vacancy, CAREER_SITE)
            self.world.tell_of_vacancy(vacancy)
            return vacancy.id

    def edit_vacancy(self, vacancy: str, **fields: Any) -> None:
        """Change plain fields; `address`, `items` and `tags` (plain ids) may be given too."""
        with self.world.lock:
            found = self._vacancy(vacancy)
            for part in ("address", "items", "tags"):
                if part in fields:
                    setattr(found, part, fields.pop(part))
            self.world.company.vacancies.change(found, fields)

    def publish_vacancy(self, vacancy: str, *, intranet: bool = False) -> None:
        """Publish on the career site, or on the intranet."""
        with self.world.lock:
            self._publish(self._vacancy(vacancy), INTRANET if intranet else CAREER_SITE)

    def remove_vacancy(self, vacancy: str) -> None:
        """Take a vacancy off every list; its applicants stay."""
        with self.world.lock:
            self.world.company.vacancies.remove(self._vacancy(vacancy))

    def _vacancy(self, encoded: str) -> Vacancy:
        return self.world.company.vacancies.by_id[encoded]

    def _publish(self, vacancy: Vacancy, offer: int) -> None:
        now = iso(self.world.clock())
        others = [item for item in vacancy.items if item["offer_id"] != offer]
        item = make_item(vacancy.id, offer, published=True, created_at=now)
        vacancy.items = [*others, item]

    # Columns and tags

    def columns(self) -> list[dict[str, Any]]:
        """The columns as the route lists them."""
        return [dict(column) for column in self.world.company.columns]

    def add_column(self, title: str, *, hired: bool = False, visible: bool = True) -> int:
        """A new last column. Returns its id."""
        with self.world.lock:
            company = self.world.company
            column = dict(company.columns[-1]) | {
                "id": max(company.stages) + 1,
                "title": title,
                "position": len(company.columns),
                "visible": visible,
                "hired": hired,
            }
            company.columns = [*company.columns, column]
            company.set_column(column)
            return int(column["id"])

    def edit_column(self, column: int, **fields: Any) -> None:
        """Change a column; its applicants show a new title at once."""
        with self.world.lock:
            company = self.world.company
            found = next(item for item in company.columns if item["id"] == column)
            changed = found | {"updated_at": iso(self.world.clock())} | fields
            company.columns = [changed if item is found else item for item in company.columns]
            company.set_column(changed)

    def remove_column(self, column: int) -> None:
        """Take a column off the list; its applicants go on showing its title."""
        with self.world.lock:
            company = self.world.company
            company.columns = [item for item in company.columns if item["id"] != column]

    def tags(self) -> list[dict[str, Any]]:
        """The tags as the route lists them."""
        return [dict(tag) for tag in self.world.company.tags]

    def add_tag(self, title: str, values: str = "", **fields: Any) -> str:
        """A new tag for candidates. Returns its encoded id."""
        with self.world.lock:
            company = self.world.company
            number = company.records.serial()
            encoded = short_id(company.seed, "tag", number)
            tag = dict(company.tags[-1]) | {"id": encoded, "tag_id": number, "visible": True}
            company.tags = [*company.tags, tag | {"title": title, "values": values} | fields]
            return encoded

    def edit_tag(self, tag: str, **fields: Any) -> None:
        """Change a tag."""
        with self.world.lock:
            company = self.world.company
            company.tags = [item | fields if item["id"] == tag else item for item in company.tags]

    def remove_tag(self, tag: str) -> None:
        """Take a tag off the list; traits of it stay."""
        with self.world.lock:
            company = self.world.company
            company.tags = [item for item in company.tags if item["id"] != tag]

    def traits(self, applicant: str) -> list[dict[str, Any]]:
        """The traits of an applicant."""
        return self.world.company.records.all("trait", self.world.applicant(applicant))

    def set_trait(self, applicant: str, tag: str, value: str = "") -> str:
        """Give an applicant a tag value. Returns the trait's id."""
        with self.world.lock:
            company = self.world.company
            found = next(item for item in company.tags if item["id"] == tag)
            trait = company.records.set_trait(self.world.applicant(applicant), found, value)
            return str(trait["id"])

    def remove_trait(self, applicant: str, trait: str) -> None:
        """Take a tag value away from an applicant."""
        with self.world.lock:
            company, found = self.world.company, self.world.applicant(applicant)
            kept = [one for one in company.records.all("trait", found) if one["id"] != trait]
            company.records.store("trait", found, kept)
