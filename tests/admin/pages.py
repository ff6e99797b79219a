"""Every address of the dashboard, for the tests that walk through all of them."""

from __future__ import annotations

from django.contrib.admin.utils import quote
from django.urls import reverse

from tests.admin.conftest import Data

LISTS = ("integration", "job", "candidate", "application", "applicationstage", "tag")
LISTS_OF_ACTIVITY = ("syncrun", "export", "passthroughcall")
SYSTEM_LISTS = (
    "auth_user",
    "integrations_apikey",
    "integrations_customfield",
    "integrations_valuedecision",
)


def list_address(model: str) -> str:
    return reverse(f"admin:integrations_{model}_changelist")


def record_addresses(data: Data) -> dict[str, str]:
    """The page of one record of each kind, by model name."""
    records = {
        "integration": data.tenant,
        "job": data.jobs[0],
        "candidate": data.candidates[0],
        "application": data.applications[0],
        "applicationstage": data.stages[0],
        "tag": data.tags[0],
        "syncrun": data.runs[0],
        "export": data.exports[0],
        "passthroughcall": data.calls[0],
    }
    return {
        model: reverse(f"admin:integrations_{model}_change", args=[quote(record.pk)])
        for model, record in records.items()
    }


def tenant_address(data: Data, page: str) -> str:
    return reverse(f"admin:integrations_integration_{page}", args=[quote(data.tenant.pk)])


def run_address(run_id: int, page: str) -> str:
    return reverse(f"admin:integrations_syncrun_{page}", args=[run_id])
