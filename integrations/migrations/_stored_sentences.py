"""The English sentences that rows held before messages had codes, as they were then. Frozen.

`coded` finds a sentence again by its pattern, with its parameters, and gives the JSON object that
stands for the message; `plain` is the way back. What is not known here stays as it is.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

KEYS = {"code", "params", "text"}
MARKS = ('{"code":', '{"text":')
PLACE = re.compile(r"\{([a-z_]\w*)\}")
# Where one sentence may end and the next begin.
END = re.compile(r"[.!?:]”? ")
# Parameters that are sentences or phrases of ours themselves.
NESTED = {
    *("reason", "sentences", "advice", "found", "kind", "what", "error", "separator", "state"),
    "name",
}
# Phrases that stand in others, and nowhere alone.
PHRASE = re.compile(r"[a-z]")
# Two sentences that one pattern would take for one.
MISSING = re.compile(r"(The columns? (?:is|are) missing: .*?\.) (Not known here: .*)", re.DOTALL)


def coded(text: str, *, phrases: bool = False) -> Any:
    """The object for a sentence; `text` itself when it is none. `phrases` counts those as well."""
    if not text.strip():
        return text
    return _coded(text, phrases)


@lru_cache(maxsize=4096)
def _coded(text: str, phrases: bool) -> Any:
    if two := MISSING.fullmatch(text):
        return _object("sequence", {"sentences": [_coded(part, False) for part in two.groups()]}, text)
    if (whole := _whole(text, phrases)) is not None:
        return whole
    for end in reversed([match.end() for match in END.finditer(text)]):
        if (head := _whole(text[:end].rstrip(), False)) is not None:
            rest = _coded(text[end:], False)
            following = _sentences(rest)
            return _object("sequence", {"sentences": [head, *following]}, text)
    return text


def _whole(text: str, phrases: bool) -> Any:
    for code, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is None or (PHRASE.match(pattern.pattern) and not phrases):
            continue
        params: dict[str, Any] = {}
        for name, value in found.groupdict().items():
            nested = coded(value, phrases=True) if name in NESTED else value
            params[name] = _sentences(nested) if name == "sentences" else nested
            if name == "changes":
                params[name] = [value]
        if code in COUNTED:
            several = max(2, params["names"].count(", ") + 1)
            params["count"] = 1 if ONE.search(text) else several
        return _object(code, params, text)
    return None


def _object(code: str, params: dict[str, Any], text: str) -> dict[str, Any]:
    return {"code": code, "params": params, "text": text}


def _sentences(message: Any) -> list[Any]:
    if isinstance(message, dict) and message["code"] == "sequence":
        return list(message["params"]["sentences"])
    return [message]


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Those with the most words of their own first."""
    ordered = sorted(SENTENCES, key=lambda one: -len(PLACE.sub("", one[1])))
    return [(code, _pattern(sentence)) for code, sentence in ordered]


def _pattern(sentence: str) -> re.Pattern[str]:
    seen: set[str] = set()
    parts = []
    # Odd pieces are the names of the places.
    for number, piece in enumerate(PLACE.split(sentence)):
        if number % 2 == 0:
            parts.append(re.escape(piece))
        elif piece in seen:
            parts.append(f"(?P={piece})")
        else:
            seen.add(piece)
            parts.append(f"(?P<{piece}>.*?)")
    return re.compile("".join(parts), re.DOTALL)


def coded_text(text: str, *, phrases: bool = False) -> str:
    """What a text column holds instead of `text`."""
    found = coded(text, phrases=phrases)
    if isinstance(found, dict):
        return _compact(found)
    return _compact({"text": text}) if text.startswith(MARKS) else text


def plain_text(stored: str) -> str:
    """What a text column held before; the English text of a message that came since."""
    if not stored.startswith(MARKS):
        return stored
    value = json.loads(stored)
    return str(value["text"])


def coded_value(value: Any, key: str = "message") -> Any:
    """A JSON value with codes for the texts in its lists and for those under `key`."""
    if isinstance(value, list):
        return [coded(item) if isinstance(item, str) else coded_value(item) for item in value]
    if isinstance(value, dict) and isinstance(value.get(key), str):
        return {**value, key: coded(value[key])}
    return value


def plain_value(value: Any) -> Any:
    """A JSON value as it was before."""
    if isinstance(value, dict):
        if value.keys() == KEYS:
            return value["text"]
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Those that are told of one thing or of several.
ONE = re.compile("The column is|this file")
COUNTED = {"columns_missing", "columns_not_sent", "zip_files_unnamed"}

SENTENCES = (
    ("egress_invalid_url", "This is not an address of a file. Copy it from the browser once more."),
    ("egress_scheme", "The address must begin with https:// or http://."),
    ("egress_credentials", "The address holds a user name or a password. Use one that works without, or attach " "the file itself."),
    ("egress_port", "The address names port {port} of {host}; only the usual ports 80 and 443 are " "reached."),
    ("egress_unknown_host", "There is no host named {host}. Check the address."),
    ("egress_private_address", "{host} is in a private network, which is not reached from here. Use a public " "address, or attach the file itself."),
    ("egress_unreachable", "{host} could not be reached. Try again later, or attach the file itself."),
    ("egress_tls", "{host} could not prove that it is {host} (its certificate is not valid). Attach " "the file itself."),
    ("egress_timeout", "{host} took too long. Try again later, or attach the file itself."),
    ("egress_status", "{host} does not hand out the file (status {status}). Check that the address works " "without logging in, or attach the file itself."),
    ("egress_redirects", "{host} sends us from one address to the next without end. Attach the file itself."),
    ("egress_too_large", "The file at {host} is larger than {limit}. Attach a smaller one."),
    ("egress_cut_short", "The answer of {host} broke off. Try again later, or attach the file itself."),
    ("egress_not_understood", "{host} answered with something that is no file. Attach the file itself."),
    ("flatchr_wrong_key", "Flatchr does not accept the API key. Copy the key, or create a new one, in Flatchr " "under Settings > Advanced > API and enter it again."),
    ("flatchr_expired_key", "The Flatchr API key has expired; Flatchr's keys live for one year. Create a new " "one in Flatchr under Settings > Advanced > API and enter it here."),
    ("flatchr_wrong_company_or_key", "Flatchr does not know this company, or the API key belongs to another one. Copy " "the company key in Flatchr under Settings > Advanced > API and enter it again."),
    ("flatchr_wrong_company", "Flatchr does not know this company. Copy the company key in Flatchr under Settings " "> Advanced > API and enter it again."),
    ("flatchr_unknown_slug", "Flatchr has no career site under this name. Copy the name from Flatchr, Settings > " "Advanced > Subdomain configuration."),
    ("flatchr_forbidden", "Flatchr does not let this API key create candidates for this job. Check that the " "key belongs to the company of the job, in Flatchr under Settings > Advanced > API."),
    ("flatchr_vacancy_gone", "Flatchr no longer has this job under the address that is known here: it was " "removed or renamed there. Synchronise, then choose the job again."),
    ("flatchr_file_too_large", "The CV is larger than Flatchr takes. Attach a smaller one."),
    ("flatchr_invalid", "Flatchr does not accept something in what was sent. Correct it and submit again."),
    ("flatchr_not_found", "Flatchr does not have what was asked for; it may have been removed there. " "Synchronise again to see the current state."),
    ("flatchr_rate_limited", "Flatchr is receiving too many requests and asked to wait. Try again in a few " "minutes."),
    ("flatchr_server_error", "Flatchr has a problem of its own at the moment. Try again later; if it lasts, tell " "Flatchr's support."),
    ("flatchr_request_not_handled", "Flatchr cannot handle this request. If it happens again, ask for help and pass on " "the technical details."),
    ("flatchr_refused", "Flatchr refused the request. If it happens again, ask for help and pass on the " "technical details."),
    ("flatchr_unreachable", "Flatchr could not be reached. Check this server's internet connection; if it " "works, Flatchr may be down: try again later."),
    ("flatchr_timeout", "Flatchr took too long to answer. Try again later."),
    ("flatchr_not_understood", "Flatchr answered with something other than the expected data, such as a web page. " "Try again later; if it lasts, ask for help and pass on the technical details."),
    ("flatchr_cut_short", "Flatchr's answer broke off before it was complete. Try again later."),
    ("flatchr_too_large", "Flatchr's answer is larger than is accepted here, so reading stopped. Ask for help " "and pass on the technical details."),
    ("flatchr_misconfigured", "Flatchr could not be asked, because this server's settings for reaching it are " "wrong. Ask your administrator to check the Flatchr addresses and the proxy."),
    ("key_accepted", "Flatchr accepts the key."),
    ("not_checked_key_refused", "Not checked: the key was refused."),
    ("key_of_this_company", "The key belongs to this company."),
    ("stages_answer_unexpected", "Flatchr's answer was not a list of stages, so this could not be checked."),
    ("career_site_answer_unexpected", "The career site's answer was not a list of jobs, so the name could not be checked."),
    ("career_site_of_this_company", "The career site belongs to this company."),
    ("career_site_of_another_company", "This career site belongs to another company. Copy the name from Flatchr, Settings " "> Advanced > Subdomain configuration."),
    ("career_site_without_jobs", "The career site exists. That it belongs to this company could not be verified: it " "shows no jobs now."),
    ("career_site_company_unconfirmed", "The career site exists. That it belongs to this company could not be verified: the " "company key is not confirmed."),
    ("path_too_long", "The path is too long."),
    ("path_character_forbidden", "The path holds a space, a control character or a backslash: encode it."),
    ("path_with_fragment", "The path holds a fragment (#), which is never sent."),
    ("path_with_host", "The path is an address of its own. Leave out the scheme and the host."),
    ("path_percent_sign_alone", "The path holds a percent sign that encodes nothing."),
    ("path_encoded_slash", "The path holds an encoded slash, backslash or line end."),
    ("path_encoded_twice", "The path is encoded several times over."),
    ("path_encoded_control_character", "The path holds an encoded control character."),
    ("path_dot_segment", "The path holds a dot segment, which would lead to another path."),
    ("path_empty_segment", "The path holds an empty segment."),
    ("header_name_invalid", "The name of a header holds a character that none may have."),
    ("header_set_here", "The header {name} is set here and cannot be given."),
    ("header_value_invalid", "The header {name} holds a character that none may have."),
    ("parameter_signs_in", "The parameter {name} signs in, which is done here. Leave it out."),
    ("closed_vacancies_refused", "Flatchr refused to list closed vacancies, so missing jobs are not deleted."),
    ("closed_vacancies_left_out", "Flatchr listed open vacancies only, so missing jobs are not deleted."),
    ("archived_applicants_refused", "Flatchr refused to list archived applicants, so nothing missing is deleted."),
    ("archived_applicants_left_out", "Flatchr listed active applicants only, so nothing missing is deleted."),
    ("labels_refused", "Flatchr refused one of its lists of labels, so some labels are missing on jobs."),
    ("vacancy_plain_id_shared", "Another vacancy has the same plain id; applications are shown with the first."),
    ("applicant_without_id", "The record has no usable id in `applicant`."),
    ("application_vacancy_unknown", "The application's vacancy is not among the vacancies that Flatchr lists."),
    ("application_column_unknown", "The application's column is not among the columns that Flatchr lists."),
    ("applicant_status_unknown", "The applicant's status is not known; the application counts as pending."),
    ("email_left_out", "The e-mail address is not valid and was left out."),
    ("phone_kept_as_given", "The phone number cannot be read and was kept as given."),
    ("contract_type_unmapped", "The contract type is not in the value map and was kept as Flatchr names it."),
    ("vacancy_status_unmapped", "The vacancy status is not in the value map and was kept as Flatchr sent it."),
    ("vacancy_without_plain_id", "The vacancy has no plain id, so its applications cannot be matched with it."),
    ("experience_unknown", "The experience code is not known and was kept as Flatchr sent it."),
    ("remote_work_unknown", "The remote work value is not known and was kept as Flatchr sent it."),
    ("amount_not_understood", "The amount in {field} is not understood."),
    ("salary_period_unknown", "The salary period is not known and was kept as Flatchr sent it."),
    ("country_unknown", "The country is not known and was kept as Flatchr sent it."),
    ("record_too_deep", "The record is nested too deeply."),
    ("record_unreadable", "The record {reason}."),
    ("record_without_id", "The record has no usable id in `{key}`."),
    ("unstorable_characters_replaced", "Characters that cannot be stored were replaced."),
    ("unstorable_number_replaced", "A number that JSON does not have was replaced by null."),
    ("column_title_shared", "Several columns share this title; applications are shown in the visible one of the " "lowest position."),
    ("tag_without_title", "A tag without a title has its id."),
    ("value_no_usable_id", "The value makes no usable id."),
    ("candidate_tag_unknown", "The candidate carries a tag that is not among the tags of candidates."),
    ("tag_type_unknown", "A tag of an unknown type was left out."),
    ("date_not_understood", "The date in {field} is not understood."),
    ("label_missing", "Flatchr's list has no label for the code in {name}_id."),
    ("value_type_unexpected", "Flatchr sent a value of an unexpected type for {field}."),
    ("record_not_object", "is not a JSON object"),
    ("record_with_constant", "holds {constant}, which is not JSON"),
    ("record_not_utf8", "holds bytes that are not UTF-8"),
    ("waiting_unreachable", "Flatchr could not be reached"),
    ("waiting_timeout", "Flatchr took too long to answer"),
    ("waiting_cut_short", "Flatchr's answer broke off"),
    ("waiting_throttled", "keeping to the request limit for Flatchr"),
    ("waiting_status", "Flatchr said {status}"),
    ("tenant_disabled", "This tenant is disabled. Enable it first."),
    ("tenant_not_connected", "This tenant has no Flatchr credentials yet. Enter them first."),
    ("stored_key_unreadable", "The stored API key cannot be decrypted: the server's CREDENTIALS_KEYS have " "changed. Restore the earlier keys, or enter the API key again."),
    ("integration_field_unknown", "This integration has no such integration field."),
    ("custom_field_unknown", "There is no such custom field. It may have been deleted."),
    ("value_not_decidable", "This value cannot be decided on. Correct it in Flatchr."),
    ("value_choice_unknown", "This is none of the values to choose from. Choose another one."),
    ("key_of_another_company", "This is the key of another company than the one that is connected. Enter the " "company key of the same company, or ask for a new link to connect another."),
    ("too_many_tries", "Too many tries."),
    ("too_many_wrong_codes", "Too many wrong codes."),
    ("applicant_gone_tags_not_read", "Flatchr does not have this applicant any more, so its tags were not read."),
    ("decide_when_ended", "Decide when it has ended."),
    ("held_list_outdated", "A later full sync has read this tenant, so its list counts. Look at that run."),
    ("sync_timed_out", "The sync took longer than it may. What it had read until then is kept; start it " "again."),
    ("sync_given_up", "The sync was interrupted several times and has been given up. Start it again; if " "that fails too, ask whoever runs the server to look at the worker's log."),
    ("sync_internal_error", "Something went wrong inside Relais, not at Flatchr. What was read until then is " "kept. Start the sync again; if it fails again, pass on the technical details."),
    ("retry_without_id", "Flatchr sent this record without an ID, so it cannot be asked for by itself. " "Correct it in Flatchr: the next full sync reads it again."),
    ("retry_kind_not_read", "Records of this kind are not read for this tenant. Its page says what is."),
    ("try_again_when_ended", "Try again when it has ended."),
    ("retry_record_gone", "Flatchr does not show this record any more. If it is there, the next full sync " "reads it again."),
    ("retry_record_stored", "The record could be read and is stored now."),
    ("nothing_changed", "{reason} Nothing was changed."),
    ("retry_still_unreadable", "Flatchr still sends it in a form that cannot be understood. Correct it there. " "{reason}"),
    ("tenant_disabled_no_sync", "This tenant is disabled. Enable it first, then synchronise."),
    ("sync_under_way", "A sync of this tenant is under way. {advice}"),
    ("cv_without_content", "The CV has neither content nor an address."),
    ("cv_url_too_long", "The address of the CV is too long."),
    ("cv_required", "Attach a CV: Flatchr takes no candidate without one."),
    ("submission_changed", "This submission has changed meanwhile: it is {state}."),
    ("already_applied", "This person has applied for this job already."),
    ("submission_not_editable", "This submission is past changing: it has been submitted."),
    ("submission_file_stays", "The file of a submission that was submitted stays."),
    ("submission_not_checkable", "This submission has been submitted: there is nothing to check."),
    ("submission_submitted_meanwhile", "This submission was submitted meanwhile."),
    ("submission_failed_retry_instead", "This submission has failed. Retry it instead."),
    ("submission_not_retryable", "Only a submission that has failed can be retried."),
    ("submission_cancelled", "Cancelled before anything was sent."),
    ("submission_not_cancellable", "Only a submission that waits can be cancelled; this one is {state}."),
    ("submission_not_editable_meanwhile", "This submission was submitted meanwhile: it is past changing."),
    ("submission_given_up", "Sending was interrupted several times before anything was sent, and has been given " "up. Retry; if it fails again, ask whoever runs the server to look at the worker's " "log."),
    ("submission_internal_error", "Something went wrong inside Relais, not at Flatchr. Nothing reached Flatchr: it is " "safe to retry. If it fails again, pass on the technical details."),
    ("submission_looking", "The answer may have been lost, so Flatchr may have the candidate or not. Relais is " "looking there, and sends nothing meanwhile."),
    ("submission_not_found", "Not found at Flatchr: safe to retry. The answer to the request was lost, and " "Flatchr does not have the candidate."),
    ("submission_already_applied", "This person has applied for this job already, as Flatchr says; nothing was sent. " "Submit again if you want a second application."),
    ("submission_unsettled", "Flatchr could not be asked whether it has the candidate, and Relais has stopped " "trying. Look for the e-mail address in Flatchr yourself. When Flatchr answers " "again, press Retry: Relais then looks once more before anything else."),
    ("failed_not_taken", "{reason} Flatchr did not take it: it is safe to retry."),
    ("submission_without_file", "This submission has no file."),
    ("job_required", "Choose a job."),
    ("job_unknown", "This tenant has no such job."),
    ("field_left_out", "Flatchr cannot hold {name}: it was left out."),
    ("offerer_id_invalid", "The offerer ID is a whole number above zero."),
    ("job_deleted", "Flatchr no longer has this job. Choose another."),
    ("job_closed", "This job is closed in Flatchr and takes no applications. Choose an open one."),
    ("job_without_address", "Flatchr gave this job no address to apply at. Synchronise, then try again."),
    ("name_required", "Enter the {name}."),
    ("name_too_long", "The {name} is longer than {limit} characters."),
    ("name_without_letter", "The {name} needs at least one letter."),
    ("email_required", "Enter the e-mail address."),
    ("email_invalid", "This is not an e-mail address. Write it as name@company.example."),
    ("phone_invalid", "This is not a phone number. Write it as +33 6 39 98 00 01, or leave it out."),
    ("phone_unusual", "The phone number is unusual and is sent as typed. Check it, or write it with its " "country code."),
    ("text_too_long", "The text is longer than {limit} characters. Shorten it."),
    ("answers_too_many", "There are more than {most} answers. Leave some out."),
    ("answer_without_question", "An answer has no question. Add it."),
    ("link_invalid", "The {name} link is not a web address. Start it with https://."),
    ("user_key_too_long", "The user key is too long. Copy it once more."),
    ("source_not_written", "The source is not written in Flatchr: this tenant has no offerer ID in its " "settings."),
    ("failed_safe_to_retry", "{reason} Nothing reached Flatchr: it is safe to retry."),
    ("problems_nothing_sent", "{sentences} Nothing was sent."),
    ("attachment_not_first_cv", "“{name}” was not sent to Flatchr: only the first CV is."),
    ("attachment_not_cv", "“{name}” was not sent to Flatchr: only a CV is."),
    ("cv_not_fetched", "The CV could not be fetched: {reason} Nothing reached Flatchr: it is safe to " "retry."),
    ("cv_missing", "The CV is no longer here: attach it again. Nothing reached Flatchr: it is safe to " "retry."),
    ("cv_unreadable", "The CV cannot be read on the server: attach it again. Nothing reached Flatchr: it " "is safe to retry."),
    ("cv_damaged", "The CV was damaged on the server: attach it again. Nothing reached Flatchr: it is " "safe to retry."),
    ("check_failed", "{reason} This was a check: nothing was stored."),
    ("flatchr_words", "{reason} Flatchr's words: “{words}”."),
    ("first_name", "first name"),
    ("last_name", "last name"),
    ("submission_state_draft", "draft"),
    ("submission_state_checked", "checked"),
    ("submission_state_queued", "queued"),
    ("submission_state_sending", "sending"),
    ("submission_state_uncertain", "uncertain"),
    ("submission_state_succeeded", "succeeded"),
    ("submission_state_failed", "failed"),
    ("tenant_required", "Choose a tenant."),
    ("document_empty", "The file is empty. Attach the file that holds the CV."),
    ("document_too_large", "The file is larger than {limit}. Make it smaller, for example by saving it as a " "PDF of less quality, and attach it again."),
    ("document_not_accepted", "The file is {what}, which is not accepted. Attach a PDF, DOC, DOCX, ODT, RTF, TXT, " "PNG or JPEG file."),
    ("document_unknown", "The file is of no kind that is accepted, or it is damaged. Attach a PDF, DOC, " "DOCX, ODT, RTF, TXT, PNG or JPEG file."),
    ("document_broken", "The {kind} file is damaged or incomplete. Check that it opens, save it again, and " "attach the new file."),
    ("document_extension_missing", "The file's name does not say what it is. Rename the file so that it ends in " ".{right} and attach it again."),
    ("document_extension_mismatch", "The file is named .{wrong}, but its content is {kind}. Rename the file so that it " "ends in .{right} and attach it again."),
    ("document_content_type_mismatch", "The file was sent as {declared}, but its content is {kind}. Send it with the " "content type {right}, or without one."),
    ("document_name_missing", "The file has no name. Rename the file and attach it again."),
    ("document_name_too_long", "The file's name is longer than 200 characters. Rename the file to something " "shorter and attach it again."),
    ("document_name_path", "The file's name holds a slash, a backslash or a colon, or is a path. Rename the " "file without them and attach it again."),
    ("document_name_characters", "The file's name holds characters that cannot be shown. Rename the file with " "letters and digits and attach it again."),
    ("document_name_direction", "The file's name holds invisible characters that change the direction of reading, " "which can disguise what the file is. Type the file's name anew and attach it " "again."),
    ("document_name_hidden", "The file's name begins with a dot, as hidden files do. Rename the file without the " "dot and attach it again."),
    ("document_name_reserved", "The file's name is one that Windows reserves for devices. Rename the file and " "attach it again."),
    ("document_name_program", "The file's name says that it is a program (.{extension}). Attach the CV as a " "document, under a name that ends in its own type only."),
    ("document_markup", "The file is a web page, a drawing or other markup (HTML, SVG, XML). Open it, save " "or print it as a PDF, and attach that instead."),
    ("document_program", "The file is a program or a script, whatever its name says. Do not open it; attach " "the CV as a document."),
    ("document_password", "The {kind} file is protected by a password. Save it without a password and attach " "it again."),
    ("document_macros", "The {kind} file holds macros, which are programs. Open it, save or print it as a " "PDF, and attach that instead."),
    ("document_javascript", "The PDF holds JavaScript, which is a program. Open it, print it to a new PDF, and " "attach that instead."),
    ("document_launch", "The PDF starts a program when it is opened or clicked. Do not open it; ask the " "candidate for another file."),
    ("document_embedded", "The {kind} file has another file or object packed inside it. Save it without that, " "for example by printing it to a new PDF, and attach the result."),
    ("document_remote", "The {kind} file loads parts of itself from another computer. Open it, save or " "print it as a PDF, and attach that instead."),
    ("document_bomb", "The {kind} file unpacks to far more than its own size, as harmful files do. Ask " "the candidate for another file."),
    ("document_archive_path", "The {kind} file holds parts with names that lead outside of it, as harmful files " "do. Ask the candidate for another file."),
    ("document_polyglot", "The {kind} file is a file of another kind at the same time, as harmful files are. " "Open it, print it to a new PDF, and attach that instead."),
    ("document_dimensions", "The picture has more pixels than is accepted. Make it smaller than 250 million " "pixels and attach it again."),
    ("gif_picture", "a GIF picture"),
    ("bmp_picture", "a BMP picture"),
    ("tiff_picture", "a TIFF picture"),
    ("webp_picture", "a WebP picture or a recording"),
    ("rar_archive", "an archive (RAR)"),
    ("7z_archive", "an archive (7z)"),
    ("gzip_archive", "an archive (gzip)"),
    ("zip_archive", "an archive (ZIP)"),
    ("shortcut", "a shortcut"),
    ("windows_help_file", "a Windows help file"),
    ("heic_picture", "a HEIC picture or a film"),
    ("ods_spreadsheet", "a spreadsheet (ODS)"),
    ("odp_presentation", "a presentation (ODP)"),
    ("odg_drawing", "a drawing (ODG)"),
    ("epub_book", "an e-book (EPUB)"),
    ("opendocument_file", "an OpenDocument file"),
    ("excel_workbook", "an Excel workbook"),
    ("powerpoint_presentation", "a PowerPoint presentation"),
    ("outlook_message", "an Outlook message"),
    ("visio_drawing", "a Visio drawing"),
    ("publisher_document", "a Publisher document"),
    ("works_document", "a Works document"),
    ("document_of_another_program", "a document of another program"),
    ("program_data", "an installer or another program's data"),
    ("word_template", "a Word template"),
    ("zip_member_damaged", "“{name}” cannot be unpacked: the ZIP is damaged there."),
    ("zip_unreadable", "The second file is not a ZIP, or is damaged. Make the ZIP again."),
    ("zip_empty", "The ZIP holds no files."),
    ("zip_name_ambiguous", "The ZIP holds several files named “{name}”: {paths}. Give each its own name."),
    ("zip_too_many_files", "The ZIP holds more than {most} files."),
    ("zip_name_leads_out", "The ZIP holds “{name}”, a name that leads out of its folder. Make a new ZIP from " "the CV files alone."),
    ("zip_encrypted", "The ZIP asks for a password. Make one without."),
    ("zip_member_is_link", "“{name}” in the ZIP is a link to another file. Put the CV itself into the ZIP."),
    ("zip_member_bomb", "“{name}” in the ZIP unpacks to more than {ratio} times its size, which no CV does. " "Refused."),
    ("zip_bomb", "The ZIP unpacks to more than {ratio} times its size. Refused."),
    ("zip_overlap", "The ZIP is not made as a ZIP should be: its files overlap. Make it again."),
    ("upload_check_failed", "Relais could not check this upload. The administrator finds the reason in the log. " "Try once more, or save the sheet as CSV."),
    ("row_has_applied", "Has applied for this job already."),
    ("column_twice", "The column {name} is there twice. Remove one of the two."),
    ("header_missing", "The first row must hold the names of the columns: {names}. It holds {found}."),
    ("sheet_not_text", "This is not a text file. The sheet must be a CSV or an XLSX file."),
    ("sheet_encoding_unreadable", "The file's characters cannot be read. Save it as “CSV UTF-8”, or as XLSX."),
    ("csv_line_unreadable", "Line {line} cannot be read: {error}. Mend it, or save the sheet as XLSX."),
    ("csv_quote_never_closed", "a quotation mark is opened and never closed"),
    ("csv_text_after_quote", "there is text after a closing quotation mark"),
    ("person_under_way", "This person is being submitted for this job right now."),
    ("row_given_up", "Relais was stopped several times while it queued this row. Submit it by hand."),
    ("zip_gone", "The ZIP can no longer be read. Upload it again with the rows that are left."),
    ("job_flatchr_id_unknown", "No job has the Flatchr ID “{id}”."),
    ("row_check_failed", "Relais could not check this row. The administrator finds the reason in the log."),
    ("submission_no_longer_kept", "The submission is no longer kept."),
    ("row_without_cv", "Name the CV's file in the ZIP: Flatchr takes no candidate without."),
    ("row_without_job", "Name the job."),
    ("row_same_as_earlier", "The same person and job as in row {row}."),
    ("row_cv_of_another_person", "Row {number} names the same CV for another person."),
    ("row_cv_without_zip", "The row names the CV “{name}”, and no ZIP was uploaded."),
    ("row_too_many_cells", "The row has more cells than the header. Put a text that holds the separator in " "quotation marks."),
    ("sheet_empty", "The file is empty."),
    ("sheet_too_large", "The file is larger than {limit}. Split it, or save only the columns of the " "template."),
    ("sheet_without_rows", "The file has a header and no rows below it."),
    ("sheet_old_excel", "This is an older Excel file (.xls), or one that asks for a password. Save it as " ".xlsx without a password, or as CSV."),
    ("sheet_wrong_kind", "The sheet must be a CSV or an XLSX file."),
    ("sheet_too_many_columns", "The sheet has more than {most} columns."),
    ("sheet_too_many_rows", "The file has more than {most} rows. Split it and upload the parts one by one."),
    ("cell_too_long", "The cell holds more than {most} characters."),
    ("cell_formula_failed", "The cell shows {value}: its formula has failed in the spreadsheet."),
    ("cell_number_shortened", "The spreadsheet has shortened the number to {value}. Format the column as text and " "enter it again."),
    ("upload_file_empty", "“{name}” is empty."),
    ("upload_started", "The upload has been started: it can only be cancelled."),
    ("upload_cannot_start", "The upload cannot be started: it is being checked, or gone."),
    ("upload_without_rows", "No row of this upload can be sent."),
    ("upload_nothing_to_cancel", "Nothing is left to cancel."),
    ("sheet_is_zip", "This is a ZIP, not an XLSX sheet. CVs go into the second field."),
    ("xlsx_bomb", "The XLSX file unpacks to more than a sheet of candidates needs. Save it as CSV."),
    ("xlsx_document_type", "The XLSX file holds a document type definition, which no spreadsheet writes. " "Refused."),
    ("xlsx_damaged", "The file cannot be read as XLSX: it is damaged. Save it again, or save it as CSV."),
    ("xlsx_without_sheet", "The file has no visible sheet."),
    ("xlsx_only_sheet_read", "Only the sheet “{title}” was read."),
    ("file_too_large", "“{name}” is larger than {limit}."),
    ("zip_name_unknown", "The ZIP holds no file named “{name}”."),
    ("zip_name_unknown_near", "The ZIP holds no file named “{name}”. Is it “{near}”?"),
    ("zip_files_unnamed", "No row names this file of the ZIP, and it is not sent: {names}."),
    ("zip_files_unnamed", "No row names these files of the ZIP, and they are not sent: {names}."),
    ("zip_files_unnamed_more", "No row names these files of the ZIP, and they are not sent: {names} and {more} " "more."),
    ("columns_missing", "The column is missing: {names}."),
    ("columns_missing", "The columns are missing: {names}."),
    ("columns_unknown", "Not known here: {names}."),
    ("columns_not_sent", "The column is not known here, and not sent: {names}."),
    ("columns_not_sent", "The columns are not known here, and not sent: {names}."),
    ("csv_cell_too_long", "one of its cells is too long; is a closing quotation mark missing?"),
    ("job_title_unknown", "No job is called “{text}”. Write its Flatchr reference, its ID or its exact title."),
    ("job_title_unknown_near", "No job is called “{text}”. Is it “{near}”?"),
    ("job_ambiguous", "{matches} {kind} are called “{text}”. Write which one: {ways}."),
    ("open_jobs", "open jobs"),
    ("closed_jobs", "jobs, all of them closed,"),
    ("nothing", "nothing"),
    ("characters_replaced", "Some characters are sent otherwise: {changes}"),
    ("read_as_csv", "CSV with {separator}, {encoding}"),
    ("read_as_xlsx", "XLSX, sheet “{title}”"),
    ("semicolons", "semicolons"),
    ("commas", "commas"),
    ("tabs", "tabs"),
    ("vertical_bars", "vertical bars"),
    ("export_column_unknown", "There is no column {unknown}. The columns are: {known}."),
    ("mail_not_taken", "The mail server did not take the e-mail. The file can be downloaded here."),
    ("account_without_email", "Your account has no e-mail address. Ask an administrator to enter it."),
    ("mail_access_lost", "No e-mail was sent: this user may no longer see the tenant."),
    ("mail_switched_off", "Relais cannot send e-mail any more. The file can be downloaded here."),
    ("column_set_unnamed", "Give the columns a name first."),
    ("column_set_name_too_long", "The name is longer than {most} characters. Choose a shorter one."),
    ("column_set_empty", "Choose at least one column first."),
    ("column_sets_too_many", "You have {most} sets of columns. Delete one that you do not need."),
    ("export_access_lost", "You may no longer take this tenant's data away. Ask an administrator for access."),
    ("mail_not_configured", "Relais cannot send e-mail yet. An administrator switches it on by setting " "EMAIL_URL."),
    ("schedule_one_tenant", "Choose one tenant in the list first: a scheduled export is of one tenant."),
    ("schedules_too_many", "You have {most} scheduled exports. End one that you do not need."),
    ("export_connection_busy", "An export is being read on this connection. Close it first."),
    ("export_account_gone", "The account that asked for this export is gone or switched off."),
    ("export_given_up", "Relais was stopped several times while it wrote this file. Export fewer rows at " "once."),
    ("export_not_written", "The file could not be written. Try again; if it fails again, tell your " "administrator."),
    ("export_not_stored", "The file could not be stored. Tell your administrator to look for room on the " "disk."),
    ("method_not_passed", "The method {method} is not passed through."),
    ("body_too_large", "What is to be sent is larger than {limit} MB."),
    ("body_twice", "Send either data or a form, not both."),
    ("form_content_type_given", "The content type of a form is set here and cannot be given as a header."),
    ("request_limit_used_up", "The limit for requests to Flatchr is used up. Nothing was sent."),
    ("sign_in_impossible", "Flatchr cannot be signed in to."),
    ("answer_too_large_title", "The answer is too large."),
    ("answer_too_large", "Flatchr's answer is larger than {limit} MB and was not read."),
    ("fate_unknown_title", "Not known whether Flatchr did it."),
    ("fate_unknown", "{reason} The answer was lost, so Flatchr may have done it or not: look before you " "send it again."),
    ("flatchr_not_available_title", "Flatchr is not available."),
    ("redirect_not_followed", "Flatchr points to another address, which is not followed: it would take the key " "along. The address is among the headers, under location."),
)
