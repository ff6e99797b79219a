"""CVs as people's programs write them are taken: each layout, saved in each way."""

from __future__ import annotations

import pytest

from integrations.submissions.documents import inspect
from tests.submissions import ordinary_office
from tests.submissions.pdf_files import LAYOUTS, SAVED

OFFICE = list(ordinary_office.ordinary())


@pytest.mark.parametrize("way", SAVED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_pdf_that_readers_open_is_taken(layout: str, way: str) -> None:
    content = SAVED[way](LAYOUTS[layout]())
    assert inspect("cv.pdf", content).kind == "PDF"


@pytest.mark.parametrize(
    ("name", "content"), [row[1:] for row in OFFICE], ids=[r[0] for r in OFFICE]
)
def test_a_document_that_programs_write_is_taken(name: str, content: bytes) -> None:
    assert inspect(name, content).size == len(content)
