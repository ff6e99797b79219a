"""What is said of a submission: its entry, its way to Flatchr, what became of it."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "cv_without_content": gettext_noop("The CV has neither content nor an address."),
    "cv_url_too_long": gettext_noop("The address of the CV is too long."),
    "too_many_drafts": gettext_noop(
        "This tenant has {most} drafts, which is as many as there may be. Submit or delete some."
    ),
    "cv_required": gettext_noop("Attach a CV: Flatchr takes no candidate without one."),
    "submission_changed": gettext_noop("This submission has changed meanwhile: it is {state}."),
    "already_applied": gettext_noop("This person has applied for this job already."),
    "submission_not_editable": gettext_noop(
        "This submission can no longer be changed: it has been submitted."
    ),
    "submission_not_repeatable": gettext_noop(
        "Only a submission that has succeeded, and whose data is still kept, can be used again."
    ),
    "submission_file_stays": gettext_noop("The file of a submission that was submitted stays."),
    "submission_not_checkable": gettext_noop(
        "This submission has been submitted: there is nothing to check."
    ),
    "submission_submitted_meanwhile": gettext_noop("This submission was submitted meanwhile."),
    "submission_failed_retry_instead": gettext_noop(
        "This submission has failed. Retry it instead."
    ),
    "submission_not_retryable": gettext_noop("Only a submission that has failed can be retried."),
    "submission_cancelled": gettext_noop("Cancelled before anything was sent."),
    "submission_not_cancellable": gettext_noop(
        "Only a submission that waits can be cancelled; this one is {state}."
    ),
    "submission_not_deletable": gettext_noop(
        "This submission is under way. Cancel it, or wait until it has ended."
    ),
    "submission_not_editable_meanwhile": gettext_noop(
        "This submission was submitted meanwhile: it can no longer be changed."
    ),
    "submission_given_up": gettext_noop(
        "Sending was interrupted several times before anything was sent, and has been given up. "
        "Retry; if it fails again, ask whoever runs the server to look at the worker's log."
    ),
    "submission_internal_error": gettext_noop(
        "Something went wrong inside Relais, not at Flatchr. Nothing reached Flatchr: it is "
        "safe to retry. If it fails again, pass on the technical details."
    ),
    "submission_looking": gettext_noop(
        "The answer may have been lost, so Flatchr may have the candidate or not. Relais is "
        "looking there, and sends nothing meanwhile."
    ),
    "submission_not_found": gettext_noop(
        "Not found at Flatchr: safe to retry. The answer to the request was lost, and Flatchr "
        "does not have the candidate."
    ),
    "submission_already_applied": gettext_noop(
        "This person has applied for this job already, as Flatchr says; nothing was sent. "
        "Submit again if you want a second application."
    ),
    "submission_unsettled": gettext_noop(
        "Flatchr could not be asked whether it has the candidate, and Relais has stopped "
        "trying. Look for the e-mail address in Flatchr yourself. When Flatchr answers again, "
        "press Retry: Relais then looks once more before anything else."
    ),
    "failed_not_taken": gettext_noop("{reason} Flatchr did not take it: it is safe to retry."),
    "submission_without_file": gettext_noop("This submission has no file."),
    "job_required": gettext_noop("Choose a job."),
    "job_unknown": gettext_noop("This tenant has no such job."),
    "field_left_out": gettext_noop("Flatchr cannot hold {name}: it was left out."),
    "offerer_id_invalid": gettext_noop("The offerer ID is a whole number above zero."),
    "job_deleted": gettext_noop("Flatchr no longer has this job. Choose another."),
    "job_closed": gettext_noop(
        "This job is closed in Flatchr and takes no applications. Choose an open one."
    ),
    "job_without_address": gettext_noop(
        "Flatchr gave this job no address to apply at. Synchronise, then try again."
    ),
    "name_required": gettext_noop("Enter the {name}."),
    "name_too_long": gettext_noop("The {name} is longer than {limit} characters."),
    "name_without_letter": gettext_noop("The {name} needs at least one letter."),
    "email_required": gettext_noop("Enter the e-mail address."),
    "email_invalid": gettext_noop(
        "This is not an e-mail address. Write it as name@company.example."
    ),
    "invisible_not_sent": gettext_noop("Characters that nobody sees are left out of what is sent."),
    "phone_invalid": gettext_noop(
        "This is not a phone number and is not sent. Write it as +33 6 39 98 00 01."
    ),
    "phone_rest_not_sent": gettext_noop(
        "Only {number} is sent as the phone number. What else was typed there is left out."
    ),
    "phone_unusual": gettext_noop(
        "The phone number is unusual and is sent as typed. Check it, or write it with its "
        "country code."
    ),
    "text_too_long": gettext_noop("The text is longer than {limit} characters. Shorten it."),
    "answers_too_many": gettext_noop("There are more than {most} answers. Leave some out."),
    "answer_without_question": gettext_noop("An answer has no question. Add it."),
    "link_invalid": gettext_noop("The {name} link is not a web address. Start it with https://."),
    "user_key_too_long": gettext_noop("The user key is too long. Copy it once more."),
    "source_not_written": gettext_noop(
        "The source is not written in Flatchr: this tenant has no offerer ID in its settings."
    ),
    "first_stage_gone": gettext_noop(
        "The application was created. It was not put into the stage that was asked for: the stage "
        "is no longer there."
    ),
    "first_stage_follows": gettext_noop(
        "The application was created. Relais puts it into the stage “{stage}” once Flatchr shows "
        "it."
    ),
    "first_stage_never_shown": gettext_noop(
        "The application was created. It was not put into the stage “{stage}”: Flatchr has not "
        "shown it for a week."
    ),
    "first_stage_not_set": gettext_noop(
        "The application was created. It was not put into the stage “{stage}”: {reason}"
    ),
    "failed_safe_to_retry": gettext_noop("{reason} Nothing reached Flatchr: it is safe to retry."),
    "problems_nothing_sent": gettext_noop("{sentences} Nothing was sent."),
    "attachment_not_first_cv": gettext_noop(
        "“{name}” was not sent to Flatchr: only the first CV is."
    ),
    "attachment_not_cv": gettext_noop("“{name}” was not sent to Flatchr: only a CV is."),
    "cv_not_fetched": gettext_noop(
        "The CV could not be fetched: {reason} Nothing reached Flatchr: it is safe to retry."
    ),
    "cv_missing": gettext_noop(
        "The CV is no longer here: attach it again. Nothing reached Flatchr: it is safe to retry."
    ),
    "cv_unreadable": gettext_noop(
        "The CV cannot be read on the server: attach it again. Nothing reached Flatchr: it is "
        "safe to retry."
    ),
    "cv_damaged": gettext_noop(
        "The CV was damaged on the server: attach it again. Nothing reached Flatchr: it is safe "
        "to retry."
    ),
    "check_failed": gettext_noop("{reason} This was a check: nothing was stored."),
    "first_name": gettext_noop("first name"),
    "last_name": gettext_noop("last name"),
    "submission_state_draft": gettext_noop("draft"),
    "submission_state_checked": gettext_noop("checked"),
    "submission_state_queued": gettext_noop("queued"),
    "submission_state_sending": gettext_noop("sending"),
    "submission_state_uncertain": gettext_noop("uncertain"),
    "submission_state_succeeded": gettext_noop("succeeded"),
    "submission_state_failed": gettext_noop("failed"),
    "tenant_required": gettext_noop("Choose a tenant."),
}
