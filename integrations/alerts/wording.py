"""What alerts say, in the active language: who, what, since when, what to do. Never of a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.messages import Message, translated
from integrations.models import Issue, IssueKind, Notice, Severity

# What an e-mail, and a message in the chat, tell at most; of the others the number.
MOST_TOLD = 100
FEW_TOLD = 10
# The message on what to do; of the installation those of its checks (`operations/health.py`).
WHAT_TO_DO = {
    IssueKind.KEY_REFUSED: "todo_key_refused",
    IssueKind.KEY_EXPIRING: "todo_key_expiring",
    IssueKind.SYNCS_FAILING: "todo_syncs_failing",
    IssueKind.DELETIONS_HELD: "todo_deletions_held",
    IssueKind.VALUES: "todo_values_not_understood",
    IssueKind.SUBMISSIONS_UNCERTAIN: "todo_submissions_uncertain",
    IssueKind.SUBMISSIONS_FAILING: "todo_submissions_failing",
    IssueKind.TAGS_BEHIND: "todo_tags_behind",
    IssueKind.WEBHOOK_FAILING: "todo_webhook_failing",
    IssueKind.DISK: "free_disk_space",
    IssueKind.WORKER_SILENT: "start_workers",
    IssueKind.SCHEDULER_SILENT: "start_the_scheduler",
    IssueKind.CLOCKS_APART: "synchronise_clocks",
    IssueKind.KEYS_UNREADABLE: "bring_back_the_keys",
    IssueKind.BROKER_SILENT: "start_the_broker",
    IssueKind.SYNCS_LATE: "add_workers_for_syncs",
}


def what_to_do(kind: str) -> Message:
    """One or two sentences."""
    return Message(WHAT_TO_DO[IssueKind(kind)])


def whose(issue: Issue) -> str:
    """The tenant's name in one line, as a line break would begin another header of an e-mail."""
    return " ".join(str(issue.integration or "Relais").split())


def issue_url(issue: Issue) -> str:
    return f"{settings.PUBLIC_URL}/admin/integrations/issue/{issue.pk}/change/"


def choices_url() -> str:
    return f"{settings.PUBLIC_URL}/admin/alerts/"


def subject(notices: Sequence[Notice]) -> str:
    if len(notices) > 1:
        words = ngettext("[Relais] %(count)s alert", "[Relais] %(count)s alerts", len(notices))
        return words % {"count": len(notices)}
    return f"[Relais] {_headline(notices[0])}"


def test_mail() -> tuple[str, str]:
    """Subject and text."""
    return _("[Relais] A test"), "\n\n".join(
        [_("This is a test. Alerts arrive here."), f"-- \n{_foot()}\n"]
    )


def _foot() -> str:
    return _("Choose what you are told of, or end these e-mails: %(url)s") % {"url": choices_url()}


def mail_text(notices: Sequence[Notice]) -> str:
    parts = [_paragraph(notice) for notice in _in_order(notices)[:MOST_TOLD]]
    if len(notices) > MOST_TOLD:
        parts.append(_more(len(notices) - MOST_TOLD))
    return "\n\n".join([*parts, f"-- \n{_foot()}\n"])


def chat_text(notices: Sequence[Notice]) -> str:
    """In Slack's own notation, whose three signs of its own are escaped."""
    lines = []
    for notice in _in_order(notices)[:FEW_TOLD]:
        issue = notice.issue
        words = _headline(notice) if notice.is_end else f"{_headline(notice)}\n{_said(issue)}"
        for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            words = words.replace(sign, escaped)
        lines.append(f"{words}\n{issue_url(issue)}")
    if len(notices) > FEW_TOLD:
        lines.append(_more(len(notices) - FEW_TOLD))
    return "\n\n".join(lines)


def _more(count: int) -> str:
    words = ngettext("And %(count)s more: %(url)s", "And %(count)s more: %(url)s", count)
    return words % {"count": count, "url": f"{settings.PUBLIC_URL}/admin/integrations/issue/"}


def _in_order(notices: Sequence[Notice]) -> list[Notice]:
    """The most urgent first, what is over last."""
    return sorted(
        notices, key=lambda one: (one.is_end, -Severity(one.issue.severity).rank, one.issue_id)
    )


def _headline(notice: Notice) -> str:
    issue = notice.issue
    names = {"tenant": whose(issue), "issue": IssueKind(issue.kind).label}
    if notice.is_end:
        return _("%(tenant)s: %(issue)s (over)") % names
    if issue.severity == Severity.CRITICAL:
        return _("%(tenant)s: %(issue)s (critical)") % names
    return _("%(tenant)s: %(issue)s") % names


def _said(issue: Issue) -> str:
    return " ".join(filter(None, [translated(issue.text), translated(what_to_do(issue.kind))]))


def _paragraph(notice: Notice) -> str:
    issue = notice.issue
    since = _("Since %(when)s.") % {"when": _moment(issue.first_seen_at)}
    if notice.is_end and issue.resolved_at:
        since = _("From %(begin)s to %(end)s.") % {
            "begin": _moment(issue.first_seen_at),
            "end": _moment(issue.resolved_at),
        }
        return "\n".join([_headline(notice), since, issue_url(issue)])
    return "\n".join([_headline(notice), _said(issue), since, issue_url(issue)])


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y, H:i")
