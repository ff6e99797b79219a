"""How much an upload may hold."""

from __future__ import annotations

from django.conf import settings

MB = 1024**2

SHEET_BYTES = 5 * MB
ARCHIVE_BYTES = 200 * MB
ARCHIVE_ENTRIES = 10_000
COLUMNS = 60
CELL_CHARACTERS = 20_000

# What an XLSX may unpack to. The cells and texts of a sheet are read one by one; its other parts
# become objects all at once, of which a little XML makes a great many.
XLSX_ENTRIES = 2_000
XLSX_SHEET_BYTES = 24 * MB
XLSX_SHEET_ELEMENTS = 1_000_000
XLSX_PART_BYTES = 4 * MB
XLSX_PART_ELEMENTS = 100_000

# A ZIP whose files are said to unpack to more than so many times its own size is no collection
# of CVs: PDF, DOCX and pictures are compressed already.
ARCHIVE_RATIO = 60


def max_rows() -> int:
    return int(settings.BULK_MAX_ROWS)


def in_mb(size: int) -> str:
    """A limit for people: `5 MB`."""
    return f"{size / MB:.0f} MB"
