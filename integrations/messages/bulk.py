"""What is said of a bulk upload: its sheet, its ZIP, its rows."""

from __future__ import annotations

from integrations.messages.declaration import Declared, gettext_noop, ngettext_noop

TEXTS: dict[str, Declared] = {
    "zip_member_damaged": gettext_noop("“{name}” cannot be unpacked: the ZIP is damaged there."),
    "zip_member_method": gettext_noop(
        "“{name}” is packed in a way that is not read here. Make the ZIP again in the usual way, "
        "or with the method “Deflate”."
    ),
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
    # The columns, as sheets in the reader's language have them.
    "column_first_name": gettext_noop("first_name"),
    "column_last_name": gettext_noop("last_name"),
    "column_email_address": gettext_noop("email_address"),
    "column_phone_number": gettext_noop("phone_number"),
    "column_job": gettext_noop("job"),
    "column_cover_letter": gettext_noop("cover_letter"),
    "column_cv": gettext_noop("cv"),
    "column_row": gettext_noop("row"),
    "column_state": gettext_noop("state"),
    "column_message": gettext_noop("message"),
    "column_application_id": gettext_noop("application_id"),
    "column_submission_id": gettext_noop("submission_id"),
    "header_missing": gettext_noop(
        "The first row must hold the names of the columns: {names}. It holds {found}."
    ),
    "rows_above_header": gettext_noop(
        "The names of the columns stand below row {row}: what is above them is not sent."
    ),
    "rows_repeat_header": ngettext_noop(
        "This row repeats the names of the columns, and is not sent: {rows}.",
        "These rows repeat the names of the columns, and are not sent: {rows}.",
    ),
    "rows_hidden": ngettext_noop(
        "This row is hidden or filtered out in the spreadsheet, and is not sent: {rows}. To send "
        "it, show it and save the sheet again.",
        "These rows are hidden or filtered out in the spreadsheet, and are not sent: {rows}. To "
        "send them, show them and save the sheet again.",
    ),
    "sheet_only_hidden_rows": gettext_noop(
        "All rows are hidden or filtered out in the spreadsheet. Show those to be sent, and save "
        "the sheet again."
    ),
    "columns_hidden": ngettext_noop(
        "This column is hidden in the spreadsheet, and is sent all the same: {names}.",
        "These columns are hidden in the spreadsheet, and are sent all the same: {names}.",
    ),
    "columns_without_heading": ngettext_noop(
        "This column has no name in the row of headings, and is not sent: {names}.",
        "These columns have no name in the row of headings, and are not sent: {names}.",
    ),
    "sheet_not_text": gettext_noop(
        "This is not a text file. The sheet must be a CSV or an XLSX file."
    ),
    "sheet_encoding_unreadable": gettext_noop(
        "The file's characters cannot be read. Save it as “CSV UTF-8”, or as XLSX."
    ),
    "csv_encoding_guessed": gettext_noop(
        "The file does not say how its accents are written; it was read as {encoding}. Are these "
        "words right: {words}? If not, save it as “CSV UTF-8”, or as XLSX."
    ),
    "csv_encodings_mixed": gettext_noop(
        "Some lines of the file are in UTF-8, others in another encoding, read as {encoding}. Are "
        "these words right: {words}?"
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
    "sheet_open_document": gettext_noop(
        "This is a sheet of LibreOffice or OpenOffice (.ods). Save it as Excel (.xlsx) or CSV."
    ),
    "sheet_numbers": gettext_noop(
        "This is a document of Apple's Numbers. Export it as Excel or CSV: File > Export To."
    ),
    "sheet_binary_excel": gettext_noop(
        "This is a binary Excel file (.xlsb). Save it as an Excel workbook (.xlsx) or CSV."
    ),
    "sheet_web_page": gettext_noop(
        "This is a web page, whatever its name says: some programs export tables in this way. Open "
        "it in a spreadsheet and save it as .xlsx or CSV."
    ),
    "sheet_xml_excel": gettext_noop(
        "This is an Excel file of 2003 in XML. Open it in a spreadsheet and save it as .xlsx or "
        "CSV."
    ),
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
    "cell_is_formula": gettext_noop(
        "The cell holds a formula in place of its result: {value}. Enter the value itself."
    ),
    "cell_formula_not_stored": gettext_noop(
        "The cell has a formula whose result was not stored: open the sheet in Excel and save it."
    ),
    "cell_formula_zero": gettext_noop(
        "The formula of the cell gives 0, as for an empty cell: it was read as empty."
    ),
    "cell_truth_value": gettext_noop(
        "The spreadsheet took the cell for a truth value. If it is a name, format the column as "
        "text and enter it again."
    ),
    "cell_is_date": gettext_noop(
        "The spreadsheet took the cell for a date, {value}. Format the column as text and enter it "
        "again."
    ),
    "cell_encoded_twice": gettext_noop(
        "“{before}” was encoded twice by a program before, and is read as “{after}”."
    ),
    "cell_for_web_page": gettext_noop(
        "“{before}” was written for a web page, and is read as “{after}”."
    ),
    "cell_character_lost": gettext_noop(
        "A character of “{value}” was lost before the file came here. Enter it again."
    ),
    "cell_character_doubtful": gettext_noop(
        "Is the question mark in “{value}” a letter that was lost?"
    ),
    "cell_merged": gettext_noop(
        "The cell is merged with {place}. Divide the merged cells, and fill in each row."
    ),
    "cell_of_other_column": gettext_noop("“{value}” in the column “{heading}” is not sent."),
    "job_called_otherwise": gettext_noop(
        "The reference is that of the job “{name}”, which the sheet calls otherwise."
    ),
    "cell_number_shortened": gettext_noop(
        "The spreadsheet has shortened the number to {value}, so it is left out. Format the column "
        "as text and enter it again."
    ),
    "too_many_uploads": gettext_noop(
        "This tenant has {most} uploads that have not ended, which is as many as there may be. "
        "Send or discard some."
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
    "xlsx_other_sheets": gettext_noop(
        "Only the sheet “{title}” was read. These have candidates, too, and are not sent: {others}."
    ),
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
