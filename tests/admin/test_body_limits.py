"""Bodies that a page does not take are refused before they are parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadhandler import FileUploadHandler
from django.test import Client
from django.urls import reverse

from config.body_limits import ANONYMOUS, FORM, MEBIBYTE

LogIn = Callable[[User], Client]
BULK = "admin:integrations_bulkupload_add"


@pytest.fixture(autouse=True)
def nothing_parsed(settings: Any) -> list[int]:
    """What of a file is read."""
    read: list[int] = []

    class Handler(FileUploadHandler):
        def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
            read.append(len(raw_data))

        def file_complete(self, file_size: int) -> None:
            return None

    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.Handler"]
    globals()["Handler"] = Handler
    return read


def send(client: Client, address: str, size: int) -> int:
    body = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + b"a" * size
    sent = client.generic("POST", address, body, "multipart/form-data; boundary=x")
    return sent.status_code


@pytest.mark.django_db
def test_a_stranger_sends_little(nothing_parsed: list[int]) -> None:
    client = Client(enforce_csrf_checks=True)
    for address in (reverse("admin:login"), reverse(BULK), "/link/x/keys", "/nowhere", "/"):
        assert send(client, address, ANONYMOUS) == 413, address
        assert nothing_parsed == []
        assert send(client, address, 1000) != 413, address
        nothing_parsed.clear()


def test_who_is_signed_in_sends_what_the_page_takes(
    alice: User, logged_in: LogIn, nothing_parsed: list[int]
) -> None:
    client = logged_in(alice)
    assert send(client, reverse("admin:password_change"), FORM) == 413
    assert send(client, reverse("admin:integrations_submission_add"), 12 * MEBIBYTE) == 413
    assert nothing_parsed == []
    assert send(client, reverse(BULK), 12 * MEBIBYTE) != 413
    assert send(client, reverse("admin:password_change"), MEBIBYTE) != 413
