"""Flatchr's objects to records, as pure functions (`docs/mapping.md`), one module per subject.

Each mapper takes a decoded object and its source text and returns a record, or a `Rejected` when
the object cannot be a record at all. No input makes a mapper raise. A value that cannot be
mapped is reported as a `Finding`.
"""
