"""The tools of a category, with what is covered of each (`docs/unified-api.md §10.7`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from integrations.api.answers import success
from integrations.api.errors import invalid
from integrations.api.general import coverage
from integrations.ids import TOOL

LABEL = "Flatchr"
CATEGORIES = ("hris", "ats", "assessment", "lms")


def asset(name: str) -> str:
    """The address of an image of ours, for pages of other hosts."""
    return f"{settings.PUBLIC_URL}{settings.STATIC_URL}relais/{name}"


def of_category(request: Any, category: str) -> HttpResponse:  # noqa: ARG001
    if category not in CATEGORIES:
        raise invalid(f"The category is one of {', '.join(CATEGORIES)}.")
    return success({"tools": [_flatchr()] if category == "ats" else []})


def _flatchr() -> dict[str, Any]:
    return {
        "id": TOOL,
        "label": LABEL,
        "internal_label": None,
        "assets": {
            "logo_url": asset("flatchr-logo.svg"),
            "icon_url": asset("flatchr-icon.svg"),
            "icon_black_url": asset("flatchr-icon-black.svg"),
        },
        "paid_api_details_markdown": None,
        "fast_track_details_markdown": None,
        "partner_only_details_markdown": None,
        "connection_guide_url": None,
        "coverage": {
            "read_models": [_covered(model) for model in coverage.READ_MODELS],
            "write_actions": [_covered(action) for action in coverage.WRITE_ACTIONS],
            "features": [_named(feature) for feature in coverage.FEATURES],
        },
    }


def _named(covered: coverage.Covered) -> dict[str, Any]:
    return {
        "id": covered.id,
        "label": covered.label,
        "coverage_status": coverage.status(covered.supported),
    }


def _covered(covered: coverage.Covered) -> dict[str, Any]:
    return {
        **_named(covered),
        "fields": [
            {"id": name, "coverage_status": coverage.status(supported)}
            for name, supported in covered.fields
        ],
    }
