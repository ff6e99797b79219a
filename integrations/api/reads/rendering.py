"""Records as the lists show them, for those who tell of changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.scope import scope_of
from integrations.models import FlatchrSettings, Integration
from integrations.models.scopes import Part
from integrations.records import Model

LISTS = {Model.JOBS: JOBS, Model.CANDIDATES: CANDIDATES, Model.APPLICATIONS: APPLICATIONS}
OF_APPLICANTS = (Model.CANDIDATES, Model.APPLICATIONS)


def render(tenant: Integration, model: Model, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The records with these ids by their id, deleted ones included, as the tenant's scopes show
    them; none of a model that they leave out.
    """
    if not hasattr(tenant, "flatchr_settings"):
        tenant.flatchr_settings, _ = FlatchrSettings.objects.get_or_create(integration=tenant)
    left_out = tenant.flatchr_settings.scopes.left_out
    if model in OF_APPLICANTS and Part.APPLICATIONS in left_out:
        return {}
    rows = LISTS[model].rendered(scope_of(tenant), ids)
    return {record_id: orjson.loads(row) for record_id, row in rows.items()}
