"""What runs, sends or fetches something is refused, wherever it is and however it is packed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.submissions.documents import DocumentRefused, inspect
from tests.submissions import hostile_office, hostile_pdfs

PDFS = list(hostile_pdfs.hostile())
OFFICE = [*hostile_office.word(), *hostile_office.others()]


@pytest.mark.parametrize(
    ("build", "codes"), [row[1:] for row in PDFS], ids=[row[0] for row in PDFS]
)
def test_a_pdf_that_does_something_is_refused(build: Callable[[], bytes], codes: set[str]) -> None:
    with pytest.raises(DocumentRefused) as refused:
        inspect("cv.pdf", build())
    assert refused.value.code in codes


@pytest.mark.parametrize(
    ("name", "content", "code"), [row[1:] for row in OFFICE], ids=[row[0] for row in OFFICE]
)
def test_a_document_that_does_something_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        inspect(name, content)
    assert refused.value.code == code


def test_what_a_check_does_not_expect_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("pikepdf.Pdf.open", fails)
    with pytest.raises(DocumentRefused) as refused:
        inspect("cv.pdf", PDFS[0][1]())
    assert refused.value.code == "unreadable"
    assert "could not be inspected" in caplog.text
