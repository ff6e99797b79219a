"""Why a request is not passed on to Flatchr, and what became of one that was."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "method_not_passed": gettext_noop("The method {method} is not passed through."),
    "body_too_large": gettext_noop("What is to be sent is larger than {limit} MB."),
    "body_twice": gettext_noop("Send either data or a form, not both."),
    "form_content_type_given": gettext_noop(
        "The content type of a form is set here and cannot be given as a header."
    ),
    "request_limit_used_up": gettext_noop(
        "The limit for requests to Flatchr is used up. Nothing was sent."
    ),
    "sign_in_impossible": gettext_noop("Flatchr cannot be signed in to."),
    "answer_too_large_title": gettext_noop("The answer is too large."),
    "answer_too_large": gettext_noop(
        "Flatchr's answer is larger than {limit} MB and was not read."
    ),
    "fate_unknown_title": gettext_noop("Not known whether Flatchr did it."),
    "fate_unknown": gettext_noop(
        "{reason} The answer was lost, so Flatchr may have done it or not: look before you send "
        "it again."
    ),
    "flatchr_not_available_title": gettext_noop("Flatchr is not available."),
    "redirect_not_followed": gettext_noop(
        "Flatchr points to another address, which is not followed: it would take the key along. "
        "The address is among the headers, under location."
    ),
}
