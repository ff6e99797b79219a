"""The dashboard theme: our name, mark, colours and navigation.

Read by django-unfold only; `integrations/admin/base.py` is the one module that imports it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _asset(name: str) -> Any:
    # Resolved per request: the name in the manifest is known once static files are collected.
    return lambda _request: static(f"relais/{name}")


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _page(title: str, icon: str, name: str, **extra: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), **extra}


def _system_page(title: str, icon: str, name: str) -> dict[str, Any]:
    return _page(title, icon, name, permission=_is_superuser)


NAVIGATION = [
    {
        "items": [
            _page("Overview", "space_dashboard", "index"),
            _page("Tenants", "domain", "integrations_integration_changelist"),
        ],
    },
    {
        "title": "Data",
        "separator": True,
        "items": [
            _page("Jobs", "work", "integrations_job_changelist"),
            _page("Candidates", "person", "integrations_candidate_changelist"),
            _page("Applications", "assignment", "integrations_application_changelist"),
            _page("Stages", "view_kanban", "integrations_applicationstage_changelist"),
            _page("Tags", "sell", "integrations_tag_changelist"),
        ],
    },
    {
        "title": "Activity",
        "separator": True,
        "items": [
            _page("Sync runs", "sync", "integrations_syncrun_changelist"),
            _page("Submissions", "send", "integrations_submission_changelist"),
            _page("Exports", "download", "integrations_export_changelist"),
        ],
    },
    {
        "title": "System",
        "separator": True,
        "items": [
            _system_page("Users", "manage_accounts", "auth_user_changelist"),
            _system_page("Groups", "group", "auth_group_changelist"),
            _system_page("Memberships", "badge", "integrations_membership_changelist"),
            _system_page("API keys", "key", "integrations_apikey_changelist"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Relais",
    "SITE_HEADER": "Relais",
    "SITE_SUBHEADER": "Flatchr, in step",
    "SITE_URL": None,
    "SITE_ICON": {"light": _asset("mark.svg"), "dark": _asset("mark-dark.svg")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [_asset("relais.css"), _asset("submissions.css")],
    "SCRIPTS": [_asset("relais.js"), _asset("submissions.js")],
    "BORDER_RADIUS": "8px",
    # Petrol. 600 carries white text and 500 stands on the dark ground, both at 4.5:1 or better.
    "COLORS": {
        "primary": {
            "50": "oklch(97.6% .012 200)",
            "100": "oklch(94.5% .028 200)",
            "200": "oklch(89% .052 200)",
            "300": "oklch(82% .082 200)",
            "400": "oklch(76% .1 200)",
            "500": "oklch(70% .105 200)",
            "600": "oklch(48.5% .083 202)",
            "700": "oklch(42% .073 203)",
            "800": "oklch(36% .06 204)",
            "900": "oklch(30% .048 205)",
            "950": "oklch(22% .035 206)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
