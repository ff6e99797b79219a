"""Payloads of writes, and the body that carries one with its file."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest

from integrations.flatchr.payloads import (
    AbortedError,
    CandidateBody,
    ResumeFile,
    candidate_payload,
    loggable_payload,
)

KEY = 'inv3nted"key\\é'


def resume(content: bytes = b"%PDF-1.4", size: int | None = None) -> ResumeFile:
    @contextmanager
    def reader() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return ResumeFile("cv é.pdf", "application/pdf", len(content) if size is None else size, reader)


def test_a_payload_has_flatchrs_names() -> None:
    assert candidate_payload(
        slug="abc-poste",
        first_name="Nadia",
        last_name="Perrot",
        email="n@courrier.example",
        phone="+33639980001",
        comment="Bonjour",
        answers=[{"question": "Permis ?", "value": "Oui"}],
        urls={"linkedin": "https://reseau.example/n"},
        offerer_id=4711,
        user_key="Us7Kp3QdVx9LmT1b",
    ) == {
        "vacancy": "abc-poste",
        "firstname": "Nadia",
        "lastname": "Perrot",
        "email": "n@courrier.example",
        "phone": "+33639980001",
        "comment": "Bonjour",
        "answers": [{"question": "Permis ?", "value": "Oui"}],
        "urls": {"linkedin": "https://reseau.example/n"},
        "offerer_id": 4711,
        "user_id": "Us7Kp3QdVx9LmT1b",
    }


def test_what_is_empty_is_left_out() -> None:
    payload = candidate_payload(
        slug="abc", first_name="Nadia", last_name="Perrot", email="", urls={"twitter": ""}
    )

    assert payload == {"vacancy": "abc", "firstname": "Nadia", "lastname": "Perrot"}


def test_what_is_shown_has_neither_the_key_nor_the_file() -> None:
    assert loggable_payload({"vacancy": "abc"}, resume(b"123")) == {
        "vacancy": "abc",
        "token": "***",
        "type": "document",
        "resume": {"fileName": "cv é.pdf", "contentType": "application/pdf", "bytes": 3},
    }


@pytest.mark.parametrize("size", [0, 1, 2, 3, 49_151, 49_152, 49_153, 200_000])
def test_the_body_is_json_of_the_announced_length(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    payload: dict[str, Any] = {"vacancy": "abc", "firstname": 'Zoë "Zed"', "urls": {"other": "x"}}
    body = CandidateBody(payload, KEY, resume(content))

    pieces = list(body)

    assert max(map(len, pieces)) < 70_000
    assert len(body) == len(b"".join(pieces))
    assert json.loads(b"".join(pieces)) == {
        **payload,
        "token": KEY,
        "type": "document",
        "resume": {
            "fileName": "cv é.pdf",
            "contentType": "application/pdf",
            "data": base64.b64encode(content).decode(),
        },
    }


def test_a_body_is_begun_with_its_first_piece() -> None:
    body = CandidateBody({}, KEY, resume())
    pieces = iter(body)
    assert not body.begun

    next(pieces)

    assert body.begun
    assert body.abort() is True
    with pytest.raises(AbortedError):
        next(pieces)


def test_a_body_that_was_given_up_never_begins() -> None:
    body = CandidateBody({}, KEY, resume())

    assert body.abort() is False
    with pytest.raises(AbortedError):
        next(iter(body))
    assert not body.begun


@pytest.mark.parametrize("size", [4, 100_000])
def test_a_file_that_has_grown_or_shrunk_does_not_pass_for_whole(size: int) -> None:
    body = CandidateBody({}, KEY, resume(b"12345678", size))

    if size == 4:
        assert json.loads(b"".join(body))["resume"]["data"] == base64.b64encode(b"1234").decode()
    else:
        with pytest.raises(OSError, match="shorter"):
            list(body)
