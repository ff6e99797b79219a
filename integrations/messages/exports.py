"""What is said of an export, its schedule and its e-mail."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "export_column_unknown": gettext_noop(
        "There is no column {unknown}. The columns are: {known}."
    ),
    "mail_not_taken": gettext_noop(
        "The mail server did not take the e-mail. The file can be downloaded here."
    ),
    "account_without_email": gettext_noop(
        "Your account has no e-mail address. Ask an administrator to enter it."
    ),
    "mail_access_lost": gettext_noop("No e-mail was sent: this user may no longer see the tenant."),
    "mail_switched_off": gettext_noop(
        "Relais cannot send e-mail any more. The file can be downloaded here."
    ),
    "column_set_unnamed": gettext_noop("Give the columns a name first."),
    "column_set_name_too_long": gettext_noop(
        "The name is longer than {most} characters. Choose a shorter one."
    ),
    "column_set_empty": gettext_noop("Choose at least one column first."),
    "column_sets_too_many": gettext_noop(
        "You have {most} sets of columns. Delete one that you do not need."
    ),
    "export_access_lost": gettext_noop(
        "You may no longer export this tenant's data. Ask an administrator for access."
    ),
    "mail_not_configured": gettext_noop(
        "Relais cannot send e-mail yet. An administrator switches it on by setting EMAIL_URL."
    ),
    "schedule_one_tenant": gettext_noop(
        "Choose one tenant in the list first: a scheduled export is of one tenant."
    ),
    "schedules_too_many": gettext_noop(
        "You have {most} scheduled exports. End one that you do not need."
    ),
    "export_connection_busy": gettext_noop(
        "An export is being read on this connection. Close it first."
    ),
    "export_account_gone": gettext_noop(
        "The account that asked for this export is gone or switched off."
    ),
    "export_given_up": gettext_noop(
        "Relais was stopped several times while it wrote this file. Export fewer rows at once."
    ),
    "export_not_written": gettext_noop(
        "The file could not be written. Try again; if it fails again, tell your administrator."
    ),
    "export_not_stored": gettext_noop(
        "The file could not be stored. Tell your administrator to look for room on the disk."
    ),
}
