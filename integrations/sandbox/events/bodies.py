"""Events as Flatchr sends them, whose ids mean something else in each.

`docs/flatchr-api.md` §26.
"""

from __future__ import annotations

from typing import Any

from integrations.sandbox.applicants import Applicant
from integrations.sandbox.company import Company
from integrations.sandbox.formats import iso, midday
from integrations.sandbox.seed.vacancies import Vacancy

NEW_APPLICANT, DRAG_APPLICANT = "new_applicant", "drag_applicant"
NEW_MESSAGE, NEW_VACANCY = "new_message", "new_vacancy"
PLAIN_COMPANY = 731


def about_applicant(company: Company, kind: str, applicant: Applicant) -> dict[str, Any]:
    """The body of an event about an applicant; only `new_applicant` has its encoded id."""
    encoded = company.applicants.ids.encode(applicant.number)
    vacancy = company.vacancies.encoded(applicant.vacancy)
    is_new = kind == NEW_APPLICANT
    moment = iso(midday(applicant.updated))
    data: dict[str, Any] = {
        "applicant": {
            "id": encoded if is_new else applicant.number,
            "candidate_id": applicant.number,
            "vacancy_id": vacancy,
            "score": applicant.score,
            "status": applicant.status,
            "comment": applicant.comment,
            "created_at": iso(midday(applicant.created)),
            "updated_at": moment,
            "column": {},
        },
        "candidate": {
            "id": applicant.number,
            "firstname": applicant.firstname,
            "lastname": applicant.lastname,
            "email": applicant.email,
            "phone": applicant.phone,
            "status": 1,
            "consent": applicant.consent,
        },
        "vacancy": _vacancy(company, company.vacancies.by_id.get(vacancy), applicant.vacancy),
        "user": {} if is_new else {"id": 1},
        "applicant_id": applicant.number,
        "candidate_id": applicant.number,
        "vacancy_id": vacancy,
        "company": {"id": company.key, "name": company.name},
    }
    if kind == NEW_MESSAGE:
        data |= {"company_id": company.key, "text": "<p>Bonjour</p>"}
    else:
        data |= {"column": applicant.column if is_new else {"id": applicant.column}}
    if is_new:
        data |= {"cv": None, "message": "Un nouveau candidat a postulé sur votre offre"}
    return _envelope(kind, data)


def about_vacancy(company: Company, vacancy: Vacancy) -> dict[str, Any]:
    """The body of `new_vacancy`."""
    return _envelope(
        NEW_VACANCY,
        {
            "user": {"id": 1},
            "vacancy": _vacancy(company, vacancy, vacancy.number),
            "message": f"<b>Une offre</b> {vacancy.fields['title']}",
            "vacancy_id": vacancy.id,
            "company": {"id": company.key, "name": company.name},
        },
    )


def _vacancy(company: Company, vacancy: Vacancy | None, number: int) -> dict[str, Any]:
    """Plain id and encoded company, the reverse of the other routes."""
    title = vacancy.fields["title"] if vacancy else ""
    return {"id": number, "company_id": company.key, "title": title, "published": False}


def _envelope(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"event": kind, "company_id": PLAIN_COMPANY, "data": data}
