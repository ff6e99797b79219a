"""How values look on a page: labels, dates, numbers, links. Everything here escapes its input."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from integrations.models import ApplicationStage, RunState, Submission, SubmissionState

NOTHING = "–"
CAP = 1000


class Tone(StrEnum):
    """The colour of a label; the style sheet has one class for each."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


# The unified schema's words as people say them. What is not listed is shown in sentence case when
# it is one of our upper-case words, and exactly as Flatchr sent it otherwise.
WORDS = {
    "ON_SITE": "On site",
    "UNLISTED": "Not published",
    "PENDING": "In progress",
    "YEAR": "a year",
    "MONTH": "a month",
    "TWO_WEEKS": "every two weeks",
    "WEEK": "a week",
    "DAY": "a day",
    "HOUR": "an hour",
}
TONES = {
    "OPEN": Tone.SUCCESS,
    "DRAFT": Tone.INFO,
    "PENDING": Tone.INFO,
    "HIRED": Tone.SUCCESS,
    "DECLINED": Tone.WARNING,
}


def words(value: str | None) -> str:
    """An enum value for people: `FULL_TIME` reads "Full time"."""
    if not value:
        return NOTHING
    if value in WORDS:
        return WORDS[value]
    return value.replace("_", " ").capitalize() if value.isupper() and len(value) > 3 else value


def badge(text: object, tone: str = Tone.NEUTRAL) -> SafeString:
    return format_html('<span class="rl-badge rl-{}">{}</span>', tone, text)


def enum_badge(value: str | None) -> SafeString | str:
    return badge(words(value), TONES.get(value, Tone.NEUTRAL)) if value else NOTHING


def stage_badge(stage: ApplicationStage | None) -> SafeString | str:
    return badge(stage, Tone.SUCCESS if stage.hired else Tone.NEUTRAL) if stage else NOTHING


def run_badge(state: str) -> SafeString:
    run_state = RunState(state)
    return badge(run_state.label, run_state.color)


def submission_badge(submission: Submission) -> SafeString:
    """The state; what was taken back by hand is no failure."""
    state = SubmissionState(submission.state)
    if submission.error_kind == "cancelled" and state == SubmissionState.FAILED:
        return badge("Cancelled")
    return badge(state.label, state.color or Tone.NEUTRAL)


def gone_badge(deleted_at: dt.datetime | None) -> SafeString | str:
    """How a record that Flatchr no longer has is told apart, with the date."""
    if deleted_at is None:
        return ""
    return format_html(
        '<span class="rl-badge rl-danger" title="No longer in Flatchr since {}">Deleted {}</span>',
        local(deleted_at),
        date_format(timezone.localtime(deleted_at), "j M Y"),
    )


def local(moment: dt.datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def date_time(moment: dt.datetime | None) -> SafeString | str:
    """Local date and time."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), "l j F Y, H:i:s"),
        local(moment),
    )


def day(moment: dt.datetime | None) -> SafeString | str:
    """Local date, for what Flatchr gives by the day only."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), "j M Y"),
    )


def ago(moment: dt.datetime | None) -> SafeString | str:
    """ "12 minutes ago" or "in 3 hours", with the date on hover."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        local(moment),
        relative(moment, timezone.now()),
    )


def relative(moment: dt.datetime, now: dt.datetime) -> str:
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 45:
        return "just now" if seconds >= 0 else "in a moment"
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if distance >= size * 0.97:
            count = max(1, round(distance / size))
            text = f"{count} {name}{'s' if count > 1 else ''}"
            break
    else:
        text = "1 minute"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def duration(seconds: float | None) -> str:
    """`0.84 s`, `12 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


def capped(value: int) -> str:
    """A count that stopped at `CAP`: "1,000+" past it."""
    return f"{CAP:,}+" if value > CAP else f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def change_url(record: Model) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(record.pk)])


def list_url(model: type[Model], **query: Any) -> str:
    """The address of a list, filtered by `query`."""
    meta = model._meta
    base = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{base}?{urlencode(query)}" if query else base


def link(record: Model | None, text: object = None) -> SafeString | str:
    if record is None:
        return NOTHING
    return format_html(
        '<a class="rl-link" href="{}">{}</a>', change_url(record), text or str(record)
    )


def _contact(values: list[dict[str, Any]], key: str, scheme: str) -> SafeString | str:
    found = [str(item[key]) for item in values or [] if isinstance(item, dict) and item.get(key)]
    if not found:
        return NOTHING
    return format_html_join(
        ", ", '<a class="rl-link" href="{}:{}">{}</a>', ((scheme, value, value) for value in found)
    )


def emails(values: list[dict[str, Any]]) -> SafeString | str:
    return _contact(values, "email_address", "mailto")


def phones(values: list[dict[str, Any]]) -> SafeString | str:
    return _contact(values, "phone_number", "tel")


def chips(names: list[tuple[str, str]]) -> SafeString | str:
    """Tags as links: pairs of address and name."""
    if not names:
        return NOTHING
    return format_html(
        '<span class="rl-chips">{}</span>',
        format_html_join("", '<a class="rl-chip" href="{}">{}</a>', names),
    )
