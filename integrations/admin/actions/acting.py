"""Acting on one application from its page: steps, reject, tag; undo, and trying again.

The part of the page that moves is drawn here, for its scripts and for browsers without any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, TemplatePermissions, may
from integrations.actions import previews, service
from integrations.actions.inputs import ActionNotPossible, Actor, NotConfirmed
from integrations.actions.kinds import stage_choices, tag_choices
from integrations.admin.base.urls import change_url, record_urls
from integrations.admin.base.views import RecordView, live_fragment
from integrations.messages import translated
from integrations.models import (
    Action,
    ActionKind,
    ActionState,
    Application,
    ApplicationStage,
)

MOST_ACTIONS = 5
MOST_TAGS = 500

# What a button of the page may ask for, with the fields of its form.
PARAMETERS = {
    ActionKind.MOVE: ("stage",),
    ActionKind.REJECT: (),
    ActionKind.TAG: ("tag",),
}


@dataclass(frozen=True, slots=True)
class ShownAction:
    """One action as a page tells of it: `words` are what was done, `message` why it was not, or
    what is being done to find out.
    """

    action: Action
    words: str
    label: str
    tone: str
    message: str
    can_undo: bool
    can_retry: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What came of pressing a button. `confirm` are the fields of the form to be sent again, when
    it has to be confirmed.
    """

    words: str
    tone: str = "danger"
    confirm: tuple[tuple[str, str], ...] = ()


class ActView(RecordView[Application]):
    """What the buttons of an application's page do; answers scripts with the part that moves."""

    permission = Permission.ACT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        said = self._do(request)
        if request.headers.get("Accept") == "application/json":
            # A card of the board, which asks for its state by itself.
            confirm = dict(said.confirm) if said else {}
            return JsonResponse({"said": said.words if said else "", "confirm": confirm})
        self.record.refresh_from_db()
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return moving_part(request, self.record, said)
        if said is None:
            return HttpResponseRedirect(change_url(self.record))
        if said.confirm:
            context = {**self.admin.detail(request, self.record), "said": said}
            return self.admin.page(request, self.admin.detail_template, self.record, **context)
        messages.warning(request, said.words)
        return HttpResponseRedirect(change_url(self.record))

    def _do(self, request: HttpRequest) -> Said | None:
        asked = request.POST.get("do", "")
        fields: dict[str, str] = {}
        try:
            if asked in ("undo", "retry"):
                fields = {"row": request.POST.get("row", "").replace("\0", "")}
                return self._again(request, asked, fields["row"])
            kind = ActionKind(asked)
            fields = {name: request.POST.get(name, "")[:400] for name in PARAMETERS[kind]}
            confirmed = {"confirmed": True} if request.POST.get("confirmed") else {}
            service.start(
                kind=kind,
                application=self.record,
                parameters={**fields, **confirmed},
                by=Actor(user=request.user),
            )
        except NotConfirmed as error:
            return Said(translated(error), "warning", (("do", asked), *fields.items()))
        except ActionNotPossible as error:
            return Said(translated(error))
        except (ValueError, KeyError):
            return Said(_("This cannot be done here."))
        return None

    def _again(self, request: HttpRequest, asked: str, pk: str) -> Said | None:
        action = self.record.actions.filter(pk=pk).first()
        if action is None:
            return Said(_("This cannot be done here."))
        by = Actor(user=request.user)
        if asked == "undo":
            service.undo(action, by=by, confirmed=bool(request.POST.get("confirmed")))
        else:
            service.retry(action, by=by)
        return None


class WorkView(RecordView[Application]):
    """The moving part of an application's page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return moving_part(request, self.record)


def moving_part(
    request: HttpRequest, application: Application, said: Said | None = None
) -> HttpResponse:
    context = {
        **work_context(application, request.user),
        "said": said,
        "record": application,
        "rights": TemplatePermissions(request.user, application.integration_id),
    }
    return live_fragment(request, "relais/_work.html", context, live=context["work_live"])


def work_context(application: Application, user: Any) -> dict[str, Any]:
    """What `_work.html` needs."""
    may_act = may(user, Permission.ACT, application.integration_id)
    available = previews.available_actions(application, user) if may_act else {}
    stages = stage_choices(application.integration, application)
    rows = list(
        application.actions.select_related("user", "integration").order_by("-created_at", "-id")[
            :MOST_ACTIONS
        ]
    )
    for row in rows:
        row.application = application
    shown = list(shown_actions(rows, may_act=may_act))
    current = next((at for at, stage in enumerate(stages) if stage.current), -1)
    return {
        "stages": stages,
        "next_stage": stages[current + 1].id if current + 1 < len(stages) else "",
        "can": {kind.value: one for kind, one in available.items()},
        "tag_choices": tag_choices(application.integration)[:MOST_TAGS]
        if available and available[ActionKind.TAG].possible
        else [],
        "tags": _tags(application),
        "actions_shown": shown,
        "work_live": any(one.action.is_live for one in shown),
        "work_urls": record_urls(application, "act", "work"),
    }


def _tags(application: Application) -> list[tuple[str, str]]:
    worn = application.candidate.candidate_tags.live().filter(tag__remote_deleted_at=None)
    return list(worn.order_by("tag__name", "pk").values_list("tag_id", "tag__name")[:100])


def shown_actions(actions: Iterable[Action], *, may_act: bool) -> Iterable[ShownAction]:
    """The actions as pages tell of them; `may_act`: whether the reader may undo and try again."""
    rows = list(actions)
    stages = [row.parameters.get("stage") for row in rows if row.kind == ActionKind.MOVE]
    titles = dict(ApplicationStage.objects.filter(pk__in=stages).values_list("pk", "name"))
    for row in rows:
        state = ActionState(row.state)
        yield ShownAction(
            action=row,
            words=action_words(row, titles),
            label=str(state.label),
            tone=state.color,
            message=translated(row.error_message) if row.error_message else "",
            can_undo=may_act and service.undo_reason(row) is None,
            can_retry=may_act and state in (ActionState.NOT_DONE, ActionState.ABANDONED),
        )


def action_words(action: Action, stages: dict[str, str | None]) -> str:
    """What the action does, with the title of its stage, which `stages` has by id, or its tag."""
    if action.kind == ActionKind.MOVE:
        return _("Move to “%(stage)s”") % {
            "stage": stages.get(action.parameters.get("stage", "")) or "–"
        }
    if action.kind == ActionKind.TAG:
        return _("Add the tag “%(tag)s”") % {"tag": action.parameters.get("tag") or "–"}
    return str(action.get_kind_display())
