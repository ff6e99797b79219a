"""What is said of a tenant, and what many rooms say."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "tenant_disabled": gettext_noop("This tenant is disabled. Enable it first."),
    "tenant_not_connected": gettext_noop(
        "This tenant has no Flatchr credentials yet. Enter them first."
    ),
    "stored_key_unreadable": gettext_noop(
        "The stored API key cannot be decrypted: the server's CREDENTIALS_KEYS have changed. "
        "Restore the earlier keys, or enter the API key again."
    ),
    "no_keys_to_encrypt_with": gettext_noop(
        "The server has no CREDENTIALS_KEYS to encrypt the key with, although other keys are "
        "stored encrypted. Nothing was saved. Restore the server's keys first."
    ),
    "both": gettext_noop("{first} and {last}"),
    "either": gettext_noop("{first} or {last}"),
    "integration_field_unknown": gettext_noop("This integration has no such integration field."),
    "custom_field_unknown": gettext_noop(
        "There is no such custom field. It may have been deleted."
    ),
    "value_not_decidable": gettext_noop("This value cannot be decided on. Correct it in Flatchr."),
    "value_choice_unknown": gettext_noop(
        "This is none of the values to choose from. Choose another one."
    ),
    "account_known": gettext_noop(
        "This Flatchr account is connected already: a tenant has the same key, company key or slug."
    ),
    "key_of_another_company": gettext_noop(
        "This is the key of another company than the one that is connected. Enter the company "
        "key of the same company, or ask for a new link to connect another."
    ),
    "too_many_live_calls": gettext_noop(
        "As many calls to Flatchr are under way as this server makes at once. Try again in a "
        "second."
    ),
    "too_many_tries": gettext_noop("Too many tries."),
    "too_many_wrong_codes": gettext_noop("Too many wrong codes."),
    # Handing over and erasing one person's data
    "person_address_invalid": gettext_noop("This is not an e-mail address: {typed}."),
    "person_sync_under_way": gettext_noop(
        "{tenant}: a sync is under way and may have read this person. Try again when it has ended."
    ),
    "person_action_under_way": gettext_noop(
        "{tenant}: an action at Flatchr on this person is under way. Try again when it has ended."
    ),
    "person_submission_under_way": gettext_noop(
        "{tenant}: a submission of this person is under way. Cancel it, or try again when it has "
        "ended."
    ),
    "person_upload_under_way": gettext_noop(
        "{tenant}: a bulk upload that is not finished has this person. Throw it away, or try again "
        "when it has ended."
    ),
    "person_upload_checked": gettext_noop(
        "{tenant}: a bulk upload is being checked and may have this person. Try again in a moment."
    ),
    "person_export_under_way": gettext_noop(
        "{tenant}: an export is being written and may have this person. Try again when it has "
        "ended."
    ),
    "schedule_person_gone": gettext_noop(
        "This export searched for a person whose data was removed. Schedule another one."
    ),
    "person_comes_back": gettext_noop(
        "Flatchr is not told. While it has this person, the next full sync reads them again, and "
        "so does any sync after a change: erase them at Flatchr first."
    ),
}
