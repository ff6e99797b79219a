"""Entries as they are given, and what they are refused with."""

from __future__ import annotations

from integrations.submissions.inputs import (
    AlreadyApplied,
    Attachment,
    AttachmentType,
    Problem,
    Refused,
    SubmissionEntry,
)


def test_a_refusal_says_everything_at_once() -> None:
    problems = [
        Problem("job", "required", "Choose a job."),
        Problem("", "x", "And this."),
    ]

    refused = Refused(iter(problems))

    assert refused.problems == problems
    assert str(refused) == "Choose a job. And this."


def test_an_entry_asks_for_little() -> None:
    entry = SubmissionEntry(
        job="x", first_name="Nadia", last_name="Perrot", email_address="n@c.example"
    )

    assert (entry.attachments, dict(entry.urls), entry.unsupported) == ((), {}, ())


def test_the_bytes_of_a_file_do_not_show() -> None:
    attachment = Attachment("cv.pdf", AttachmentType.CV, b"%PDF-1.4 Nadia")

    assert "Nadia" not in repr(attachment)


def test_somebody_who_has_applied_may_be_known_without_a_record() -> None:
    assert str(AlreadyApplied(None, None)) == "This person has applied for this job already."
