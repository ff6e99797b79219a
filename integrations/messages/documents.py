"""Why a file is not taken as a CV, and what it is instead."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

REFUSALS = {
    "document_empty": gettext_noop("The file is empty. Attach the file that holds the CV."),
    "document_too_large": gettext_noop(
        "The file is larger than {limit}. Make it smaller, for example by saving it as a PDF of "
        "lower quality, and attach it again."
    ),
    "document_not_accepted": gettext_noop(
        "The file is {what}, which is not accepted. Attach a PDF, DOC, DOCX, ODT, RTF, TXT, PNG "
        "or JPEG file."
    ),
    "document_unknown": gettext_noop(
        "The file is of no kind that is accepted, or it is damaged. Attach a PDF, DOC, DOCX, "
        "ODT, RTF, TXT, PNG or JPEG file."
    ),
    "document_broken": gettext_noop(
        "The {kind} file is damaged or incomplete. Check that it opens, save it again, and "
        "attach the new file."
    ),
    "document_extension_missing": gettext_noop(
        "The file's name does not say what it is. Rename the file so that it ends in .{right} "
        "and attach it again."
    ),
    "document_extension_mismatch": gettext_noop(
        "The file is named .{wrong}, but its content is {kind}. Rename the file so that it ends "
        "in .{right} and attach it again."
    ),
    "document_content_type_mismatch": gettext_noop(
        "The file was sent as {declared}, but its content is {kind}. Send it with the content "
        "type {right}, or without one."
    ),
    "document_name_missing": gettext_noop(
        "The file has no name. Rename the file and attach it again."
    ),
    "document_name_too_long": gettext_noop(
        "The file's name is longer than 200 characters. Rename the file to something shorter "
        "and attach it again."
    ),
    "document_name_path": gettext_noop(
        "The file's name holds a slash, a backslash or a colon, or is a path. Rename the file "
        "without them and attach it again."
    ),
    "document_name_characters": gettext_noop(
        "The file's name holds characters that cannot be shown. Rename the file with letters "
        "and digits and attach it again."
    ),
    "document_name_direction": gettext_noop(
        "The file's name holds invisible characters that change the direction of reading, which "
        "can disguise what the file is. Type the file's name again and attach it once more."
    ),
    "document_name_hidden": gettext_noop(
        "The file's name begins with a dot, as hidden files do. Rename the file without the dot "
        "and attach it again."
    ),
    "document_name_reserved": gettext_noop(
        "The file's name is one that Windows reserves for devices. Rename the file and attach "
        "it again."
    ),
    "document_name_program": gettext_noop(
        "The file's name says that it is a program (.{extension}). Attach the CV as a document, "
        "under a name that ends in its own type only."
    ),
    "document_markup": gettext_noop(
        "The file is a web page, a drawing or other markup (HTML, SVG, XML). Open it, save or "
        "print it as a PDF, and attach that instead."
    ),
    "document_program": gettext_noop(
        "The file is a program or a script, whatever its name says. Do not open it; attach the "
        "CV as a document."
    ),
    "document_password": gettext_noop(
        "The {kind} file is protected by a password. Save it without a password and attach it "
        "again."
    ),
    "document_macros": gettext_noop(
        "The {kind} file holds macros, which are programs. Open it, save or print it as a PDF, "
        "and attach that instead."
    ),
    "document_javascript": gettext_noop(
        "The PDF holds JavaScript, which is a program. Open it, print it to a new PDF, and "
        "attach that instead."
    ),
    "document_launch": gettext_noop(
        "The PDF starts a program when it is opened or clicked. Do not open it; ask the "
        "candidate for another file."
    ),
    "document_sends": gettext_noop(
        "The {kind} file sends what is typed into it to another computer, or fetches something "
        "from there. Open it, print it to a new PDF, and attach that instead."
    ),
    "document_link": gettext_noop(
        "The {kind} file holds a link to “{target}”, which opens a file or a program and not a web "
        "page. Remove the link, save the file again, and attach the new file."
    ),
    "document_unreadable": gettext_noop(
        "The {kind} file holds a part that cannot be unpacked and checked. Open it, print it to a "
        "new PDF, and attach that instead."
    ),
    "document_too_complex": gettext_noop(
        "The {kind} file consists of more parts than can be checked. Open it, print it to a new "
        "PDF, and attach that instead."
    ),
    "document_embedded": gettext_noop(
        "The {kind} file has another file or object packed inside it. Save it without that, for "
        "example by printing it to a new PDF, and attach the result."
    ),
    "document_remote": gettext_noop(
        "The {kind} file loads parts of itself from another computer. Open it, save or print it "
        "as a PDF, and attach that instead."
    ),
    "document_bomb": gettext_noop(
        "The {kind} file unpacks to far more than its own size, as harmful files do. Ask the "
        "candidate for another file."
    ),
    "document_archive_path": gettext_noop(
        "The {kind} file holds parts with names that lead outside of it, as harmful files do. "
        "Ask the candidate for another file."
    ),
    "document_polyglot": gettext_noop(
        "The {kind} file is a file of another kind at the same time, as harmful files are. Open "
        "it, print it to a new PDF, and attach that instead."
    ),
    "document_dimensions": gettext_noop(
        "The picture has more pixels than is accepted. Make it smaller than 250 million pixels "
        "and attach it again."
    ),
}
# What a file may be instead.
KINDS = {
    "gif_picture": gettext_noop("a GIF picture"),
    "bmp_picture": gettext_noop("a BMP picture"),
    "tiff_picture": gettext_noop("a TIFF picture"),
    "webp_picture": gettext_noop("a WebP picture or a recording"),
    "rar_archive": gettext_noop("an archive (RAR)"),
    "7z_archive": gettext_noop("an archive (7z)"),
    "gzip_archive": gettext_noop("an archive (gzip)"),
    "zip_archive": gettext_noop("an archive (ZIP)"),
    "shortcut": gettext_noop("a shortcut"),
    "windows_help_file": gettext_noop("a Windows help file"),
    "heic_picture": gettext_noop("a HEIC picture or a film"),
    "ods_spreadsheet": gettext_noop("a spreadsheet (ODS)"),
    "odp_presentation": gettext_noop("a presentation (ODP)"),
    "odg_drawing": gettext_noop("a drawing (ODG)"),
    "epub_book": gettext_noop("an e-book (EPUB)"),
    "opendocument_file": gettext_noop("an OpenDocument file"),
    "excel_workbook": gettext_noop("an Excel workbook"),
    "powerpoint_presentation": gettext_noop("a PowerPoint presentation"),
    "outlook_message": gettext_noop("an Outlook message"),
    "visio_drawing": gettext_noop("a Visio drawing"),
    "publisher_document": gettext_noop("a Publisher document"),
    "works_document": gettext_noop("a Works document"),
    "document_of_another_program": gettext_noop("a document of another program"),
    "program_data": gettext_noop("an installer or another program's data"),
    "word_template": gettext_noop("a Word template"),
}
TEXTS = REFUSALS | KINDS
