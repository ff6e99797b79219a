"""How values look on a page: labels, dates, numbers, links. Everything here escapes its input."""

from __future__ import annotations

import datetime as dt
import html
import json
from typing import Any

import nh3
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from integrations.admin.base.urls import change_url
from integrations.models import Job
from integrations.models.conditions import CAP

NOTHING = "–"


def label(text: object) -> str:
    """A constant text that is marked for translation, in the active language."""
    return _(str(text)) if text else ""


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


def interval(minutes: int) -> str:
    """Minutes as people say them: `45 min`, `10 h`, `2 h 30 min`."""
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if rest else f"{hours} h"


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


def job_detail(job: Job | None) -> str:
    """What tells two jobs of one title apart: reference, place, department; blank if nothing."""
    if job is None:
        return ""
    place = (job.location or {}).get("city")
    return " · ".join(filter(None, (job.reference, place, job.department)))


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


DESCRIPTION_TAGS = {
    *("p", "br", "hr", "div", "span", "section", "blockquote", "pre", "code"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
    *("ul", "ol", "li", "dl", "dt", "dd"),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "mark", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
DESCRIPTION_ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}


def clean_html(source: str | None) -> SafeString:
    """`source` with the tags above only: no script, style, image, form, handler or odd scheme."""
    if not source:
        return SafeString("")
    # The one place where markup from outside is declared safe: the sanitiser has rebuilt it.
    return SafeString(
        nh3.clean(
            source,
            tags=DESCRIPTION_TAGS,
            attributes=DESCRIPTION_ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def plain_text(source: str) -> str:
    """What `source` says, without any markup, on one line."""
    text = nh3.clean(source.replace("<", " <"), tags=set())
    return " ".join(html.unescape(text).split())
