"""Every address of the site that is not the API's, and who may use it: the one table.

A new page that is not in it fails `test_every_address.py`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from integrations.accounts.permissions import Permission

P = Permission


class Door(Enum):
    """For what is not decided by a role."""

    OPEN = auto()  # for everybody, signed in or not
    OWN = auto()  # for every user of the dashboard, about themselves or their own tenants
    NOBODY = auto()  # there is no such page, and no such action


class Row(NamedTuple):
    """Who may look, and who may change. `method` is the one that is answered, where it is one."""

    get: Permission | Door
    post: Permission | Door
    method: str = ""


def _by(rights: Permission | Door, method: str = "") -> Row:
    return Row(rights, rights, method)


# Lists and pages of records that nobody edits; `add`, `delete` and `history` lead nowhere.
_READ_ONLY = {
    "job": P.SEE,
    "candidate": P.SEE,
    "application": P.SEE,
    "applicationstage": P.SEE,
    "tag": P.SEE,
    "syncrun": P.SEE,
    "submission": P.SEE,
    "issue": P.SEE,
    "bulkupload": P.SEE,
    "actiongroup": P.SEE,
    "export": P.SEE,
    "passthroughcall": P.SEE,
    "failedcall": P.SEE,
    "integration": P.SEE,
    "auditentry": P.AUDIT,
    "connectionlink": P.CONNECT,
    "webhookendpoint": P.WEBHOOKS,
    "webhookdelivery": P.WEBHOOKS,
}
_SYSTEM = {
    "integrations_apikey": P.MANAGE_KEYS,
    "integrations_customfield": P.DEFINE_FIELDS,
    "integrations_scopeconfig": P.DEFINE_FIELDS,
    "integrations_valuedecision": P.DEFINE_FIELDS,
    "auth_user": P.MANAGE_USERS,
}


def _common() -> dict[str, Row]:
    rows = {}
    for model, see in _READ_ONLY.items():
        name = f"integrations_{model}"
        rows[f"{name}_changelist"] = _by(see)
        rows[f"{name}_change"] = Row(see, Door.NOBODY)
        for page in ("add", "delete", "history"):
            rows[f"{name}_{page}"] = _by(Door.NOBODY)
    for name, rights in _SYSTEM.items():
        for page in ("changelist", "add", "change", "delete", "history"):
            rows[f"{name}_{page}"] = _by(rights)
    return rows


def _of(model: str, pages: dict[str, Row]) -> dict[str, Row]:
    return {f"integrations_{model}_{page}": row for page, row in pages.items()}


TABLE: dict[str, Row] = {
    **_common(),
    # Before anybody has signed in
    "home": _by(Door.OPEN),
    "livez": _by(Door.OPEN),
    "readyz": _by(Door.OPEN),
    "healthz": _by(Door.OPEN),
    # Behind a token of its own.
    "metrics": _by(Door.OPEN),
    "docs": _by(Door.OPEN),
    "openapi": _by(Door.OPEN),
    "set_language": _by(Door.OPEN, "POST"),
    "link": _by(Door.OPEN),
    "link_keys": _by(Door.OPEN),
    "link_done": _by(Door.OPEN),
    "link_progress": _by(Door.OPEN),
    "flatchr_event": _by(Door.OPEN, "POST"),
    "login": _by(Door.OPEN),
    "login_code": _by(Door.OPEN),
    "welcome": _by(Door.OPEN),
    "forgotten": _by(Door.OPEN),
    "password_reset": _by(Door.OPEN),
    "logout": _by(Door.OPEN, "POST"),
    "jsi18n": _by(Door.OWN),
    # For each user
    "index": _by(Door.OWN),
    "search": _by(Door.OWN),
    "palette": _by(Door.OWN, "GET"),
    "password_change": _by(Door.OWN),
    "password_change_done": _by(Door.OWN),
    "second_factor": _by(Door.OWN),
    "sessions": _by(Door.OWN),
    "account": _by(Door.OWN),
    "invitations": _by(Door.OWN),
    "alerts": _by(Door.OWN),
    "system": _by(P.OPERATE),
    "person": _by(P.PEOPLE),
    # Refused to everybody who does not say of which field; `test_tenant_isolation.py` has the rest.
    "autocomplete": _by(Door.NOBODY, "GET"),
    "app_list": _by(Door.OWN),
    "view_on_site": _by(Door.NOBODY),
    # Tenants
    **_of(
        "integration",
        {
            "add": _by(P.CONNECT),
            "sync": _by(P.SYNC, "POST"),
            "credentials": _by(P.CONFIGURE),
            "connected": _by(P.SEE),
            "progress": _by(P.SEE),
            "link": _by(P.CONFIGURE),
            "settings": _by(P.CONFIGURE),
            "scopes": _by(P.CONFIGURE),
            "events": _by(P.CONFIGURE),
            "fields": _by(P.DECIDE),
            "values": _by(P.DECIDE),
            "members": _by(P.MANAGE_MEMBERS),
            "people": _by(P.PEOPLE),
            "enabled": _by(P.CONFIGURE),
            "remove": _by(P.DELETE_TENANT),
            "deleted": _by(P.DELETE_TENANT),
            "export": _by(P.EXPORT),
        },
    ),
    # The link that the test knows is one of a tenant; an invitation is withdrawn by its maker.
    **_of("connectionlink", {"add": _by(P.CONNECT), "withdraw": _by(P.CONFIGURE, "POST")}),
    # Taking data away
    **_of("job", {"export": _by(P.EXPORT), "create": _by(P.ACT), "creation": _by(P.ACT)}),
    **_of("candidate", {"export": _by(P.EXPORT), "bulk": _by(P.ACT)}),
    **_of(
        "actiongroup",
        {"live": _by(P.SEE, "GET"), "stop": _by(P.ACT, "POST"), "retry": _by(P.ACT, "POST")},
    ),
    **_of(
        "application",
        {
            "export": _by(P.EXPORT),
            "board": _by(Door.OWN, "GET"),
            "board_cards": _by(Door.OWN, "GET"),
            "board_changes": _by(Door.OWN, "GET"),
            "bulk": _by(P.ACT),
            "act": _by(P.ACT, "POST"),
            "comments": _by(P.ACT),
            "messages": _by(P.ACT, "GET"),
            "tasks": _by(P.ACT),
            "work": _by(P.SEE, "GET"),
            "cv_file": _by(P.SUBMIT, "GET"),
            "cv_frame": _by(P.SUBMIT, "GET"),
        },
    ),
    **_of(
        "export",
        {
            "live": _by(P.SEE, "GET"),
            "file": _by(P.EXPORT, "POST"),
            "cancel": _by(P.EXPORT, "POST"),
            "all_live": _by(Door.OWN, "GET"),
            "end_schedule": _by(Door.OWN, "POST"),
        },
    ),
    **_of("auditentry", {"export": _by(P.AUDIT, "POST")}),
    # Webhooks
    **_of(
        "webhookendpoint",
        {
            "add": _by(P.WEBHOOKS),
            "edit": _by(P.WEBHOOKS),
            "remove": _by(P.WEBHOOKS),
            "switch": _by(P.WEBHOOKS, "POST"),
            "secret": _by(P.WEBHOOKS, "POST"),
            "test": _by(P.WEBHOOKS, "POST"),
            "replay": _by(P.WEBHOOKS, "POST"),
        },
    ),
    **_of("webhookdelivery", {"again": _by(P.WEBHOOKS, "POST")}),
    # Syncs
    **_of(
        "syncrun",
        {
            "live": _by(P.SEE),
            "held": _by(P.SEE),
            "exchanges": _by(P.SEE),
            "cancel": _by(P.SYNC, "POST"),
            "confirm": _by(P.DECIDE, "POST"),
            "keep": _by(P.DECIDE, "POST"),
            "undo": _by(P.DECIDE, "POST"),
            "retry": _by(P.DECIDE, "POST"),
        },
    ),
    **_of("issue", {"snooze": _by(P.DECIDE, "POST"), "wake": _by(P.DECIDE, "POST")}),
    # Submitting
    **_of(
        "submission",
        {
            "add": _by(P.SUBMIT),
            "jobs": _by(P.SUBMIT, "GET"),
            "validate": _by(P.SUBMIT, "POST"),
            "duplicates": _by(P.SUBMIT, "POST"),
            "edit": _by(P.SUBMIT),
            "live": _by(P.SEE, "GET"),
            "document": _by(P.SUBMIT, "GET"),
            "submit": _by(P.SUBMIT, "POST"),
            "retry": _by(P.SUBMIT, "POST"),
            "another_job": _by(P.SUBMIT, "POST"),
            "cancel": _by(P.SUBMIT, "POST"),
            "remove": _by(P.SUBMIT),
        },
    ),
    **_of(
        "bulkupload",
        {
            "add": _by(P.SUBMIT),
            "template": _by(Door.OWN),
            "live": _by(P.SEE, "GET"),
            "start": _by(P.SUBMIT, "POST"),
            "cancel": _by(P.SUBMIT, "POST"),
            "discard": _by(P.SUBMIT, "POST"),
            "result": _by(P.SUBMIT, "POST"),
        },
    ),
    # The console, and keys
    **_of("passthroughcall", {"console": _by(P.READ_THROUGH), "confirm": _by(P.READ_THROUGH)}),
    **_of("apikey", {"revoke": _by(P.MANAGE_KEYS)}),
}
# A key is never edited or deleted, nor a user deleted; the list of value maps is its own form.
TABLE["integrations_apikey_change"] = Row(P.MANAGE_KEYS, Door.NOBODY)
for _name in (
    "integrations_apikey_delete",
    "integrations_valuedecision_add",
    "integrations_valuedecision_delete",
    "auth_user_delete",
):
    TABLE[_name] = _by(Door.NOBODY)
