"""The submission form in the browser: its job, its CV, and how it is filled in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import Integration, Job
from tests.submissions.cv_files import pdf

LogIn = Callable[[Page, User], None]
NEW = "/admin/integrations/submission/add/"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """The site and the worker keep CVs in one place, this test's alone."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def job(tenant: Integration) -> Job:
    """An open job of the tenant that has no Flatchr behind it, beside a closed one."""
    make_job(tenant, "Comptable H/F", status="CLOSED", city="Lyon")
    make_job(tenant, "Soudeuse H/F")
    return make_job(tenant, "Comptable H/F")


def make_job(tenant: Integration, name: str, *, status: str = "OPEN", city: str = "Lille") -> Job:
    number = Job.objects.count() + 1
    return Job.objects.create(
        id=f"job{number}",
        integration=tenant,
        remote_id=f"remote{number}",
        vacancy_id=number,
        slug=f"job-{number}",
        name=name,
        status=status,
        location={"city": city},
        changed_at=tenant.created_at,
    )


@pytest.fixture
def cv(tmp_path: Path) -> Path:
    path = tmp_path / "CV Perrot.pdf"
    path.write_bytes(pdf())
    return path


def open_form(page: Page, query: str = "") -> None:
    page.goto(NEW + query)


def choose_job(page: Page, words: str) -> None:
    field = page.get_by_role("combobox", name="Job")
    field.fill(words)
    expect(page.locator("#id_job_list [aria-selected=true]")).to_be_visible()
    field.press("Enter")


def type_person(page: Page, *, email: str = "nadia.perrot@mail.example") -> None:
    page.get_by_label("First name").fill("Nadia")
    page.get_by_label("Last name").fill("Perrot")
    page.get_by_label("E-mail", exact=True).fill(email)


def fill_in(page: Page, cv: Path, **person: str) -> None:
    choose_job(page, "comptable lille")
    type_person(page, **person)
    page.locator("#id_document").set_input_files(cv)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
