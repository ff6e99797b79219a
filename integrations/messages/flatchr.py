"""What went wrong with Flatchr, and what of its data was not understood."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "flatchr_wrong_key": gettext_noop(
        "Flatchr does not accept the API key. Copy the key, or create a new one, in Flatchr "
        "under Settings > Advanced > API and enter it again."
    ),
    "flatchr_expired_key": gettext_noop(
        "The Flatchr API key has expired; Flatchr's keys live for one year. Create a new one in "
        "Flatchr under Settings > Advanced > API and enter it here."
    ),
    "flatchr_wrong_company_or_key": gettext_noop(
        "Flatchr does not know this company, or the API key belongs to another one. Copy the "
        "company key in Flatchr under Settings > Advanced > API and enter it again."
    ),
    "flatchr_wrong_company": gettext_noop(
        "Flatchr does not know this company. Copy the company key in Flatchr under Settings > "
        "Advanced > API and enter it again."
    ),
    "flatchr_unknown_slug": gettext_noop(
        "Flatchr has no career site under this name. Copy the name from Flatchr, Settings > "
        "Advanced > Subdomain configuration."
    ),
    "flatchr_forbidden": gettext_noop(
        "Flatchr does not let this API key create candidates for this job. Check that the key "
        "belongs to the company of the job, in Flatchr under Settings > Advanced > API."
    ),
    "flatchr_vacancy_gone": gettext_noop(
        "Flatchr no longer has this job under the address that is known here: it was removed or "
        "renamed there. Synchronise, then choose the job again."
    ),
    "flatchr_file_too_large": gettext_noop(
        "The CV is larger than Flatchr takes. Attach a smaller one."
    ),
    "flatchr_invalid": gettext_noop(
        "Flatchr does not accept something in what was sent. Correct it and submit again."
    ),
    "flatchr_not_found": gettext_noop(
        "Flatchr does not have what was asked for; it may have been removed there. Synchronise "
        "again to see the current state."
    ),
    "flatchr_rate_limited": gettext_noop(
        "Flatchr is receiving too many requests and asked to wait. Try again in a few minutes."
    ),
    "flatchr_server_error": gettext_noop(
        "Flatchr has a problem of its own at the moment. Try again later; if it lasts, tell "
        "Flatchr's support."
    ),
    "flatchr_request_not_handled": gettext_noop(
        "Flatchr cannot handle this request. If it happens again, ask for help and pass on the "
        "technical details."
    ),
    "flatchr_refused": gettext_noop(
        "Flatchr refused the request. If it happens again, ask for help and pass on the "
        "technical details."
    ),
    "flatchr_unreachable": gettext_noop(
        "Flatchr could not be reached. Check this server's internet connection; if it works, "
        "Flatchr may be down: try again later."
    ),
    "flatchr_timeout": gettext_noop("Flatchr took too long to answer. Try again later."),
    "flatchr_not_understood": gettext_noop(
        "Flatchr answered with something other than the expected data, such as a web page. Try "
        "again later; if it lasts, ask for help and pass on the technical details."
    ),
    "flatchr_cut_short": gettext_noop(
        "Flatchr's answer broke off before it was complete. Try again later."
    ),
    "flatchr_too_large": gettext_noop(
        "Flatchr's answer is larger than is accepted here, so reading stopped. Ask for help and "
        "pass on the technical details."
    ),
    "flatchr_misconfigured": gettext_noop(
        "Flatchr could not be asked, because this server's settings for reaching it are wrong. "
        "Ask your administrator to check the Flatchr addresses and the proxy."
    ),
    "key_accepted": gettext_noop("Flatchr accepts the key."),
    "not_checked_key_refused": gettext_noop("Not checked: the key was refused."),
    "key_of_this_company": gettext_noop("The key belongs to this company."),
    "stages_answer_unexpected": gettext_noop(
        "Flatchr's answer was not a list of stages, so this could not be checked."
    ),
    "career_site_answer_unexpected": gettext_noop(
        "The career site's answer was not a list of jobs, so the name could not be checked."
    ),
    "career_site_of_this_company": gettext_noop("The career site belongs to this company."),
    "career_site_of_another_company": gettext_noop(
        "This career site belongs to another company. Copy the name from Flatchr, Settings > "
        "Advanced > Subdomain configuration."
    ),
    "career_site_without_jobs": gettext_noop(
        "The career site exists. That it belongs to this company could not be verified: it "
        "shows no jobs now."
    ),
    "career_site_company_unconfirmed": gettext_noop(
        "The career site exists. That it belongs to this company could not be verified: the "
        "company key is not confirmed."
    ),
    "path_too_long": gettext_noop("The path is too long."),
    "path_character_forbidden": gettext_noop(
        "The path holds a space, a control character or a backslash: encode it."
    ),
    "path_with_fragment": gettext_noop("The path holds a fragment (#), which is never sent."),
    "path_with_host": gettext_noop(
        "The path is an address of its own. Leave out the scheme and the host."
    ),
    "path_percent_sign_alone": gettext_noop("The path holds a percent sign that encodes nothing."),
    "path_encoded_slash": gettext_noop("The path holds an encoded slash, backslash or line end."),
    "path_encoded_twice": gettext_noop("The path is encoded several times over."),
    "path_encoded_control_character": gettext_noop("The path holds an encoded control character."),
    "path_dot_segment": gettext_noop(
        "The path holds a dot segment, which would lead to another path."
    ),
    "path_empty_segment": gettext_noop("The path holds an empty segment."),
    "header_name_invalid": gettext_noop(
        "The name of a header holds a character that none may have."
    ),
    "header_set_here": gettext_noop("The header {name} is set here and cannot be given."),
    "header_value_invalid": gettext_noop("The header {name} holds a character that none may have."),
    "parameter_signs_in": gettext_noop(
        "The parameter {name} signs in, which is done here. Leave it out."
    ),
    "closed_vacancies_refused": gettext_noop(
        "Flatchr refused to list closed vacancies, so missing jobs are not deleted."
    ),
    "closed_vacancies_left_out": gettext_noop(
        "Flatchr listed open vacancies only, so missing jobs are not deleted."
    ),
    "archived_applicants_refused": gettext_noop(
        "Flatchr refused to list archived applicants, so nothing missing is deleted."
    ),
    "archived_applicants_left_out": gettext_noop(
        "Flatchr listed active applicants only, so nothing missing is deleted."
    ),
    "labels_refused": gettext_noop(
        "Flatchr refused one of its lists of labels, so some labels are missing on jobs."
    ),
    "vacancy_plain_id_shared": gettext_noop(
        "Another vacancy has the same plain id; applications are shown with the first."
    ),
    "applicant_without_id": gettext_noop("The record has no usable id in `applicant`."),
    "application_vacancy_unknown": gettext_noop(
        "The application's vacancy is not among the vacancies that Flatchr lists, as is that of "
        "spontaneous applications. It has no job here until Flatchr lists it."
    ),
    "application_column_unknown": gettext_noop(
        "The application's column is not among the columns that Flatchr lists."
    ),
    "applicant_status_unknown": gettext_noop(
        "The applicant's status is not known; the application counts as pending."
    ),
    "email_left_out": gettext_noop("The e-mail address is not valid and was left out."),
    "invisible_left_out": gettext_noop("Characters that nobody sees were left out."),
    "phone_kept_as_given": gettext_noop("The phone number cannot be read and was kept as given."),
    "phone_not_valid": gettext_noop("No phone can have this number. It was kept as given."),
    "phone_ambiguous": gettext_noop(
        "The phone number could be one of several places. It was kept as given."
    ),
    "phone_rest_left_out": gettext_noop(
        "Only the first phone number was kept. What else was typed there is in the raw object."
    ),
    "contract_type_unmapped": gettext_noop(
        "The contract type is not in the value map and was kept as Flatchr names it."
    ),
    "vacancy_status_unmapped": gettext_noop(
        "The vacancy status is not in the value map and was kept as Flatchr sent it."
    ),
    "vacancy_without_plain_id": gettext_noop(
        "The vacancy has no plain id, so its applications cannot be matched with it."
    ),
    "experience_unknown": gettext_noop(
        "The experience code is not known and was kept as Flatchr sent it."
    ),
    "remote_work_unknown": gettext_noop(
        "The remote work value is not known and was kept as Flatchr sent it."
    ),
    "amount_not_understood": gettext_noop("The amount in {field} is not understood."),
    "salary_period_unknown": gettext_noop(
        "The salary period is not known and was kept as Flatchr sent it."
    ),
    "country_unknown": gettext_noop("The country is not known and was kept as Flatchr sent it."),
    "record_too_deep": gettext_noop("The record is nested too deeply."),
    "record_unreadable": gettext_noop("The record {reason}."),
    "record_without_id": gettext_noop("The record has no usable id in `{key}`."),
    "unstorable_characters_replaced": gettext_noop(
        "Characters that cannot be stored were replaced."
    ),
    "unstorable_number_replaced": gettext_noop(
        "A number that JSON does not have was replaced by null."
    ),
    "column_title_shared": gettext_noop(
        "Several columns share this title; applications are shown in the visible one of the "
        "lowest position."
    ),
    "tag_without_title": gettext_noop("A tag without a title has its id."),
    "value_no_usable_id": gettext_noop("The value makes no usable id."),
    "candidate_tag_unknown": gettext_noop(
        "The candidate has a tag that is not among the tags of candidates."
    ),
    "tag_type_unknown": gettext_noop("A tag of an unknown type was left out."),
    "date_not_understood": gettext_noop("The date in {field} is not understood."),
    "label_missing": gettext_noop("Flatchr's list has no label for the code in {name}_id."),
    "value_type_unexpected": gettext_noop(
        "Flatchr sent a value of an unexpected type for {field}."
    ),
    "record_not_object": gettext_noop("is not a JSON object"),
    "record_with_constant": gettext_noop("holds {constant}, which is not JSON"),
    "record_not_utf8": gettext_noop("holds bytes that are not UTF-8"),
    "waiting_unreachable": gettext_noop("Flatchr could not be reached"),
    "waiting_timeout": gettext_noop("Flatchr took too long to answer"),
    "waiting_cut_short": gettext_noop("Flatchr's answer broke off"),
    "waiting_throttled": gettext_noop("keeping to the request limit for Flatchr"),
    "waiting_status": gettext_noop("Flatchr said {status}"),
    "flatchr_words": gettext_noop("{reason} Flatchr's words: “{words}”."),
    # Requests of users' own, through the console and the passthrough.
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
