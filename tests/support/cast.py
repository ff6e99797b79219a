"""What the tests' users have in common; `tests/conftest.py` says who they are."""

from __future__ import annotations

PASSWORD = "correct horse battery staple"
