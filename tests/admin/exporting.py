"""Asking for exports on the dashboard, as a form in the browser does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.exports import working
from integrations.models import Export, ExportState

FORM = {
    "format": "csv",
    "delimiter": "comma",
    "date_format": "iso",
    "columns": ["last_name", "email_addresses"],
}


def address(kind: str = "candidate", query: str = "") -> str:
    return reverse(f"admin:integrations_{kind}_export") + query


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def export_address(export: Export, page: str) -> str:
    return reverse(f"admin:integrations_export_{page}", args=[export.pk])


def made(client: Client, user: User, settings: Any, **given: Any) -> Export:
    """A large export whose file a worker has written."""
    settings.EXPORT_ROWS_AT_ONCE = 1
    answer = client.post(address(), {**FORM, **given})
    export = Export.objects.latest("pk")
    assert (export.user, export.state) == (user, ExportState.QUEUED)
    assert answer.headers["Location"] == reverse(
        "admin:integrations_export_change", args=[export.pk]
    )
    working.work_on(export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.DONE
    return export
