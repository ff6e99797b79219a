"""How Flatchr's objects become records: pure functions of `docs/mapping.md`, one module
per subject.

Each mapper takes a decoded object and its source text and returns a record, or a `Rejected` when
the object cannot be a record at all. No input makes a mapper raise. Whatever could not be carried
over whole is reported as a `Finding`.
"""
