"""Candidates' files lie where nobody gets at them, and leave as downloads only."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.db.migrations.writer import MigrationWriter
from django.http import Http404

from integrations.submissions.storage import PrivateStorage, file_response, private_storage
from tests.submissions import cv_files as files


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def stored(content: bytes = b"x", name: str = "cv.pdf") -> str:
    return private_storage.save(name, ContentFile(content))


def submission(content: bytes, name: str, kind: str) -> Any:
    """What `file_response` reads of a submission."""
    place = stored(content)
    file = SimpleNamespace(open=lambda mode: private_storage.open(place, mode))
    return SimpleNamespace(document=file, document_name=name, document_type=kind)


@pytest.mark.parametrize("name", ["cv.pdf", "a\0b", "folder/cv.pdf", "été 王.svg"])
def test_a_file_is_stored_under_a_generated_name(name: str, tmp_path: Path) -> None:
    place = stored(b"content", name)
    assert re.fullmatch(r"([0-9a-f]{2})/\1[0-9a-f]{30}", place)
    assert (tmp_path / "submissions" / place).read_bytes() == b"content"
    assert private_storage.generate_filename(name) != place


@pytest.mark.parametrize("name", ["../../evil.html", "/etc/passwd", ".."])
def test_a_name_that_leads_out_is_not_even_replaced(name: str, tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFileOperation):
        stored(b"content", name)
    assert not list(tmp_path.rglob("*"))


def test_only_the_owner_can_read_files_and_folders(tmp_path: Path) -> None:
    file = tmp_path / "submissions" / stored()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in (file.parent, file.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_name_twice_is_two_files() -> None:
    first, second = stored(b"1"), stored(b"2")
    assert first != second
    with private_storage.open(first) as file:
        assert file.read() == b"1"


def test_a_file_is_deleted_and_deleting_it_again_does_no_harm() -> None:
    place = stored()
    private_storage.delete(place)
    private_storage.delete(place)
    assert not private_storage.exists(place)


def test_there_is_no_url_and_no_place_below_the_static_root(settings: Any) -> None:
    with pytest.raises(ValueError, match="no address"):
        private_storage.url(stored())
    assert Path(settings.STATIC_ROOT) not in Path(private_storage.path("x")).parents


def test_a_migration_can_name_the_storage() -> None:
    line, _ = MigrationWriter.serialize(PrivateStorage())
    assert line == "integrations.submissions.storage.PrivateStorage()"


@pytest.mark.parametrize("kind", ["PDF", "application/pdf"])
def test_a_file_is_handed_out_as_a_download_that_nothing_runs(kind: str) -> None:
    response = file_response(submission(files.pdf(), 'CV "Léa" Orval.pdf', kind))
    assert b"".join(response) == files.pdf()
    response.close()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''CV%20%22L%C3%A9a%22%20Orval.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Length"] == str(len(files.pdf()))


@pytest.mark.parametrize("kind", ["text/html", "", "image/svg+xml", "HTML"])
def test_an_unknown_type_is_handed_out_as_bytes(kind: str) -> None:
    response = file_response(submission(b"<html>", "x\r\nSet-Cookie: a.html", kind))
    response.close()
    assert response["Content-Type"] == "application/octet-stream"
    assert "\n" not in response["Content-Disposition"]


def test_a_file_that_is_gone_is_not_found() -> None:
    gone = submission(b"x", "cv.pdf", "PDF")
    for path in Path(private_storage.location).rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(Http404):
        file_response(gone)
