"""The same done to many: what is ticked in a list of applications or candidates, a preview of what
would become of each, and the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, tenants_where
from integrations.actions import bulk, previews
from integrations.actions.checks import MOST
from integrations.actions.inputs import ActionNotPossible, ActionPreview, Actor, NotConfirmed
from integrations.actions.kinds import stage_choices, tag_choices
from integrations.admin.actions.acting import MOST_TAGS, PARAMETERS
from integrations.admin.base.urls import bulk_url, change_url, list_url
from integrations.admin.base.views import AdminView, Breadcrumb
from integrations.messages import Message, translated
from integrations.models import ActionChannel, ActionKind, Application, Candidate

TITLES = {
    ActionKind.MOVE: _lazy("Move several applications"),
    ActionKind.REJECT: _lazy("Reject several applications"),
    ActionKind.TAG: _lazy("Tag several candidates"),
}
# Rows of a preview, of those that it can be done to and of the others.
SHOWN = 100
BATCH = 500


class BulkActionView(AdminView):
    """Chooses what is to be done, shows what would come of it, and starts it.

    The first form comes from a list: `ids` of its records, or `all` of what `query` selects. From
    the preview on, it is the applications that were shown, and no others.
    """

    permission = Permission.ACT
    route = "act/"

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002
        return HttpResponseRedirect(list_url(self.admin.model))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            kind = ActionKind(request.POST.get("do", ""))
            fields = {name: request.POST.get(name, "")[:400] for name in PARAMETERS[kind]}
        except (ValueError, KeyError):
            return self._back(request, _("This cannot be done here."))
        applications = self._applications(request)
        if not applications:
            return self._back(request, _("Nothing that can be acted on was ticked."))
        if len(applications) > MOST:
            return self._back(request, translated(Message("action_too_many", count=MOST)))
        chosen: dict[str, Any] = dict(fields)
        if request.POST.get("confirmed"):
            chosen["confirmed"] = True
        ready = all(fields.values())
        refusal = ""
        if ready and request.POST.get("go"):
            try:
                group = bulk.start_many(
                    kind=kind,
                    applications=applications,
                    parameters=chosen,
                    by=Actor(user=request.user, channel=ActionChannel.BULK),
                )
                return HttpResponseRedirect(change_url(group))
            except NotConfirmed:
                refusal = _("Tick that this is meant.")
            except ActionNotPossible as error:
                refusal = translated(error)
        preview = (
            previews.preview(
                kind=kind, applications=applications, parameters=chosen, user=request.user
            )
            if ready
            else None
        )
        return self._show(kind, applications, fields, preview, refusal)

    def _show(
        self,
        kind: ActionKind,
        applications: Sequence[Application],
        fields: dict[str, str],
        preview: ActionPreview | None,
        refusal: str,
    ) -> HttpResponseBase:
        tenant = applications[0].integration
        alone = all(one.integration_id == tenant.pk for one in applications)
        if not alone:
            refusal = translated(Message("action_several_tenants"))
        rows = preview.rows if preview else ()
        against = [row for row in rows if not row.possible]
        possible = [row for row in rows if row.possible]
        return self.page(
            "relais/bulk_action.html",
            None,
            Breadcrumb(TITLES[kind]),
            title=TITLES[kind],
            kind=kind.value,
            fields=fields,
            count=len(applications),
            ids=",".join(one.pk for one in applications),
            tenant=tenant,
            alone=alone,
            stages=stage_choices(tenant) if alone and kind == "MOVE" else [],
            tag_choices=tag_choices(tenant)[:MOST_TAGS] if alone and kind == "TAG" else [],
            preview=preview,
            refusal=refusal or (translated(preview.refusal) if preview else ""),
            rows=[*against[:SHOWN], *possible[:SHOWN]],
            left_out=max(0, len(against) - SHOWN) + max(0, len(possible) - SHOWN),
            possible=len(possible),
            impossible=len(against),
            back_url=list_url(self.admin.model),
        )

    def _back(self, request: HttpRequest, words: str) -> HttpResponseBase:
        messages.warning(request, words)
        return HttpResponseRedirect(list_url(self.admin.model))

    def _applications(self, request: HttpRequest) -> list[Application]:
        """The applications that are meant, of tenants in which the user may act."""
        ids = request.POST.get("ids", "").replace("\0", "")
        given = [one for one in ids.split(",") if one]
        if request.POST.get("of") == "applications":
            return _by_ids(given, request.user)
        if request.POST.get("all"):
            given = self._selected(request)
        if self.admin.model is Application:
            return _by_ids(given, request.user)
        job = QueryDict(request.POST.get("query", "")).get("job")
        return bulk.applications_of_candidates(
            given, among=_actable(request.user), job=(job or "").replace("\0", "")
        )

    def _selected(self, request: HttpRequest) -> list[str]:
        """The ids of what the list shows with `query`, on all its pages; one more than can be
        acted on, if there are more.
        """
        request.GET = QueryDict(request.POST.get("query", ""))
        try:
            selected = self.admin.selection(request)
        except IncorrectLookupParameters:
            return []
        return list(selected.values_list("pk", flat=True)[: MOST + 1])


def _by_ids(ids: Sequence[str], user: Any) -> list[Application]:
    """The applications in the order of their ids as given."""
    keys = list(dict.fromkeys(ids[: MOST + 1]))
    found: dict[str, Application] = {}
    visible = _actable(user)
    for first in range(0, len(keys), BATCH):
        for one in visible.filter(pk__in=keys[first : first + BATCH]):
            found[one.pk] = one
    return [found[key] for key in keys if key in found]


def _actable(user: Any) -> Any:
    tenants = tenants_where(user, Permission.ACT)
    rows = Application.objects.visible_to(user).live().filter(integration__in=tenants)
    return rows.select_related("integration", "job", "candidate", "current_stage").defer(
        "job__remote_data", "job__description", "current_stage__remote_data"
    )


def bar_context(request: HttpRequest, model: type[Application | Candidate]) -> dict[str, Any]:
    """What `_bulk_bar.html` needs above a list."""
    if not tenants_where(request.user, Permission.ACT).exists():
        return {}
    query = request.GET.copy()
    for name in ("p", "e"):
        query.pop(name, None)
    return {
        "bulk_url": bulk_url(model),
        "bulk_query": query.urlencode(),
    }
