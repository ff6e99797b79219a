"""What is found about a row: errors keep it from being sent, warnings and notes do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.models import Verdict

ERROR, WARNING, NOTE = "error", "warning", "note"
# Warnings that are the same for every row, and are shown once for the whole upload.
OF_THE_UPLOAD = "source_not_written"


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is a column's name, or empty for the row as a whole."""

    level: str
    field: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"level": self.level, "field": self.field, "message": self.message}


def verdict(findings: Iterable[Finding], *, applied: bool) -> Verdict:
    levels = {finding.level for finding in findings}
    if ERROR in levels:
        return Verdict.ERROR
    if applied:
        return Verdict.APPLIED
    return Verdict.WARNING if WARNING in levels else Verdict.OK
