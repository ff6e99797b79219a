"""Comments, messages and tasks of an application: read at Flatchr when somebody opens them.

Nothing of them is kept here. What is written goes the way of every action (`actions/service.py`);
until it has ended, a panel shows how far it is, and reads Flatchr again afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.actions import service, sign_ins
from integrations.actions.inputs import ActionNotPossible, Actor, NoCredentials
from integrations.actions.kinds.comments import read_comments, read_messages
from integrations.actions.kinds.to_dos import members, read_tasks
from integrations.admin.actions.acting import shown_actions
from integrations.admin.base.urls import record_url
from integrations.admin.base.views import Breadcrumb, RecordView, live_fragment
from integrations.audit import trail
from integrations.flatchr.errors import FlatchrError
from integrations.messages import translated
from integrations.models import (
    LIVE_ACTIONS,
    Action,
    ActionKind,
    ActionState,
    Application,
    Event,
)
from integrations.tenants import live_calls

# Actions of a panel that are shown above it: those that have not ended as they were meant to.
MOST_ACTIONS = 3


class PanelView(RecordView[Application]):
    """One panel. Scripts are answered with the panel alone; with `?settled`, not before what is
    under way has ended (204), so that Flatchr is not read once a second.
    """

    permission = Permission.ACT
    # Its name among the pages of the record, and of its template.
    name: ClassVar[str]
    title: ClassVar[str | Promise]
    icon: ClassVar[str]
    shortcut: ClassVar[str] = ""
    kinds: ClassVar[tuple[ActionKind, ...]] = ()

    def get(self, request: HttpRequest) -> HttpResponseBase:
        waits = "settled" in request.GET
        if waits and self._actions().filter(state__in=LIVE_ACTIONS).exists():
            return HttpResponse(status=204, headers={"X-Run-Live": "yes"})
        return self.panel(request)

    def panel(self, request: HttpRequest, said: str = "") -> HttpResponse:
        actions = self._actions().exclude(state=ActionState.DONE).select_related("user")
        shown = list(
            shown_actions(actions.order_by("-created_at", "-id")[:MOST_ACTIONS], may_act=True)
        )
        context = {
            "said": said,
            "panel_url": record_url(self.record, self.name),
            "actions_shown": shown,
            **self._read(request),
        }
        template = f"relais/_{self.name}.html"
        if request.headers.get("X-Requested-With") != "XMLHttpRequest":
            return self.page(
                "relais/application_panel.html",
                self.record,
                Breadcrumb(self.title),
                title=str(self.record.candidate),
                panel_title=self.title,
                panel=template,
                **context,
            )
        return live_fragment(
            request, template, context, live=any(one.action.is_live for one in shown)
        )

    def _actions(self) -> Any:
        return Action.objects.filter(application=self.record, kind__in=self.kinds)

    def _read(self, request: HttpRequest) -> dict[str, Any]:
        """What Flatchr has, or in `problem` why that cannot be shown."""
        try:
            with live_calls.live_call():
                found = self.read(request)
        except NoCredentials:
            return {"problem": _("This tenant has no Flatchr credentials yet.")}
        except ActionNotPossible as error:
            return {"problem": translated(error)}
        except FlatchrError as error:
            return {"problem": translated(error.message), "again": True}
        if "settled" not in request.GET:
            trail.record(
                Event.NOTES_READ,
                tenant=self.record.integration,
                about=self.record,
                part=self.name,
            )
        return found

    def read(self, request: HttpRequest) -> dict[str, Any]:
        """The context of the template. Raises as the reader does."""
        raise NotImplementedError


class WritingPanelView(PanelView):
    """A panel in which something can be done: `do` of its forms names what."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        said = ""
        try:
            self.do(request, request.POST.get("do", ""))
        except NoCredentials:
            said = _("This tenant has no Flatchr credentials yet.")
        except ActionNotPossible as error:
            said = translated(error)
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return self.panel(request, said)
        if said:
            messages.warning(request, said)
        return HttpResponseRedirect(record_url(self.record, self.name))

    def do(self, request: HttpRequest, asked: str) -> None:
        """Raises `NoCredentials`, `ActionNotPossible`."""
        raise NotImplementedError

    def start(self, request: HttpRequest, kind: ActionKind, **parameters: Any) -> None:
        service.start(
            kind=kind,
            application=self.record,
            parameters=parameters,
            by=Actor(user=request.user),
        )


class CommentsView(WritingPanelView):
    name = "comments"
    title = _lazy("Comments")
    icon, shortcut = "forum", "c"
    kinds = (ActionKind.COMMENT, ActionKind.DELETE_COMMENT)

    def read(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "comments": read_comments(self.record),
            "signed_in": sign_ins.current(self.record.integration, user=request.user),
            "own_address": getattr(request.user, "email", ""),
        }

    def do(self, request: HttpRequest, asked: str) -> None:
        given, tenant = request.POST, self.record.integration
        if asked == "sign_in":
            with live_calls.live_call():
                sign_ins.sign_in(
                    tenant,
                    user=request.user,
                    email=given.get("email", "")[:254],
                    password=given.get("password", ""),
                )
        elif asked == "sign_out":
            sign_ins.sign_out(tenant, user=request.user)
        elif asked == "delete":
            self.start(request, ActionKind.DELETE_COMMENT, comment=given.get("comment", ""))
        else:
            self.start(
                request,
                ActionKind.COMMENT,
                text=given.get("text", ""),
                private=given.get("private") == "yes",
            )


class MessagesView(PanelView):
    name = "messages"
    title = _lazy("Messages")
    icon = "mail"

    def read(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002
        return {"messages_read": read_messages(self.record)}


class TasksView(WritingPanelView):
    name = "tasks"
    title = _lazy("Tasks")
    icon = "task_alt"
    kinds = (ActionKind.TASK, ActionKind.TASK_DONE)

    def read(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002
        return {
            "tasks": read_tasks(self.record),
            "people": [
                (one.remote_id, " ".join(filter(None, (one.first_name, one.last_name))))
                for one in members(self.record.integration)
            ],
            "maker": self.record.integration.flatchr_settings.user_key,
            "now": timezone.now(),
        }

    def do(self, request: HttpRequest, asked: str) -> None:
        given = request.POST
        if asked == "finish":
            self.start(request, ActionKind.TASK_DONE, task=given.get("task", ""))
        else:
            self.start(
                request,
                ActionKind.TASK,
                description=given.get("description", ""),
                due_at=_due_at(given.get("due_at", "")),
                users=given.getlist("users"),
                member=given.get("member", ""),
                email=given.get("email") == "yes",
            )


def _due_at(typed: str) -> datetime | None:
    """What a field for a date and a time holds, in the installation's time zone."""
    try:
        return timezone.make_aware(datetime.fromisoformat(typed))
    except (ValueError, OverflowError):
        return None


def panels_of(application: Application) -> list[tuple[type[PanelView], str]]:
    """The panels of an application's page, with their addresses."""
    panels: tuple[type[PanelView], ...] = (CommentsView, MessagesView, TasksView)
    return [(panel, record_url(application, panel.name)) for panel in panels]
