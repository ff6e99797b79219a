"""The dashboard theme: our name, mark, colours and navigation.

Read by django-unfold only; `integrations/admin/base/theme.py` is the one module that imports it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy


def _asset(name: str) -> Any:
    # Resolved per request: the name in the manifest is known once static files are collected.
    return lambda _request: static(f"relais/{name}")


def _for(permission: str) -> Any:
    def allowed(request: HttpRequest) -> bool:
        # Here, since settings are read before there are models.
        from integrations.accounts.permissions import Permission, may

        return may(request.user, Permission[permission])

    return allowed


def _page(title: Any, icon: str, name: str, **extra: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), **extra}


def _page_for(permission: str, title: Any, icon: str, name: str) -> dict[str, Any]:
    return _page(title, icon, name, permission=_for(permission))


def _among_tenants(request: HttpRequest) -> bool:
    """Connection links are reached from the tenants, and have no place of their own."""
    lists = ("integrations_integration_changelist", "integrations_connectionlink_changelist")
    return request.path.startswith(tuple(reverse(f"admin:{name}") for name in lists))


NAVIGATION = [
    {
        "items": [
            _page(lazy("Overview"), "space_dashboard", "index"),
            _page(
                lazy("Tenants"),
                "domain",
                "integrations_integration_changelist",
                active=_among_tenants,
            ),
        ],
    },
    {
        "title": lazy("Data"),
        "separator": True,
        "items": [
            _page(lazy("Jobs"), "work", "integrations_job_changelist"),
            _page(lazy("Candidates"), "person", "integrations_candidate_changelist"),
            _page(lazy("Applications"), "assignment", "integrations_application_changelist"),
            _page(lazy("Stages"), "view_kanban", "integrations_applicationstage_changelist"),
            _page(lazy("Tags"), "sell", "integrations_tag_changelist"),
        ],
    },
    {
        "title": pgettext_lazy("navigation", "Activity"),
        "separator": True,
        "items": [
            _page(lazy("Sync runs"), "sync", "integrations_syncrun_changelist"),
            _page(lazy("Submissions"), "send", "integrations_submission_changelist"),
            _page(lazy("Exports"), "download", "integrations_export_changelist"),
            _page_for(
                "READ_THROUGH",
                lazy("Console"),
                "terminal",
                "integrations_passthroughcall_console",
            ),
            _page_for(
                "AUDIT", lazy("Audit trail"), "history_edu", "integrations_auditentry_changelist"
            ),
            {"title": lazy("API reference"), "icon": "menu_book", "link": reverse_lazy("docs")},
        ],
    },
    {
        "title": lazy("System"),
        "separator": True,
        "items": [
            _page_for("MANAGE_USERS", lazy("Users"), "manage_accounts", "auth_user_changelist"),
            _page_for("MANAGE_KEYS", lazy("API keys"), "key", "integrations_apikey_changelist"),
            _page_for(
                "DEFINE_FIELDS",
                lazy("Custom fields"),
                "edit_attributes",
                "integrations_customfield_changelist",
            ),
            _page_for(
                "DEFINE_FIELDS",
                lazy("Value maps"),
                "rule",
                "integrations_valuedecision_changelist",
            ),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Relais",
    "SITE_HEADER": "Relais",
    "SITE_SUBHEADER": lazy("Flatchr, in step"),
    "SITE_URL": None,
    "SITE_ICON": {"light": _asset("mark.svg"), "dark": _asset("mark-dark.svg")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {
        "navigation": [
            {"title": lazy("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": lazy("Second factor"), "link": reverse_lazy("admin:second_factor")},
        ]
    },
    "STYLES": [
        _asset("relais.css"),
        _asset("overview.css"),
        _asset("submissions.css"),
        _asset("console.css"),
        _asset("fields.css"),
        _asset("runs.css"),
        _asset("connect.css"),
        _asset("keyboard.css"),
        _asset("explorer.css"),
        _asset("people.css"),
    ],
    "SCRIPTS": [
        _asset("relais.js"),
        _asset("overview.js"),
        _asset("submissions.js"),
        _asset("console.js"),
        _asset("connect.js"),
        _asset("keyboard.js"),
        _asset("palette.js"),
        _asset("explorer.js"),
    ],
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
