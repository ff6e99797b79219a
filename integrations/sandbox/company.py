"""One customer account of Flatchr: columns, tags, members, vacancies, applicants, records."""

from __future__ import annotations

from datetime import date
from typing import Any

from integrations.sandbox.applicants import Applicants
from integrations.sandbox.formats import Clock, IdCodec, iso, midday, short_id
from integrations.sandbox.records import Records
from integrations.sandbox.seed.applicants import Labels, fragment
from integrations.sandbox.seed.tables import COMPANY_NAMES, slugify
from integrations.sandbox.seed.vacancies import Vacancy, make_address, tag_number
from integrations.sandbox.vacancies import Vacancies

CREATED, UPDATED = "2021-01-05T09:00:00.000Z", "2024-05-01T09:00:00.000Z"

COLUMNS = (
    ("A traiter", True, False),
    ("Présélection", True, False),
    ("Entretien RH", True, False),
    ("Entretien RH", False, False),
    ("Entretien technique ", True, False),
    ("Offre envoyée", True, False),
    ("Recruté", True, True),
    ("Vivier", False, False),
)
"""Title, visible, hired. Two share a title and one of these is hidden. §H.8, §H.10."""

TAGS: tuple[dict[str, Any], ...] = (
    {"title": "FINANCE", "type": "vacancies", "folder": True, "position": 1},
    {"title": "TERRAIN ", "type": "vacancies", "folder": True, "position": 2},
    {"title": "Urgent", "type": "vacancies", "position": 3},
    {"title": "Langues", "values": "Français;Anglais; Italien", "multiple": True},
    {"title": "Permis ", "values": " B ; C,;CE;", "creatable": True},
    {"title": "À rappeler"},
    {"title": "Disponibilité", "values": "Immédiate;Un mois;Trois mois", "visible": False},
)
"""Values with stray spaces and commas, one tag without values, folders of vacancies. §14."""

MEMBERS = (("Basile", "Orval", 2, 1), ("Corinne", "Brune", 3, 2), ("Malik", "Castelnoir", 3, 4))


class Company:
    """All state of one account."""

    def __init__(
        self, *, seed: int, place: int, vacancies: int, applicants: int, clock: Clock, base: date
    ) -> None:
        self.name = COMPANY_NAMES[(seed + place - 1) % len(COMPANY_NAMES)]
        self.slug = company_slug(seed, place)
        self.key = company_key(seed, place)
        self.number = 731 + place
        self.seed, self.clock, self.base = f"{seed}:{place}", clock, base
        self.columns = [self._column(slot, *column) for slot, column in enumerate(COLUMNS)]
        self.stages = {item["id"]: (item["title"], item["hired"]) for item in self.columns}
        self._slots = [item["id"] for item in self.columns]
        self.tags = [self._tag(slot, tag) for slot, tag in enumerate(TAGS)]
        self.members = [self._member(slot, *member) for slot, member in enumerate(MEMBERS)]
        first = 51_000 + place * 1_000_000
        self.vacancies = Vacancies(self.seed, self.number, vacancies, first, clock, base)
        self.applicants = Applicants(
            seed=self.seed,
            count=applicants,
            vacancies=vacancies,
            labels=self.labels,
            clock=clock,
            base=base,
        )
        self.people = IdCodec(self.seed, "candidate")
        self.records = Records(
            seed=self.seed,
            base=base,
            tags=[tag["id"] for tag in self.tags],
            author=self.members[0]["user"],
            applicants=self.applicants,
        )
        self._labels: tuple[tuple[int, dict[int, tuple[str, bool]]], Labels] | None = None

    def _column(self, slot: int, title: str, visible: bool, hired: bool) -> dict[str, Any]:
        return {
            "id": 8810 + (self.number - 731) * 1000 + slot,
            "title": title,
            "company_id": self.key,
            "position": slot,
            "created_at": CREATED,
            "updated_at": UPDATED,
            "visible": visible,
            "hired": hired,
        }

    def _tag(self, slot: int, given: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": short_id(self.seed, "tag", slot),
            "tag_id": tag_number(self.number, slot),
            "company_id": self.number,
            "title": "",
            "values": "",
            "multiple": False,
            "visible": True,
            "creatable": False,
            "folder": False,
            "type": "candidates",
            "position": None,
            "tagCandidateRestriction": [],
        } | given

    def _member(
        self, slot: int, firstname: str, lastname: str, role: int, status: int
    ) -> dict[str, Any]:
        return {
            "id": short_id(self.seed, "member", slot),
            "role_id": role,
            "external_id": None,
            "company_id": self.number,
            "created_at": "2023-02-01T08:00:00.000Z",
            "user": {
                "id": short_id(self.seed, "user", slot),
                "user_id": 9021 + (self.number - 731) * 1000 + slot,
                "firstname": firstname,
                "lastname": lastname,
                "email": f"{firstname.lower()}@{self.slug}.example",
                "phone": None,
                "use_email": False,
                "status": status,
                "language": "fr_FR",
                "created_at": "2023-02-01T08:00:00.000Z",
                "updated_at": "2025-01-10T08:00:00.000Z",
                "token_vyte": short_id(self.seed, "vyte", slot).lower() * 4,
                "timezone": "Europe/Paris",
                "gmail_last_sync_id": None,
                "gmail_last_sync_date": None,
                "company": self.name,
            },
            "last_login": iso(midday(self.base)) if slot == 0 else None,
        }

    def labels(self) -> Labels:
        """The current titles of vacancies and columns, cached until one changes."""
        state = (self.vacancies.version, dict(self.stages))
        if self._labels is None or self._labels[0] != state:
            self._labels = (state, self._make_labels())
        return self._labels[1]

    def _make_labels(self) -> Labels:
        first, seeded = self.vacancies.first, self.vacancies.seeded
        titles = self.vacancies.titles | {first - 1: "", first - 2: "Poste clos sans trace"}
        numbers = [*range(first, first + seeded), first - 1, first - 2]
        stages = [self.stages[slot] for slot in self._slots]
        return Labels(
            vacancy_title=[fragment(titles[number]) for number in numbers],
            vacancy_number=numbers,
            column_title=[fragment(title) for title, _ in stages],
            column_hired=[fragment(hired) for _, hired in stages],
            column_id=self._slots,
            titles=titles,
            stages=dict(self.stages),
        )

    def set_column(self, column: dict[str, Any]) -> None:
        """Store a column's title and `hired`, which its applicants show."""
        self.stages[column["id"]] = (column["title"], column["hired"])

    def vacancy_tags(self, vacancy: Vacancy) -> list[dict[str, Any]]:
        """The tags of a vacancy, without the field that only tags of candidates have."""
        return [
            {name: value for name, value in tag.items() if name != "tagCandidateRestriction"}
            for tag in self.tags
            if tag["tag_id"] in vacancy.tags
        ]

    def public(self) -> dict[str, Any]:
        """The company as the feed shows it, internal settings included. §4, §G."""
        address = make_address(0, 12)
        return {
            "id": self.key,
            "name": self.name,
            "description": "<div>Entreprise inventée</div>",
            "slug": self.slug,
            "size": "2",
            "email": f"rh@{self.slug}.example",
            "web": f"https://{self.slug}.example",
            "phone": "+33 1 99 00 00 00",
            "status": 1,
            "siren": "000000000",
            "hosts": "",
            "vat_number": None,
            "hunter": False,
            "public": False,
            "activity_id": 25,
            "created_at": "2020-05-04T14:31:21.541Z",
            "hiddens": {"auto": True},
            "shared_applicants": True,
            "shields": [{"slug": "vacancies", "tags": [tag_number(self.number, 0)], "roles": []}],
            "ip_addresses": None,
            "billing_name": self.name,
            "retention_policy": "J'accepte la conservation de mes données 2 ans.",
            "activity": {"id": 25, "text": "Internet"},
            "meta_logo": f"https://{self.slug}.example/logo.png",
            "logo": f"https://{self.slug}.example/logo.png",
            "address": address,
            "addressFormatted": address["formatted_address"],
        }


def company_key(seed: int, place: int) -> str:
    """The encoded id of the account, the same in every process with this seed."""
    return short_id(seed, place, "company")


def company_slug(seed: int, place: int) -> str:
    """The sub-domain name of the account's career site."""
    name = COMPANY_NAMES[(seed + place - 1) % len(COMPANY_NAMES)]
    return f"{slugify(name).replace('-', '')}{seed}"
