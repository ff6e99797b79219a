"""Applicants of known names and dates, put into a sandbox by tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from integrations.models import Application, Candidate
from integrations.sandbox import Sandbox

# After every seeded applicant, so that who was updated last is for the test to say.
DAY = date(2026, 10, 5)
LATER = DAY + timedelta(days=1)
EARLIER = DAY - timedelta(days=1)


def add(sandbox: Sandbox, first_name: str, email: str | None = None, **fields: Any) -> str:
    """A new applicant with everything given; the encoded id."""
    values = {
        "firstname": first_name,
        "lastname": "Essai",
        "email": email,
        "phone": "06 39 98 01 02",
        "created": DAY,
        "updated": DAY,
        **fields,
    }
    return sandbox.add_applicant(**values)


def change(sandbox: Sandbox, applicant: str, **fields: Any) -> None:
    """Change an applicant, its column and its date of change included."""
    with sandbox.world.lock:
        sandbox.world.company.applicants.change(sandbox.world.applicant(applicant), **fields)


def application(remote_id: str) -> Application:
    found: Application = Application.objects.select_related("candidate", "current_stage").get(
        remote_id=remote_id
    )
    return found


def candidate_of(remote_id: str) -> Candidate:
    return application(remote_id).candidate
