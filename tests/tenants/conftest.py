"""The fixtures of the sync's tests, as most of what is said of a tenant shows after a sync."""

from __future__ import annotations

from tests.sync.conftest import flatchr, impatient, no_request_limit, sandbox, synced_tenant

__all__ = ["flatchr", "impatient", "no_request_limit", "sandbox", "synced_tenant"]
