"""Rows as django-import-export imports them: a dry run is the preview, a real one submits.

What is imported is a submission. Both runs validate a row in the same way, so that what the
preview says is what happens, unless something has changed in between.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import RowResult
from tablib import Dataset

from integrations.messages import Message
from integrations.submissions.bulk.columns import NAMES
from integrations.submissions.bulk.reading.row_reader import SheetRow
from integrations.submissions.bulk.rows import ERROR, RowContext, RowFinding, RowProposal

logger = logging.getLogger(__name__)

NUMBER = "row"
BROKEN = Message("row_check_failed")


class CandidateRows(Resource):
    """The rows of a sheet; `save` is what a real run does with each good one."""

    first_name = Field("first_name", "first_name")
    last_name = Field("last_name", "last_name")
    email_address = Field("email_address", "email_address")
    phone_number = Field("phone_number", "phone_number")
    job = Field("job", "job")
    cover_letter = Field("cover_letter", "cover_letter")
    cv = Field("cv", "cv")

    class Meta:
        force_init_instance = True
        skip_diff = True
        # Nothing is looked up: every row is a new submission.
        instance_loader_class = BaseInstanceLoader
        using_db = "default"

    def __init__(self, context: RowContext, save: Callable[[RowProposal], None]) -> None:
        super().__init__()
        self.context = context
        self._save = save
        self._proposals: dict[int, RowProposal] = {}

    def preview(self, rows: Sequence[SheetRow]) -> list[tuple[RowProposal, list[RowFinding]]]:
        """What would become of the rows, nothing being written: each with what was found."""
        return [
            (proposal, _findings(proposal, result))
            for proposal, result in self._run(rows, dry_run=True)
        ]

    def submit(self, rows: Sequence[SheetRow]) -> list[tuple[RowProposal, RowResult]]:
        """Import the rows: `save` has been called for each that is in order."""
        return self._run(rows, dry_run=False)

    def _run(
        self, rows: Sequence[SheetRow], *, dry_run: bool
    ) -> list[tuple[RowProposal, RowResult]]:
        # Files are unpacked and looked at here: a dry run is a transaction, which must be short.
        self._proposals = {row.number: RowProposal.of(row, self.context) for row in rows}
        data = Dataset(headers=(NUMBER, *NAMES))
        for row in rows:
            data.append((row.number, *(row.values[name] for name in NAMES)))
        result = self.import_data(data, dry_run=dry_run, use_transactions=False)
        if result.base_errors:
            raise result.base_errors[0].error
        return list(zip(self._proposals.values(), result.rows, strict=True))

    # What import-export asks for

    def init_instance(self, row: Any = None) -> RowProposal:
        return self._proposals[row[NUMBER]]

    def validate_instance(
        self,
        instance: RowProposal,
        import_validation_errors: Any = None,  # noqa: ARG002
        validate_unique: bool = True,  # noqa: ARG002
    ) -> None:
        instance.validate(self.context)
        errors = defaultdict(list)
        for finding in instance.findings:
            if finding.level == ERROR:
                errors[finding.field or NON_FIELD_ERRORS].append(finding.message)
        if errors:
            raise ValidationError(dict(errors))

    def do_instance_save(self, instance: RowProposal, is_create: bool) -> None:  # noqa: ARG002
        self._save(instance)

    def save_instance(
        self, instance: RowProposal, is_create: bool, row: Any, **kwargs: Any
    ) -> None:
        # Without a dry run's transaction to take it back, a file in the storage would stay.
        if not self._is_dry_run(kwargs):
            super().save_instance(instance, is_create, row, **kwargs)


def _findings(proposal: RowProposal, result: RowResult) -> list[RowFinding]:
    """The errors that import-export reports, and what the row has besides."""
    others = [finding for finding in proposal.findings if finding.level != ERROR]
    if result.errors:
        error = result.errors[0].error
        if isinstance(error, DatabaseError):
            # Not the row's fault, and over by the next attempt.
            raise error
        logger.error("Row %s could not be checked", proposal.row.number, exc_info=error)
        return [RowFinding(ERROR, "", BROKEN)]
    if result.validation_error is None:
        return others
    told = result.validation_error.message_dict.items()
    errors = [
        RowFinding(ERROR, "" if name == NON_FIELD_ERRORS else name, message)
        for name, messages in told
        for message in messages
    ]
    return errors + others
