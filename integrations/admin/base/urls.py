"""Addresses of the dashboard's pages, so that no sub-room imports another to link to it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote as url_quote

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode

from integrations.models import Job, Submission, SubmissionKind

# Values of the state filter of submissions that stand for several states.
LIVE_STATES_VALUE = "live"
ATTENTION_VALUE = "attention"
# What `reverse` leaves as it is in a key.
_SAFE = "!$&'()*+,;=/~:@"
# A key that stands in no address; a number, as some routes take nothing else.
_KEY = "9007199254740993"


def change_url(record: Model) -> str:
    """The page of one record."""
    return record_url(record, "change")


def record_url(record: Model, page: str) -> str:
    """One of the further pages of a record, by the name that its admin class gives it."""
    meta = record._meta
    before, after = _around(f"admin:{meta.app_label}_{meta.model_name}_{page}", get_script_prefix())
    return f"{before}{url_quote(str(quote(record.pk)), safe=_SAFE)}{after}"


@lru_cache(maxsize=200)
def _around(name: str, script_prefix: str) -> tuple[str, str]:  # noqa: ARG001 - `reverse` asks for it
    """What stands before and after the key in the addresses of that name.

    A page has a hundred links to records, and `reverse` takes longer for one than all else of it.
    """
    before, _, after = reverse(name, args=[_KEY]).rpartition(_KEY)
    return before, after


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


def bulk_url(model: type[Model]) -> str:
    """Where what is ticked in a list is sent, to have something done to all of it."""
    return _model_url(model, "bulk", {})


def board_url(job: Job) -> str:
    """The board of the job's applications by stage."""
    return f"{reverse('admin:integrations_application_board')}?{urlencode({'job': job.pk})}"


def submit_url(kind: SubmissionKind = SubmissionKind.CANDIDATE, **given: str) -> str:
    """The form for a new submission; `given` may be `tenant`, `job` and `candidate`, by id."""
    return add_url(Submission, kind=kind.value, **given)


def _model_url(model: type[Model], page: str, query: dict[str, Any]) -> str:
    meta = model._meta
    base = reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}")
    return f"{base}?{urlencode(query)}" if query else base
