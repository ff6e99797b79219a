"""The records that fill the dashboard's pages, as its own tests have them."""

from __future__ import annotations

from tests.admin.conftest import data, fill, other_data, troubled_run

__all__ = ["data", "fill", "other_data", "troubled_run"]
