"""Why a file is not taken: one table from code to a sentence that says what to do."""

from __future__ import annotations

_AS_PDF = "Open it, save or print it as a PDF, and attach that instead."
_RENAME = "Rename the file and attach it again."

SENTENCES = {
    # The file as a whole
    "empty": "The file is empty. Attach the file that holds the CV.",
    "too_large": "The file is larger than {limit}. Make it smaller, for example by saving it as a "
    "PDF of less quality, and attach it again.",
    "not_accepted": "The file is {what}, which is not accepted. "
    "Attach a PDF, DOC, DOCX, ODT, RTF, TXT, PNG or JPEG file.",
    "unknown": "The file is of no kind that is accepted, or it is damaged. "
    "Attach a PDF, DOC, DOCX, ODT, RTF, TXT, PNG or JPEG file.",
    "broken": "The {kind} file is damaged or incomplete. "
    "Check that it opens, save it again, and attach the new file.",
    "extension_missing": "The file's name does not say what it is. "
    "Rename the file so that it ends in .{right} and attach it again.",
    "extension_mismatch": "The file is named .{wrong}, but its content is {kind}. "
    "Rename the file so that it ends in .{right} and attach it again.",
    "content_type_mismatch": "The file was sent as {declared}, but its content is {kind}. "
    "Send it with the content type {right}, or without one.",
    # Its name
    "name_missing": f"The file has no name. {_RENAME}",
    "name_too_long": "The file's name is longer than 200 characters. "
    "Rename the file to something shorter and attach it again.",
    "name_path": "The file's name holds a slash, a backslash or a colon, or is a path. "
    "Rename the file without them and attach it again.",
    "name_characters": "The file's name holds characters that cannot be shown. "
    "Rename the file with letters and digits and attach it again.",
    "name_direction": "The file's name holds invisible characters that change the direction of "
    "reading, which can disguise what the file is. Type the file's name anew and attach it again.",
    "name_hidden": "The file's name begins with a dot, as hidden files do. "
    "Rename the file without the dot and attach it again.",
    "name_reserved": "The file's name is one that Windows reserves for devices. " + _RENAME,
    "name_program": "The file's name says that it is a program (.{extension}). "
    "Attach the CV as a document, under a name that ends in its own type only.",
    # What it holds
    "markup": f"The file is a web page, a drawing or other markup (HTML, SVG, XML). {_AS_PDF}",
    "program": "The file is a program or a script, whatever its name says. "
    "Do not open it; attach the CV as a document.",
    "password": "The {kind} file is protected by a password. "
    "Save it without a password and attach it again.",
    "macros": f"The {{kind}} file holds macros, which are programs. {_AS_PDF}",
    "javascript": "The PDF holds JavaScript, which is a program. "
    "Open it, print it to a new PDF, and attach that instead.",
    "launch": "The PDF starts a program when it is opened or clicked. Do not open it; "
    "ask the candidate for another file.",
    "embedded": "The {kind} file has another file or object packed inside it. "
    "Save it without that, for example by printing it to a new PDF, and attach the result.",
    "remote": f"The {{kind}} file loads parts of itself from another computer. {_AS_PDF}",
    "bomb": "The {kind} file unpacks to far more than its own size, as harmful files do. "
    "Ask the candidate for another file.",
    "archive_path": "The {kind} file holds parts with names that lead outside of it, as harmful "
    "files do. Ask the candidate for another file.",
    "polyglot": "The {kind} file is a file of another kind at the same time, as harmful files are. "
    "Open it, print it to a new PDF, and attach that instead.",
    "dimensions": "The picture has more pixels than is accepted. "
    "Make it smaller than 250 million pixels and attach it again.",
}


class DocumentRefused(Exception):
    """The file is not taken. `code` is a key of `SENTENCES`; `message` is for the user."""

    def __init__(self, code: str, **fields: str) -> None:
        self.code = code
        self.message = SENTENCES[code].format(**fields)
        super().__init__(self.message)
