"""Addresses of the dashboard's pages, so that no sub-room imports another to link to it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from integrations.models import Submission, SubmissionKind

# Values of the state filter of submissions that stand for several states.
LIVE_STATES_VALUE = "live"
ATTENTION_VALUE = "attention"


def change_url(record: Model) -> str:
    """The page of one record."""
    return record_url(record, "change")


def record_url(record: Model, page: str) -> str:
    """One of the further pages of a record, by the name that its admin class gives it."""
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[quote(record.pk)])


def record_urls(record: Model, *pages: str) -> dict[str, str]:
    """Several pages of a record, by name."""
    return {page: record_url(record, page) for page in pages}


def list_url(model: type[Model], **query: Any) -> str:
    """The list of a model, filtered by `query`."""
    return _model_url(model, "changelist", query)


def add_url(model: type[Model], **query: Any) -> str:
    """The page on which a record of the model is added; `query` fills in its form."""
    return _model_url(model, "add", query)


def export_url(model: type[Model], **query: Any) -> str:
    """The export form of a list of records, filtered by `query`."""
    return _model_url(model, "export", query)


def submit_url(kind: SubmissionKind = SubmissionKind.CANDIDATE, **given: str) -> str:
    """The form for a new submission; `given` may be `tenant`, `job` and `candidate`, by id."""
    return add_url(Submission, kind=kind.value, **given)


def _model_url(model: type[Model], page: str, query: dict[str, Any]) -> str:
    meta = model._meta
    base = reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}")
    return f"{base}?{urlencode(query)}" if query else base
