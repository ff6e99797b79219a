"""What is said of a sync run and of the records that one set aside or held."""

from __future__ import annotations

from integrations.messages.declaration import Declared, gettext_noop, ngettext_noop

TEXTS: dict[str, Declared] = {
    "tags_wait": gettext_noop("Tags of applicants are read next."),
    "tags_under_way": ngettext_noop(
        "{read_count} of {count} applicant's tags read",
        "{read_count} of {count} applicants' tags read",
    ),
    "tags_done_in": ngettext_noop(
        "{read_count} of {count} applicant's tags read, done in about {time}",
        "{read_count} of {count} applicants' tags read, done in about {time}",
    ),
    "tags_read": ngettext_noop(
        "The tags of {count} applicant were read.", "The tags of {count} applicants were read."
    ),
    "tags_not_read": gettext_noop(
        "The tags of this applicant could not be read; they are asked for again later. {reason}"
    ),
    "applicant_gone_tags_not_read": gettext_noop(
        "Flatchr does not have this applicant any more, so its tags were not read."
    ),
    "decide_when_ended": gettext_noop("Decide when it has ended."),
    "undo_when_ended": gettext_noop("Undo it when it has ended."),
    "undo_too_late": gettext_noop(
        "These deletions can no longer be undone: 14 days later the personal data is removed."
    ),
    "held_list_outdated": gettext_noop(
        "A later full sync has read this tenant, so its list counts. Look at that run."
    ),
    "sync_timed_out": gettext_noop(
        "The sync took longer than it may. What it had read until then is kept; start it again."
    ),
    "sync_given_up": gettext_noop(
        "The sync was interrupted several times and has been given up. Start it again; if that "
        "fails too, ask whoever runs the server to look at the worker's log."
    ),
    "sync_internal_error": gettext_noop(
        "Something went wrong inside Relais, not at Flatchr. What was read until then is kept. "
        "Start the sync again; if it fails again, pass on the technical details."
    ),
    "retry_without_id": gettext_noop(
        "Flatchr sent this record without an ID, so it cannot be asked for by itself. Correct "
        "it in Flatchr: the next full sync reads it again."
    ),
    "retry_kind_not_read": gettext_noop(
        "Records of this kind are not read for this tenant. Its page says what is."
    ),
    "try_again_when_ended": gettext_noop("Try again when it has ended."),
    "retry_record_gone": gettext_noop(
        "Flatchr does not show this record any more. If it is there, the next full sync reads "
        "it again."
    ),
    "retry_record_stored": gettext_noop("The record could be read and is stored now."),
    "nothing_changed": gettext_noop("{reason} Nothing was changed."),
    "retry_still_unreadable": gettext_noop(
        "Flatchr still sends it in a form that cannot be understood. Correct it there. {reason}"
    ),
    "tenant_disabled_no_sync": gettext_noop(
        "This tenant is disabled. Enable it first, then synchronise."
    ),
    "sync_under_way": gettext_noop("A sync of this tenant is under way. {advice}"),
}
