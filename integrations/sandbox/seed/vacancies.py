"""Seeded vacancies, a pure function of the seed and the place in the list; default fields."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from integrations.sandbox.formats import iso, midday, short_id
from integrations.sandbox.seed.tables import (
    ACTIVITIES,
    CHANNELS,
    CONTRACTS,
    EDUCATION_LEVELS,
    JOB_TITLES,
    METIERS,
    PLACES,
    UNLABELLED_CONTRACT,
    slugify,
)

CAREER_SITE, INTRANET = 98, 152

SALARIES: tuple[tuple[Any, Any, str], ...] = (
    (32000, 36000, "y"),
    ("0", None, "y"),
    ("40 000", "45 000", "y"),
    ("40\u202f000", "45\u202f000", "y"),
    ("40\u00a0000", None, "y"),
    (12.31, None, "h"),
    (0, 0, "y"),
    ("2 150,50", "2 400", "m"),
    (350, 420, "d"),
    (None, None, "y"),
    ("", "", "m"),
    ("38000", "42000", "y"),
)
"""§C: numbers, strings with any kind of space, and the values that mean no salary."""

REMOTES: tuple[Any, ...] = ("notime", "parttime", "fulltime", False, True, None)
OPTIONS = {
    "indeed": False,
    "linkedin": False,
    "optionals": ["phone"],
    "motivation": True,
    "social_links": True,
}
UNSAFE_HTML = (
    "<p onclick=\"alert('1')\">Rejoignez-nous&nbsp;!</p><script>alert(document.cookie)</script>"
    '<img src="x" onerror="alert(2)"><a href="javascript:alert(3)">Postuler</a>'
    '<iframe src="https://cadre.example"></iframe><ul><li>Équipe de <b>12</b></li></ul>'
)


@dataclass
class Vacancy:
    """A vacancy: its plain fields (§1) and the parts that are sent only on request."""

    number: int
    id: str
    fields: dict[str, Any]
    address: dict[str, str] | None = None
    items: list[dict[str, Any]] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)


def base_fields(
    company: int, number: int, encoded: str, title: str, created_at: str
) -> dict[str, Any]:
    """Every plain field of §1 with the value it has in a new vacancy."""
    return {
        "id": encoded,
        "vacancy_id": number,
        "slug": f"{encoded.lower()}-{slugify(title)}",
        "reference": None,
        "title": title,
        "description": "",
        "mission": "",
        "profile": "",
        "experience": 2,
        "salary": "0",
        "salary_max": None,
        "status": 1,
        "language": "fr_FR",
        "contract_type_id": 1,
        "education_level_id": 5,
        "activity_id": 25,
        "channel_id": 2,
        "metier_id": 49,
        "company_id": company,
        "mensuality": "y",
        "apply_url": None,
        "currency": "EUR",
        "created_at": created_at,
        "updated_at": created_at,
        "start_date": None,
        "end_date": None,
        "driver_license": False,
        "remote": "notime",
        "handicap": False,
        "partial": False,
        "kanban": True,
        "meta_title": None,
        "meta_description": None,
        "meta_tags": None,
        "options": None,
        "video_url": None,
        "show_address": True,
        "show_contract_date": True,
        "show_contract_type": True,
        "show_salary": True,
        "worker_status": None,
        "skills": None,
        "slug_mail": short_id("mail", encoded)[-6:].lower(),
    }


def tag_number(company: int, slot: int) -> int:
    """The plain id of a company's seeded tag."""
    return 4410 + (company - 731) * 1000 + slot


def make_address(place: int, street_number: int) -> dict[str, str]:
    """All texts; level 1 is the region and level 2 the department, as in the data (§D.9)."""
    city, postal_code, region, department, latitude, longitude = PLACES[place % len(PLACES)]
    return {
        "locality": city,
        "location_lat": latitude,
        "location_lng": longitude,
        "postal_code": postal_code,
        "route": "Rue Fictive",
        "street_number": str(street_number),
        "administrative_area_level_1": region,
        "administrative_area_level_2": department,
        "formatted_address": f"{street_number} Rue Fictive, {postal_code} {city}, France",
        "country": "France",
    }


def make_item(vacancy: str, offer: int, *, published: bool, created_at: str) -> dict[str, Any]:
    """A distribution of a vacancy on one channel. §4."""
    return {
        "id": short_id("item", vacancy, offer),
        "offer_id": offer,
        "external_id": None,
        "published": published,
        "created_at": created_at,
    }


def seeded_vacancy(
    seed: str, place: int, company: int, number: int, encoded: str, base: date
) -> Vacancy:
    """The vacancy at one place of the seeded list."""
    dice = random.Random(f"{seed}:vacancy:{place}")  # noqa: S311 - invented data, not a secret
    title = dice.choice(JOB_TITLES) if place >= len(JOB_TITLES) else JOB_TITLES[place]
    if place >= len(JOB_TITLES) and place % 3 == 0:
        title = f"{title} - {dice.choice(PLACES)[0]}"
    created = midday(base - timedelta(days=dice.randrange(30, 700)))
    salary, salary_max, period = SALARIES[place % len(SALARIES)]
    channel = dice.choice(list(CHANNELS))
    fields = base_fields(company, number, encoded, title, iso(created)) | {
        "reference": f"REF-{place:04d}" if place % 4 else None,
        "title": title + "  " if place % 13 == 3 else title,
        "description": f"<p>Entreprise inventée, {dice.randrange(10, 400)} personnes.</p>",
        "mission": f"<p>Vous prenez en charge : {title}.</p><ul><li>Suivi</li></ul>",
        "profile": "<p>Rigueur &amp; curiosité.</p>" if place % 6 != 5 else "",
        "experience": (1, 2, 4, 6, 11, 3)[dice.randrange(5) if place != 12 else 5],
        "salary": salary,
        "salary_max": salary_max,
        "mensuality": period,
        "status": 0 if place % 5 == 4 else 1,
        "language": "en_GB" if place % 10 == 7 else "fr_FR",
        "contract_type_id": dice.choice([1, 1, 1, *CONTRACTS]),
        "education_level_id": dice.choice(list(EDUCATION_LEVELS)),
        "activity_id": dice.choice(list(ACTIVITIES)),
        "channel_id": channel,
        "metier_id": dice.choice(list(METIERS[channel])),
        "currency": "CHF" if place % 17 == 8 else "EUR",
        "remote": REMOTES[place % len(REMOTES)],
        "partial": place % 7 == 6,
        "driver_license": place % 9 == 0,
        "handicap": place % 4 == 0,
        "updated_at": iso(created + timedelta(days=dice.randrange(1, 29))),
        "start_date": iso(midday(base + timedelta(days=30))) if place % 3 == 1 else None,
        "options": OPTIONS if place % 2 else None,
        "worker_status": ("cadre", "non-cadre", None)[place % 3],
        "skills": "Sage;Excel" if place % 3 == 0 else None,
        "apply_url": "https://postuler.example/" if place % 11 == 10 else None,
    }
    vacancy = Vacancy(number, encoded, fields)
    vacancy.address = make_address(dice.randrange(len(PLACES)), dice.randrange(1, 90))
    vacancy.items = _items(encoded, place, iso(created + timedelta(hours=23)))
    vacancy.tags = [tag_number(company, place % 3)] if place % 2 == 0 else []
    _quirks(vacancy, place)
    return vacancy


def _items(encoded: str, place: int, created_at: str) -> list[dict[str, Any]]:
    """Most are on the career site, some on the intranet, some nowhere, some taken down."""
    kind = place % 8
    items = []
    if kind not in (3, 6):
        items.append(make_item(encoded, CAREER_SITE, published=kind != 5, created_at=created_at))
    if kind in (2, 3):
        items.append(make_item(encoded, INTRANET, published=True, created_at=created_at))
    return items


def _quirks(vacancy: Vacancy, place: int) -> None:
    """One vacancy each for the rare values that a reader must cope with. §C, §D."""
    fields = vacancy.fields
    if place == 1:
        fields["description"] = UNSAFE_HTML
    elif place == 6:
        vacancy.address = None
    elif place == 9:
        fields["contract_type_id"] = UNLABELLED_CONTRACT
    elif place == 10:
        vacancy.address = (vacancy.address or {}) | {"country": "Belgique", "postal_code": "1000"}
    elif place == 11:
        fields["status"] = 2
    elif place == 0:
        vacancy.questions = [
            {
                "id": short_id("question", vacancy.id),
                "text": "Permis B ?",
                "type": "radio",
                "required": True,
                "options": "Oui;Non",
                "position": 0,
                "size": 1,
                "default_value": None,
                "parent_question": None,
                "parent_answer_expected": None,
            }
        ]
