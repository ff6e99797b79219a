"""Template tags and filters: formatting, rows of a list, permissions, keyboard shortcuts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission
from integrations.accounts.permissions import may as user_may
from integrations.admin.base import badges, formatting, urls
from integrations.admin.base.cards import pretty_text
from integrations.messages import translated
from integrations.models import Integration
from integrations.submissions.documents import ACCEPTED

if TYPE_CHECKING:
    # The theme loads this module while `base.admin` is being imported.
    from integrations.admin.base.admin import NextStep

register = template.Library()

register.filter("ago", formatting.ago)
register.filter("date_time", formatting.date_time)
register.filter("day", formatting.day)
register.filter("duration", formatting.duration)
register.filter("interval", formatting.interval)
register.filter("job_detail", formatting.job_detail)
register.filter("number", formatting.number)
register.filter("plural", formatting.plural)
register.filter("run_badge", badges.run_badge)
register.filter("badge", badges.badge)
register.filter("submission_badge", badges.submission_badge)
register.filter("change_url", urls.change_url)
register.filter("pretty_text", pretty_text)
register.filter("words", badges.words)
register.filter("said", translated)
register.filter("label", formatting.label)
register.filter("record_url", urls.record_url)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative Material Symbol; the words beside it carry the meaning."""
    return format_html(
        '<span class="material-symbols-outlined rl-icon" aria-hidden="true">{}</span>', name
    )


@register.filter
def badge_status(status: int) -> SafeString:
    tone = badges.Tone.DANGER if status >= 500 else badges.Tone.SUCCESS
    return badges.badge(status, badges.Tone.WARNING if 400 <= status < 500 else tone)


@register.filter
def file_kind(content_type: str) -> str:
    """ "PDF" for `application/pdf`, and so on for every kind that is accepted."""
    kinds = (kind for kind, _, types in ACCEPTED if content_type in (kind, *types))
    return next(kinds, content_type)


@register.filter
def clock(moment: datetime) -> str:
    """The local time of day."""
    return date_format(timezone.localtime(moment), "H:i")


@register.filter
def badge_attempt(attempt: int) -> SafeString:
    return badges.badge(_("Attempt %(attempt)s") % {"attempt": attempt}, badges.Tone.WARNING)


class ListCell(NamedTuple):
    name: str
    label: str
    value: object
    is_link: bool


class ListRow(NamedTuple):
    url: str
    cells: list[ListCell]


@register.simple_tag
def headers(cl: Any) -> list[dict[str, Any]]:
    return list(result_headers(cl))


@register.simple_tag
def rows(cl: Any, headings: list[dict[str, Any]]) -> Iterator[ListRow]:
    """The rows of a list: each column's value, the first one being the link to the record."""
    labels = [str(heading["text"]) for heading in headings]
    for record in cl.result_list:
        yield ListRow(
            cl.url_for_result(record),
            [
                ListCell(name, label, _value(cl, record, name), index == 0)
                for index, (name, label) in enumerate(zip(cl.list_display, labels, strict=True))
            ],
        )


def _value(cl: Any, record: Any, name: str) -> object:
    field, _, value = lookup_field(name, record, cl.model_admin)
    if field is not None:
        return display_for_field(value, field, formatting.NOTHING)
    return (
        display_for_value(value, formatting.NOTHING)
        if value not in (None, "")
        else formatting.NOTHING
    )


@register.simple_tag
def hidden_filters(cl: Any) -> list[tuple[str, str]]:
    """What a search must carry along that the filter bar has no control for."""
    shown = {name for spec in cl.filter_specs if spec.shown for name in spec.expected_parameters()}
    return [
        (name, value)
        for name, values in cl.filter_params.items()
        for value in values
        if name not in shown and name != "q"
    ]


@register.simple_tag
def chosen(cl: Any) -> list[tuple[str, str, str]]:
    """The filters that a link has set and the bar has no control for: title, value, way out."""
    found = []
    for spec in cl.filter_specs:
        value = spec.value()
        if value and not spec.shown:
            words = dict(spec.lookup_choices).get(value, value)
            without = cl.get_query_string(remove=[spec.parameter_name])
            found.append((str(spec.title), str(words), without))
    return found


@register.simple_tag
def page_url(cl: Any, number: int) -> str:
    url: str = cl.get_query_string({"p": number})
    return url


@register.simple_tag(takes_context=True)
def theme_page(context: Any) -> str:
    """Says that the page is drawn with the theme's scripts (`config/content_policy.py`)."""
    if request := context.get("request"):
        request.is_theme_page = True
    return ""


@register.simple_tag(takes_context=True)
def next_step(context: Any, cl: Any) -> NextStep | None:
    """What an empty list offers its user to do."""
    step: NextStep | None = cl.model_admin.empty_step(context["request"])
    return step


@register.simple_tag
def may(user: Any, permission: str, tenant: Integration | str | None = None) -> bool:
    """`{% may request.user "sync" tenant as may_sync %}`; without a tenant, in any."""
    return user_may(user, Permission[permission.upper()], tenant or None)


# Initials of the English words; in other languages the dialog says the same letters.
SHORTCUT_LETTERS = {
    "index": "h",
    "integrations_integration_changelist": "t",
    "integrations_job_changelist": "j",
    "integrations_candidate_changelist": "c",
    "integrations_application_changelist": "a",
    "integrations_syncrun_changelist": "s",
    "integrations_submission_changelist": "u",
    "integrations_export_changelist": "e",
}


class Shortcut(NamedTuple):
    letter: str
    title: str
    url: str


@register.simple_tag(takes_context=True)
def shortcuts(context: Any) -> Iterator[Shortcut]:
    """The pages of this user's navigation that a letter after `g` opens, in its order."""
    letters = {reverse(f"admin:{name}"): letter for name, letter in SHORTCUT_LETTERS.items()}
    for group in context.get("sidebar_navigation") or ():
        for item in group["items"]:
            url = str(item["link"])
            if item["has_permission"] and url in letters:
                yield Shortcut(letters[url], str(item["title"]), url)
