"""The page System status: the checks of the installation with what to do, and its processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission
from integrations.admin.base.badges import Tone
from integrations.admin.base.formatting import NOTHING
from integrations.admin.base.theme import AdminSite
from integrations.admin.base.views import require
from integrations.messages import translated
from integrations.operations.health import HealthCheck, Status, health, overall
from integrations.operations.heartbeats import Process, processes

# The worst first.
ORDER = [Status.FAILED, Status.WARNING, Status.OK]
TONES = {Status.FAILED: Tone.DANGER, Status.WARNING: Tone.WARNING, Status.OK: Tone.SUCCESS}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check in the reader's language."""

    title: str
    status: str
    tone: Tone
    text: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class ProcessRow:
    kind: str
    where: str
    alive: str
    tone: Tone
    queues: str
    version: str
    clock: str
    started_at: datetime
    seen_at: datetime


def status_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """What `/healthz` says, for people; raises `PermissionDenied` for who may not operate."""
    require(request, Permission.OPERATE)
    request.current_app = site.name
    checks = health()
    status = overall(checks)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("System status"),
        "status": _said(status),
        "tone": TONES[status],
        "checks": [_row(check) for check in sorted(checks, key=lambda c: ORDER.index(c.status))],
        # Without its tables there is nobody to list.
        "processes": _processes(checks),
    }
    return TemplateResponse(request, "relais/system.html", context)


def _said(status: Status) -> str:
    return {
        Status.OK: _("In order"),
        Status.WARNING: _("Warning"),
        Status.FAILED: _("Failed"),
    }[status]


def _row(check: HealthCheck) -> CheckRow:
    return CheckRow(
        title=translated(check.title),
        status=_said(check.status),
        tone=TONES[check.status],
        text=translated(check.text),
        what_to_do=translated(check.what_to_do),
    )


def _processes(checks: list[HealthCheck]) -> list[ProcessRow]:
    broken = any(
        check.name in ("database", "migrations") and check.status is Status.FAILED
        for check in checks
    )
    return [] if broken else [_process(found) for found in processes()]


def _process(found: Process) -> ProcessRow:
    clock = NOTHING
    if found.clock_ahead is not None:
        ahead = round(found.clock_ahead, 1)
        # Not "-0.0".
        clock = f"{'+' if ahead > 0 else ''}{number_format(ahead or 0.0, 1)} s"
    return ProcessRow(
        kind=str(found.kind.label),
        where=_("%(host)s, process %(pid)s") % {"host": found.host, "pid": found.pid},
        alive=_("Alive") if found.is_alive else _("Silent"),
        tone=Tone.SUCCESS if found.is_alive else Tone.DANGER,
        queues=", ".join(found.queues) or NOTHING,
        version=found.version or NOTHING,
        clock=clock,
        started_at=found.started_at,
        seen_at=found.seen_at,
    )
