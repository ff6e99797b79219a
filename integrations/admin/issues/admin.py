"""Issues: the list, the page of one with its button and history, snoozing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext, pgettext_lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import CappedChangeList
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.cards import Card
from integrations.admin.base.filters import FieldFilter, ListFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, date_time, link, number
from integrations.admin.base.record_links import linked_records
from integrations.admin.base.urls import change_url, record_url
from integrations.admin.base.views import RecordView
from integrations.admin.issues.next_steps import button_of
from integrations.alerts import issues
from integrations.alerts.wording import what_to_do
from integrations.messages import translated
from integrations.models import (
    Issue,
    IssueEvent,
    IssueKind,
    Severity,
    Submission,
)

SNOOZED, RESOLVED, EVERY = "snoozed", "resolved", "all"
# Issues name submissions beside mirrored records.
SUBMISSIONS = "submissions"


class IssueStateFilter(ListFilter):
    """Open ones that nobody has snoozed, unless others are asked for."""

    title = _lazy("state")
    parameter_name = "state"
    any_label = pgettext_lazy("issue", "Open")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        every = pgettext("issues", "All")
        return [(SNOOZED, _("Snoozed")), (RESOLVED, _("Resolved")), (EVERY, every)]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:  # noqa: ARG002
        now = timezone.now()
        found: QuerySet[Any] = {
            SNOOZED: lambda: queryset.snoozed(now),
            RESOLVED: queryset.resolved,
            EVERY: queryset.all,
        }.get(self.value() or "", lambda: queryset.awake(now))()
        return found


class SeverityFilter(FieldFilter):
    title = _lazy("severity")
    parameter_name = field = "severity"
    any_label = _lazy("Any severity")
    choices_ = [(one.value, str(one.label)) for one in reversed(Severity)]


class IssueView(RecordView[Issue]):
    permission = Permission.DECIDE
    record: Issue


class SnoozeView(IssueView):
    """Leaves the issue out of the list for an hour, a day or a week."""

    def post(self, request: HttpRequest) -> HttpResponse:
        length = issues.SNOOZES.get(request.POST.get("length", ""))
        if length is None:
            messages.error(request, _("Choose for how long."))
        elif issues.snooze(self.record, length, user=request.user):
            until = date_time(timezone.now() + length)
            messages.success(
                request, format_html(_("Snoozed until {}. Nobody is told before."), until)
            )
        else:
            messages.info(request, _("It is resolved already."))
        return HttpResponseRedirect(change_url(self.record))


class WakeView(IssueView):
    """Ends a snooze."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if issues.wake(self.record, user=request.user):
            messages.success(request, _("The issue is in the list again."))
        return HttpResponseRedirect(change_url(self.record))


class IssueChangeList(CappedChangeList):
    """Adds the button of each issue to the rows of the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for issue in self.result_list:
            issue.button = button_of(issue, request.user)


class IssueAdmin(TenantScopedAdmin):
    """Grants members to see their tenant's issues, and administrators also the installation's."""

    list_display = ("what", "tenant", "urgency", "state_label", "said", "first_seen", "to_do")
    list_filter = (TenantFilter, IssueStateFilter, SeverityFilter)
    list_select_related = ("integration", "run")
    list_defer = ("records",)
    sortable_by = ()
    ordering = ("-id",)
    change_list_template = "relais/issue_list.html"
    detail_template = "relais/issue.html"
    record_views = {"snooze": SnoozeView, "wake": WakeView}
    empty_text = _lazy("Nothing is wrong. What is will be listed here, with what to do about it.")
    plural = _lazy("Issues")

    def empty_step(self, _request: HttpRequest) -> None:
        return None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:  # noqa: ARG002
        return IssueChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("integration", "run")

    @display(description=_lazy("Problem"))
    def what(self, issue: Issue) -> str:
        return str(issue)

    @display(description=_lazy("Tenant"))
    def tenant(self, issue: Issue) -> str:
        return str(issue.integration or _("The installation"))

    @display(description=_lazy("Severity"))
    def urgency(self, issue: Issue) -> SafeString:
        return severity_badge(issue)

    @display(description=_lazy("State"))
    def state_label(self, issue: Issue) -> SafeString:
        return state_badge(issue)

    @display(description=_lazy("What is wrong"))
    def said(self, issue: Issue) -> SafeString:
        return format_html('<span class="rl-reason">{}</span>', translated(issue.text))

    @display(description=_lazy("Since"))
    def first_seen(self, issue: Issue) -> SafeString | str:
        return ago(issue.first_seen_at)

    @display(description=_lazy("What to do"))
    def to_do(self, issue: Any) -> SafeString | str:
        if issue.resolved_at is not None or issue.button is None:
            return NOTHING
        return format_html('<a class="rl-link" href="{}">{}</a>', *reversed(issue.button))

    # Pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"alerts_url": reverse("admin:alerts")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail(self, request: HttpRequest, record: Issue) -> dict[str, Any]:
        may_snooze = record.resolved_at is None and may(
            request.user, Permission.DECIDE, record.integration
        )
        snoozed = record.is_snoozed(timezone.now())
        return {
            "badges": [severity_badge(record), state_badge(record)],
            "subtitle": translated(record.text),
            "what_to_do": translated(what_to_do(record.kind)),
            "button": button_of(record, request.user) if record.resolved_at is None else None,
            "snooze_url": record_url(record, "snooze") if may_snooze and not snoozed else "",
            "wake_url": record_url(record, "wake") if may_snooze and snoozed else "",
            "cards": [_card(record)],
            "records": _records(record),
            "more_records": max(0, record.count - len(record.records)),
            "history": _history(record),
        }


def severity_badge(issue: Issue) -> SafeString:
    severity = Severity(issue.severity)
    return badge(severity.label, severity.color)


def state_badge(issue: Issue) -> SafeString:
    if issue.resolved_at is not None:
        return badge(_("Resolved"), Tone.SUCCESS)
    if issue.is_snoozed(timezone.now()):
        return badge(_("Snoozed"), Tone.NEUTRAL)
    return badge(pgettext("issue", "Open"), Tone.INFO)


def _card(issue: Issue) -> Card:
    rows: list[tuple[str, object]] = [
        (_("Tenant"), link(issue.integration) if issue.integration else _("The installation")),
        (_("First seen"), date_time(issue.first_seen_at)),
        (_("Last seen"), date_time(issue.last_seen_at)),
        (pgettext("issue", "How often"), number(issue.times)),
    ]
    if issue.count:
        rows.append((_("Records"), number(issue.count)))
    if issue.is_snoozed(timezone.now()):
        rows.append((_("Snoozed until"), date_time(issue.snoozed_until)))
    if issue.resolved_at:
        rows.append((_("Resolved"), date_time(issue.resolved_at)))
    return Card(_("Problem"), rows)


def _records(issue: Issue) -> list[object]:
    """The records that it names: as links where they have a page."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for record in issue.records:
        wanted[record["model"]].add(record["id"])
    mine = Submission.objects.filter(integration=issue.integration_id)
    found: dict[tuple[str, str], object] = {
        (SUBMISSIONS, row.pk): link(row) for row in mine.filter(pk__in=wanted.pop(SUBMISSIONS, ()))
    }
    if issue.integration_id:
        for key, record in linked_records(issue.integration_id, wanted).items():
            found[key] = format_html('<a class="rl-link" href="{}">{}</a>', record.url, record.name)
    shown = [
        found.get((record["model"], record["id"])) or record["id"] or NOTHING
        for record in issue.records
    ]
    return list(dict.fromkeys(shown))


def _history(issue: Issue) -> list[dict[str, object]]:
    rows: QuerySet[IssueEvent] = issue.history.select_related("user").order_by("-pk")[:50]
    return [
        {
            "at": date_time(event.at),
            "step": event.get_step_display(),
            "by": str(event.user) if event.user else "Relais",
            "until": date_time(event.until) if event.until else "",
        }
        for event in rows
    ]


def open_issues(tenant: Any, user: Any) -> list[dict[str, object]]:
    """What a tenant's page shows: its open issues, the most urgent first, with their buttons."""
    rows = Issue.objects.open().filter(integration=tenant).select_related("integration", "run")
    return [
        {
            "issue": issue,
            "title": IssueKind(issue.kind).label,
            "said": translated(issue.text),
            "severity": severity_badge(issue),
            "snoozed": issue.is_snoozed(timezone.now()),
            "button": button_of(issue, user),
            "url": change_url(issue),
        }
        for issue in sorted(rows, key=lambda one: (-Severity(one.severity).rank, -one.pk))
    ]
