"""The dashboard theme: our name, mark, colours and navigation.

Read by django-unfold only; `integrations/admin/base/theme.py` is the one module that imports it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy


def _asset(name: str) -> Any:
    # Resolved for each request: the manifest exists only after `collectstatic`.
    return lambda _request: static(f"relais/{name}")


def _has_permission(permission: str) -> Any:
    def allowed(request: HttpRequest) -> bool:
        # Imported here, because settings are read before the models are loaded.
        from integrations.accounts.permissions import Permission, may

        return may(request.user, Permission[permission])

    return allowed


def _page(title: Any, icon: str, name: str, **extra: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), **extra}


def _page_with_permission(
    permission: str, title: Any, icon: str, name: str, **extra: Any
) -> dict[str, Any]:
    return _page(title, icon, name, permission=_has_permission(permission), **extra)


def _is_below(*lists: str, besides: str = "") -> Any:
    """Whether an entry is active: on pages of any of these lists, as not each has an entry; but
    for those of `besides`, which has its own.
    """

    def active(request: HttpRequest) -> bool:
        if besides and request.path.startswith(reverse(f"admin:{besides}")):
            return False
        return request.path.startswith(tuple(reverse(f"admin:{name}") for name in lists))

    return active


NAVIGATION = [
    {
        "items": [
            _page(_lazy("Overview"), "space_dashboard", "index"),
            _page(
                _lazy("Tenants"),
                "domain",
                "integrations_integration_changelist",
                active=_is_below(
                    "integrations_integration_changelist", "integrations_connectionlink_changelist"
                ),
            ),
        ],
    },
    {
        "title": _lazy("Data"),
        "separator": True,
        "items": [
            _page(_lazy("Jobs"), "work", "integrations_job_changelist"),
            _page(_lazy("Candidates"), "person", "integrations_candidate_changelist"),
            _page(
                _lazy("Applications"),
                "assignment",
                "integrations_application_changelist",
                active=_is_below(
                    "integrations_application_changelist", besides="integrations_application_board"
                ),
            ),
            _page(_lazy("Board"), "view_kanban", "integrations_application_board"),
            _page(_lazy("Stages"), "steps", "integrations_applicationstage_changelist"),
            _page(_lazy("Tags"), "sell", "integrations_tag_changelist"),
        ],
    },
    {
        "title": pgettext_lazy("navigation", "Activity"),
        "separator": True,
        "items": [
            _page(_lazy("Issues"), "report", "integrations_issue_changelist"),
            _page(_lazy("Sync runs"), "sync", "integrations_syncrun_changelist"),
            _page(
                _lazy("Submissions"),
                "send",
                "integrations_submission_changelist",
                active=_is_below(
                    "integrations_submission_changelist", "integrations_bulkupload_changelist"
                ),
            ),
            _page(_lazy("Bulk actions"), "checklist", "integrations_actiongroup_changelist"),
            _page(_lazy("Exports"), "download", "integrations_export_changelist"),
            _page_with_permission(
                "READ_THROUGH",
                _lazy("Console"),
                "terminal",
                "integrations_passthroughcall_console",
                active=_is_below("integrations_passthroughcall_changelist"),
            ),
            _page(_lazy("API errors"), "sms_failed", "integrations_failedcall_changelist"),
            _page_with_permission(
                "WEBHOOKS",
                _lazy("Webhooks"),
                "webhook",
                "integrations_webhookendpoint_changelist",
                active=_is_below(
                    "integrations_webhookendpoint_changelist",
                    "integrations_webhookdelivery_changelist",
                ),
            ),
            _page_with_permission(
                "AUDIT", _lazy("Audit trail"), "history_edu", "integrations_auditentry_changelist"
            ),
            {"title": _lazy("API reference"), "icon": "menu_book", "link": reverse_lazy("docs")},
        ],
    },
    {
        "title": _lazy("System"),
        "separator": True,
        "items": [
            _page_with_permission(
                "MANAGE_USERS", _lazy("Users"), "manage_accounts", "auth_user_changelist"
            ),
            _page_with_permission(
                "MANAGE_KEYS", _lazy("API keys"), "key", "integrations_apikey_changelist"
            ),
            _page_with_permission(
                "DEFINE_FIELDS",
                _lazy("Custom fields"),
                "edit_attributes",
                "integrations_customfield_changelist",
            ),
            _page_with_permission(
                "DEFINE_FIELDS",
                _lazy("Value maps"),
                "rule",
                "integrations_valuedecision_changelist",
            ),
            _page_with_permission(
                "DEFINE_FIELDS",
                _lazy("Scope configurations"),
                "checklist",
                "integrations_scopeconfig_changelist",
            ),
            _page_with_permission("PEOPLE", _lazy("Personal data"), "person_search", "person"),
            _page_with_permission("OPERATE", _lazy("System status"), "monitor_heart", "system"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Relais",
    "SITE_HEADER": "Relais",
    "SITE_SUBHEADER": _lazy("Flatchr, in sync"),
    "SITE_URL": None,
    "SITE_ICON": {"light": _asset("mark.svg"), "dark": _asset("mark-dark.svg")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {
        "navigation": [
            {"title": _lazy("My account"), "link": reverse_lazy("admin:account")},
            {"title": _lazy("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _lazy("Alerts"), "link": reverse_lazy("admin:alerts")},
            {"title": _lazy("Second factor"), "link": reverse_lazy("admin:second_factor")},
            {"title": _lazy("Sessions"), "link": reverse_lazy("admin:sessions")},
        ]
    },
    "STYLES": [
        _asset("palette.css"),
        _asset("relais.css"),
        _asset("overview.css"),
        _asset("submissions.css"),
        _asset("console.css"),
        _asset("fields.css"),
        _asset("runs.css"),
        _asset("connect.css"),
        _asset("guide.css"),
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
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
