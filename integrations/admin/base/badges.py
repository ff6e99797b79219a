"""Enum values, states and deletions as coloured labels."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations.admin.base.formatting import NOTHING, label, local
from integrations.exports.wording import in_words
from integrations.models import ApplicationStage, RunState, Submission, SubmissionState


class Tone(StrEnum):
    """The colour of a label; the style sheet has one class for each."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


TONES = {
    "OPEN": Tone.SUCCESS,
    "DRAFT": Tone.INFO,
    "PENDING": Tone.INFO,
    "HIRED": Tone.SUCCESS,
    "DECLINED": Tone.WARNING,
}


def words(value: str | None) -> str:
    """An enum value for people: `FULL_TIME` reads "Full time"."""
    return in_words(value) if value else NOTHING


def badge(text: object, tone: str = Tone.NEUTRAL) -> SafeString:
    said = label(text) if isinstance(text, str) else text
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
