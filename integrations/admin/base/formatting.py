"""How values look on a page: labels, dates, numbers, links. Everything here escapes its input."""

from __future__ import annotations

import datetime as dt
import json
from enum import StrEnum
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, npgettext

from integrations.messages import translated
from integrations.models import ApplicationStage, RunState, Submission, SubmissionState
from integrations.models.index_hints import CAP

NOTHING = "–"


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
    "ON_SITE": _lazy("On site"),
    "UNLISTED": _lazy("Not published"),
    "PENDING": _lazy("In progress"),
    "YEAR": _lazy("a year"),
    "MONTH": _lazy("a month"),
    "TWO_WEEKS": _lazy("every two weeks"),
    "WEEK": _lazy("a week"),
    "DAY": _lazy("a day"),
    "HOUR": _lazy("an hour"),
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
        return str(WORDS[value])
    if value.isupper() and len(value) > 3:
        return translated(value.replace("_", " ").capitalize())
    return value


def badge(text: object, tone: str = Tone.NEUTRAL) -> SafeString:
    said = translated(text) if isinstance(text, str) else text
    return format_html('<span class="rl-badge rl-{}">{}</span>', tone, said)


def enum_badge(value: str | None) -> SafeString | str:
    return badge(words(value), TONES.get(value, Tone.NEUTRAL)) if value else NOTHING


def stage_badge(stage: ApplicationStage | None) -> SafeString | str:
    """The stage; one that Flatchr no longer has says so, and since when."""
    if stage is None:
        return NOTHING
    if stage.remote_deleted_at is None:
        return badge(stage, Tone.SUCCESS if stage.hired else Tone.NEUTRAL)
    return format_html(
        '<span class="rl-badge rl-neutral" title="{}">{}</span>',
        _gone_since(stage.remote_deleted_at),
        _("%(stage)s (deleted)") % {"stage": stage},
    )


def run_badge(state: str) -> SafeString:
    run_state = RunState(state)
    return badge(run_state.label, run_state.color)


def submission_badge(submission: Submission) -> SafeString:
    """The state; what was taken back by hand is no failure."""
    state = SubmissionState(submission.state)
    if submission.error_kind == "cancelled" and state == SubmissionState.FAILED:
        return badge(_("Cancelled"))
    return badge(state.label, state.color or Tone.NEUTRAL)


def plain(value: object) -> str:
    """A value as Flatchr sent it, of whatever type, for people."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    try:
        moment = parse_datetime(text)
        # Only what names its zone as well is surely meant as a point in time.
        if moment is not None and timezone.is_aware(moment):
            return date_format(timezone.localtime(moment), _("j M Y"))
    except (ValueError, OverflowError):
        pass
    return text


def gone_badge(deleted_at: dt.datetime | None) -> SafeString | str:
    """How a record that Flatchr no longer has is told apart, with the date."""
    if deleted_at is None:
        return ""
    return format_html(
        '<span class="rl-badge rl-danger" title="{}">{}</span>',
        _gone_since(deleted_at),
        _("Deleted %(day)s") % {"day": date_format(timezone.localtime(deleted_at), _("j M Y"))},
    )


def _gone_since(deleted_at: dt.datetime) -> str:
    return _("No longer in Flatchr since %(moment)s") % {"moment": local(deleted_at)}


def local(moment: dt.datetime) -> str:
    return date_format(timezone.localtime(moment), _("j M Y, H:i"))


def date_time(moment: dt.datetime | None) -> SafeString | str:
    """Local date and time."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), _("l j F Y, H:i:s")),
        local(moment),
    )


def day(moment: dt.datetime | None) -> SafeString | str:
    """Local date, for what Flatchr gives by the day only."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), _("j M Y")),
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
    past = seconds >= 0
    if distance < 45:
        return _("just now") if past else _("in a moment")
    for size, told in (
        (86400, _days_ago if past else _in_days),
        (3600, _hours_ago if past else _in_hours),
    ):
        if distance >= size * 0.97:
            return told(max(1, round(distance / size)))
    minutes = max(1, round(distance / 60))
    return _minutes_ago(minutes) if past else _in_minutes(minutes)


def _days_ago(count: int) -> str:
    return ngettext("%(count)s day ago", "%(count)s days ago", count) % {"count": number(count)}


def _in_days(count: int) -> str:
    return ngettext("in %(count)s day", "in %(count)s days", count) % {"count": number(count)}


def _hours_ago(count: int) -> str:
    return ngettext("%(count)s hour ago", "%(count)s hours ago", count) % {"count": count}


def _in_hours(count: int) -> str:
    return ngettext("in %(count)s hour", "in %(count)s hours", count) % {"count": count}


def _minutes_ago(count: int) -> str:
    return ngettext("%(count)s minute ago", "%(count)s minutes ago", count) % {"count": count}


def _in_minutes(count: int) -> str:
    return ngettext("in %(count)s minute", "in %(count)s minutes", count) % {"count": count}


def duration(seconds: float | None) -> str:
    """`8 ms`, `0.84 s`, `12 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds is None:
        return NOTHING
    if 0 < seconds < 0.095:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 1:
        return f"{number_format(round(seconds, 2), 2)} s"
    if seconds < 10 and seconds != int(seconds):
        return f"{number_format(round(seconds, 1), 1)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def number(value: int | None) -> str:
    return NOTHING if value is None else number_format(value, force_grouping=True)


def capped(value: int) -> str:
    """A count that stopped at `CAP`: "1,000+" past it."""
    return f"{number(CAP)}+" if value > CAP else number(value)


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number and what is counted, such as "3 rows"; both words are in the catalogue."""
    # By a context of their own: where the catalogue has a word with its plural, some Pythons (that
    # of Debian 12) do not find it for a page that says it without a number.
    return f"{number(count)} {npgettext('counted', one, many or f'{one}s', count)}"


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
    if gone := getattr(record, "remote_deleted_at", None):
        return format_html(
            '<a class="rl-link rl-gone" href="{}" title="{}">{}</a>',
            change_url(record),
            _("No longer in Flatchr since %(date)s") % {"date": local(gone)},
            text or str(record),
        )
    return format_html(
        '<a class="rl-link" href="{}">{}</a>', change_url(record), text or str(record)
    )


def _contact(values: list[dict[str, Any]], key: str, scheme: str) -> SafeString | str:
    found = [str(item[key]) for item in values or [] if isinstance(item, dict) and item.get(key)]
    if not found:
        return NOTHING
    return format_html_join(
        ", ",
        '<a class="rl-link" href="{}:{}">{}</a>',
        ((scheme, value, _breakable(value)) for value in found),
    )


def _breakable(address: str) -> SafeString:
    """Where an e-mail address is too long for its place, it goes on after the @."""
    name, at, domain = address.rpartition("@")
    return format_html("{}{}<wbr>{}", name, at, domain) if at else format_html("{}", address)


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
