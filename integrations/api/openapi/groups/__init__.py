"""What each operation answers, and the words about it: a module for each chapter.

A route that is added gets an `Operation` in the module of its chapter; `tests/api/test_openapi.py`
fails while it has none.
"""

from __future__ import annotations

from integrations.api.openapi.groups.changes import CHANGES
from integrations.api.openapi.groups.connect import CONNECT
from integrations.api.openapi.groups.fields import FIELDS
from integrations.api.openapi.groups.integrations import INTEGRATIONS
from integrations.api.openapi.groups.passthrough import PASSTHROUGH
from integrations.api.openapi.groups.reads import READS, UNAVAILABLE
from integrations.api.openapi.groups.webhooks import WEBHOOKS
from integrations.api.openapi.groups.writes import WRITES

GROUPS = (READS, CHANGES, WRITES, INTEGRATIONS, FIELDS, CONNECT, WEBHOOKS, PASSTHROUGH, UNAVAILABLE)
