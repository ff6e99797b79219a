"""The command palette: the pages a user can open and the actions they can start, as JSON.

Without `q`: the pages of the navigation, the common actions, the first tenants. With `q`: the
tenants and records that it finds, and a link to the full search. Only what the user may do is
offered. An action that changes something is a form to be posted, checked like its own page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may, tenants_where
from integrations.admin.base.urls import change_url, record_url, submit_url
from integrations.models import Integration, SubmissionKind, SyncType
from integrations.search.finding import find
from integrations.search.terms import LONGEST, parse

# Tenants, or records of a kind, that are offered for what is typed.
SHOWN = 6
# Tenants that are offered before anything is typed.
KNOWN = 50

Entry = dict[str, Any]


def palette_view(request: HttpRequest, navigation: Iterable[Mapping[str, Any]]) -> JsonResponse:
    """`{"groups": [{"title", "entries": [{"label", "hint", "icon", "url", "post"?}]}]}`.

    `post` are the fields of a form to be posted to `url`; without it, `url` is a page to open.
    `navigation` are the groups of the sidebar for this user.
    """
    typed = request.GET.get("q", "").strip()[:LONGEST]
    groups = _found(request, typed) if typed else _offered(request, navigation)
    answer = JsonResponse({"groups": [group for group in groups if group["entries"]]})
    add_never_cache_headers(answer)
    return answer


def _offered(request: HttpRequest, navigation: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"title": _("Pages"), "entries": _pages(navigation)},
        {"title": _("Actions"), "entries": _actions(request)},
        {"title": _("Tenants"), "entries": _tenants(request, "", KNOWN)},
        {"title": _("Synchronise"), "entries": _syncs(request, "", KNOWN)},
    ]


def _found(request: HttpRequest, typed: str) -> list[dict[str, Any]]:
    search = parse(typed)
    results = find(search, request.user, deleted="")
    everything = _entry(
        _("Search everything for “%(words)s”") % {"words": typed},
        "",
        "search",
        f"{reverse('admin:search')}?{urlencode({'q': typed})}",
    )
    return [
        {"title": _("Tenants"), "entries": _tenants(request, typed, SHOWN)},
        {"title": _("Synchronise"), "entries": _syncs(request, typed, SHOWN)},
        {"title": _("Candidates"), "entries": _records(results.candidates.records, "person")},
        {"title": _("Jobs"), "entries": _records(results.jobs.records, "work")},
        {"title": _("Search"), "entries": [everything]},
    ]


def _entry(label: object, hint: object, icon: str, url: str, **more: Any) -> Entry:
    return {"label": str(label), "hint": str(hint), "icon": icon, "url": str(url), **more}


def _pages(navigation: Iterable[Mapping[str, Any]]) -> list[Entry]:
    return [
        _entry(item["title"], group.get("title", ""), item.get("icon", "article"), item["link"])
        for group in navigation
        for item in group["items"]
        if item["has_permission"]
    ]


def _actions(request: HttpRequest) -> list[Entry]:
    offered = [
        (Permission.SUBMIT, _("Submit a candidate"), "send", submit_url(SubmissionKind.CANDIDATE)),
        (
            Permission.SUBMIT,
            _("Upload many candidates"),
            "upload_file",
            reverse("admin:integrations_bulkupload_add"),
        ),
        *(
            (Permission.EXPORT, words, "download", reverse(f"admin:integrations_{kind}_export"))
            for kind, words in (
                ("candidate", _("Export candidates")),
                ("job", _("Export jobs")),
                ("application", _("Export applications")),
            )
        ),
        (
            Permission.CONNECT,
            _("Connect a tenant"),
            "add_link",
            reverse("admin:integrations_integration_add"),
        ),
        (
            Permission.CONNECT,
            _("Invite a customer to connect"),
            "forward_to_inbox",
            reverse("admin:integrations_connectionlink_add"),
        ),
        (
            Permission.MANAGE_KEYS,
            _("Add an API key"),
            "key",
            reverse("admin:integrations_apikey_add"),
        ),
        (Permission.MANAGE_USERS, _("Add a user"), "person_add", reverse("admin:auth_user_add")),
    ]
    entries = [
        _entry(words, "", icon, url)
        for permission, words, icon, url in offered
        if may(request.user, permission)
    ]
    password = reverse("admin:password_change")
    return [*entries, _entry(_("Change your password"), "", "password", password)]


def _tenants(request: HttpRequest, typed: str, most: int) -> list[Entry]:
    named = _named(Integration.objects.visible_to(request.user), typed)[:most]
    return [
        _entry(tenant, tenant.get_environment_display(), "domain", change_url(tenant))
        for tenant in named
    ]


def _syncs(request: HttpRequest, typed: str, most: int) -> list[Entry]:
    allowed = tenants_where(request.user, Permission.SYNC).filter(enabled=True)
    return [
        _entry(
            _("Sync %(tenant)s now") % {"tenant": tenant},
            _("Everything"),
            "sync",
            record_url(tenant, "sync"),
            post={"type": SyncType.FULL.value},
        )
        for tenant in _named(allowed, typed)[:most]
    ]


def _named(tenants: QuerySet[Integration], typed: str) -> QuerySet[Integration]:
    for word in typed.split():
        tenants = tenants.filter(organization__icontains=word)
    return tenants.only("id", "organization", "environment").order_by("organization", "id")


def _records(records: Iterable[Any], icon: str) -> list[Entry]:
    return [
        _entry(record, record.integration, icon, change_url(record))
        for record in list(records)[:SHOWN]
    ]
