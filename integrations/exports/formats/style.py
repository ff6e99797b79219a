"""What a user may choose about a file."""

from __future__ import annotations

from typing import NamedTuple

from integrations.models import DateFormat, Delimiter


class Style(NamedTuple):
    """Separator and byte order mark are for CSV alone; JSON has its own dates."""

    delimiter: str = Delimiter.COMMA
    date_format: str = DateFormat.ISO
    bom: bool = False
