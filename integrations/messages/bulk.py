"""What is said of a bulk upload: its sheet, its ZIP, its rows."""

from __future__ import annotations

from integrations.messages.declaration import Declared, gettext_noop, ngettext_noop

TEXTS: dict[str, Declared] = {
    "zip_member_damaged": gettext_noop("“{name}” cannot be unpacked: the ZIP is damaged there."),
    "zip_unreadable": gettext_noop(
        "The second file is not a ZIP, or is damaged. Make the ZIP again."
    ),
    "zip_empty": gettext_noop("The ZIP holds no files."),
    "zip_name_ambiguous": gettext_noop(
        "The ZIP holds several files named “{name}”: {paths}. Give each its own name."
    ),
    "zip_too_many_files": gettext_noop("The ZIP holds more than {most} files."),
    "zip_name_leads_out": gettext_noop(
        "The ZIP holds “{name}”, a name that leads out of its folder. Make a new ZIP from the "
        "CV files alone."
    ),
    "zip_encrypted": gettext_noop("The ZIP asks for a password. Make one without."),
    "zip_member_is_link": gettext_noop(
        "“{name}” in the ZIP is a link to another file. Put the CV itself into the ZIP."
    ),
    "zip_member_bomb": gettext_noop(
        "“{name}” in the ZIP unpacks to more than {ratio} times its size, which no CV does. "
        "Refused."
    ),
    "zip_bomb": gettext_noop("The ZIP unpacks to more than {ratio} times its size. Refused."),
    "zip_overlap": gettext_noop(
        "The ZIP is not made as a ZIP should be: its files overlap. Make it again."
    ),
    "upload_check_failed": gettext_noop(
        "Relais could not check this upload. The administrator finds the reason in the log. Try "
        "once more, or save the sheet as CSV."
    ),
    "row_has_applied": gettext_noop("Has applied for this job already."),
    "column_twice": gettext_noop("The column {name} is there twice. Remove one of the two."),
    "header_missing": gettext_noop(
        "The first row must hold the names of the columns: {names}. It holds {found}."
    ),
    "sheet_not_text": gettext_noop(
        "This is not a text file. The sheet must be a CSV or an XLSX file."
    ),
    "sheet_encoding_unreadable": gettext_noop(
        "The file's characters cannot be read. Save it as “CSV UTF-8”, or as XLSX."
    ),
    "csv_line_unreadable": gettext_noop(
        "Line {line} cannot be read: {error}. Correct it, or save the sheet as XLSX."
    ),
    "csv_quote_never_closed": gettext_noop("a quotation mark is opened and never closed"),
    "csv_text_after_quote": gettext_noop("there is text after a closing quotation mark"),
    "person_under_way": gettext_noop("This person is being submitted for this job right now."),
    "row_given_up": gettext_noop(
        "Relais was stopped several times while it queued this row. Submit it by hand."
    ),
    "zip_gone": gettext_noop(
        "The ZIP can no longer be read. Upload it again with the rows that are left."
    ),
    "job_flatchr_id_unknown": gettext_noop("No job has the Flatchr ID “{id}”."),
    "row_check_failed": gettext_noop(
        "Relais could not check this row. The administrator finds the reason in the log."
    ),
    "submission_no_longer_kept": gettext_noop("The submission is no longer kept."),
    "row_without_cv": gettext_noop(
        "Name the CV's file in the ZIP: Flatchr takes no candidate without."
    ),
    "row_without_job": gettext_noop("Name the job."),
    "row_same_as_earlier": gettext_noop("The same person and job as in row {row}."),
    "row_cv_of_another_person": gettext_noop("Row {number} names the same CV for another person."),
    "row_cv_without_zip": gettext_noop("The row names the CV “{name}”, and no ZIP was uploaded."),
    "row_too_many_cells": gettext_noop(
        "The row has more cells than the header. Put a text that holds the separator in "
        "quotation marks."
    ),
    "sheet_empty": gettext_noop("The file is empty."),
    "sheet_too_large": gettext_noop(
        "The file is larger than {limit}. Split it, or save only the columns of the template."
    ),
    "sheet_without_rows": gettext_noop("The file has a header and no rows below it."),
    "sheet_old_excel": gettext_noop(
        "This is an older Excel file (.xls), or one that asks for a password. Save it as .xlsx "
        "without a password, or as CSV."
    ),
    "sheet_wrong_kind": gettext_noop("The sheet must be a CSV or an XLSX file."),
    "sheet_too_many_columns": gettext_noop("The sheet has more than {most} columns."),
    "sheet_too_many_rows": gettext_noop(
        "The file has more than {most} rows. Split it and upload the parts one by one."
    ),
    "cell_too_long": gettext_noop("The cell holds more than {most} characters."),
    "cell_formula_failed": gettext_noop(
        "The cell shows {value}: its formula has failed in the spreadsheet."
    ),
    "cell_number_shortened": gettext_noop(
        "The spreadsheet has shortened the number to {value}. Format the column as text and "
        "enter it again."
    ),
    "upload_file_empty": gettext_noop("“{name}” is empty."),
    "upload_started": gettext_noop("The upload has been started: it can only be cancelled."),
    "upload_cannot_start": gettext_noop(
        "The upload cannot be started: it is being checked, or gone."
    ),
    "upload_without_rows": gettext_noop("No row of this upload can be sent."),
    "upload_nothing_to_cancel": gettext_noop("Nothing is left to cancel."),
    "sheet_is_zip": gettext_noop("This is a ZIP, not an XLSX sheet. CVs go into the second field."),
    "xlsx_bomb": gettext_noop(
        "The XLSX file unpacks to more than a sheet of candidates needs. Save it as CSV."
    ),
    "xlsx_document_type": gettext_noop(
        "The XLSX file holds a document type definition, which no spreadsheet writes. Refused."
    ),
    "xlsx_damaged": gettext_noop(
        "The file cannot be read as XLSX: it is damaged. Save it again, or save it as CSV."
    ),
    "xlsx_without_sheet": gettext_noop("The file has no visible sheet."),
    "xlsx_only_sheet_read": gettext_noop("Only the sheet “{title}” was read."),
    "file_too_large": gettext_noop("“{name}” is larger than {limit}."),
    "zip_name_unknown": gettext_noop("The ZIP holds no file named “{name}”."),
    "zip_name_unknown_near": gettext_noop("The ZIP holds no file named “{name}”. Is it “{near}”?"),
    "zip_files_unnamed": ngettext_noop(
        "No row names this file of the ZIP, and it is not sent: {names}.",
        "No row names these files of the ZIP, and they are not sent: {names}.",
    ),
    "zip_files_unnamed_more": gettext_noop(
        "No row names these files of the ZIP, and they are not sent: {names} and {more} more."
    ),
    "columns_missing": ngettext_noop(
        "The column is missing: {names}.",
        "The columns are missing: {names}.",
    ),
    "columns_unknown": gettext_noop("Not known here: {names}."),
    "columns_not_sent": ngettext_noop(
        "The column is not known here, and not sent: {names}.",
        "The columns are not known here, and not sent: {names}.",
    ),
    "csv_cell_too_long": gettext_noop(
        "one of its cells is too long; is a closing quotation mark missing?"
    ),
    "job_title_unknown": gettext_noop(
        "No job is called “{text}”. Write its Flatchr reference, its ID or its exact title."
    ),
    "job_title_unknown_near": gettext_noop("No job is called “{text}”. Is it “{near}”?"),
    "job_ambiguous": gettext_noop("{matches} {kind} are called “{text}”. Write which one: {ways}."),
    "open_jobs": gettext_noop("open jobs"),
    "closed_jobs": gettext_noop("jobs, all of them closed,"),
    "and_others": gettext_noop("{named} and others"),
    "nothing": gettext_noop("nothing"),
    "character_sent_as": gettext_noop("{before} as {after}"),
    "characters_replaced": gettext_noop("Some characters are sent differently: {changes}"),
    "read_as_csv": gettext_noop("CSV with {separator}, {encoding}"),
    "read_as_xlsx": gettext_noop("XLSX, sheet “{title}”"),
    "semicolons": gettext_noop("semicolons"),
    "commas": gettext_noop("commas"),
    "tabs": gettext_noop("tabs"),
    "vertical_bars": gettext_noop("vertical bars"),
}
