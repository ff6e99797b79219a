"""The page Personal data: somebody is looked for, handed over and erased, in a real browser."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import AuditEntry, Candidate, Event, Integration
from tests.api.making import Maker

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "nadia.perrot@mail.example"


def test_a_person_is_looked_for_handed_over_and_erased(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    tenant: Integration,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path
    maker = Maker(tenant)
    for email, name in ((EMAIL, "Nadia"), ("louis@mail.example", "Louis")):
        maker.application(maker.candidate(email, first_name=name, last_name="Perrot"))
    page = open_page(viewport={"width": 390, "height": 844})
    log_in(page, alice)
    page.goto("/admin/person/")

    page.get_by_label("The person's e-mail address").fill("nobody@mail.example")
    page.get_by_role("button", name="Show what is held").click()
    expect(page.get_by_role("heading", name="Nothing is held of this person")).to_be_visible()

    page.get_by_label("The person's e-mail address").fill(EMAIL.upper())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Erase it")).to_be_visible()
    # The address is in no URL, as those are logged.
    assert page.url.endswith("/admin/person/")
    with page.expect_download() as file:
        page.get_by_role("button", name="Download the file").click()
    with zipfile.ZipFile(io.BytesIO(Path(file.value.path()).read_bytes())) as archive:
        told = b"".join(archive.read(name) for name in archive.namelist())
    assert EMAIL.encode() in told
    assert b"Louis" not in told

    again = page.get_by_label("The person's e-mail address, once more")
    again.fill("n.perrot@mail.example")
    page.get_by_role("button", name="Erase the person").click()
    expect(page.get_by_text("This is not the address that you looked for")).to_be_visible()
    assert Candidate.objects.count() == 2
    again.fill(EMAIL)
    page.get_by_role("button", name="Erase the person").click()
    expect(page.get_by_text("Erased. The references below name the entries")).to_be_visible()

    # The row stays, emptied, as the mirror has it.
    left = [candidate.first_name for candidate in Candidate.objects.order_by("pk")]
    assert sorted(left, key=str) == ["Louis", None]
    done = AuditEntry.objects.filter(what__in=[Event.PERSON_ERASED, Event.PERSON_HANDED_OVER])
    assert done.count() == 2
    assert not [entry for entry in done if "perrot" in str(entry.__dict__).lower()]
