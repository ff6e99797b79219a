"""CVs in the dashboard: what is drawn of which kind of file, and what is written down of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.actions import cv_pages
from integrations.actions.cv_files import FetchedCv
from integrations.admin.base.urls import record_url
from integrations.models import Application, AuditEntry, Event, Integration
from integrations.sandbox import Sandbox
from tests.submissions.cv_files import docx

# Stands in for LibreOffice: writes a PDF that says which variables it was given.
PROGRAM = """#!{python}
import os, sys
out = sys.argv[sys.argv.index("--outdir") + 1]
source = sys.argv[-1]
open(os.path.join(out, "cv.pdf"), "w").write("%PDF " + source + " " + " ".join(sorted(os.environ)))
"""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.OFFICE_PROGRAM = ""
    return tmp_path


def test_word_is_drawn_by_a_program_that_is_told_nothing_else(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for others")
    program = tmp_path / "soffice"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o700)
    file = FetchedCv("Zoé.docx", WORD, docx())
    assert cv_pages.as_shown(file) is None

    settings.OFFICE_PROGRAM = str(program)
    shown = cv_pages.as_shown(file)
    assert shown is not None
    assert (shown.name, shown.content_type) == ("Zoé.pdf", "application/pdf")
    assert shown.content.startswith(b"%PDF cv.docx ")
    assert b"SECRET_KEY" not in shown.content
    # What is no document that is taken is given to no program, whatever it is called.
    assert cv_pages.as_shown(FetchedCv("x.docx", WORD, b"MZ" + docx())) is None
    # A program that is not there is as none.
    settings.OFFICE_PROGRAM = str(tmp_path / "gone")
    assert cv_pages.as_shown(file) is None


def test_a_cv_is_shown_and_downloaded_and_both_are_written_down(
    logged_in: Callable[[User], Client],
    alice: User,
    first_synced: Integration,
    sandbox: Sandbox,
) -> None:
    client = logged_in(alice)
    application = Application.objects.live().filter(outcome="PENDING").order_by("pk")[0]
    url = record_url(application, "cv_file")

    shown = client.get(url)
    assert shown.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "no-store" in shown.headers["Cache-Control"]
    assert client.get(f"{url}?download").content == shown.content
    # While it is kept, Flatchr is not asked again; once it is not, what it says is said.
    sandbox.faults.add(path="applicant", status=503)
    assert client.get(url).content == shown.content
    other = Application.objects.live().filter(outcome="PENDING").order_by("pk")[1]
    refused = client.get(record_url(other, "cv_file"))
    assert refused.json()["again"] is True
    events = AuditEntry.objects.filter(object_id=application.pk).order_by("id")
    assert [one.what for one in events] == [Event.CV_SHOWN, Event.CV_DOWNLOADED, Event.CV_SHOWN]
