"""What the page of a bulk upload shows: the check, the progress, and every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext_lazy, pgettext, pgettext_lazy

from integrations.admin.base.formatting import label, number
from integrations.admin.base.pagination import PER_PAGE
from integrations.admin.base.urls import add_url, record_urls
from integrations.admin.base.views import page_number
from integrations.models import BulkRow, BulkState, BulkUpload, Verdict
from integrations.submissions.bulk import uploads
from integrations.submissions.bulk.columns import NAMES, heading
from integrations.submissions.bulk.result import RowOutcome, RowStatus, counts, outcome, standing

# Failed rows that the live part names; it is drawn once a second.
FEW = 5
# A worker starts at once; after so long, the page says that none has.
SLOW = timedelta(seconds=30)

# How the rows are split before the start, and after it.
VERDICTS = (Verdict.ERROR, Verdict.APPLIED, Verdict.WARNING, Verdict.OK)
VERDICT_LABELS = {
    Verdict.OK: pgettext_lazy("rows", "Valid"),
    Verdict.WARNING: _lazy("With warnings"),
    Verdict.APPLIED: _lazy("Applied already"),
    Verdict.ERROR: _lazy("With errors"),
}


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A filter of the rows, with the number of rows it selects."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row as the page shows it; `became` is None before the start."""

    row: BulkRow
    verdict: Verdict
    became: RowOutcome | None

    @property
    def person(self) -> str:
        values = self.row.values
        return " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))

    @property
    def findings(self) -> list[tuple[str, str, str]]:
        """Level, column as the template calls it, and message of each."""
        return [
            (found["level"], heading(name) if (name := found["field"]) in NAMES else name, said)
            for found in self.row.findings
            if (said := found["message"])
        ]


def report_context(request: HttpRequest, upload: BulkUpload) -> dict[str, Any]:
    """The whole page."""
    uploads.settle(upload)
    state = BulkState(upload.state)
    started = upload.started_at is not None
    verdicts = _verdicts(upload)
    ends = counts(upload)
    return {
        "state": state,
        "notes": upload.notes,
        "started": started,
        "urls": record_urls(upload, "live", "start", "cancel", "discard", "result"),
        "again_url": add_url(BulkUpload, instead_of=upload.pk),
        "good": verdicts[Verdict.OK] + verdicts[Verdict.WARNING],
        "applied": verdicts[Verdict.APPLIED],
        "wrong": verdicts[Verdict.ERROR],
        "figures": [(VERDICT_LABELS[v], verdicts[v], v.color) for v in reversed(VERDICTS)],
        "can_cancel": state in (BulkState.QUEUEING, BulkState.SENDING),
        **live_context(upload, ends),
        **_rows(request, upload, verdicts, ends, started=started),
    }


def _verdicts(upload: BulkUpload) -> Counter[Verdict]:
    rows = upload.rows.order_by().values_list("verdict").annotate(n=Count("pk"))
    return Counter({Verdict(verdict): count for verdict, count in rows})


def live_context(upload: BulkUpload, ends: Counter[RowStatus]) -> dict[str, Any]:
    """What `_bulk_live.html` shows: how far it has come, and what went wrong so far."""
    sent = upload.total - ends[RowStatus.LEFT_OUT]
    over = sum(count for end, count in ends.items() if end.is_over) - ends[RowStatus.LEFT_OUT]
    return {
        "upload": upload,
        "live": upload.is_live,
        "state_color": BulkState(upload.state).color,
        "checking": upload.state == BulkState.CHECKING,
        "over": over,
        "sent": sent,
        "notice": _notice(upload, ends),
        "verdict_words": summary(upload, ends),
        "settled_well": set(ends) <= {RowStatus.SUCCEEDED},
        "progress": _progress(upload, ends),
        "failures": _failures(upload) if upload.is_live and ends[RowStatus.FAILED] else [],
        "more_failures": max(0, ends[RowStatus.FAILED] - FEW),
    }


def _progress(upload: BulkUpload, ends: Counter[RowStatus]) -> list[tuple[str, int, str]]:
    """Label, number and colour of each figure, without optional ones that are zero."""
    always = {pgettext("rows", one) for one in ("Succeeded", "Failed", "Not sent")}
    if upload.is_live:
        always |= {_("Under way"), _("Waiting")}
    figures = [
        (pgettext("rows", "Succeeded"), ends[RowStatus.SUCCEEDED], "success"),
        (pgettext("rows", "Failed"), ends[RowStatus.FAILED], "danger"),
        (_("Under way"), ends[RowStatus.QUEUED] + ends[RowStatus.SENDING], "info"),
        (_("Waiting"), ends[RowStatus.WAITING], "neutral"),
        (pgettext("rows", "Uncertain"), ends[RowStatus.UNCERTAIN], "warning"),
        (pgettext("rows", "Cancelled"), ends[RowStatus.CANCELLED], "warning"),
        (pgettext("rows", "Not sent"), ends[RowStatus.LEFT_OUT], "neutral"),
    ]
    return [figure for figure in figures if figure[1] or figure[0] in always]


def _failures(upload: BulkUpload) -> list[RowLine]:
    failed = standing(_with_all(upload), RowStatus.FAILED).order_by("-number")
    return [_line(row, started=True) for row in failed[:FEW]]


def _notice(upload: BulkUpload, ends: Counter[RowStatus]) -> str:
    """Why there is no progress; blank if there is some."""
    waits_since = upload.started_at or upload.created_at
    untouched = upload.lease_owner == "" and timezone.now() - waits_since > SLOW
    if upload.state == BulkState.CHECKING and untouched:
        return _("No worker has taken this upload up. Is one running?")
    if (
        upload.state == BulkState.SENDING
        and ends[RowStatus.UNCERTAIN]
        and not (ends[RowStatus.QUEUED] + ends[RowStatus.SENDING])
    ):
        return _("Relais is looking at Flatchr for those whose answer was lost.")
    return ""


def summary(upload: BulkUpload, ends: Counter[RowStatus]) -> str:
    """The outcome of the rows in a few words; blank for an upload that was not started."""
    if upload.started_at is None:
        return ""
    told = (
        (RowStatus.SUCCEEDED, ngettext_lazy("%(count)s succeeded", "%(count)s succeeded", "n")),
        (RowStatus.FAILED, ngettext_lazy("%(count)s failed", "%(count)s failed", "n")),
        (RowStatus.UNCERTAIN, ngettext_lazy("%(count)s uncertain", "%(count)s uncertain", "n")),
        (RowStatus.CANCELLED, ngettext_lazy("%(count)s cancelled", "%(count)s cancelled", "n")),
        (RowStatus.LEFT_OUT, ngettext_lazy("%(count)s not sent", "%(count)s not sent", "n")),
    )
    return ", ".join(
        str(words % {"n": ends[end], "count": number(ends[end])})
        for end, words in told
        if ends[end]
    )


# Rows


def _rows(
    request: HttpRequest,
    upload: BulkUpload,
    verdicts: Counter[Verdict],
    ends: Counter[RowStatus],
    *,
    started: bool,
) -> dict[str, Any]:
    """One page of the rows, and their filters."""
    asked = request.GET.get("show", "")
    offered: list[tuple[str, str, int]] = (
        [(end.name, str(end), ends[end]) for end in RowStatus if ends[end]]
        if started
        else [(v.value, str(VERDICT_LABELS[v]), verdicts[v]) for v in VERDICTS if verdicts[v]]
    )
    if asked not in {key for key, _, _ in offered}:
        asked = ""
    total = sum(count for _, _, count in offered)
    here = next((count for key, _, count in offered if key == asked), total)
    page = _page_number(request, here)
    start = (page - 1) * PER_PAGE
    rows = _selected(_with_all(upload), asked, started=started)
    return {
        "choices": list(_choices(offered, asked, total)),
        "lines": [_line(row, started=started) for row in rows[start : start + PER_PAGE]],
        "rows_total": here,
        "first_row": start + 1,
        "last_row": min(start + PER_PAGE, here),
        "previous_url": _query(asked, page - 1) if page > 1 else "",
        "next_url": _query(asked, page + 1) if start + PER_PAGE < here else "",
    }


def _page_number(request: HttpRequest, total: int) -> int:
    return max(1, min(page_number(request), -(-total // PER_PAGE)))


def _with_all(upload: BulkUpload) -> QuerySet[BulkRow]:
    rows: QuerySet[BulkRow] = upload.rows.select_related("submission", "job", "applied")
    return rows.defer("job__description", "job__remote_data", "applied__remote_data").order_by(
        "number"
    )


def _selected(rows: QuerySet[BulkRow], asked: str, *, started: bool) -> QuerySet[BulkRow]:
    if not asked:
        return rows
    return standing(rows, RowStatus[asked]) if started else rows.filter(Q(verdict=asked))


def _choices(
    offered: Iterable[tuple[str, str, int]], asked: str, total: int
) -> Iterable[RowFilter]:
    yield RowFilter(_("All"), total, _query("", 1), not asked)
    for key, name, count in offered:
        yield RowFilter(label(name), count, _query(key, 1), key == asked)


def _query(asked: str, page: int) -> str:
    given = {"show": asked} if asked else {}
    if page > 1:
        given["p"] = str(page)
    return f"?{urlencode(given)}#rows"


def _line(row: BulkRow, *, started: bool) -> RowLine:
    return RowLine(row, Verdict(row.verdict), outcome(row) if started else None)
