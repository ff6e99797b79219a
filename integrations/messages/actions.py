"""What is said of actions at Flatchr: what each does, why it cannot be done, what became of it."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    # What an action does
    "action_moves": gettext_noop("From “{before}” to “{after}”."),
    "action_moves_to": gettext_noop("To “{after}”."),
    "action_rejects": gettext_noop("Rejected: archived at Flatchr, nothing is erased."),
    "action_tags": gettext_noop("The candidate gets the tag “{tag}”."),
    "action_comments": gettext_noop("A comment in your name."),
    "action_deletes_comment": gettext_noop("The comment is deleted."),
    "action_adds_task": gettext_noop("A task about the application."),
    "action_finishes_task": gettext_noop("The task is marked as done."),
    "action_writes_information": gettext_noop("Information is written beside the candidate."),
    "action_creates_job": gettext_noop("The job “{title}” is created, and not yet published."),
    # What is said before it is done
    "action_may_mail": gettext_noop(
        "Flatchr may send the candidate an automatic message, if the account has one for this."
    ),
    "action_hires": gettext_noop(
        "“{stage}” is the stage of people who are hired: Flatchr may create an employee in the "
        "company's HR system. Confirm that this is meant."
    ),
    "action_no_way_back": gettext_noop(
        "Flatchr's API cannot bring anybody back from the archive: it is done in Flatchr itself."
    ),
    "action_stays_archived": gettext_noop(
        "The application is archived and stays so: only its stage changes."
    ),
    "action_tag_stays": gettext_noop(
        "Flatchr's API cannot take a tag off again: it is done in Flatchr itself."
    ),
    # Why it cannot be done
    "action_not_shown_yet": gettext_noop(
        "Flatchr does not show this application yet, so nothing can be done with it. "
        "Try again in a minute."
    ),
    "action_job_unknown": gettext_noop(
        "Flatchr changes an application by its job, and the job of this one is not known."
    ),
    "action_record_gone": gettext_noop("Flatchr no longer has this application."),
    "action_stage_unknown": gettext_noop("This tenant has no such stage."),
    "action_stage_without_number": gettext_noop(
        "Flatchr gave this stage no number that it could be named by."
    ),
    "action_already_in_stage": gettext_noop("Already in “{stage}”."),
    "action_already_rejected": gettext_noop("Already rejected."),
    "action_already_tagged": gettext_noop("Already has the tag “{tag}”."),
    "action_tag_missing": gettext_noop("Choose a tag."),
    "action_tag_unknown": gettext_noop(
        "Flatchr's API cannot make a tag, and there is none with this name. Use the name of one "
        "from GET /ats/tags, such as “Title: value”, or make the tag in Flatchr first."
    ),
    "action_sign_in_first": gettext_noop(
        "Flatchr takes comments from its users only: sign in to Flatchr with your own e-mail "
        "address and password first. Who signs in to Flatchr through SSO has no password there, "
        "and comments in Flatchr itself."
    ),
    "action_sign_in_again": gettext_noop(
        "Your sign-in to Flatchr has ended. Sign in again, and try again: nothing was written."
    ),
    "flatchr_sign_in_incomplete": gettext_noop("Enter your e-mail address and your password."),
    "flatchr_sign_in_refused": gettext_noop(
        "Flatchr does not take this e-mail address and password. Who signs in to Flatchr through "
        "SSO has no password there: comments are then written in Flatchr itself."
    ),
    "action_text_missing": gettext_noop("Write a text."),
    "action_text_too_long": gettext_noop("The text is longer than {count} characters."),
    "action_date_missing": gettext_noop("Choose a day and a time."),
    "action_user_missing": gettext_noop(
        "Choose who is to do it, and enter the tenant's user key in its settings: Flatchr wants "
        "to know who makes a task."
    ),
    "action_comment_unknown": gettext_noop("There is no such comment."),
    "action_task_unknown": gettext_noop("There is no such task for this application."),
    "action_information_missing": gettext_noop("There is no information to write."),
    "action_information_refused": gettext_noop(
        "Flatchr did not take the information: it takes any only from accounts with the option "
        "CVthèque Premium."
    ),
    "action_fields_missing": gettext_noop("These fields are missing: {fields}."),
    "action_field_wrong": gettext_noop("The value of {field} is none that Flatchr takes."),
    "action_not_permitted": gettext_noop("Your role does not allow this."),
    "action_no_credentials": gettext_noop("This tenant has no Flatchr credentials yet."),
    "action_tenant_disabled": gettext_noop("This tenant is disabled: nothing is sent to Flatchr."),
    "action_several_tenants": gettext_noop(
        "These applications belong to several tenants. Choose those of one."
    ),
    "action_nothing_chosen": gettext_noop("Choose at least one application."),
    "action_too_many": gettext_noop("At most {count} applications at a time."),
    "action_under_way": gettext_noop(
        "Another action on this is still under way. Wait until it has ended."
    ),
    # What became of it
    "action_refused": gettext_noop("{reason} Flatchr did not do it: nothing was changed."),
    "action_not_sent": gettext_noop("{reason} Nothing was sent: it is safe to try again."),
    "action_looking": gettext_noop(
        "The answer was lost, so Flatchr may have done it or not. Relais is looking there, and "
        "sends nothing meanwhile."
    ),
    "action_not_found": gettext_noop(
        "Flatchr has not done it: the answer was lost, and Flatchr shows no effect. It is safe to "
        "try again."
    ),
    "action_unsettled": gettext_noop(
        "Flatchr could not be asked for a day whether it has done it, and Relais has stopped "
        "trying. Look in Flatchr yourself, or let Relais look once more."
    ),
    "action_cannot_be_looked_for": gettext_noop(
        "The answer was lost, and Flatchr shows nowhere whether it has done it. Look in Flatchr."
    ),
    "action_stopped": gettext_noop("Stopped before anything was sent."),
    "action_given_up": gettext_noop(
        "It was interrupted several times before anything was sent, and has been given up. Try "
        "again; if it fails again, ask whoever runs the server to look at the worker's log."
    ),
    "action_internal_error": gettext_noop(
        "Something went wrong inside Relais, not at Flatchr. Nothing was sent: it is safe to try "
        "again."
    ),
    # Undoing and repeating
    "action_not_done_yet": gettext_noop("Only what was done can be undone."),
    "action_undone_already": gettext_noop("This was undone already."),
    "action_moved_on": gettext_noop("The application has been moved since."),
    "action_former_stage_unknown": gettext_noop("The stage before is not known."),
    "action_not_undoable": gettext_noop("Flatchr cannot undo this."),
    "action_not_repeatable": gettext_noop("Only what was not done can be tried again."),
}
